"""Directions and counters: means that are directions, growth that survives resets, in every stage."""

from __future__ import annotations

import cmath
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analysis.batch import DeadBand
from agent.analysis.condition import Condition
from agent.analysis.counter import Growth
from agent.analysis.report import Reporter
from agent.config.settings import ConditionSettings, ReportSettings
from agent.store.merge import merged
from contract.circle import Unwound
from contract.events import Summary, Window
from contract.types import Event, Reading
from contract.units import Unit
from tests.analysis.made import reading, stamp

WINDOW_S = 10.0


def windows(rows: list[list[tuple[str, float]]]) -> list[Summary]:
    """The summaries of one device that reads ``rows``, one a second."""
    stage = Reporter(lambda device, quantity: ReportSettings(window_s=WINDOW_S), lambda device: 1.0)
    events: list[Event] = []
    for second, row in enumerate(rows):
        for quantity, value in row:
            events += stage.process(reading(value, stamp(second), quantity, unit=Unit.DEGREE))
    events += stage.end(stamp(len(rows)))
    return [event.body for event in events if isinstance(event.body, Summary)]


def only(summary: Summary, quantity: str) -> Window:
    return next(window for window in summary.windows if window.quantity == quantity)


def apart(one: float, other: float) -> float:
    return abs(math.remainder(one - other, 360.0))


def test_a_wind_that_swings_around_north_has_a_mean_of_north() -> None:
    [summary] = windows([[("wind_direction", value)] for value in (350.0, 10.0) * 5])
    window = only(summary, "wind_direction")
    assert window.mean is not None
    assert apart(window.mean, 0.0) < 0.01
    assert window.std == pytest.approx(10.0, rel=0.01)
    assert (window.min, window.max, window.count) == (None, None, 10)


def test_opposite_winds_have_no_mean_direction() -> None:
    [summary] = windows([[("wind_direction", value)] for value in (90.0, 270.0) * 5])
    assert only(summary, "wind_direction").mean is None


@pytest.mark.parametrize("names", [("wind_speed", "wind_direction"), ("wind_direction", "wind_speed")])
def test_a_strong_wind_counts_more_than_a_vane_in_a_calm(names: tuple[str, str]) -> None:
    strong, calm = ({"wind_speed": 9.0, "wind_direction": 10.0}, {"wind_speed": 0.0, "wind_direction": 180.0})
    summary = windows([[(name, row[name]) for name in names] for row in [strong, *[calm, strong] * 10]])[-2]
    window = only(summary, "wind_direction")
    assert window.mean is not None
    if names[0] == "wind_speed":
        assert apart(window.mean, 10.0) < 0.01
    assert window.weight == pytest.approx(45.0)


def test_a_wind_of_no_speed_at_all_still_has_the_direction_of_its_vane() -> None:
    [summary] = windows([[("wind_speed", 0.0), ("wind_direction", value)] for value in (350.0, 10.0) * 5])
    window = only(summary, "wind_direction")
    assert window.mean is not None
    assert apart(window.mean, 0.0) < 0.01
    assert window.weight is None


@given(st.lists(st.tuples(st.floats(0.0, 360.0), st.floats(0.1, 40.0)), min_size=25, max_size=60), st.booleans())
def test_merged_windows_of_a_direction_are_the_window_of_all(rows: list[tuple[float, float]], weigh: bool) -> None:
    table = [[*([("wind_speed", speed)] if weigh else []), ("wind_direction", turn)] for turn, speed in rows]
    vectors = [cmath.rect(speed if weigh else 1.0, math.radians(turn)) for turn, speed in rows]
    resultant = abs(sum(vectors)) / sum(map(abs, vectors))
    parts = [(index * WINDOW_S, summary) for index, summary in enumerate(windows(table))]
    whole = only(merged(parts), "wind_direction")
    assert whole.count == len(rows)
    if resultant > 0.2:  # shorter ones are known to three digits of their deviation only
        assert whole.mean is not None
        assert apart(whole.mean, math.degrees(cmath.phase(sum(vectors)))) < 2.0
        assert whole.std is not None
        assert math.exp(-0.5 * math.radians(whole.std) ** 2) == pytest.approx(resultant, abs=0.02)


def test_a_dead_band_goes_the_short_way_round() -> None:
    band = DeadBand(360.0)
    reported = [
        band.leaves(reading(value, stamp(index), "wind_direction"), 5.0, 0.0, 1e9)
        for index, value in enumerate((359.0, 1.0, 3.0, 8.0))
    ]
    assert reported == [True, False, False, True]


def test_a_rule_on_a_direction_respects_the_circle() -> None:
    north = Condition(ConditionSettings(quantity="wind_direction", above=315.0, below=45.0), 0.0)
    assert [north.look(value, 0.0, 0.0) for value in (350.0, 10.0)] == [True, True]
    north.look(180.0, 1.0, 1.0)
    assert not north.holds(1.0, 60.0)
    turned = Condition(ConditionSettings(quantity="wind_direction", change=90.0), 0.0)
    for second, value in enumerate((350.0, 10.0, 355.0)):
        turned.look(value, float(second), 0.0)
        assert not turned.holds(float(second), 60.0)
    turned.look(100.0, 3.0, 0.0)
    assert turned.holds(3.0, 60.0)


@given(st.lists(st.floats(-170.0, 170.0), max_size=50), st.floats(0.0, 360.0))
def test_an_unwound_direction_moves_as_the_direction_does(turns: list[float], start: float) -> None:
    path = Unwound(360.0)
    truth = start
    path.take(start)
    for turn in turns:
        truth += turn
        assert path.take(truth % 360.0) == pytest.approx(truth, abs=1e-6)


def grown(values: list[float]) -> float:
    growth = Growth()
    for value in values:
        growth.take(value)
    return growth.total


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([5.0, 5.2, 5.4], 0.4),
        ([65534.0, 65535.0, 0.0, 1.0, 2.0], 3.0),  # rolled over
        ([12.0, 12.2, 0.2, 0.4], 0.6),  # reset at midnight
        ([1000.0, 1000.1, 0.0, 1000.2], 0.2),  # one reading was wrong
        ([1000.0, 1000.1, 0.0, 0.0, 1000.2], 0.2),
        ([1000.0, 1000.1, 1000.0, 1000.1, 1000.0, 1000.1], 0.1),  # flickers
        ([90000.0, 90000.1, 40000.0, 40000.1], 0.2),  # another meter
    ],
)
def test_what_a_counter_grew_survives_what_happens_to_counters(values: list[float], total: float) -> None:
    assert grown(values) == pytest.approx(total, abs=1e-6)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=200), st.integers(100, 1000), st.data())
def test_a_counter_that_rolls_over_loses_at_most_one_interval_each_time(
    steps: list[int], modulus: int, data: st.DataObject
) -> None:
    steps[:1] = [0, 9]  # it has been seen to move
    start = data.draw(st.integers(0, modulus - 10))
    truth = start
    growth = Growth()
    turns = 0
    for step in steps:
        turns += (truth + step) // modulus - truth // modulus
        truth += step
        growth.take(float(truth % modulus))
    assert 0.0 <= truth - start - growth.total <= 9.0 * turns


def test_windows_of_a_counter_add_up_to_its_growth() -> None:
    rng = random.Random(1)
    total, grew, rows = 9_990.0, 0.0, []
    for _ in range(100):
        step = rng.choice((0.0, 0.0, 0.2))
        total, grew = (total + step, grew + step) if total < 9_995.0 else (0.0, grew)
        rows.append([("rain", round(total, 1))])
    summaries = windows(rows)
    parts = [only(one, "rain").increase for one in summaries]
    assert None not in parts
    first = rows[0][0][1] - 9_990.0
    assert sum(one or 0.0 for one in parts) == pytest.approx(grew - first, abs=0.01)
    whole = merged([(index * WINDOW_S, one) for index, one in enumerate(summaries)])
    assert only(whole, "rain").increase == pytest.approx(grew - first, abs=0.01)


def test_a_rule_on_rain_counts_over_the_reset_at_midnight() -> None:
    heavy = Condition(ConditionSettings(quantity="rain", rise=5.0, within_s=3600.0), 0.0)
    values = [90.0, 91.0, 92.0, 93.0, 0.0, 1.0, 2.0, 3.0]
    for minute, value in enumerate(values):
        heavy.look(value, minute * 60.0, 0.0)
    assert heavy.holds(420.0, 300.0)


def test_a_meter_that_is_no_row_of_the_table_counts_as_one_by_its_unit() -> None:
    stage = Reporter(lambda device, quantity: ReportSettings(window_s=WINDOW_S), lambda device: 1.0)
    for second, value in enumerate((7.0, 7.5, 0.0)):
        at = stamp(second)
        item = Reading(device="a", quantity="active_energy_reverse", value=value, unit=Unit.KILOWATT_HOUR, at=at)
        assert not list(stage.process(item))
    [event] = stage.end(stamp(3))
    assert isinstance(event.body, Summary)
    assert event.body.windows[0].increase == 0.5
