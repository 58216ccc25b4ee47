"""What is unusual for a pole is reported once, with what goes with it; what is usual is not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analysis.anomaly import Anomalies, AnomaliesState
from agent.analysis.engine import BASELINE, CHANNELS, Engine
from agent.config.settings import AnomalySettings
from contract.events import KINDS, Anomaly, EndReason
from contract.types import Event, Quality
from tests.analysis.made import reading, stamp

STEP_S = 300.0
DAY = 288


def series(seed: int = 1) -> Callable[[int], float]:
    """A quantity with a daily rhythm and noise, by the number of its step."""
    rng = random.Random(seed)
    return lambda index: 50 + 10 * math.sin(index / DAY * math.tau) + rng.gauss(0, 1)


def run(stage: Anomalies, values: dict[str, Callable[[int], float]], first: int, count: int) -> list[Event]:
    events = []
    for index in range(first, first + count):
        at = stamp(index * STEP_S)
        for quantity, value in values.items():
            events += stage.process(reading(value(index), at, quantity))
        events += stage.flush(at)
    return events


def anomalies(events: list[Event]) -> list[Anomaly]:
    return [event.body for event in events if isinstance(event.body, Anomaly)]


def test_a_usual_month_has_about_the_alarms_that_are_allowed() -> None:
    begun = []
    for seed in range(4):
        stage = Anomalies(AnomalySettings(false_alarms_per_month=1.0))
        begun += anomalies(run(stage, {"noise": series(seed)}, 0, 30 * DAY))
    assert sum(body.phase == "begin" for body in begun) <= 4 * 2


def test_whatever_the_data_are_no_month_has_more_than_five_times_the_alarms_allowed() -> None:
    rng = random.Random(1)
    stage = Anomalies(AnomalySettings(false_alarms_per_month=1.0, max_per_day=100))
    begun = anomalies(run(stage, {"x": lambda _: rng.expovariate(1) ** 3 * rng.choice((-1, 1))}, 0, 60 * DAY))
    count = sum(body.phase == "begin" for body in begun)
    assert 5 <= count <= 5 + 2 * 5
    assert sum(body.suppressed for body in begun) > 0


def test_what_is_unusual_begins_and_ends_once_with_the_range_that_was_expected() -> None:
    stage = Anomalies(AnomalySettings())
    usual = series()
    run(stage, {"noise": usual}, 0, 14 * DAY)
    begin = 14 * DAY
    reported = run(stage, {"noise": lambda i: usual(i) + (40 if i < begin + 12 else 0)}, begin, 2 * DAY)
    first, last = anomalies(reported)[:2]
    assert (first.phase, last.phase) == ("begin", "end")
    assert first.quantities == ("noise",)
    assert first.low < 50 < first.high < first.value
    assert first.severity in {"warning", "alarm"}
    assert (first.since - stamp(begin * STEP_S).utc).total_seconds() <= 2 * STEP_S


def test_quantities_that_part_together_are_one_event() -> None:
    stage = Anomalies(AnomalySettings())
    wind, noise = series(1), series(2)
    run(stage, {"wind_speed": wind, "noise": noise}, 0, 14 * DAY)
    begin = 14 * DAY

    def storm(value: Callable[[int], float], late: int) -> Callable[[int], float]:
        return lambda i: value(i) + (40 if begin + late <= i < begin + 12 else 0)

    reported = anomalies(run(stage, {"wind_speed": storm(wind, 0), "noise": storm(noise, 1)}, begin, DAY))
    begun = [body for body in reported if body.phase == "begin"]
    assert len(begun) == 1
    assert set(begun[0].quantities) == {"wind_speed", "noise"}
    assert [body.phase for body in reported] == ["begin", "end"]


def test_a_faulty_sensor_raises_no_anomaly() -> None:
    stage = Anomalies(AnomalySettings())
    usual = series()
    run(stage, {"noise": usual}, 0, 14 * DAY)
    for quality in (Quality.BAD, Quality.UNCERTAIN):
        for index in range(14 * DAY, 14 * DAY + 50):
            at = stamp(index * STEP_S)
            assert not stage.process(reading(usual(index) + 60, at, "noise", quality=quality))
            assert not stage.flush(at)


@pytest.mark.fault("the values of an open anomaly are not to be trusted any more", "it ends as not known, not as usual")
@pytest.mark.parametrize(("quality", "reason"), [(Quality.GOOD, "over"), (Quality.UNCERTAIN, "bad")])
def test_an_anomaly_whose_sensor_is_doubted_does_not_end_as_usual(quality: Quality, reason: str) -> None:
    stage = Anomalies(AnomalySettings())
    usual = series()
    run(stage, {"noise": usual}, 0, 14 * DAY)
    run(stage, {"noise": lambda i: usual(i) + 40}, 14 * DAY, 12)
    events = stage.flush(stamp(30 * DAY * STEP_S))
    assert not events  # nothing comes: it stays open
    for index in range(14 * DAY + 12, 15 * DAY):
        events += stage.process(reading(usual(index), stamp(index * STEP_S), "noise", quality=quality))
    end = anomalies(events)[0]
    assert (end.phase, end.reason) == ("end", reason)
    assert ("as usual" in KINDS[end.kind].says(end)["en"]) == (reason == "over")


@pytest.mark.parametrize("reason", ["stale", "bad", "settings", "restart"])
def test_only_an_anomaly_that_is_over_is_said_to_be_as_usual(reason: EndReason) -> None:
    kind = KINDS[Anomaly.kind]
    says = kind.says(msgspec.structs.replace(kind.examples[0], phase="end", reason=reason))
    assert "as usual" not in says["en"]
    assert "恢复正常" not in says["zh"]


def test_no_more_than_so_many_are_reported_in_a_day() -> None:
    stage = Anomalies(AnomalySettings(max_per_day=1, rest_s=0.0, false_alarms_per_month=100.0))
    usual = series()
    run(stage, {"noise": usual}, 0, 7 * DAY)
    size = [0.0]

    def wild(index: int) -> float:
        size[0] = 30.0 * 1.5 ** (index % DAY / 24) if index % 24 == 0 else 0.0
        return usual(index) + size[0]

    reported = anomalies(run(stage, {"noise": wild}, 7 * DAY, DAY - 1))
    assert sum(body.phase == "begin" for body in reported) == 1


def test_states_counters_and_labels_are_no_subject() -> None:
    stage = Anomalies(AnomalySettings())
    for index in range(50):
        for item in (reading(index % 2, stamp(index * STEP_S), "door"), reading("on", stamp(index * STEP_S), "mode")):
            assert stage.process(item) == []
    assert stage.state()[0] == []


def test_the_saved_state_fits_its_bound_and_goes_on() -> None:
    stage = Anomalies(AnomalySettings())
    usual = series()
    run(stage, {"noise": usual}, 0, 8 * DAY)
    saved = msgspec.msgpack.encode(stage.state())
    assert len(saved) <= 2048
    again = Anomalies(AnomalySettings())
    again.restore(msgspec.msgpack.decode(saved, type=AnomaliesState), {"roof"})
    rng = random.Random(4)
    values = [50 + rng.gauss(0, 1) + 30 * (index == 50) for index in range(100)]
    outcome = [run(one, {"noise": lambda i: values[i - 8 * DAY]}, 8 * DAY, 100) for one in (stage, again)]
    reported = [[(body.phase, body.quantities, body.value) for body in anomalies(events)] for events in outcome]
    assert reported[0] == reported[1]
    assert reported[0]


def test_the_engine_knows_a_flat_line_a_gap_and_huge_values() -> None:
    engine = Engine()
    assert all(engine.step(index * STEP_S, 5.0).score == 0.0 for index in range(300))
    for steps in (10.0, 1000.0):
        engine.gap(steps)
        assert math.isfinite(engine.step(1e6, 1e29).score)
        assert math.isfinite(engine.step(1e6 + 300, -1e29).score)
    assert all(map(math.isfinite, engine.expected(0, 5.0)))


def test_what_comes_after_a_long_gap_is_not_compared_with_the_time_before() -> None:
    engine = Engine()
    rng = random.Random(3)
    for index in range(10 * DAY):
        engine.step(index * STEP_S, 20 + rng.gauss(0, 1))
    later = 60 * DAY
    engine.gap(50.0 * DAY)
    step = engine.step(later * STEP_S, 30.0)
    assert CHANNELS[step.channel].name == "baseline"


def test_a_weekly_rhythm_is_learned_where_it_foretells_better() -> None:
    engine = Engine()
    rng = random.Random(6)
    width = 0.0
    for index in range(28 * DAY):
        weekend = index // DAY % 7 >= 5
        engine.step(index * STEP_S, (20.0 if weekend else 60.0) + rng.gauss(0, 1))
        if index // DAY == 26:  # a Saturday
            _, low, high = engine.expected(BASELINE, 20.0)
            width = max(width, abs((low + high) / 2 - 20.0))
    assert width < 20.0


@given(st.lists(st.floats(-1e3, 1e3), min_size=300, max_size=600), st.floats(-1e6, 1e6))
@settings(max_examples=40, deadline=None)
def test_a_value_leaves_the_range_of_the_channel_that_names_it(values: list[float], last: float) -> None:
    engine = Engine()
    for index, value in enumerate([*values, last]):
        step = engine.step(index * STEP_S, value)
        if step.score > 0.0 and CHANNELS[step.channel].name != "sum":
            seen, low, high = engine.expected(step.channel, value)
            assert not low <= seen <= high


def test_no_range_holds_what_cannot_be() -> None:
    stage = Anomalies(AnomalySettings())
    rng = random.Random(5)
    dust = [abs(rng.gauss(3, 2)) for _ in range(14 * DAY)]
    run(stage, {"pm2_5": lambda i: dust[i]}, 0, 14 * DAY)
    reported = anomalies(run(stage, {"pm2_5": lambda i: 400.0}, 14 * DAY, 20))
    assert reported
    assert all(body.low >= 0.0 for body in reported)


def test_a_wind_that_turns_through_north_is_no_anomaly_and_one_from_elsewhere_is() -> None:
    stage = Anomalies(AnomalySettings())
    rng = random.Random(8)
    wind = [rng.gauss(0, 12) % 360.0 for _ in range(15 * DAY)]
    usual = anomalies(run(stage, {"wind_direction": lambda i: wind[i]}, 0, 14 * DAY))
    assert len(usual) <= 4
    assert all(body.score < 1.5 for body in usual)
    reported = anomalies(run(stage, {"wind_direction": lambda i: 180.0}, 14 * DAY, 20))
    assert [body.quantities for body in reported if body.phase == "begin"] == [("wind_direction",)]
    assert reported[0].low > 270.0
    assert reported[0].high < 90.0


def test_a_counter_that_is_reset_is_no_anomaly_and_one_that_races_is() -> None:
    stage = Anomalies(AnomalySettings())
    rng = random.Random(9)
    total, rows = 0.0, []
    for index in range(16 * DAY):
        total = total + rng.gauss(1.0, 0.1) + (20.0 if index >= 15 * DAY else 0.0) if index % 1000 else 0.0
        rows.append(total)
    assert not anomalies(run(stage, {"active_energy": lambda i: rows[i]}, 0, 15 * DAY))
    assert anomalies(run(stage, {"active_energy": lambda i: rows[i]}, 15 * DAY, 20))


def test_an_anomaly_lasts_while_the_value_is_off_its_baseline() -> None:
    stage = Anomalies(AnomalySettings())
    usual = series(11)
    run(stage, {"noise": usual}, 0, 14 * DAY)
    begin, lasts = 14 * DAY, 100
    reported = run(stage, {"noise": lambda i: usual(i) + (40 if i < begin + lasts else 0)}, begin, DAY)
    ends = [event for event in reported if getattr(event.body, "phase", "") == "end"]
    assert ends
    assert ends[0].at.boot_s >= stamp((begin + lasts) * STEP_S).boot_s


def test_an_end_has_the_id_of_its_begin_though_the_first_quantity_began_anew_meanwhile() -> None:
    stage = Anomalies(AnomalySettings())
    usual = {"pressure": series(1), "temperature": series(2)}
    run(stage, usual, 0, 20 * DAY)
    begin = 20 * DAY

    def apart(index: int) -> dict[str, float]:
        step = index - begin
        again = 440 <= step < 446
        return {
            "pressure": 60.0 if step < 2 else 400.0 if again else 0.0,
            "temperature": 40.0 + 4.0 * step if step < 470 else 0.0,
        }

    def values(name: str) -> Callable[[int], float]:
        return lambda index: usual[name](index) + apart(index)[name]

    reported = anomalies(run(stage, {name: values(name) for name in usual}, begin, 700))
    assert {body.phase for body in reported} == {"begin", "end"}
    open_: dict[str, Anomaly] = {}
    for body in reported:
        if body.phase == "begin":
            open_[body.id] = body
        else:
            assert body.since == open_.pop(body.id).since
    assert not open_


def test_an_anomaly_of_two_devices_ends_with_the_one_that_leads_it() -> None:
    stage = Anomalies(AnomalySettings())
    usual = {"roof": series(1), "wall": series(2)}
    reported: list[Event] = []
    for index in range(14 * DAY + 4):
        at = stamp(index * STEP_S)
        for device, value in usual.items():
            apart = (90 if device == "roof" else 40) if index >= 14 * DAY else 0
            reported += stage.process(reading(value(index) + apart, at, "noise", device))
        reported += stage.flush(at)
    begun = reported[-1]
    assert isinstance(begun.body, Anomaly)
    assert (begun.body.phase, len(begun.body.quantities)) == ("begin", 2)
    [end] = stage.update(AnomalySettings(), {begun.source}, at)
    assert isinstance(end.body, Anomaly)
    assert (end.source, end.body.id, end.body.reason) == (begun.source, begun.body.id, "settings")
    other = "wall" if begun.source == "roof" else "roof"
    for index in range(14 * DAY + 4, 15 * DAY):
        assert not stage.process(reading(usual[other](index), stamp(index * STEP_S), "noise", other))
