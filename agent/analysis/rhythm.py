"""What is usual at this hour: a day's profile, and a week's where that one foretells better."""

from __future__ import annotations

import math
from array import array

RhythmState = tuple[bytes, bytes, float, float, float]
"""Both profiles as single floats, when it began, the errors of both."""

HOURS, WEEK = 24, 168
LEARN_DAY, LEARN_WEEK = 0.087, 0.3
_ERROR = 0.0005  # pace at which the two are compared: some weeks, for the difference shows on some days only
BELIEVED_S = 21 * 86400.0
_MONDAY = 96  # hours from the beginning of 1970, a Thursday, to its first Monday


class Rhythm:
    """``expect`` only reads, ``learn`` changes. Seconds are since 1970; the hours are those of the UTC day.

    Each hour of the week is learned once a week and gets a larger part of the news; it is believed after three weeks,
    and while its error of late is at least a tenth smaller than the day's.
    """

    __slots__ = ("_day", "_errors", "_week", "since_s")

    def __init__(self) -> None:
        self._day = array("f", [math.nan]) * HOURS
        self._week = array("f", [math.nan]) * WEEK
        self._errors = [0.0, 0.0]
        self.since_s = math.inf
        """When learning began; infinite before."""

    def expect(self, time_s: float) -> float:
        """Not a number for an hour that was never seen."""
        hour = int(time_s // 3600.0)
        weekly = self._week[(hour - _MONDAY) % WEEK]
        believed = time_s - self.since_s >= BELIEVED_S and self._errors[1] * 1.1 < self._errors[0]
        if believed and not math.isnan(weekly):
            return weekly
        return self._day[hour % HOURS]

    def learn(self, time_s: float, value: float) -> None:
        hour = int(time_s // 3600.0)
        self.since_s = min(self.since_s, time_s)
        errors = self._errors
        place = (hour - _MONDAY) % WEEK
        before, weekly = self._day[hour % HOURS], self._week[place]
        if not math.isnan(weekly):  # both foretold it: who was nearer?
            errors[0] += _ERROR * (abs(value - before) - errors[0])
            errors[1] += _ERROR * (abs(value - weekly) - errors[1])
        self._day[hour % HOURS] = value if math.isnan(before) else before + LEARN_DAY * (value - before)
        self._week[place] = value if math.isnan(weekly) else weekly + LEARN_WEEK * (value - weekly)

    def state(self) -> RhythmState:
        return self._day.tobytes(), self._week.tobytes(), self.since_s, self._errors[0], self._errors[1]

    def restore(self, state: RhythmState) -> None:
        """ValueError where the saved profiles are of another size."""
        day, week, self.since_s, *self._errors = state
        self._day, self._week = array("f", day), array("f", week)
        if len(self._day) != HOURS or len(self._week) != WEEK:
            raise ValueError("a saved rhythm has another size")
