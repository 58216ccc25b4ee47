"""Another unit from one reading on is said by that word; what the world does by itself is not."""

from __future__ import annotations

import math
import random

import pytest

from bench.cases import KINDS
from contract.events import SensorFault
from contract.types import Quality
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


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"humidity in fog"}))
def test_kinds_of_cases_hold_when_they_are_drawn_anew(name: str) -> None:
    found = [KINDS[name](random.Random(f"{name} {seed}")).right for seed in range(SEEDS)]
    assert sum(found) >= SEEDS - 2
