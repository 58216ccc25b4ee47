"""One condition of a rule, watched on one device: levels with hysteresis, change within a time, labels, hours."""

from __future__ import annotations

import math

from agent.analysis.counter import Growth
from agent.config.settings import ConditionSettings
from contract.circle import Unwound
from contract.events import EndReason
from contract.types import Value
from contract.units import Unit, row

BUCKETS = 12
"""A time in which a value may change is kept as the extremes of so many parts of it: bounded at any rate."""


class Extremes:
    """Lowest and highest value of the last ``within_s`` seconds, to a twelfth of that time."""

    __slots__ = ("_high", "_low", "_part", "_parts", "_past", "_width_s")

    def __init__(self, within_s: float) -> None:
        self._width_s = within_s / BUCKETS
        self._parts: list[tuple[int, float, float]] = []  # all but the one in progress
        self._past = (math.inf, -math.inf)  # of those
        self._part: int | None = None
        self._low, self._high = math.inf, -math.inf

    def add(self, at_s: float, value: float) -> tuple[float, float]:
        part = math.floor(at_s / self._width_s)
        if part != self._part:
            self._turn(part, value)
        elif value < self._low:
            self._low = value
        elif value > self._high:
            self._high = value
        (past_low, past_high), low, high = self._past, self._low, self._high
        return past_low if past_low < low else low, past_high if past_high > high else high  # noqa: FURB136 - dearer

    def _turn(self, part: int, value: float) -> None:
        parts = self._parts
        if self._part is not None:
            parts.append((self._part, self._low, self._high))
        while parts and (parts[0][0] <= part - BUCKETS - 1 or parts[0][0] > part):
            del parts[0]
        self._past = min((one[1] for one in parts), default=math.inf), max((one[2] for one in parts), default=-math.inf)
        self._part, self._low, self._high = part, value, value


class Condition:
    """``look`` takes a value, ``holds`` asks; ``since_s`` is when the condition began to hold.

    A direction changes by the shorter way round, and one that is to be above more than below is to be in the sector
    through north. A counter rises by its growth, whatever it was reset to.
    """

    __slots__ = (
        "_bounds",
        "_circle",
        "_extremes",
        "_holds",
        "_hours",
        "_kept",
        "_offset_s",
        "_path",
        "_plain",
        "_settings",
        "at_s",
        "bad_s",
        "lost",
        "since_s",
        "timed",
        "value",
    )

    def __init__(self, settings: ConditionSettings, offset_s: float, unit: Unit = Unit.ONE) -> None:
        self._settings = settings
        name = settings.quantity or ""
        known = row(name, unit)
        self._circle = known.circle
        self._path: Unwound | Growth | None = None
        if self._circle:
            self._path = Unwound(self._circle)
        elif settings.rise is not None and known.counter:
            self._path = Growth()
        self._offset_s = offset_s
        self._hours = _minutes(settings.hours) if settings.hours else (0, 0)
        self.timed = bool(settings.hours)
        """Whether the time of day matters."""
        low = -math.inf if settings.above is None else settings.above
        high = math.inf if settings.below is None else settings.below
        self._bounds = self._kept = (low, high)
        """Between these it begins to hold, and between those it goes on to hold."""
        if settings.clear is not None:
            self._kept = (
                low if settings.above is None else settings.clear,
                high if settings.below is None else settings.clear,
            )
        moves = (settings.equals, settings.rise, settings.fall, settings.change)
        self._plain = not self._circle and not self.timed and all(one is None for one in moves)
        """Whether the bounds are all there is to it."""
        self._extremes = Extremes(settings.within_s)
        self._holds = False
        self.since_s = math.inf
        self.at_s = -math.inf
        self.bad_s = -math.inf
        """When the newest value came that says nothing of the world."""
        self.lost: EndReason | None = None
        """Why it holds no more, should it, where its event has not said that it is over."""
        self.value: Value | None = None

    def look(self, value: Value, at_s: float, time_s: float) -> bool:
        """Whether it holds, or did until now: only then can its rule have changed."""
        self.value, self.at_s = value, at_s
        before = self._holds
        if self._plain and not isinstance(value, str):
            low, high = self._kept if before else self._bounds
            now = low < value < high
        else:
            now = (not self.timed or self._in_hours(time_s)) and self._true(value, at_s)
        self._holds = now
        if not now:
            self.since_s = math.inf
        elif self.since_s == math.inf:
            self.since_s = at_s
        return now or before

    def holds(self, now_s: float, stale_s: float) -> bool:
        """Whether it has held for its ``for_s``, and is not so old that nobody knows."""
        return now_s - self.since_s >= self._settings.for_s and now_s - self.at_s <= stale_s

    def _true(self, value: Value, at_s: float) -> bool:
        rule = self._settings
        if rule.equals is not None:
            return value == rule.equals
        if isinstance(value, str):
            return False
        if not self._between(value):
            return False
        if rule.rise is None and rule.fall is None and rule.change is None:
            return True
        if isinstance(self._path, Growth):
            self._path.take(value)
            value = self._path.total
        elif self._path is not None:
            value = self._path.take(value)
        low, high = self._extremes.add(at_s, value)
        return (
            (rule.rise is None or value - low >= rule.rise)
            and (rule.fall is None or high - value >= rule.fall)
            and (rule.change is None or high - low >= rule.change)
        )

    def _between(self, value: float) -> bool:
        low, high = self._kept if self._holds else self._bounds
        if self._circle and low > high:
            return value > low or value < high
        return low < value < high

    def _in_hours(self, time_s: float) -> bool:
        begin, end = self._hours
        minute = (time_s + self._offset_s) % 86400.0 / 60.0
        return begin <= minute < end if begin <= end else minute >= begin or minute < end


def _minutes(hours: str) -> tuple[int, int]:
    """``"22:00-06:00"`` as minutes of the day."""
    begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    return begin, end
