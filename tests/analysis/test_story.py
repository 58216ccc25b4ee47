"""One incident of a sensor is one event: what follows from it is part of its story."""

from __future__ import annotations

import random
from collections.abc import Iterable

from bench.cases import drizzle, front
from contract.events import Anomaly, SensorFault
from contract.types import Event, Quality
from tests.analysis.made import stamp
from tests.analysis.test_cases import HOUR, day, judged


def kinds(events: Iterable[Event], after_hour: float) -> list[str]:
    """What began after so many hours: the kind of the fault, or ``anomaly``."""
    return [
        event.body.type if isinstance(event.body, SensorFault) else "anomaly"
        for event in events
        if isinstance(event.body, SensorFault | Anomaly)
        and event.body.phase == "begin"
        and event.at.boot_s - stamp(0).boot_s >= after_hour * HOUR
    ]


def oxygen(count: int, seed: int = 9) -> list[float]:
    """Dissolved oxygen of a river, each quarter of an hour."""
    rng = random.Random(seed)
    return [round(10 + day(index / 4.0) + rng.gauss(0, 0.05), 2) for index in range(count)]


def test_one_wrong_reading_is_one_event() -> None:
    values = oxygen(96 * 20)
    values[-50] -= 3.0
    assert kinds(judged("oxygen", values, 900.0)[0], 24 * 18) == ["step"]


def test_a_sensor_that_fell_to_x() -> None:
    events, qualities = judged("oxygen", oxygen(96 * 20) + [0.0] * 300, 900.0)
    found = kinds(events, 24 * 20)
    assert set(found) <= {"step", "zero", "stuck"}
    assert "zero" in found
    assert len(found) == len(set(found))
    assert qualities[-1] is Quality.BAD


def test_an_offset_that_outlasts_the_fault_it_began_in_is_reported() -> None:
    values = oxygen(96 * 20)
    found = kinds(judged("oxygen", values + [values[-1]] * 60 + [one + 4.0 for one in oxygen(200, 10)], 900.0)[0], 480)
    assert "stuck" in found
    assert "offset" in found[found.index("stuck") :]


def test_water_that_freezes_stays_at_zero_degrees_and_a_sensor_that_falls_to_zero_does_not() -> None:
    rng = random.Random(11)
    cooling = [round(max(-0.02, 8 - index / 120.0 + day(index / 4.0) + rng.gauss(0, 0.02)), 2) for index in range(1200)]
    assert not {"stuck", "zero"} & set(kinds(judged("temperature", cooling, 900.0)[0], 100))
    warm = [round(12 + day(index / 4.0) + rng.gauss(0, 0.02), 2) for index in range(1200)]
    events, qualities = judged("temperature", warm + [0.0] * 100, 900.0)
    assert {"zero", "stuck"} & set(kinds(events, 300))
    assert qualities[-1] is not Quality.GOOD


def test_two_wrong_echoes_that_come_back_are_one_event() -> None:
    values = [round(one / 50.0, 4) for one in oxygen(96 * 20)]
    values[-50] -= 0.18
    values[-49] -= 0.18
    assert kinds(judged("water_level", values, 900.0)[0], 24 * 18) == ["step"]


def test_a_spike_of_ten_times_is_no_other_unit() -> None:
    rng = random.Random(12)
    values = [round(1.2 + rng.gauss(0, 0.01), 2) for _ in range(96 * 20)]
    for place in (-400, -300, -200, -100):
        values[place] *= 10.0
    assert "scale" not in kinds(judged("turbidity", values, 900.0)[0], 0)


def test_drizzle_below_100_percent_and_a_cold_front_are_no_noise() -> None:
    said = [word for make in (drizzle, front) for seed in range(12) for word in make(random.Random(seed)).said]
    assert said.count("noise") <= 3
