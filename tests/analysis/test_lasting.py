"""Faults that last stay marked until the value returns or somebody says that it is right, also over a restart."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from agent.analysis.pipeline import Analysis, Pipeline
from agent.config.settings import CheckSettings, DeviceSettings
from contract.events import KINDS, SensorFault
from contract.types import Quality, Reading
from contract.units import QUANTITIES
from tests.analysis.made import stamp

DAY = 144  # readings, one in ten minutes
DEVICES = {name: DeviceSettings(driver="modbus_rtu", line="a", every_s=600.0) for name in ("roof", "wall")}
Values = Callable[[int, random.Random], float]


class Pole:
    """A pole with one quantity; ``run`` goes on with values and gives the kinds that began and ended."""

    def __init__(self, quantity: str) -> None:
        self.pipeline = Pipeline(Analysis(), DEVICES)
        self.quantity, self.unit = quantity, QUANTITIES[quantity].unit
        self.index = 0
        self.rng = random.Random(5)
        self.qualities: list[Quality] = []
        self.ends: list[SensorFault] = []

    def run(self, days: float, values: Values, device: str = "roof") -> list[str]:
        """The kinds of faults that began. Of these days alone ``qualities`` and ``ends`` tell."""
        begun: list[str] = []
        self.qualities, self.ends = [], []
        for _ in range(int(days * DAY)):
            at = stamp(self.index * 600.0)
            reading = Reading(
                device=device, quantity=self.quantity, value=values(self.index, self.rng), unit=self.unit, at=at
            )
            item, events = self.pipeline.judge(reading)
            assert isinstance(item, Reading)
            self.qualities.append(item.quality)
            for event in (*self.pipeline.flush(at), *events):
                if isinstance(event.body, SensorFault):
                    if event.body.phase == "begin":
                        begun.append(event.body.type)
                    else:
                        self.ends.append(event.body)
            self.index += 1
        return begun

    def restart(self) -> None:
        self.pipeline = Pipeline(Analysis(), DEVICES, state=self.pipeline.state())
        assert not self.pipeline.problem


def weather(index: int, rng: random.Random) -> float:
    return round(12 + 4 * math.sin(index / DAY * math.tau) + rng.gauss(0, 0.2), 2)


def street(index: int, rng: random.Random) -> float:
    return round(55 + 5 * math.sin(index / DAY * math.tau) + rng.gauss(0, 1.5), 1)


def fahrenheit(index: int, rng: random.Random) -> float:
    return round(weather(index, rng) * 1.8 + 32.0, 2)


def at_its_floor(_: int, rng: random.Random) -> float:
    return round(31.0 + rng.uniform(-0.1, 0.1), 1)


def test_another_unit_lasts_until_the_old_one_is_back() -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    assert "scale" in pole.run(1, fahrenheit)
    for _ in range(4):
        pole.run(10, fahrenheit)
        assert Quality.GOOD not in pole.qualities
        assert not pole.ends
        pole.restart()
    pole.run(1, weather)
    assert pole.qualities[-1] is Quality.GOOD


def test_a_sensor_at_its_own_noise_is_doubted_as_long_as_it_is() -> None:
    pole = Pole("noise")
    pole.run(16, street)
    pole.run(2, at_its_floor)
    for _ in range(3):
        pole.run(10, at_its_floor)
        assert Quality.GOOD not in pole.qualities
        pole.restart()


@pytest.mark.parametrize("how", ["restart", "settings", "gap"])
def test_what_is_stuck_still_is_after_a_restart_other_settings_and_a_gap(how: str) -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    assert "stuck" in pole.run(2, lambda *_: 14.37)
    if how == "restart":
        pole.restart()
    elif how == "settings":
        at = stamp(pole.index * 600.0)
        pole.pipeline.update(Analysis(check=CheckSettings(max_per_day=7)), DEVICES, at)
    else:
        pole.index += 2 * DAY
    begun = pole.run(1, lambda *_: 14.37)
    assert set(pole.qualities) == {Quality.BAD}
    assert begun == ([] if how == "gap" else ["stuck"])
    pole.run(1, weather)
    assert pole.qualities[-1] is Quality.GOOD


def test_a_sensor_that_fell_to_zero_is_doubted_as_long_as_it_says_zero() -> None:
    pole = Pole("temperature")
    pole.run(30, weather)
    pole.run(10, lambda *_: 0.0)
    assert Quality.GOOD not in pole.qualities
    pole.restart()
    pole.run(1, lambda *_: 0.0)
    assert Quality.GOOD not in pole.qualities


def test_an_offset_goes_on_over_a_restart_and_its_end_says_whether_the_level_returned() -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    off: Values = lambda index, rng: round(weather(index, rng) - 7.0, 2)  # noqa: E731 - next to the others
    assert "offset" in pole.run(2, off)
    pole.restart()
    assert pole.run(1, off) == ["offset"]
    assert Quality.GOOD not in pole.qualities
    pole.run(2, weather)
    [end] = [one for one in pole.ends if one.type == "offset"]
    assert not end.stayed
    pole.run(16, weather)
    pole.run(2, off)
    pole.run(4, off)
    assert Quality.GOOD not in pole.qualities
    pole.run(30, off)
    [end] = [one for one in pole.ends if one.type == "offset"]
    assert end.stayed
    assert "has stayed off" in KINDS["sensor_fault"].says(end)["en"]


def test_two_sensors_that_part_are_doubted_until_they_agree() -> None:
    pole = Pole("temperature")
    off = 0.0

    def both(days: int) -> None:
        for _ in range(days * DAY):
            shared = weather(pole.index, pole.rng)
            for device, value in (("wall", shared), ("roof", round(shared + off + pole.rng.gauss(0, 0.05), 2))):
                pole.index -= device == "roof"
                pole.run(1 / DAY, lambda *_, value=value: value, device)

    both(20)
    off = 3.0
    both(40)
    assert pole.qualities == [Quality.UNCERTAIN]
    off = 0.0
    both(12)
    assert pole.qualities == [Quality.GOOD]


def test_who_says_that_a_sensor_is_right_ends_what_is_open() -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    tenth: Values = lambda index, rng: round(weather(index, rng) * 0.1, 3)  # noqa: E731 - next to the others
    pole.run(1, tenth)
    ends = pole.pipeline.relearn("roof", stamp(pole.index * 600.0))
    assert [event.body.type for event in ends if isinstance(event.body, SensorFault)] == ["scale"]
    assert "learned anew" in KINDS["sensor_fault"].says(ends[0].body)["en"]
    assert "scale" not in pole.run(5, tenth)
    assert pole.qualities.count(Quality.GOOD) > 0.8 * len(pole.qualities)
