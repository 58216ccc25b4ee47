"""Another unit from one reading on is said by that word; what the world does by itself is not."""

from __future__ import annotations

import math
import random

import msgspec
import pytest

from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.sensorcheck import Check, CheckState
from agent.config.settings import CheckSettings, DeviceSettings
from bench.cases import KINDS
from contract.events import SensorFault
from contract.types import Quality, Reading
from contract.units import QUANTITIES, Unit
from tests.analysis.made import stamp
from tests.analysis.test_cases import faults, judged

SEEDS = 6


def values(count: int, middle: float, swing: float, noise: float) -> list[float]:
    rng = random.Random(4)
    return [round(middle + swing * math.sin(i / 144 * math.tau) + rng.gauss(0, noise), 2) for i in range(count)]


@pytest.mark.parametrize(
    ("quantity", "middle", "slope", "shift", "said"),
    [
        ("temperature", 12.0, 1.8, 32.0, "1.8 times what they were, +32"),
        ("temperature", 22.0, 0.1, 0.0, "0.1 times"),
        ("temperature", 22.0, 10.0, 0.0, "10 times"),
        ("water_level", 1.2, 10.0, 0.0, "10 times"),
        ("pressure", 1010.0, 0.1, 0.0, "0.1 times"),
    ],
)
def test_another_unit_is_named_and_its_values_are_doubted(
    quantity: str, middle: float, slope: float, shift: float, said: str
) -> None:
    usual = values(144 * 10, middle, middle * 0.02, middle * 0.004)
    events, qualities = judged(quantity, usual[:1000] + [one * slope + shift for one in usual[1000:]], 600.0)
    found = [one.body for one in events if isinstance(one.body, SensorFault) and one.body.type == "scale"]
    assert [body.phase for body in found] == ["begin"]
    assert said in found[0].evidence
    assert Quality.GOOD not in qualities[1000:]


def test_the_old_unit_again_ends_it() -> None:
    usual = values(144 * 10, 22.0, 1.0, 0.1)
    changed = [one * 0.1 if 1000 <= index < 1100 else one for index, one in enumerate(usual)]
    events, qualities = judged("temperature", changed, 600.0)
    assert [kind for kind, _ in faults(events, "end") if kind == "scale"] == ["scale"]
    assert qualities[-1] is Quality.GOOD


FAHRENHEIT = 1000
"""The reading from which on ``changed`` is in °F."""


def changed(count: int) -> list[float]:
    usual = values(count, 12.0, 3.0, 0.05)
    return usual[:FAHRENHEIT] + [round(one * 1.8 + 32.0, 1) for one in usual[FAHRENHEIT:]]


@pytest.mark.parametrize("again_after", [0, 1, 4, 50])
@pytest.mark.parametrize("how", ["restart", "settings"])
def test_another_unit_is_doubted_over_a_restart_and_other_settings(how: str, again_after: int) -> None:
    devices = {"roof": DeviceSettings(driver="modbus_rtu", line="a", every_s=1.0)}
    pole = Pipeline(Analysis(), devices)
    good = []
    for index, value in enumerate(changed(1300)):
        at = stamp(index * 600.0)
        if index == FAHRENHEIT + again_after + 1:
            if how == "restart":
                pole = Pipeline(Analysis(), devices, state=pole.state())
                assert not pole.problem
            else:
                pole.update(Analysis(check=CheckSettings(max_per_day=7)), devices, at)
        item, _ = pole.judge(Reading(device="roof", quantity="temperature", value=value, unit=Unit.CELSIUS, at=at))
        good += [index - FAHRENHEIT] * (isinstance(item, Reading) and item.quality is Quality.GOOD)
    assert max(good) < 12, "some are needed until it is confirmed"


def test_a_state_of_before_has_no_other_unit() -> None:
    check = Check(QUANTITIES["temperature"], 300.0)
    old = msgspec.msgpack.encode(msgspec.msgpack.decode(msgspec.msgpack.encode(check.state()))[:-2])
    assert msgspec.msgpack.decode(old, type=CheckState).scale is None


@pytest.mark.parametrize("glitch", [0.0, -17.8])
def test_a_glitch_does_not_end_it(glitch: float) -> None:
    series = changed(1300)
    series[1100] = glitch
    _, qualities = judged("temperature", series, 600.0)
    assert Quality.GOOD not in qualities[1012:]
    usual = values(1300, 0.5, 3.0, 0.05)
    tenfold = [one * 10.0 if index >= FAHRENHEIT else one for index, one in enumerate(usual)]
    tenfold[1100:1103] = [0.0, 0.0, 0.0]
    _, qualities = judged("temperature", tenfold, 600.0)
    assert Quality.GOOD not in qualities[1020:]


@pytest.mark.parametrize("name", sorted(KINDS))
def test_kinds_of_cases_hold_when_they_are_drawn_anew(name: str) -> None:
    found = [KINDS[name](random.Random(f"{name} {seed}")).right for seed in range(SEEDS)]
    assert sum(found) >= SEEDS - 2
