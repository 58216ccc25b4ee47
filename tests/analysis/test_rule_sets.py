"""Every rule that we ship begins where its own conditions are met, and ends when they no longer are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from agent.analysis.rules import Rules
from agent.analysis.rulesets import rule_set
from agent.config.matching import KINDS, check_event
from agent.config.settings import ConditionSettings, RuleSettings
from contract.events import Alert, WaterLevel
from contract.types import Event, Value
from tests.analysis.made import reading, stamp

SETS = ("waterlogging", "collision", "cabinet", "air", "noise")
NEEDED: dict[str, dict[str, Any]] = {"water_level": {"gauge": "kerb"}}
"""Fields of an event that a rule need not match."""
EVERY_S = 5.0


def ways() -> Iterator[Any]:
    """Every rule, once for each of its ``any``: it must begin by that one alone."""
    for name in SETS:
        for rule, settings in rule_set(name).items():
            for index in range(max(1, len(settings.any))):
                yield pytest.param(rule, replace(settings, any=settings.any[index : index + 1]), id=f"{rule}-{index}")


def levels(conditions: list[ConditionSettings]) -> tuple[Value, Value]:
    """Two values of one quantity: none of ``conditions`` holds at the first, all hold at the second after it."""
    step = max((one.rise or one.change or 0.0 for one in conditions), default=0.0) * 1.1
    fall = max((one.fall or 0.0 for one in conditions), default=0.0) * 1.1
    high = next((one.equals for one in conditions if one.equals is not None), None)
    if high is not None:
        return 0, high
    above = [one.above + 1.0 for one in conditions if one.above is not None]
    below = [one.below - 1.0 for one in conditions if one.below is not None]
    clear = [one.clear for one in conditions if one.clear is not None]
    there = max(above) if above else min(below) if below else 10.0 + step
    if below:
        return max([there + max(fall, 2.0), *(level + 1.0 for level in clear)]), there
    return min([there - max(step, 2.0), *(level - 1.0 for level in clear)]), there


def alerts(settings: RuleSettings, offset_h: float, *, met: bool) -> list[str]:
    """The phases that the rule reports while its conditions are not met, are, and no longer are."""
    stage = Rules({"r": settings}, offset_h)
    conditions = [*settings.all, *settings.any]
    lasts_s = max(one.for_s for one in conditions) + settings.for_s + 2 * EVERY_S
    named = {one.quantity: levels([o for o in conditions if o.quantity == one.quantity]) for one in conditions}
    out: list[Event] = []

    def seconds(begin_s: float, end_s: float, place: int) -> None:
        for number in range(int((end_s - begin_s) / EVERY_S)):
            at = stamp(begin_s + number * EVERY_S)
            for quantity, values in named.items():
                if quantity is not None:
                    out.extend(stage.process(reading(values[place], at, quantity)))
            out.extend(stage.flush(at))

    def happens(at_s: float, **other: Any) -> None:
        for one in conditions:
            if one.event is not None:
                body = KINDS[one.event](**NEEDED.get(one.event, {}) | one.match | other)
                out.extend(stage.notice(Event.of("roof", stamp(at_s), body)))

    seconds(0.0, 60.0, 0)
    if met:
        happens(60.0)
    seconds(60.0, 60.0 + lasts_s, 1)
    seconds(60.0 + lasts_s, 60.0 + lasts_s + 4000.0, 0)  # longer than any within_s of a quantity
    return [event.body.phase for event in out if isinstance(event.body, Alert)]


@pytest.mark.parametrize(("name", "settings"), list(ways()))
def test_every_shipped_rule_begins_and_ends(name: str, settings: RuleSettings) -> None:
    hours = range(-12, 15) if any(one.hours for one in settings.all) else [0]
    said = [alerts(settings, float(offset_h), met=True) for offset_h in hours]
    assert ["begin", "end"] in said, name
    if any(one.event for one in (*settings.all, *settings.any)):
        assert alerts(settings, 0.0, met=False) == [], "the event is needed"


def test_every_event_of_a_shipped_rule_is_one_that_there_is() -> None:
    for name in SETS:
        for rule in rule_set(name).values():
            for condition in (*rule.all, *rule.any):
                assert not list(check_event(condition, ()))


def test_the_gauge_and_the_sensor_agree_until_the_gauge_is_dry() -> None:
    stage = Rules({"r": rule_set("waterlogging")["gauge_and_sensor_agree"]}, 0.0)
    for at in range(0, 4000, 100):
        stage.process(reading(0.2, stamp(float(at)), "water_level"))

    def reported(state: Any, at: float, gauge: str = "kerb") -> list[str]:
        stage.process(reading(0.2, stamp(at), "water_level"))
        events = stage.notice(Event.of("gate", stamp(at), WaterLevel(gauge=gauge, state=state)))
        return [event.body.phase for event in events if isinstance(event.body, Alert)]

    assert reported("dry", 4000.0) == []
    assert reported("wet", 4010.0) == ["begin"]
    assert reported("dry", 4020.0, gauge="drain") == [], "another gauge of the same camera"
    assert reported("dry", 4030.0) == ["end"]
