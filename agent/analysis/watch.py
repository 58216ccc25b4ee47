"""All that is known of one quantity of one device while its sensor is checked."""

from __future__ import annotations

import math
from collections.abc import Mapping

from agent.analysis.bound import DayBound
from agent.analysis.sensorcheck import NOTHING, Check, CheckState
from agent.analysis.trigger import Rest, Trigger
from contract.events import SensorFault
from contract.types import Reading
from contract.units import Unit

GAP_INTERVALS = 20.0  # readings that are missing: the next one is not compared with the last
STEP_FADE, STEP_MARGIN = 0.5, 1.2
"""The next jump is reported when it beats the last by a fifth; that fades by half in the time that ends an episode."""

REPEATS = 20  # so many more repeated stamps than later ones are no chance
MOST_REPEATS = 2 * REPEATS  # are counted, so that it is over soon after their end
HOLD_INTERVALS, HOLD_STEPS = 24.0, 3.0
"""An episode is over when it was quiet for so many readings, and for so many steps."""
SILENT_ANSWERS, SILENT_LEAST_S = 20.0, 60.0
"""A quantity is missing when its device answered so many times without it as it usually never does."""

FOLLOWED = frozenset({"offset", "drift"})  # their baselines follow a level that stays
RESUMED = FOLLOWED | {"noise", "sibling"}
STAYED = 0.5
"""Part of the way off its baseline that is left when the level has not returned."""
DRIFT_MARGIN, DRIFT_FADE_S = 1.2, 23 * 86400.0
"""The next drift is reported when it beats the last by a fifth; that fades by half in some three weeks."""


def hold_s(interval_s: float, step_s: float) -> float:
    """How long an episode must be quiet to be over."""
    return max(HOLD_INTERVALS * interval_s, HOLD_STEPS * step_s)


class SpeakingDevice:
    """How often a device spoke."""

    __slots__ = ("answers", "at_s")

    def __init__(self) -> None:
        self.answers = 0
        self.at_s = -math.inf

    def speaks(self, at_s: float) -> None:
        """For another ``at_s`` than before: readings of one answer share their stamp."""
        self.at_s = at_s
        self.answers += 1


class Watch:
    """All that is known of one quantity of one device."""

    __slots__ = (
        "answers",
        "check",
        "device",
        "doubts",
        "drifted",
        "facts",
        "found",
        "hushed",
        "interval_s",
        "jumped_s",
        "jumps",
        "open",
        "places",
        "reading",
        "repeats",
        "reported_s",
        "resumed",
        "step_s",
        "steps",
        "triggers",
        "unit",
        "usual",
    )

    def __init__(self, check: Check, device: SpeakingDevice, unit: Unit, max_per_day: int) -> None:
        self.check = check
        self.device = device
        self.unit = unit
        self.steps = 0  # of the check's level, that were compared with siblings
        self.triggers: dict[str, Trigger] = {}
        """Episodes that last."""
        self.doubts, self.facts = DayBound(max_per_day), DayBound(max_per_day)
        self.reading: Reading | None = None
        self.interval_s = 0.0
        self.answers = 0  # of the device, at the last reading
        self.usual = 1.0  # answers of the device from reading to reading
        self.repeats = 0
        self.jumps = Rest(STEP_FADE, STEP_MARGIN)
        self.jumped_s = -math.inf  # when it jumped last
        self.found: Mapping[str, float] = NOTHING
        self.open: dict[str, SensorFault] = {}
        self.drifted = (0.0, 0.0)  # the strength of the last drift, and when it was over
        self.step_s = -math.inf  # when a step was reported
        self.reported_s = -math.inf  # when a finding or an anomaly of it was reported, or a fact was over
        self.hushed: set[str] = set()  # kinds that go on and were not reported
        self.places: dict[str, tuple[float, float]] = {}  # level and baseline where an offset or a drift began
        self.resumed: tuple[str, ...] = ()  # kinds that lasted when the state was saved

    def restore(self, state: CheckState) -> None:
        """Go on with what was learned; the step that ended last was compared with siblings."""
        self.check.restore(state)
        self.steps = self.check.level.steps

    @property
    def lasting(self) -> tuple[str, ...]:
        """What goes on over a restart: the readings do not say so by themselves."""
        return tuple(sorted(self.triggers.keys() & RESUMED)) or self.resumed

    def resume(self, at_s: float) -> None:
        """The first reading: what lasted goes on, and is reported again once it is found again."""
        for kind in self.resumed:
            trigger = self.triggers[kind] = Trigger()
            trigger.resume(at_s)
            self.hushed.add(kind)
            self.begins(kind)
            if self.check.approach is not None:
                self.check.approach.goes_on(kind)
        self.resumed = ()

    def unseen(self, found: Mapping[str, float], at_s: float) -> set[str]:
        """Kinds that go on because this reading, or none, says nothing of them."""
        kinds: set[str] = set()
        if found.keys() & {"dropout", "stamp"}:
            kinds = self.triggers.keys() - {"dropout"}
        elif "range" in found:
            kinds = self.triggers.keys() & RESUMED
        for kind in kinds:
            self.triggers[kind].wait(at_s)
        if self.repeats >= REPEATS:  # one later stamp between many that are repeated ends nothing
            kinds.add("stamp")
        return kinds | {"sibling"}

    def begins(self, kind: str) -> None:
        """An episode begins."""
        if kind in FOLLOWED:
            self.places.setdefault(kind, self.check.level.place(kind))

    def stayed(self, kind: str) -> bool:
        """Whether an offset or a drift is over because its baseline followed, and not because the level returned."""
        if kind not in self.places:
            return False
        level, baseline = self.places.pop(kind)
        now, _ = self.check.level.place(kind)
        return abs(now - baseline) > STAYED * abs(level - baseline)

    def drift_bar(self, at_s: float) -> float:
        """The strength that a drift must have: a season that goes on is no second one."""
        top, over_s = self.drifted
        return float(DRIFT_MARGIN * top * 0.5 ** ((at_s - over_s) / DRIFT_FADE_S))

    def repeat(self) -> bool:
        """A stamp comes again: whether most do. That is over after as many later stamps as it takes to be found."""
        self.repeats = min(MOST_REPEATS, self.repeats + 1) if self.repeats + 1 != REPEATS else MOST_REPEATS
        return self.repeats >= REPEATS

    def follow(self, passed: float, at_s: float) -> None:
        """A reading came so many seconds after the one before."""
        if self.repeats:
            self.repeats = self.repeats - 1 if self.repeats != REPEATS else 0
        interval_s = self.interval_s
        if passed > GAP_INTERVALS * interval_s > 0.0:
            self.check.gap(passed)
            for kind in self.triggers.keys() & RESUMED:
                self.triggers[kind].wait(at_s)
        else:
            self.interval_s = interval_s + (passed - interval_s) * 0.1 if interval_s else passed
        self.usual += (self.device.answers - self.answers - self.usual) * 0.1
