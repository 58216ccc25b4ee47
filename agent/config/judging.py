"""Settings of what judges readings: sensor checks, anomalies, rules. ``settings`` is the door to all of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config.table import Table

Amount = Annotated[float, Meta(gt=0)]
Hours = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]


class CheckSettings(Table, frozen=True, kw_only=True):
    """Sensor checks: is the sensor stuck, noisy, off, drifting ...? They mark readings and tell what to do."""

    enabled: Annotated[bool, Meta(description="false leaves every reading as its device gave it")] = True
    step_s: Annotated[
        float, Meta(ge=1, le=3600, description="noise, level and drift are judged on steps of this length, in seconds")
    ] = 600.0
    false_alarms_per_month: Annotated[
        float, Meta(gt=0, le=1000, description="false findings to expect of a healthy sensor, per 30 days")
    ] = 1.0
    max_per_day: Annotated[
        int, Meta(ge=1, le=1000, description="most findings of a quantity reported in a day; the rest are counted")
    ] = 6


class AnomalySettings(Table, frozen=True, kw_only=True):
    """Anomaly detection: what is unusual for this pole at this hour, learned from its own past."""

    enabled: Annotated[bool, Meta(description="false learns nothing and tells nothing")] = True
    step_s: Annotated[
        float, Meta(ge=1, le=3600, description="length of the steps whose means are judged, in seconds")
    ] = 300.0
    false_alarms_per_month: Annotated[
        float,
        Meta(gt=0, le=1000, description="false anomalies to expect of a quantity that is read each 5 min, per 30 days"),
    ] = 1.0
    rest_s: Annotated[float, Meta(ge=0, le=86400, description="quiet for so long ends an anomaly, in seconds")] = 3600.0
    max_per_day: Annotated[
        int, Meta(ge=1, le=1000, description="most anomalies of a quantity reported in a day; the rest are counted")
    ] = 3
    model: Annotated[
        str | None,
        Meta(
            description="folder of a trained model to ask in addition to the engine; see docs/analysis.md",
            examples=["/var/lib/poleagent/models/weather"],
        ),
    ] = None


class ConditionSettings(Table, frozen=True, kw_only=True):
    """One condition of a rule: on a quantity (of any device, or of one), or on another event of this pole."""

    quantity: Annotated[str | None, Meta(description="the quantity that it looks at")] = None
    event: Annotated[
        str | None, Meta(description="or the kind of event, such as 'anomaly' or one of the cameras' kinds")
    ] = None
    device: Annotated[str | None, Meta(description="only of this device; without it, of any")] = None
    above: Annotated[float | None, Meta(description="holds while the value is larger")] = None
    below: Annotated[float | None, Meta(description="holds while the value is smaller")] = None
    clear: Annotated[
        float | None, Meta(description="once it holds, it does until the value is back past this level")
    ] = None
    equals: Annotated[float | str | None, Meta(description="holds while the value is this number or label")] = None
    rise: Annotated[Amount | None, Meta(description="holds when the value rose so much within within_s")] = None
    fall: Annotated[Amount | None, Meta(description="holds when the value fell so much within within_s")] = None
    change: Annotated[Amount | None, Meta(description="holds when the value moved so much within within_s")] = None
    within_s: Annotated[
        float, Meta(gt=0, le=86400, description="the time for rise, fall and change; how long an event counts")
    ] = 600.0
    for_s: Annotated[float, Meta(ge=0, le=86400, description="it must hold for so long, in seconds")] = 0.0
    hours: Annotated[Hours | None, Meta(description="only then, in local time: '22:00-06:00'")] = None
    match: Annotated[
        dict[str, str | float | bool], Meta(description="event: fields of it that must have these values")
    ] = {}


class BoostSettings(Table, frozen=True, kw_only=True):
    """Extra sampling while it matters: devices are read faster and delivered raw."""

    every_s: Annotated[float, Meta(gt=0, le=3600, description="period of reading, in seconds")] = 1.0
    for_s: Annotated[float, Meta(gt=0, le=86400, description="for so long, in seconds")] = 600.0
    devices: Annotated[tuple[str, ...], Meta(description="which; without it, those that the rule holds for")] = ()


class RuleSettings(Table, frozen=True, kw_only=True):
    """A rule: an alert begins when all conditions of 'all' and one of 'any' hold, and ends when they do no more."""

    severity: Annotated[
        Literal["info", "warning", "alarm"], Meta(description="an 'alarm' travels first and is stored at once")
    ] = "warning"
    text: Annotated[dict[str, str], Meta(description="what it means, by language: en, zh")] = {}
    all: Annotated[tuple[ConditionSettings, ...], Meta(description="conditions that must hold together")] = ()
    any: Annotated[tuple[ConditionSettings, ...], Meta(description="conditions of which one must hold")] = ()
    for_s: Annotated[float, Meta(ge=0, le=86400, description="they must hold together for so long, in seconds")] = 0.0
    rest_s: Annotated[float, Meta(ge=0, le=86400, description="quiet time after an alert ended, in seconds")] = 60.0
    stale_s: Annotated[
        float, Meta(gt=0, le=86400, description="a value older than this says nothing any more, in seconds")
    ] = 300.0
    boost: Annotated[BoostSettings | None, Meta(description="extra sampling when the alert begins")] = None
    enabled: Annotated[bool, Meta(description="false switches off a rule of a ready-made set")] = True


class RulesSettings(Table, frozen=True, kw_only=True):
    """Ready-made sets of rules, and the clock that their hours follow. Own rules stand in [rule.NAME]."""

    sets: Annotated[
        tuple[Literal["waterlogging", "collision", "cabinet", "air", "noise"], ...],
        Meta(description="sets to use; a [rule.NAME] of the same name as one of theirs replaces it"),
    ] = ()
    utc_offset_h: Annotated[
        float, Meta(ge=-12, le=14, description="local time less UTC, in hours: 8 in China; for 'hours' in rules")
    ] = 0.0
