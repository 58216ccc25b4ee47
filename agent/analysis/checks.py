"""The stage that knows faulty sensors: readings are marked, findings become events."""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from agent.analysis.bound import DayBound
from agent.analysis.findings import ADVICE, evidence
from agent.analysis.plausible import ANYTHING, COUNTERS, PLAUSIBLE, UNCHECKED, Plausible
from agent.analysis.sensorcheck import THRESHOLDS, Check, CheckState, severity
from agent.analysis.siblings import PairState, Siblings
from agent.analysis.trigger import Trigger
from agent.config.settings import CheckSettings
from agent.system.clock import BUILT
from contract.events import SensorFault, episode_id
from contract.types import Event, Fault, Item, Quality, Reading, Stamp

LimitsOf = Callable[[str, str], tuple[float, float] | None]
"""The plausible range in the settings of a device's quantity; None where there is none."""

BAD = frozenset({"range", "stuck"})
"""These say that the value is not the world's, as zero does where no working sensor says it; the others only that it is
doubtful."""
AT_ONCE = frozenset({"range", "step", "stuck", "zero", "stamp"})
"""Kinds that hold for the reading at hand; the others hold until their episode ends."""

REPEATS = 20  # so many more repeated stamps than later ones are no chance
HOLD_S = 600.0  # quiet for so long ends an episode
SILENT_INTERVALS, SILENT_LEAST_S = 20.0, 60.0
CHANCE = frozenset({"step", "stuck", "noise", "offset", "drift", "sibling"})
"""These may be found on a healthy sensor by chance and share what the settings allow; the others are facts."""


class ChecksState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved: of each device's quantity the check, and the bars of its triggers."""

    siblings: list[PairState]
    quantities: list[tuple[str, str, CheckState, dict[str, float]]]


class Watch:
    """All that is known of one quantity of one device."""

    __slots__ = ("bound", "check", "interval_s", "open", "reading", "repeats", "scores", "triggers")

    def __init__(self, check: Check, max_per_day: int) -> None:
        self.check = check
        self.triggers: dict[str, Trigger] = {}
        self.bound = DayBound(max_per_day)
        self.reading: Reading | None = None
        self.interval_s = 0.0
        self.repeats = 0
        self.scores: dict[str, float] = {}
        self.open: dict[str, SensorFault] = {}


class SensorChecks:
    """``process`` marks a reading and tells what began or ended; ``flush(now)`` finds silence.

    Labels, states and positions pass unmarked. A reading of quality bad (outside the limits of its device) teaches
    nothing and counts as out of range.
    """

    def __init__(self, settings: CheckSettings, limits_of: LimitsOf) -> None:
        self._settings = settings
        self._limits_of = limits_of
        self._watches: dict[tuple[str, str], Watch] = {}
        self._siblings = Siblings()
        self._spoke: dict[str, float] = {}

    def process(self, item: Item) -> tuple[Item, list[Event]]:
        if isinstance(item, Fault) or isinstance(item.value, str) or item.quantity in UNCHECKED:
            return item, []
        at = item.at
        watch = self._watches.get((item.device, item.quantity))
        if watch is None:
            watch = self._watch(item.device, item.quantity)
        before = watch.reading
        self._spoke[item.device] = at.boot_s
        events: list[Event] = []
        if before is not None:
            passed = at.boot_s - before.at.boot_s
            if passed <= 0.0:
                return self._again(watch, item, passed)
            watch.repeats = max(0, watch.repeats - 1)
            watch.interval_s += (passed - watch.interval_s) * 0.1 if watch.interval_s else passed
        watch.reading = item
        if item.quality is Quality.BAD:
            scores = {"range": 1.0}
        else:
            time_s = at.utc.timestamp() if at.synced or at.utc >= BUILT else math.nan
            scores = watch.check.take(time_s, at.boot_s, item.value)
            if "drift" in scores:
                events += self._compare(watch, item)
        watch.scores = scores
        if watch.triggers or scores:
            events += self._tell(watch, item, scores, at)
        quality = self._quality(watch, scores)
        if quality is Quality.GOOD or quality is item.quality or item.quality is Quality.BAD:
            return item, events
        return replace(item, quality=quality), events

    def _again(self, watch: Watch, item: Reading, passed: float) -> tuple[Item, list[Event]]:
        """A stamp that is not later than the one before. Frames that came in one piece share theirs: only when most
        do is something wrong; a stamp that runs backwards always is.
        """
        watch.repeats += 1
        if passed == 0.0 and watch.repeats < REPEATS:
            return item, []
        return _doubtful(item), self._tell(watch, item, {"stamp": 1.0}, item.at)

    def flush(self, now: Stamp) -> list[Event]:
        """A quantity that is silent while its device speaks; the device's own state tells the rest."""
        events: list[Event] = []
        for (device, _), watch in self._watches.items():
            reading = watch.reading
            if reading is None or not watch.interval_s:
                continue
            allowed = max(SILENT_LEAST_S, SILENT_INTERVALS * watch.interval_s)
            if now.boot_s - reading.at.boot_s > allowed > now.boot_s - self._spoke[device]:
                events += self._tell(watch, reading, {"dropout": 1.0}, now)
        return events

    def score(self, device: str, quantity: str) -> float:
        """How faulty the last reading of a quantity looks; 1 is a finding."""
        watch = self._watches.get((device, quantity))
        return 0.0 if watch is None else severity(watch.scores)

    def state(self) -> ChecksState:
        return ChecksState(
            siblings=self._siblings.state(),
            quantities=[
                (device, quantity, watch.check.state(), {kind: one.bar for kind, one in watch.triggers.items()})
                for (device, quantity), watch in self._watches.items()
            ],
        )

    def restore(self, state: ChecksState, devices: Container[str]) -> None:
        """Go on with what was learned of ``devices``; ValueError where it is of another version."""
        self._siblings.restore(pair for pair in state.siblings if all(device in devices for device in pair[0][1:]))
        for device, quantity, check, bars in state.quantities:
            if device in devices:
                watch = self._watch(device, quantity)
                watch.check.restore(check)
                for kind, bar in bars.items():
                    if kind in ADVICE:
                        self._trigger(watch, kind).restore(bar)

    def _watch(self, device: str, quantity: str) -> Watch:
        known = PLAUSIBLE.get(quantity, ANYTHING)
        limits = self._limits_of(device, quantity) or (known.low, known.high)
        plausible = replace(known, low=limits[0], high=limits[1])
        if limits[0] > 0.0 or limits[1] < 0.0:
            plausible = replace(plausible, zero_is_usual=False)
        watch = Watch(_check(quantity, plausible, self._settings.step_s), self._settings.max_per_day)
        self._watches[device, quantity] = watch
        return watch

    def _trigger(self, watch: Watch, kind: str) -> Trigger:
        trigger = watch.triggers.get(kind)
        if trigger is None:
            share = self._settings.false_alarms_per_month / len(CHANCE) if kind in CHANCE else None
            trigger = watch.triggers[kind] = Trigger(share, 0.0 if kind in BAD or share is None else HOLD_S)
        return trigger

    def _tell(self, watch: Watch, item: Reading, scores: dict[str, float], at: Stamp) -> list[Event]:
        events: list[Event] = []
        for kind, score in scores.items():
            if kind in watch.triggers or score >= THRESHOLDS.get(kind, 1.0):
                change = self._trigger(watch, kind).step(score / THRESHOLDS.get(kind, 1.0), at.boot_s)
                if change is not None:
                    events += self._event(watch, item, kind, change, at)
        for kind, trigger in watch.triggers.items():
            if trigger.active and kind not in scores and kind != "sibling" and trigger.step(0.0, at.boot_s) is not None:
                events += self._event(watch, item, kind, "end", at)
        return events

    def _compare(self, watch: Watch, item: Reading) -> list[Event]:
        """Lay the step that just ended beside those of the same quantity on this pole."""
        check, at_s = watch.check, item.at.boot_s
        found = self._siblings.take(item.quantity, item.device, at_s, check.step_value, check.strangeness)
        events: list[Event] = []
        for device in {item.device, *found}:
            guilty = self._watches[device, item.quantity]
            if device in found or "sibling" in guilty.triggers:
                change = self._trigger(guilty, "sibling").step(found.get(device, 0.0), at_s)
                if change is not None and guilty.reading is not None:
                    events += self._event(guilty, guilty.reading, "sibling", change, item.at)
        return events

    def _event(self, watch: Watch, item: Reading, kind: Any, state: Any, at: Stamp) -> list[Event]:
        trigger = watch.triggers[kind]
        suppressed = watch.bound.pass_(at.boot_s, begins=state == "begin", kind=kind)
        if suppressed is None:
            return []
        begun = watch.open.pop(kind, None)
        if begun is not None and state == "end":
            body = replace(begun, phase="end", reason="over", score=round(trigger.top, 2), suppressed=suppressed)
            return [Event.of(item.device, at, body)]
        since = datetime.fromtimestamp(at.utc.timestamp() - (at.boot_s - trigger.since_s), UTC)
        body = watch.open[kind] = SensorFault(
            id=episode_id("sensor_fault", item.device, item.quantity, kind, since),
            quantity=item.quantity,
            type=kind,
            phase=state,
            since=since,
            score=round(trigger.top, 2),
            evidence=evidence(kind, item, watch.check),
            advice=ADVICE[kind],
            suppressed=suppressed,
        )
        return [Event.of(item.device, at, body)]

    def _quality(self, watch: Watch, scores: dict[str, float]) -> Quality:
        quality = Quality.GOOD
        for kind, score in scores.items():
            if kind in AT_ONCE and score >= THRESHOLDS.get(kind, 1.0):
                if kind in BAD or (kind == "zero" and not watch.check.zero_is_usual):
                    return Quality.BAD
                quality = Quality.UNCERTAIN
        for kind, trigger in watch.triggers.items():
            if trigger.active and kind not in AT_ONCE:
                quality = Quality.UNCERTAIN
        return quality


def _doubtful(item: Reading) -> Reading:
    return item if item.quality is not Quality.GOOD else replace(item, quality=Quality.UNCERTAIN)


def _check(quantity: str, plausible: Plausible, step_s: float) -> Check:
    return Check(plausible, math.inf if quantity in COUNTERS else step_s)
