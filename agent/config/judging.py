"""Settings of what judges readings: sensor checks, anomalies, rules. ``settings`` is the door to all of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from agent.config import sentences_watching as watched
from agent.config.table import Table

Amount = Annotated[float, Meta(gt=0)]
Hours = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")]


class CheckSettings(Table, frozen=True, kw_only=True):
    """Sensor checks: is the sensor stuck, noisy, off, drifting ...? They mark readings and tell what to do."""

    enabled: Annotated[bool, Meta(description=watched.FALSE_LEAVES_EVERY_READING())] = True
    step_s: Annotated[float, Meta(ge=1, le=3600, description=watched.NOISE_LEVEL_DRIFT_JUDGED())] = 600.0
    false_alarms_per_month: Annotated[
        float, Meta(gt=0, le=1000, description=watched.FALSE_FINDINGS_EXPECT_HEALTHY())
    ] = 1.0
    max_per_day: Annotated[int, Meta(ge=1, le=1000, description=watched.MOST_FINDINGS_QUANTITY_REPORTED())] = 6


class AnomalySettings(Table, frozen=True, kw_only=True):
    """Anomaly detection: what is unusual for this pole at this hour, learned from its own past."""

    enabled: Annotated[bool, Meta(description=watched.FALSE_LEARNS_NOTHING_TELLS())] = True
    step_s: Annotated[float, Meta(ge=1, le=3600, description=watched.LENGTH_STEPS_WHOSE_MEANS())] = 300.0
    false_alarms_per_month: Annotated[
        float,
        Meta(gt=0, le=1000, description=watched.FALSE_ANOMALIES_EXPECT_QUANTITY()),
    ] = 1.0
    rest_s: Annotated[float, Meta(ge=0, le=86400, description=watched.QUIET_SO_LONG_ENDS())] = 3600.0
    max_per_day: Annotated[int, Meta(ge=1, le=1000, description=watched.MOST_ANOMALIES_QUANTITY_REPORTED())] = 3
    model: Annotated[
        str | None,
        Meta(
            description=watched.FOLDER_TRAINED_MODEL_ASK(),
            examples=["/var/lib/poleagent/models/weather"],
        ),
    ] = None


class ConditionSettings(Table, frozen=True, kw_only=True):
    """One condition of a rule: on a quantity (of any device, or of one), or on another event of this pole."""

    quantity: Annotated[str | None, Meta(description=watched.QUANTITY_LOOKS())] = None
    event: Annotated[str | None, Meta(description=watched.OR_KIND_EVENT_SUCH())] = None
    device: Annotated[str | None, Meta(description=watched.ONLY_DEVICE_WITHOUT_ANY())] = None
    above: Annotated[float | None, Meta(description=watched.HOLDS_WHILE_VALUE_LARGER())] = None
    below: Annotated[float | None, Meta(description=watched.HOLDS_WHILE_VALUE_SMALLER())] = None
    clear: Annotated[float | None, Meta(description=watched.ONCE_HOLDS_DOES_UNTIL())] = None
    equals: Annotated[float | str | None, Meta(description=watched.HOLDS_WHILE_VALUE_NUMBER())] = None
    rise: Annotated[Amount | None, Meta(description=watched.HOLDS_WHEN_VALUE_ROSE())] = None
    fall: Annotated[Amount | None, Meta(description=watched.HOLDS_WHEN_VALUE_FELL())] = None
    change: Annotated[Amount | None, Meta(description=watched.HOLDS_WHEN_VALUE_MOVED())] = None
    within_s: Annotated[float, Meta(gt=0, le=86400, description=watched.TIME_RISE_FALL_CHANGE())] = 600.0
    for_s: Annotated[float, Meta(ge=0, le=86400, description=watched.MUST_HOLD_SO_LONG())] = 0.0
    hours: Annotated[Hours | None, Meta(description=watched.ONLY_THEN_LOCAL_TIME())] = None
    match: Annotated[dict[str, str | float | bool], Meta(description=watched.EVENT_FIELDS_MUST_THESE())] = {}


class BoostSettings(Table, frozen=True, kw_only=True):
    """Extra sampling while it matters: devices are read faster and delivered raw."""

    every_s: Annotated[float, Meta(gt=0, le=3600, description=watched.PERIOD_READING_SECONDS())] = 1.0
    for_s: Annotated[float, Meta(gt=0, le=86400, description=watched.SO_LONG_SECONDS())] = 600.0
    devices: Annotated[tuple[str, ...], Meta(description=watched.WITHOUT_THOSE_RULE_HOLDS())] = ()


class RuleSettings(Table, frozen=True, kw_only=True):
    """A rule: an alert begins when all conditions of 'all' and one of 'any' hold, and ends when they do no more."""

    severity: Annotated[Literal["info", "warning", "alarm"], Meta(description=watched.ALARM_TRAVELS_FIRST_STORED())] = (
        "warning"
    )
    text: Annotated[dict[str, str], Meta(description=watched.WHAT_MEANS_LANGUAGE_EN())] = {}
    all: Annotated[tuple[ConditionSettings, ...], Meta(description=watched.CONDITIONS_MUST_HOLD_TOGETHER())] = ()
    any: Annotated[tuple[ConditionSettings, ...], Meta(description=watched.CONDITIONS_ONE_MUST_HOLD())] = ()
    for_s: Annotated[float, Meta(ge=0, le=86400, description=watched.THEY_MUST_HOLD_TOGETHER())] = 0.0
    rest_s: Annotated[float, Meta(ge=0, le=86400, description=watched.QUIET_TIME_AFTER_ALERT())] = 60.0
    stale_s: Annotated[float, Meta(gt=0, le=86400, description=watched.VALUE_OLDER_THAN_SAYS())] = 300.0
    boost: Annotated[BoostSettings | None, Meta(description=watched.EXTRA_SAMPLING_WHEN_ALERT())] = None
    enabled: Annotated[bool, Meta(description=watched.FALSE_SWITCHES_OFF_RULE())] = True


class RulesSettings(Table, frozen=True, kw_only=True):
    """Ready-made sets of rules, and the clock that their hours follow. Own rules stand in [rule.NAME]."""

    sets: Annotated[
        tuple[Literal["waterlogging", "collision", "cabinet", "air", "noise"], ...],
        Meta(description=watched.SETS_USE_RULE_NAME()),
    ] = ()
    utc_offset_h: Annotated[float, Meta(ge=-12, le=14, description=watched.LOCAL_TIME_LESS_UTC())] = 0.0
