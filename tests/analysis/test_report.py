"""Windows, changes and batches: nothing is lost, nothing spans a step of the clock."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.analysis.batch import MAX_READINGS
from agent.analysis.report import Reporter
from agent.config.settings import ReportSettings
from contract.events import Change, Samples, Series, Summary, Window
from contract.types import Event, Item, Quality
from contract.units import Unit
from tests.analysis.made import START, fault, reading, stamp

WINDOW = ReportSettings()
EVERY_S = 1.0


def reporter(report: ReportSettings = WINDOW, period: float | None = EVERY_S) -> Reporter:
    return Reporter(lambda device, quantity: report, lambda device: period)


def feed(stage: Reporter, items: Iterable[Item]) -> list[Event]:
    return [event for item in items for event in stage.process(item)]


def summaries(events: Iterable[Event]) -> list[tuple[float, float, tuple[Window, ...]]]:
    """Begin in seconds after noon, duration, windows."""
    return [
        ((event.at.utc - START).total_seconds(), event.body.duration_s, event.body.windows)
        for event in events
        if isinstance(event.body, Summary)
    ]


def series(events: Iterable[Event], body: type[Change | Samples]) -> list[Series]:
    return [one for event in events if isinstance(event.body, body) for one in event.body.series]


def test_a_minute_of_readings_is_one_summary_with_all_quantities_of_the_device() -> None:
    stage = reporter()
    items: list[Item] = []
    for second in range(60):
        at = stamp(second)
        items += [reading(20.0 + second / 10, at), reading(50, at, "humidity", unit=Unit.PERCENT)]
    assert feed(stage, items) == []
    [(begin, duration, windows)] = summaries(feed(stage, [reading(0.0, stamp(60))]))
    assert (begin, duration) == (0.0, 60.0)
    assert windows == (
        Window(
            quantity="temperature", unit=Unit.CELSIUS, count=60, mean=22.95, min=20.0, max=25.9, std=1.73, last=25.9
        ),
        Window(quantity="humidity", unit=Unit.PERCENT, count=60, mean=50.0, min=50, max=50, std=0.0, last=50),
    )


def test_silence_is_closed_by_flush_and_not_before_its_time() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(58)])
    assert not list(stage.flush(stamp(59.9)))
    [(begin, duration, windows)] = summaries(stage.flush(stamp(60.1)))
    assert (begin, duration, windows[0].count, windows[0].faults) == (0.0, 60.0, 58, round(2 / 60, 3))
    assert not list(stage.flush(stamp(200)))


def test_the_first_window_begins_with_the_first_reading_and_ends_aligned() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(45, 60)])
    [(begin, duration, windows)] = summaries(stage.flush(stamp(60)))
    assert (begin, duration, windows[0].count, windows[0].faults) == (45.0, 15.0, 15, 0.0)


def test_windows_without_anything_are_not_reported_and_the_next_one_is_aligned() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(60)])
    stage.flush(stamp(60))
    out = feed(stage, [reading(1.0, stamp(330))]) + list(stage.flush(stamp(360)))
    [(begin, duration, windows)] = summaries(out)
    assert (begin, duration, windows[0].count, windows[0].faults) == (300.0, 60.0, 1, round(59 / 60, 3))


def test_a_late_reading_counts_in_the_open_window() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(59)])
    stage.flush(stamp(60))
    feed(stage, [reading(2.0, stamp(59.9)), reading(3.0, stamp(61))])
    [(begin, duration, windows)] = summaries(stage.flush(stamp(120)))
    assert (begin, duration, windows[0].count, windows[0].min) == (60.0, 60.0, 2, 2.0)


def test_faults_count_for_their_quantities_and_a_fault_of_the_device_for_all() -> None:
    stage = reporter(period=None)
    at = stamp(1)
    feed(stage, [reading(1.0, at), reading(40.0, at, "humidity"), fault(stamp(2), "humidity"), fault(stamp(3))])
    [(_, _, (temperature, humidity))] = summaries(stage.flush(stamp(60)))
    assert (temperature.faults, humidity.faults) == (0.5, round(2 / 3, 3))


def test_a_window_of_faults_alone_is_reported_with_count_zero() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(0))])
    stage.flush(stamp(60))
    out = feed(stage, [fault(stamp(70)), fault(stamp(90))]) + list(stage.flush(stamp(120)))
    [(_, _, (window,))] = summaries(out)
    assert window == Window(quantity="temperature", unit=Unit.CELSIUS, count=0, faults=1.0)


def test_bad_readings_are_missing_from_the_statistics_and_uncertain_ones_are_in() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(s)) for s in range(58)])
    feed(stage, [reading(99.0, stamp(58), quality=Quality.BAD), reading(3.0, stamp(59), quality=Quality.UNCERTAIN)])
    [(_, _, (window,))] = summaries(stage.flush(stamp(60)))
    assert (window.count, window.max, window.faults) == (59, 3.0, round(1 / 60, 3))


def test_labels_have_count_and_last_only() -> None:
    stage = reporter()
    feed(stage, [reading(label, stamp(second), "state") for second, label in enumerate(["idle", "on", "on"])])
    [(_, _, (window,))] = summaries(stage.flush(stamp(60)))
    assert window == Window(quantity="state", unit=Unit.CELSIUS, count=3, last="on", faults=round(57 / 60, 3))


@pytest.mark.parametrize("step", [-3650 * 86400.0, -7200.0, -30.0, -0.5, 0.5, 30.0, 60.0, 3600.0, 20000 * 86400.0])
def test_a_window_ends_where_the_clock_steps_and_another_begins(step: float) -> None:
    stage = reporter()
    out = feed(stage, [reading(1.0, stamp(second)) for second in range(20)])
    out += feed(stage, [reading(2.0, stamp(second, step)) for second in range(20, 30)])
    out += list(stage.end(stamp(30, step)))
    reported = summaries(out)
    assert sum(windows[0].count for _, _, windows in reported) == 30
    assert all(windows[0].min == windows[0].max for _, _, windows in reported)
    assert reported[0][:2] == (0.0, 20.0)
    assert reported[1][0] == 20.0 + step
    assert math.isclose(sum(duration for _, duration, _ in reported), 30.0)


def test_a_step_that_only_flush_sees_closes_the_window() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(20)])
    [(begin, duration, windows)] = summaries(stage.flush(stamp(20.5, -5000.0)))
    assert (begin, duration, windows[0].count) == (0.0, 20.5, 20)


def test_a_slewed_clock_does_not_cut_windows() -> None:
    stage = reporter(ReportSettings(window_s=86400.0), period=60.0)
    out = feed(stage, [reading(1.0, stamp(s, s * 5e-4)) for s in range(0, 40000, 60)])
    assert out == []


def test_unsynced_windows_say_so() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second, synced=False)) for second in range(3)])
    [event] = stage.flush(stamp(60, synced=False))
    assert not event.at.synced
    assert event.at.boot_s == pytest.approx(1000.0, abs=1e-3)


def test_end_tells_what_is_open_with_its_true_duration() -> None:
    stage = reporter()
    feed(stage, [reading(1.0, stamp(second)) for second in range(15)])
    [(begin, duration, windows)] = summaries(stage.end(stamp(15)))
    assert (begin, duration, windows[0].count, windows[0].faults) == (0.0, 15.0, 15, 0.0)
    assert not list(stage.end(stamp(15)))


@given(
    st.lists(
        st.tuples(
            st.floats(0.05, 40.0),
            st.one_of(st.floats(-1e6, 1e6), st.integers(-(10**9), 10**9)),
            st.booleans(),
            st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, -1e7, -61.0, 0.7, 3600.0]),
        ),
        max_size=80,
    ),
    st.sampled_from([1.0, 7.0, 60.0, 1.7]),
)
def test_no_reading_is_lost_or_counted_twice_and_the_statistics_are_true(
    steps: list[tuple[float, float, bool, float]], window_s: float
) -> None:
    stage = reporter(ReportSettings(window_s=window_s))
    now, shift = 0.0, 0.0
    values: list[float] = []
    out: list[Event] = []
    for wait, value, flush, step in steps:
        now, shift = now + wait, shift + step
        if flush:
            out += stage.flush(stamp(now, shift))
        values.append(value)
        out += stage.process(reading(value, stamp(now, shift)))
    out += stage.end(stamp(now, shift))
    reported = summaries(out)
    assert sum(windows[0].count for _, _, windows in reported) == len(values)
    for _, duration, (window,) in reported:
        chunk, values = values[: window.count], values[window.count :]
        assert duration <= window_s
        _same(window, chunk)


def _same(window: Window, chunk: Sequence[float]) -> None:
    scale = max(map(abs, chunk)) or 1.0
    true_std = statistics.pstdev(chunk)
    assert window.mean is not None
    assert window.std is not None
    assert window.min == pytest.approx(min(chunk), rel=1e-11)
    assert window.max == pytest.approx(max(chunk), rel=1e-11)
    assert window.last == pytest.approx(chunk[-1], rel=1e-11)
    assert window.std == pytest.approx(true_std, rel=6e-3, abs=1e-7 * scale + 1e-150)
    assert window.mean == pytest.approx(statistics.fmean(chunk), abs=true_std / 1000 + 1e-7 * scale)


def test_the_deviation_is_stable_at_a_large_offset() -> None:
    stage = reporter()
    chunk = [1e9 + second % 2 for second in range(60)]
    feed(stage, [reading(value, stamp(second)) for second, value in enumerate(chunk)])
    [(_, _, (window,))] = summaries(stage.flush(stamp(60)))
    assert (window.std, window.mean) == (0.5, 1e9 + 0.5)


def test_numbers_that_are_none_count_as_missing() -> None:
    stage = reporter(period=None)
    feed(stage, [reading(v, stamp(s)) for s, v in enumerate([1.0, math.inf, -math.inf, math.nan, 1e200])])
    [(_, _, (window,))] = summaries(stage.flush(stamp(60)))
    assert (window.count, window.mean, window.faults) == (1, 1.0, 0.8)


def test_binary_noise_does_not_travel() -> None:
    stage = reporter()
    feed(stage, [reading(213 * 0.1, stamp(0)), reading(0.1 + 0.2, stamp(1))])
    [event] = stage.flush(stamp(60))
    assert b'"min":0.3,"max":21.3,' in msgspec.json.encode(event.body)


CHANGE = ReportSettings(mode="change", dead_band=0.5, dead_band_percent=2.0, max_silence_s=100.0)


def test_changes_are_reported_when_they_leave_the_larger_band() -> None:
    stage = reporter(CHANGE)
    values = [10.0, 10.4, 10.5, 10.6, 10.2, 100.0, 101.9, 102.1]
    out = feed(stage, [reading(value, stamp(second)) for second, value in enumerate(values)])
    out += stage.flush(stamp(8))
    assert [one.values for one in series(out, Change)] == [(10.0,), (10.6,), (100.0,), (102.1,)]


def test_changes_of_one_answer_share_an_event() -> None:
    stage = reporter(CHANGE)
    at = stamp(0)
    feed(stage, [reading(1.0, at), reading(2.0, at, "humidity")])
    [event] = stage.flush(stamp(0.5))
    assert isinstance(event.body, Change)
    assert [one.quantity for one in event.body.series] == ["temperature", "humidity"]
    assert event.at == at


def test_an_unchanged_value_is_reported_again_after_the_longest_silence() -> None:
    stage = reporter(CHANGE)
    out = feed(stage, [reading(1.0, stamp(second)) for second in range(250)]) + list(stage.flush(stamp(250)))
    assert [(event.at.utc - START).total_seconds() for event in out] == [0.0, 100.0, 200.0]


def test_labels_and_qualities_that_change_are_reported() -> None:
    stage = reporter(CHANGE)
    items = [reading(label, stamp(second), "state") for second, label in enumerate(["on", "on", "off"])]
    items.append(reading("off", stamp(3), "state", quality=Quality.BAD))
    reported = series([*feed(stage, items), *stage.flush(stamp(4))], Change)
    assert [(one.values, one.qualities) for one in reported] == [
        (("on",), {}),
        (("off",), {}),
        (("off",), {0: Quality.BAD}),
    ]


RAW = ReportSettings(mode="raw", batch_s=5.0)


def test_raw_readings_come_in_batches_with_their_times() -> None:
    stage = reporter(RAW)
    out = feed(stage, [reading(float(second), stamp(second + 0.25)) for second in range(7)])
    out += stage.flush(stamp(11))
    first, second = series(out, Samples)
    assert (first.offsets_ms, first.values) == ((0, 1000, 2000, 3000, 4000), (0.0, 1.0, 2.0, 3.0, 4.0))
    assert (second.offsets_ms, second.values) == ((0, 1000), (5.0, 6.0))
    assert [event.at for event in out] == [stamp(0.25), stamp(5.25)]


def test_a_batch_ends_at_a_step_of_the_clock_and_at_its_bound() -> None:
    stage = reporter(ReportSettings(mode="raw", batch_s=3600.0))
    out = feed(stage, [reading(1, stamp(0)), reading(2, stamp(1)), reading(3, stamp(2, -100.0))])
    assert [one.values for one in series(out, Samples)] == [(1, 2)]
    out = feed(stage, [reading(n, stamp(3 + n / 100, -100.0)) for n in range(MAX_READINGS)])
    assert len(series(out, Samples)[0].values) == MAX_READINGS


def test_keep_tells_nothing() -> None:
    stage = reporter(ReportSettings(mode="keep"))
    assert feed(stage, [reading(1.0, stamp(second)) for second in range(200)]) == []
    assert not list(stage.end(stamp(200)))


def test_new_settings_tell_what_is_open_of_what_changed_and_leave_the_rest() -> None:
    def report_of(device: str, quantity: str) -> ReportSettings:
        return RAW if quantity == "humidity" else WINDOW

    stage = Reporter(lambda d, q: WINDOW, lambda device: EVERY_S)
    for second in range(20):
        at = stamp(second)
        feed(stage, [reading(1.0, at), reading(2.0, at, "humidity")])
    [(begin, duration, windows)] = summaries(stage.update(report_of, lambda device: EVERY_S, stamp(20)))
    assert (begin, duration, [(w.quantity, w.count) for w in windows]) == (0.0, 20.0, [("humidity", 20)])
    out = feed(stage, [reading(1.0, stamp(20)), reading(3.0, stamp(20), "humidity")])
    out += stage.update(lambda d, q: WINDOW, lambda device: EVERY_S, stamp(21))
    assert [one.values for one in series(out, Samples)] == [(3.0,)]
    out = feed(stage, [reading(2.0, stamp(30), "humidity")]) + list(stage.flush(stamp(60)))
    reported = summaries(out)
    assert {w.quantity: w.count for _, _, windows in reported for w in windows} == {"temperature": 21, "humidity": 1}


def test_a_new_unit_does_not_mix_with_the_old_one() -> None:
    stage = reporter()
    feed(stage, [reading(20.0, stamp(0)), reading(68.0, stamp(1), unit=Unit.ONE)])
    [(_, _, windows)] = summaries(stage.flush(stamp(60)))
    assert [(w.unit, w.mean) for w in windows] == [(Unit.CELSIUS, 20.0), (Unit.ONE, 68.0)]


def test_the_last_window_of_a_day_may_be_shorter() -> None:
    stage = reporter(ReportSettings(window_s=7 * 3600.0), period=None)
    feed(stage, [reading(1.0, stamp(9.5 * 3600)), reading(1.0, stamp(11.9 * 3600)), reading(1.0, stamp(12.1 * 3600))])
    [event] = stage.end(stamp(12.2 * 3600))
    assert event.at.utc == START + timedelta(hours=12)
