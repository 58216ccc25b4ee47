"""What cities ask for, reported by rules: when it begins, when it ends, what to read faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from agent.analysis.rules import Boost, Rules
from agent.analysis.rulesets import all_rules, rule_set
from agent.config.settings import RuleSettings, RulesSettings
from contract.events import KINDS, Alert, Anomaly, EndReason, WaterLevel
from contract.types import Event, Lane, Quality, Value
from contract.units import QUANTITIES
from tests.analysis.made import reading, stamp

SETS = ("waterlogging", "collision", "cabinet", "air", "noise")


def rules(offset_h: float = 0.0, **tables: Any) -> Rules:
    return Rules(msgspec.convert(tables, dict[str, RuleSettings]), offset_h)


def run(stage: Rules, rows: Iterable[tuple[float, str, Value]], device: str = "roof") -> list[Event]:
    return [event for at, name, value in rows for event in stage.process(reading(value, stamp(at), name, device))]


def said(events: Iterable[Event]) -> list[tuple[str, str]]:
    return [(event.body.rule, event.body.phase) for event in events if isinstance(event.body, Alert)]


def test_a_level_must_last_and_clears_at_its_own_level() -> None:
    stage = rules(hot={"all": [{"quantity": "temperature", "above": 60.0, "clear": 55.0, "for_s": 10.0}]})
    rows: list[tuple[float, str, Value]] = [(0, "temperature", 61.0), (5, "temperature", 62.0)]
    assert said(run(stage, rows)) == []
    assert said(run(stage, [(10, "temperature", 61.0), (11, "temperature", 57.0)])) == [("hot", "begin")]
    assert said(run(stage, [(12, "temperature", 55.0)])) == [("hot", "end")]


def test_the_end_of_an_alert_says_since_when_it_was_on() -> None:
    stage = rules(hot={"all": [{"quantity": "temperature", "above": 60.0}], "for_s": 10.0})
    rows: list[tuple[float, str, Value]] = [(at, "temperature", 61.0 if at < 30 else 20.0) for at in range(0, 40, 5)]
    bodies = [event.body for event in run(stage, rows)]
    assert [(body.phase, body.since) for body in bodies if isinstance(body, Alert)] == [
        ("begin", stamp(0).utc),
        ("end", stamp(0).utc),
    ]


def test_time_alone_can_begin_and_end_an_alert() -> None:
    stage = rules(hot={"all": [{"quantity": "temperature", "above": 60.0, "for_s": 10.0}], "stale_s": 100.0})
    run(stage, [(0, "temperature", 61.0)])
    assert said(stage.flush(stamp(10))) == [("hot", "begin")]
    assert said(stage.flush(stamp(101))) == [("hot", "end")]


@pytest.mark.fault("the values of an open alert stop, or become bad", "it ends as not known any more, not as over")
@pytest.mark.parametrize(("quality", "reason"), [(None, "stale"), (Quality.BAD, "bad")])
def test_an_alert_of_which_nothing_is_known_any_more_is_not_over(quality: Quality | None, reason: str) -> None:
    stage = rules(deep={"all": [{"quantity": "water_depth", "above": 0.1}], "stale_s": 100.0, "rest_s": 0.0})
    events = run(stage, [(0, "water_depth", 0.3)])
    if quality is not None:
        events += stage.process(reading(900.0, stamp(10), "water_depth", quality=quality))
    events += stage.flush(stamp(101))
    begin, end = (event.body for event in events)
    assert isinstance(begin, Alert)
    assert isinstance(end, Alert)
    assert (end.id, end.phase, end.since, end.reason) == (begin.id, "end", begin.since, reason)
    assert "over" not in KINDS[end.kind].says(end)["en"]
    (again,) = run(stage, [(110, "water_depth", 0.3)])
    assert isinstance(again.body, Alert)
    assert again.body.phase == "begin"
    (over,) = run(stage, [(120, "water_depth", 0.0)])
    assert isinstance(over.body, Alert)
    assert over.body.reason == "over"


def test_a_rule_whose_other_conditions_do_not_hold_is_over_though_one_is_stale() -> None:
    two = [{"quantity": "temperature", "above": 60.0}, {"quantity": "smoke", "above": 1.0}]
    stage = rules(fire={"all": two, "stale_s": 100.0})
    run(stage, [(0, "temperature", 70.0), (0, "smoke", 2.0)])
    (end,) = run(stage, [(200, "smoke", 0.0)])
    assert isinstance(end.body, Alert)
    assert end.body.reason == "over"


def test_all_and_any_are_combined_over_devices() -> None:
    stage = rules(
        hit={
            "all": [{"quantity": "vibration", "change": 8.0, "within_s": 60.0}],
            "any": [{"quantity": "tilt_x", "change": 1.5}, {"quantity": "tilt_y", "change": 1.5}],
        }
    )
    run(stage, [(0, "vibration", 0.1), (1, "vibration", 12.0), (2, "vibration", 0.1)], "board")
    assert said(run(stage, [(0, "tilt_x", 0.0), (2, "tilt_x", 0.5), (3, "tilt_y", 0.0)], "tilt")) == []
    [event] = run(stage, [(4, "tilt_y", 2.0)], "tilt")
    assert isinstance(event.body, Alert)
    assert event.source == "pole"
    assert event.body.values == {
        "board.vibration": 0.1,
        "tilt.tilt_x": 0.5,
        "tilt.tilt_y": 2.0,
    }


@pytest.mark.parametrize(
    ("kind", "values", "held"),
    [
        ("rise", [0.0, 5.0, 9.9], False),
        ("rise", [0.0, 5.0, 10.0], True),
        ("rise", [10.0, 0.0, 1.0], False),
        ("fall", [10.0, 5.0, 0.0], True),
        ("fall", [0.0, 10.0, 10.0], False),
        ("change", [0.0, 10.0, 0.0], True),
    ],
)
def test_rates_of_change(kind: str, values: list[float], held: bool) -> None:
    stage = rules(r={"all": [{"quantity": "rain", kind: 10.0, "within_s": 600.0}]})
    reported = said(run(stage, [(100.0 * index, "rain", value) for index, value in enumerate(values)]))
    assert bool(reported) is held


def test_a_rise_that_took_too_long_is_none() -> None:
    stage = rules(r={"all": [{"quantity": "rain", "rise": 10.0, "within_s": 600.0}]})
    assert said(run(stage, [(100.0 * index, "rain", 1.2 * index) for index in range(50)])) == []


def test_hours_are_those_of_local_time_and_may_pass_midnight() -> None:
    night = {"all": [{"quantity": "noise", "above": 55.0, "hours": "22:00-06:00"}]}
    at_noon_utc = [(0.0, "noise", 60.0)]
    assert said(run(rules(0.0, n=night), at_noon_utc)) == []
    assert said(run(rules(8.0, n=night), at_noon_utc)) == []
    assert said(run(rules(12.0, n=night), at_noon_utc)) == [("n", "begin")]
    assert said(run(rules(-12.0, n=night), at_noon_utc)) == [("n", "begin")]


def test_labels_and_switches_are_compared_whole() -> None:
    stage = rules(r={"all": [{"quantity": "state", "equals": "fault"}]}, d={"all": [{"quantity": "door", "equals": 1}]})
    assert said(run(stage, [(0, "state", "ok"), (1, "state", "fault"), (2, "door", 0), (3, "door", 1)])) == [
        ("r", "begin"),
        ("d", "begin"),
    ]


def test_another_event_of_the_pole_is_a_condition() -> None:
    stage = rules(
        r={
            "all": [
                {"event": "anomaly", "match": {"severity": "alarm"}, "within_s": 60},
                {"quantity": "rain", "above": 1},
            ]
        }
    )
    run(stage, [(0, "rain", 5.0)])

    def anomaly(severity: Any, state: Any, at: float) -> list[tuple[str, str]]:
        body = Anomaly(
            id="0123abcd",
            quantities=("rain",),
            phase=state,
            severity=severity,
            since=stamp(at).utc,
            score=2.0,
            value=1.0,
            low=0.0,
            high=0.5,
        )
        return said(stage.notice(Event.of("roof", stamp(at), body)))

    assert anomaly("info", "begin", 1) == []
    assert anomaly("alarm", "begin", 2) == [("r", "begin")]
    assert anomaly("alarm", "end", 3) == [("r", "end")]


@pytest.mark.fault(
    "an event that a rule looks at is ended by other settings, or because its values are bad",
    "the alert ends for the same reason, not as over",
)
@pytest.mark.parametrize("reason", ["over", "bad", "settings"])
def test_an_alert_ends_for_the_reason_of_its_event(reason: EndReason) -> None:
    stage = rules(r={"all": [{"event": "anomaly", "within_s": 60}], "any": [{"quantity": "rain", "above": 1}]})
    body = Anomaly(
        id="0123abcd",
        quantities=("rain",),
        phase="begin",
        severity="alarm",
        since=stamp(1).utc,
        score=2.0,
        value=1.0,
        low=0.0,
        high=0.5,
    )
    run(stage, [(0, "rain", 5.0)])
    for at in (1, 100):
        assert said(stage.notice(Event.of("roof", stamp(at), body))) == [("r", "begin")]
        end = Event.of("roof", stamp(at + 1), msgspec.structs.replace(body, phase="end", reason=reason))
        [alert] = stage.notice(end)
        assert isinstance(alert.body, Alert)
        assert alert.body.reason == reason
    assert said(stage.notice(Event.of("roof", stamp(200), body))) == [("r", "begin")]
    [dry] = run(stage, [(201, "rain", 0.0)])
    assert isinstance(dry.body, Alert)
    assert dry.body.reason == "over"


@pytest.mark.fault(
    "a rule looks at a camera's gauge, which sees nothing any more or has said nothing for a day",
    "the alert ends as not known any more, not as over",
)
@pytest.mark.parametrize(
    ("state", "at", "reason"), [("dry", 60, "over"), ("unknown", 60, "bad"), (None, 86_500, "stale")]
)
def test_an_alert_over_a_gauge_that_sees_nothing_is_not_over(state: Any, at: float, reason: str) -> None:
    stage = Rules(all_rules(("waterlogging",), {}), 8.0)
    run(stage, [(0, "water_level", 0.12)])
    flooded = Event.of("gate", stamp(1), WaterLevel(gauge="kerb", state="flooded", depth_m=0.2))
    assert said(stage.notice(flooded)) == [("gauge_and_sensor_agree", "begin")]
    events = run(stage, [(at, "water_level", 0.12)])
    if state is not None:
        events += stage.notice(Event.of("gate", stamp(at), WaterLevel(gauge="kerb", state=state)))
    [alert] = events
    assert isinstance(alert.body, Alert)
    assert (alert.body.phase, alert.body.reason) == ("end", reason)


def test_an_alarm_takes_the_alarm_lane_and_asks_for_more_readings_once() -> None:
    stage = rules(
        s={
            "severity": "alarm",
            "text": {"en": "smoke", "zh": "烟雾"},
            "all": [{"quantity": "smoke", "equals": 1}],
            "boost": {"every_s": 0.5, "for_s": 60.0},
        }
    )
    [event] = run(stage, [(0, "smoke", 1), (1, "smoke", 1)])
    assert event.lane is Lane.ALARM
    assert stage.boosts() == [Boost(device="roof", every_s=0.5, for_s=60.0)]
    assert stage.boosts() == []


def test_a_rest_follows_an_alert() -> None:
    stage = rules(r={"all": [{"quantity": "noise", "above": 50.0}], "rest_s": 100.0})
    rows: list[tuple[float, str, Value]] = [(float(at), "noise", 60.0 if at % 2 else 40.0) for at in range(150)]
    assert len(said(run(stage, rows))) == 4


def test_a_bad_reading_is_no_subject() -> None:
    stage = rules(r={"all": [{"quantity": "noise", "above": 50.0}]})
    assert stage.process(reading(60.0, stamp(0), "noise", quality=Quality.BAD)) == []


@pytest.mark.parametrize("name", SETS)
def test_the_ready_made_sets_speak_two_languages_about_known_quantities(name: str) -> None:
    for rule in rule_set(name).values():
        assert set(rule.text) == {"en", "zh"}
        assert rule.all or rule.any
        for condition in (*rule.all, *rule.any):
            assert condition.quantity in QUANTITIES or condition.event


def test_the_sets_that_settings_may_name_are_those_that_ship() -> None:
    hints = get_type_hints(RulesSettings, include_extras=True)["sets"]
    assert set(get_args(get_args(get_args(hints)[0])[0])) == set(SETS)


def test_an_own_rule_replaces_one_of_a_set() -> None:
    own = RuleSettings(enabled=False)
    merged = all_rules(("cabinet", "noise"), {"smoke": own})
    assert merged["smoke"] is own
    assert {"leakage", "noise_night"} <= merged.keys()


def test_a_pole_that_is_hit_and_a_road_that_floods_are_reported() -> None:
    stage = Rules(all_rules(SETS, {}), 8.0)
    reported = run(stage, [(second, "water_level", 0.02 * second / 10) for second in range(300)])
    reported += run(
        stage, [(300, "vibration", 0.1), (300.5, "tilt_x", 0.1), (301, "vibration", 30.0), (302, "tilt_x", 4.0)]
    )
    assert [rule for rule, state in said(reported) if state == "begin"] == [
        "water_on_road",
        "road_flooded",
        "shock",
        "pole_hit",
    ]
