"""The stage that knows faulty sensors: readings are marked, findings become events."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from agent.analysis.findings import ADVICE, evidence
from agent.analysis.sensorcheck import Check, CheckState
from agent.analysis.siblings import PairState, Siblings
from agent.analysis.trigger import CLEAR, Trigger
from agent.analysis.watch import SILENT_ANSWERS, SILENT_LEAST_S, SpeakingDevice, Watch, hold_s
from agent.config.settings import CheckSettings
from agent.system.clock import BUILT
from contract.events import SensorFault, episode_id
from contract.types import BAD, GOOD, UNCERTAIN, Event, Item, Quality, Reading, Stamp
from contract.units import Unit, row

LimitsOf = Callable[[str, str], tuple[float, float] | None]
"""The plausible range in the settings of a device's quantity; None where there is none."""

UNTRUE = frozenset({"range", "stuck"})
"""These say that the value is not the world's, as zero does where no working sensor says it; the others only that it is
doubtful."""
AT_ONCE = frozenset({"range", "step", "stuck", "zero", "scale", "stamp"})
"""Kinds that hold for the reading at hand; the others hold until their episode ends."""
LASTING = frozenset({"noise", "offset", "drift"})
"""Deviations from the sensor's own baselines: one of them at a time is reported, the others are part of it."""
FACTS = frozenset({"range", "stuck", "zero", "scale", "dropout", "stamp"})
"""While one of these is open the values say nothing of the world, and nothing else about the sensor."""
CHANCE = LASTING | {"step"}  # these have a bound of their own: they must not use up that of the facts
PER_TENTH = 0.1
"""How much a strength grows where ten times as many false findings are allowed: clean series give a tenth of the
offsets and drifts at a threshold that is a tenth higher (``bench.faults``). The thresholds are for one a month."""
NO_HOLD = frozenset({"step", "stuck", "dropout", "stamp"})  # these are over in the moment they are


class ChecksState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved: the pairs of siblings, and of each device's quantity the check."""

    siblings: list[PairState]
    quantities: list[tuple[str, str, Unit, CheckState]]
    lasting: dict[str, tuple[str, ...]] = {}
    """``device.quantity`` -> kinds of faults that go on."""


class SensorChecks:
    """``process`` marks a reading and tells what began or ended; ``flush(now)`` finds silence.

    Labels, states and positions pass unmarked. A reading of quality bad (outside the limits of its device) teaches
    nothing and counts as out of range.
    """

    def __init__(self, settings: CheckSettings, limits_of: LimitsOf) -> None:
        self._settings = settings
        self._limits_of = limits_of
        self._gain = 1.0 + PER_TENTH * math.log10(settings.false_alarms_per_month)
        self._watches: dict[tuple[str, str], Watch] = {}
        self._devices: dict[str, SpeakingDevice] = {}
        self._siblings = Siblings()
        self._at: Stamp | None = None
        self._time_s = math.nan

    def process(self, item: Item) -> tuple[Item, list[Event]]:
        if not isinstance(item, Reading) or isinstance(item.value, str):
            return item, []
        watch = self._watches.get((item.device, item.quantity))
        if watch is None:
            if not row(item.quantity).checked:
                return item, []
            watch = self._watch(item.device, item.quantity, item.unit)
        at, before = item.at, watch.reading
        at_s, device = at.boot_s, watch.device
        if at is not self._at:  # the readings of one answer share their stamp
            self._at = at
            self._time_s = at.utc.timestamp() if at.synced or at.utc >= BUILT else math.nan
        watch.reading = item
        if at_s != device.at_s:
            device.speaks(at_s)
        if before is not None:
            passed = at_s - before.at.boot_s
            if passed <= 0.0:
                return self._again(watch, item, passed)
            watch.follow(passed, at_s)
        elif watch.resumed:
            watch.resume(at_s)
        watch.answers = device.answers
        bad = item.quality is BAD
        found: Mapping[str, float] = {"range": 1.0} if bad else watch.check.take(self._time_s, at_s, item.value)
        watch.found = found
        compared = watch.steps == watch.check.level.steps
        if compared and not found and not watch.triggers:
            return item, []
        events = [] if compared else self._compare(watch, item)
        events += self._tell(watch, item, found, at)
        return _marked(item, self._quality(watch, found)), events

    def _again(self, watch: Watch, item: Reading, passed: float) -> tuple[Item, list[Event]]:
        """A stamp that is not later than the one before. Frames that came in one piece share theirs: only when most
        do is something wrong; a stamp that runs backwards always is, and time goes on from there.
        """
        if not watch.repeat() and passed == 0.0:
            return item, []
        if passed < 0.0:
            watch.check.gap(0.0)
        return _marked(item, UNCERTAIN), self._tell(watch, item, {"stamp": 1.0}, item.at)

    def flush(self, now: Stamp) -> list[Event]:
        """A quantity that is missing while its device answers; the device's own state tells the rest."""
        events: list[Event] = []
        for watch in self._watches.values():
            missed, reading = watch.device.answers - watch.answers, watch.reading
            silent = missed > SILENT_ANSWERS and missed > SILENT_ANSWERS * watch.usual
            if silent and reading is not None and now.boot_s - reading.at.boot_s > SILENT_LEAST_S:
                events += self._tell(watch, reading, {"dropout": 1.0}, now)
        return events

    def score(self, device: str, quantity: str) -> float:
        """How faulty the last reading of a quantity looks; 1 is a finding."""
        watch = self._watches.get((device, quantity))
        return 0.0 if watch is None else max(watch.found.values(), default=0.0)

    def update(
        self, settings: CheckSettings, renewed: Container[str], devices: Container[str], at: Stamp
    ) -> list[Event]:
        """New settings; what is open of the ``renewed`` devices ends. What was learned of ``devices`` stays."""
        self._settings = settings
        self._gain = 1.0 + PER_TENTH * math.log10(settings.false_alarms_per_month)
        events: list[Event] = []
        for (device, quantity), watch in list(self._watches.items()):
            if device not in renewed:
                continue
            events += [
                Event.of(device, at, replace(body, phase="end", reason="settings", suppressed=0))
                for body in watch.open.values()
            ]
            if device in devices:
                new = self._watch(device, quantity, watch.unit)
                new.restore(watch.check.state())
                new.resumed = watch.lasting
            else:
                del self._watches[device, quantity]
                self._siblings.forget(device)
        return events

    def state(self) -> ChecksState:
        return ChecksState(
            siblings=self._siblings.state(),
            quantities=[
                (device, quantity, watch.unit, watch.check.state())
                for (device, quantity), watch in self._watches.items()
            ],
            lasting={f"{key[0]}.{key[1]}": watch.lasting for key, watch in self._watches.items() if watch.lasting},
        )

    def restore(self, state: ChecksState, devices: Container[str]) -> None:
        """Go on with what was learned of ``devices``; ValueError where it is of another version."""
        self._siblings.restore(pair for pair in state.siblings if all(device in devices for device in pair[0][1:]))
        for device, quantity, unit, check in state.quantities:
            if device in devices:
                watch = self._watch(device, quantity, unit)
                watch.restore(check)
                watch.resumed = state.lasting.get(f"{device}.{quantity}", ())

    def _watch(self, device: str, quantity: str, unit: Unit) -> Watch:
        known = row(quantity, unit)
        limits = self._limits_of(device, quantity) or (known.low, known.high)
        plausible = replace(known, low=limits[0], high=limits[1])
        if limits[0] > 0.0 or limits[1] < 0.0:
            plausible = replace(plausible, zero_is_usual=False)
        check = Check(plausible, self._settings.step_s)
        speaker = self._devices.get(device)
        if speaker is None:
            speaker = self._devices[device] = SpeakingDevice()
        watch = self._watches[device, quantity] = Watch(check, speaker, unit, self._settings.max_per_day)
        watch.answers = speaker.answers
        return watch

    def _tell(self, watch: Watch, item: Reading, found: Mapping[str, float], at: Stamp) -> list[Event]:
        events: list[Event] = []
        triggers = watch.triggers
        for kind, strength in found.items():
            strength = strength * self._gain if kind in CHANCE else strength  # noqa: PLW2901 - as it counts from here
            if kind == "step":
                if strength < 1.0:
                    continue
                passed = (at.boot_s - watch.jumped_s) / self._hold_s(watch)
                watch.jumped_s = at.boot_s
                if not watch.jumps.pass_(strength, 1.0, max(0.0, passed)):
                    continue
            if kind == "drift" and kind not in triggers and strength < watch.drift_bar(at.boot_s):
                continue
            if kind in triggers or (strength >= 1.0 and not (kind in LASTING and LASTING & triggers.keys())):
                events += self._step(watch, item, kind, strength, at)
        unseen = watch.unseen(found, at.boot_s)
        for kind in [kind for kind in triggers if kind not in found and kind not in unseen]:
            events += self._step(watch, item, kind, 0.0, at)
        return events

    def _step(self, watch: Watch, item: Reading, kind: str, strength: float, at: Stamp) -> list[Event]:
        trigger = watch.triggers.setdefault(kind, Trigger())
        change = trigger.step(strength, at.boot_s, 0.0 if kind in NO_HOLD else self._hold_s(watch))
        if change is None and strength >= CLEAR and kind in watch.hushed and not self._known(watch, kind, at):
            change = "begin"
        if change == "begin":
            watch.begins(kind)
        events = [] if change is None else self._event(watch, item, kind, change, at)
        if not trigger.active:
            if kind == "drift":
                watch.drifted = (trigger.top, at.boot_s)
            watch.hushed.discard(kind)
            watch.places.pop(kind, None)
            del watch.triggers[kind]
        return events

    def _hold_s(self, watch: Watch) -> float:
        """How long an episode must be quiet to be over."""
        return hold_s(watch.interval_s, self._settings.step_s)

    def _compare(self, watch: Watch, item: Reading) -> list[Event]:
        """Lay the step that just ended next to those of the same quantity on this pole."""
        check = watch.check
        watch.steps = check.level.steps
        found = self._siblings.take(
            item.quantity, item.device, item.at.boot_s, check.level.value, check.level.strangeness(check.resolution)
        )
        events: list[Event] = []
        for device in dict.fromkeys((item.device, *found)):  # in this order in each process, as a set is not
            guilty = self._watches[device, item.quantity]
            parted = "sibling" in guilty.triggers and not self._siblings.silent(item.quantity, device, item.at.boot_s)
            if (device in found or parted) and guilty.reading is not None:
                events += self._step(guilty, guilty.reading, "sibling", found.get(device, 0.0), item.at)
        return events

    def _event(self, watch: Watch, item: Reading, kind: Any, state: Any, at: Stamp) -> list[Event]:
        trigger = watch.triggers[kind]
        if state == "begin":
            if self._known(watch, kind, at):
                watch.hushed.add(kind)
                return []
            watch.hushed.discard(kind)
            watch.step_s = at.boot_s if kind == "step" else watch.step_s
        if kind in FACTS or state == "begin":
            watch.reported_s = at.boot_s
        bound = watch.doubts if kind in CHANCE else watch.facts
        suppressed = bound.pass_(at.boot_s, begins=state == "begin", kind=kind)
        if suppressed is None:
            return []
        begun = watch.open.pop(kind, None)
        if begun is not None and state == "end":
            body = replace(begun, phase="end", reason="over", score=round(trigger.top, 2), suppressed=suppressed)
            body = replace(body, stayed=watch.stayed(kind))
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

    def _known(self, watch: Watch, kind: str, at: Stamp) -> bool:
        """Whether the platform knows already that something is wrong: a fault is open, or an event came just now. What
        begins then marks readings; it is reported if it is still there when that is over.
        """
        if kind not in FACTS and FACTS & watch.open.keys():
            return True
        since_s = watch.step_s if kind == "noise" else watch.reported_s
        return kind in LASTING and at.boot_s - since_s < self._hold_s(watch)

    def tell(self, device: str, quantity: str, at: Stamp) -> None:
        """Something else was reported of this quantity: what its level and noise say from here on is part of it."""
        watch = self._watches.get((device, quantity))
        if watch is not None:
            watch.reported_s = at.boot_s

    def _quality(self, watch: Watch, found: Mapping[str, float]) -> Quality:
        quality = GOOD
        for kind, strength in found.items():
            if kind in AT_ONCE and strength >= 1.0:
                if kind in UNTRUE or (kind == "zero" and not watch.check.row.zero_is_usual):
                    return BAD
                quality = UNCERTAIN
        return quality if watch.triggers.keys() <= AT_ONCE else UNCERTAIN


def _marked(item: Reading, quality: Quality) -> Reading:
    known = quality is GOOD or quality is item.quality or item.quality is BAD
    return item if known else replace(item, quality=quality)
