"""Faults that last stay marked until the value returns or somebody says that it is right, also over a restart."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from agent.analysis.pipeline import Analysis, Pipeline
from agent.config.settings import CheckSettings, ConditionSettings, DeviceSettings, RuleSettings
from contract.events import KINDS, SensorFault
from contract.types import Quality, Reading
from contract.units import QUANTITIES, Unit
from tests.analysis.made import stamp

DAY = 144  # readings, one in ten minutes
DEVICES = {name: DeviceSettings(driver="modbus_rtu", line="a", every_s=600.0) for name in ("roof", "wall")}
Values = Callable[[int, random.Random], float]


class Pole:
    """A pole with one quantity; ``run`` goes on with values and gives the kinds that began and ended."""

    def __init__(self, quantity: str, every_s: float = 600.0) -> None:
        self.every_s = every_s
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
        for _ in range(int(days * 86400.0 / self.every_s)):
            at = stamp(self.index * self.every_s)
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


def minutes(index: int, rng: random.Random) -> float:
    return round(12 + 4 * math.sin(index / 1440 * math.tau) + rng.gauss(0, 0.05), 2)


def street(index: int, rng: random.Random) -> float:
    return round(55 + 5 * math.sin(index / DAY * math.tau) + rng.gauss(0, 1.5), 1)


def fahrenheit(index: int, rng: random.Random) -> float:
    return round(weather(index, rng) * 1.8 + 32.0, 2)


def off(index: int, rng: random.Random) -> float:
    return round(weather(index, rng) - 7.0, 2)


def mist(index: int, rng: random.Random) -> float:
    return round(60 + 10 * math.sin(index / DAY * math.tau) + rng.gauss(0, 1), 1)


def drier(index: int, rng: random.Random) -> float:
    return round(mist(index, rng) - 30, 1)


def calm_mist(index: int, rng: random.Random) -> float:
    return round(60 + 10 * math.sin(index / DAY * math.tau) + rng.gauss(0, 0.05), 1)


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


@pytest.mark.parametrize(
    ("quantity", "usual", "wrong", "kind"),
    [("noise", street, at_its_floor, "noise"), ("temperature", weather, off, "offset")],
)
def test_another_level_or_noise_is_doubted_after_a_gap(quantity: str, usual: Values, wrong: Values, kind: str) -> None:
    pole = Pole(quantity)
    pole.run(16, usual)
    assert kind in pole.run(3, wrong)
    pole.index += DAY // 2
    pole.run(0.5, wrong)
    assert Quality.GOOD not in pole.qualities
    assert not pole.ends
    pole.run(3, usual)
    assert pole.qualities[-1] is Quality.GOOD


@pytest.mark.parametrize(("wrong", "kind"), [(drier, "offset"), (calm_mist, "noise")])
def test_a_humidity_that_was_wrong_for_long_enough_is_doubted_over_a_restart(wrong: Values, kind: str) -> None:
    pole = Pole("humidity")
    pole.run(16, mist)
    assert kind in pole.run(3, wrong)
    pole.restart()
    pole.run(0.5, wrong)
    assert Quality.GOOD not in pole.qualities


def test_values_out_of_range_end_no_offset() -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    assert "offset" in pole.run(2, off)
    pole.run(0.3, lambda *_: 500.0)
    assert not [one for one in pole.ends if one.type == "offset"]
    pole.run(0.3, off)
    assert Quality.GOOD not in pole.qualities


def test_a_sensor_that_falls_silent_while_it_is_stuck_is_not_over() -> None:
    pole = Pole("temperature")
    pole.run(16, weather)
    assert "stuck" in pole.run(2, lambda *_: 14.37)
    faults = []
    for minute in range(60):
        at = stamp(pole.index * 600.0 + minute * 60.0)
        other = Reading(
            device="roof", quantity="wind_speed", value=pole.rng.uniform(1, 9), unit=Unit.METRE_PER_SECOND, at=at
        )
        _, events = pole.pipeline.judge(other)
        faults += [one.body for one in (*events, *pole.pipeline.flush(at)) if isinstance(one.body, SensorFault)]
    assert [(one.type, one.phase) for one in faults] == [("dropout", "begin")]


def test_a_fall_to_a_tenth_that_was_of_the_world_is_no_other_unit_for_ever() -> None:
    def cabinet(index: int, rng: random.Random) -> float:
        return round(25 + math.sin(index / DAY * math.tau) + rng.gauss(0, 0.2), 1)

    pole = Pole("cabinet_temperature")
    pole.run(16, cabinet)
    assert "scale" in pole.run(0.25, lambda _, rng: round(2.5 + rng.gauss(0, 0.05), 1))
    start = pole.index
    pole.run(0.5, lambda index, rng: round(2.5 + 45.0 * (index - start) / DAY + rng.gauss(0, 0.1), 1))
    pole.run(8, cabinet)
    assert pole.qualities[-1] is Quality.GOOD


@pytest.mark.parametrize("how", ["relearn", "settings"])
def test_a_rule_over_a_fault_ends_with_it_when_its_device_is_learned_anew_or_set_anew(how: str) -> None:
    rule = RuleSettings(
        severity="alarm",
        all=(ConditionSettings(event="sensor_fault", match={"type": "stuck"}, within_s=864000.0),),
        text={"en": "stuck", "zh": "卡死"},
    )
    pole = Pole("temperature")
    analysis = Analysis(rules={"stuck": rule})
    pole.pipeline = Pipeline(analysis, DEVICES)
    pole.run(16, weather)
    assert "stuck" in pole.run(2, lambda *_: 14.37)
    at = stamp(pole.index * 600.0)
    if how == "relearn":
        events = pole.pipeline.relearn("roof", at)
    else:
        events = pole.pipeline.update(replace(analysis, check=CheckSettings(max_per_day=7)), DEVICES, at)
    ends = [(event.body.kind, getattr(event.body, "phase", ""), getattr(event.body, "reason", "")) for event in events]
    assert ends == [("sensor_fault", "end", "settings"), ("alert", "end", "settings")]


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


@pytest.mark.fault("what was learned was saved by a version for which slopes were noise", "its noise is learned anew")
def test_noise_of_which_slopes_were_a_part_is_learned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pole = Pole("temperature", every_s=60.0)
    with monkeypatch.context() as older:
        older.setitem(QUANTITIES, "temperature", replace(QUANTITIES["temperature"], step=0.0))
        pole.pipeline = Pipeline(Analysis(), DEVICES)
        assert pole.run(4, minutes) == []
    pole.restart()
    assert pole.run(2, minutes) == []
    pole.restart()
    assert pole.run(2, minutes) == []
    assert "noise" in pole.run(0.5, lambda index, rng: minutes(index, rng) + rng.gauss(0, 0.5))
