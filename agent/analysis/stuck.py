"""Whether a sensor repeats itself longer than it does by nature.

How often a value equals the one before is learned for each hour of the day, because calm hours repeat more; each repeat
adds the decades of its improbability. A run is stuck when those add up and it is longer than the sensor's own runs.
"""

from __future__ import annotations

import math
from array import array

HOURS = 24
DECADES = 6.0
"""Improbability of a stuck run: once in a million. Chosen as a round number before any data were looked at."""
LONGER = 2.0
"""A stuck run is so many times as long as the longest that was natural."""
LEAST_S = 900.0
"""A sensor that is read each second may well say the same for some minutes."""
MOST_CHANCE = 0.9
"""Of a repeat by a pace below one resolution a reading: smooth turns rest longer than that says."""
STEEP = 0.5
"""Chance of a repeat, per resolution that the pace is above one: where changes are normal, 0.4 / pace of them are less
than half a resolution."""
WARM_UP = 20  # readings before a run is judged
_MEMORY_HOUR, _MEMORY = 400.0, 4000.0  # readings that the shares are learned over
_FADE = 0.9995  # the longest run is forgotten by half in 1,400 steps
_PRIOR = 4.0  # readings that the share of the whole day counts for in an hour
_MOST_PENDING = 300  # steps of a run that is not judged yet; longer ones are natural (a dry gauge)

RunsState = tuple[bytes, bytes, float, float, float, float, float, tuple[float, float]]


class Runs:
    """``same`` and ``moved`` take a reading each, ``step`` ends a step at an hour of the day and learns from it."""

    __slots__ = (
        "_again",
        "_again_all",
        "_all",
        "_each",
        "_equal",
        "_equal_all",
        "_equals",
        "_longest",
        "_now",
        "_pending",
        "_repeats",
        "_zero",
        "_zero_all",
        "_zero_equal",
        "decades",
        "found",
        "hour",
        "length",
        "readings",
        "renewed",
        "since_s",
    )

    def __init__(self) -> None:
        self._equal = array("f", [0.0]) * HOURS
        self._all = array("f", [0.0]) * HOURS
        self._equal_all = self._now = 0.0
        self._again = self._again_all = 0.0
        self._longest = 0.0
        self._zero = False  # the run is one of zeros
        self._zero_all = self._zero_equal = 0.0  # readings after a 0, and those that were 0 again
        self._pending: list[tuple[int, int, int, int]] = []
        self.readings = self._equals = self._repeats = 0
        self.hour = 0
        self.length = 0
        self.decades = 0.0
        self.since_s = 0.0
        self._each = 0.0  # decades of one more repeat
        self.renewed = False
        """Whether a step ended within the run: one more repeat has another chance then."""
        self.found = False
        """Whether the run that lasts was reported to be stuck: such a run teaches nothing."""

    def same(self, last_s: float, pace: float, *, zero: bool) -> None:
        """A reading equals the one before, which came at ``last_s``. ``pace`` is the mean change between readings just
        before the run, in parts of the sensor's resolution: what moves by less than one must repeat itself, what moves
        by several hardly does. ``zero``: both are 0, where many quantities rest.
        """
        if self.length == 0:
            self.since_s = last_s
            self._zero = zero
        else:
            self._repeats += 1
        self.length += 1
        self.readings += 1
        self._equals += 1
        if self.renewed or self.length <= 2:  # the first repeat, and another
            self.renewed = False
            if zero:
                whole = (self._equal_all + 1.0) / (self._now + 2.0)
                chance = (self._zero_equal + _PRIOR * whole) / (self._zero_all + _PRIOR)
            else:
                chance = max(min(self._chance(), STEEP / max(pace - 1.0, STEEP)), min(1.0 - pace, MOST_CHANCE))
            self._each = math.log10(chance)
        self.decades -= self._each

    def goes_on(self, at_s: float) -> None:
        """What was found goes on after a gap or a restart."""
        if self.length == 0:
            self.length, self.since_s = 1, at_s

    def moved(self) -> None:
        """A reading differs."""
        self.readings += 1
        if self.length:
            if self.found:
                self.readings = self._equals = self._repeats = 0
            else:
                self._longest = max(self._longest, float(self.length))
                if self._zero:
                    self._learn_zero(self.length)
                for part in self._pending:
                    self._learn(*part)
            self._pending.clear()
            self.length, self.decades, self.found = 0, 0.0, False

    def left_zero(self) -> None:
        """A single 0 is over."""
        self._learn_zero(0)

    def _learn_zero(self, equals: int) -> None:
        part = min(1.0, _MEMORY_HOUR / (self._zero_all + equals + 1.0))
        self._zero_equal = (self._zero_equal + equals) * part
        self._zero_all = (self._zero_all + equals + 1.0) * part

    def strength(self, at_s: float, still_s: float) -> float:
        """How stuck the run is; 1 is stuck. ``still_s`` is how long the quantity may be still by nature."""
        passed = at_s - self.since_s
        if self._now < WARM_UP or passed < still_s or (passed < LEAST_S and passed < 60.0 * self.length):
            return 0.0
        return min(self.decades / DECADES, self.length / max(1.0, LONGER * self._longest))

    def step(self, hour: int) -> None:
        part = (self.hour, self.readings, self._equals, self._repeats)
        if self.length == 0:
            self._learn(*part)
        elif not self.found and len(self._pending) < _MOST_PENDING:
            self._pending.append(part)
        self.readings = self._equals = self._repeats = 0
        self.hour = hour
        self._longest *= _FADE

    def _chance(self) -> float:
        """Of a reading like the one before, at this hour. After a repeat the odds of another are larger by as much as
        they are over the whole day.
        """
        whole = (self._equal_all + 1.0) / (self._now + 2.0)
        chance = (self._equal[self.hour] + _PRIOR * whole) / (self._all[self.hour] + _PRIOR)
        if self.length == 1:
            return chance
        again = (self._again + whole) / (self._again_all + 1.0)
        odds = chance / (1.0 - chance) * max(1.0, again * (1.0 - whole) / (whole * (1.0 - again)))
        return odds / (1.0 + odds)

    def _learn(self, hour: int, readings: int, equals: int, repeats: int) -> None:
        self._equal[hour] += equals
        self._all[hour] += readings
        if self._all[hour] > _MEMORY_HOUR:
            part = _MEMORY_HOUR / self._all[hour]
            self._equal[hour] *= part
            self._all[hour] *= part
        self._equal_all += equals
        self._now += readings
        self._again += repeats
        self._again_all += equals
        if self._now > _MEMORY:
            part = _MEMORY / self._now
            self._equal_all *= part
            self._now *= part
            self._again *= part
            self._again_all *= part

    def state(self) -> RunsState:
        """The run and the step in progress are not kept."""
        return (
            self._equal.tobytes(),
            self._all.tobytes(),
            self._equal_all,
            self._now,
            self._again,
            self._again_all,
            self._longest,
            (self._zero_equal, self._zero_all),
        )

    def restore(self, state: RunsState) -> None:
        """ValueError where the saved hours are of another number."""
        equal, of_all, self._equal_all, self._now, self._again, self._again_all, self._longest, zeros = state
        self._zero_equal, self._zero_all = zeros
        self._equal, self._all = array("f", equal), array("f", of_all)
        if len(self._equal) != HOURS or len(self._all) != HOURS:
            raise ValueError("a saved day has another number of hours")
