"""All stages together: a faulty sensor is marked before anybody counts on it, and what was learned survives."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.report import Reporter
from agent.config.settings import (
    AnomalySettings,
    CheckSettings,
    ConditionSettings,
    DeviceSettings,
    ReportSettings,
    RuleSettings,
)
from contract.events import Alert, Anomaly, SensorFault, Summary
from contract.types import Event, Quality, Reading
from tests.analysis.made import reading, stamp

DEVICES = {"roof": DeviceSettings(driver="x", line="a", every_s=300.0, limits={"temperature": (-40.0, 60.0)})}
HOT = RuleSettings(all=(ConditionSettings(quantity="temperature", above=50.0),))
ANALYSIS = Analysis(rules={"hot": HOT})


def weather(count: int, first: int = 0) -> Iterator[Reading]:
    rng = random.Random(first)
    for index in range(first, first + count):
        value = round(15 + 5 * math.sin(index / 288 * math.tau) + rng.gauss(0, 0.3), 2)
        yield reading(value, stamp(index * 300.0))


def reporter() -> Reporter:
    return Reporter(lambda device, quantity: ReportSettings(window_s=3600.0), lambda device: 300.0)


def run(stage: Pipeline, items: Iterator[Reading]) -> list[Event]:
    return [event for item in items for event in (*stage.process(item), *stage.flush(item.at))]


def learned() -> Pipeline:
    stage = Pipeline(ANALYSIS, DEVICES, reporter=reporter())
    run(stage, weather(3000))
    return stage


def test_a_faulty_reading_is_missing_from_windows_and_raises_neither_alert_nor_anomaly() -> None:
    stage = learned()
    at = 3000 * 300.0
    events = run(stage, iter([reading(900.0, stamp(at + 300 * index)) for index in range(13)]))
    bodies = [event.body for event in events]
    assert any(isinstance(body, SensorFault) and body.type == "range" for body in bodies)
    assert not any(isinstance(body, Alert | Anomaly) for body in bodies)
    windows = [window for body in bodies if isinstance(body, Summary) for window in body.windows]
    assert all(window.max is None or window.max < 60.0 for window in windows)


def test_what_was_learned_survives_a_restart() -> None:
    stage = learned()
    again = Pipeline(ANALYSIS, DEVICES, state=stage.state())
    assert again.problem == ""
    spoilt = [reading(14.5, stamp((3000 + index) * 300.0)) for index in range(60)]
    found = {event.body.type for event in run(again, iter(spoilt)) if isinstance(event.body, SensorFault)}
    assert "stuck" in found


def test_the_state_of_a_quantity_fits_four_kilobytes() -> None:
    assert len(learned().state()) <= 4096


@given(st.data())
def test_a_damaged_state_is_left_with_a_word(data: st.DataObject) -> None:
    good = STATE
    how = data.draw(st.sampled_from(["cut", "flip", "noise"]))
    if how == "cut":
        bad = good[: data.draw(st.integers(1, len(good) - 1))]
    elif how == "flip":
        place = data.draw(st.integers(0, len(good) - 1))
        bad = good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    else:
        bad = data.draw(st.binary(min_size=1, max_size=300))
    stage = Pipeline(ANALYSIS, DEVICES, state=bad)
    assert "learning begins anew" in stage.problem
    assert list(stage.process(reading(20.0, stamp(0)))) == []


STATE = learned().state()


def test_devices_that_are_gone_are_forgotten() -> None:
    assert len(Pipeline(ANALYSIS, {}, state=STATE).state()) < 40


def test_stages_can_be_switched_off() -> None:
    quiet = Analysis(check=CheckSettings(enabled=False), anomaly=AnomalySettings(enabled=False))
    stage = Pipeline(quiet, DEVICES)
    item, events = stage.judge(reading(900.0, stamp(0)))
    assert isinstance(item, Reading)
    assert (item.quality, events) == (Quality.GOOD, [])
    assert not list(stage.flush(stamp(1e6)))


def test_new_settings_keep_what_was_learned() -> None:
    stage = learned()
    before = stage.state()
    stage.update(Analysis(check=CheckSettings(max_per_day=9), rules={}), DEVICES, stamp(3000 * 300.0))
    assert stage.state() == before
    stage.update(Analysis(anomaly=AnomalySettings(rest_s=60.0)), DEVICES, stamp(3000 * 300.0))
    assert stage.state() == before
    alerts = [event for event in run(stage, weather(5, first=3002)) if isinstance(event.body, Alert)]
    assert alerts == []


def test_findings_are_conditions_of_rules() -> None:
    rule = RuleSettings(all=(ConditionSettings(event="sensor_fault", match={"type": "range"}),))
    stage = Pipeline(Analysis(rules={"broken": rule}), DEVICES)
    reported = run(stage, iter([reading(15.0, stamp(0)), reading(900.0, stamp(300))]))
    assert [event.body.rule for event in reported if isinstance(event.body, Alert)] == ["broken"]


def test_new_settings_end_what_they_drop_and_leave_the_rest() -> None:
    hot = Analysis(rules={"hot": RuleSettings(all=(ConditionSettings(quantity="temperature", above=14.0),))})
    stage = Pipeline(hot, DEVICES)
    at = stamp(400 * 300.0)
    begun = run(stage, iter([*weather(300), *[reading(900.0, stamp((300 + i) * 300.0)) for i in range(3)]]))
    open_ids = {event.body.id for event in begun if isinstance(event.body, SensorFault | Alert)}
    ended = {event.body.id for event in begun if isinstance(event.body, Alert) and event.body.phase == "end"}
    assert [event.body.type for event in begun if isinstance(event.body, SensorFault)] == ["range"]
    assert stage.update(hot, DEVICES, at) == []
    other = stage.update(Analysis(check=CheckSettings(max_per_day=2)), DEVICES, at)
    bodies = [event.body for event in other if isinstance(event.body, SensorFault | Alert)]
    assert {body.id for body in bodies} == open_ids - ended
    assert {(body.phase, body.reason) for body in bodies} == {("end", "settings")}
    assert stage.update(Analysis(), {}, at) == []
    assert len(stage.state()) < 40
