"""Counters: how much they grew, over resets, roll-overs and single wrong readings."""

from __future__ import annotations

import math

LEAP = 10.0
"""A counter that fell counts from zero, unless that is more than so many times the largest growth of a reading: then
it is another counter, or was set, and what grew is not known."""
BACK = 0.5
"""A counter that gets back at least this part of its fall in one reading never fell: what came between was wrong."""


class Growth:
    """``take`` returns what a reading adds to ``total``; it is negative where it takes back what wrong readings added.

    What grew between the last reading and a roll-over or reset is not known and is left out: at most one interval's.
    """

    __slots__ = ("_before", "_last", "_low", "_most", "_since", "fell", "total")

    def __init__(self) -> None:
        self._last = math.nan
        self._before = self._low = math.nan  # the values around a fall that may have been none
        self._since = 0.0  # counted since that fall
        self._most = 0.0  # largest growth of one reading
        self.total = 0.0
        self.fell = False
        """Whether the last reading was less than the one before: what grew is not known well."""

    def take(self, value: float) -> float:
        grown = value - self._last
        self.fell = grown < 0.0
        if grown >= 0.0:
            if self._before <= value:
                if grown >= BACK * (self._before - self._low):
                    grown = value - self._before - self._since
                self._before = math.nan
            else:
                self._since += grown
            self._most = max(self._most, grown)
        elif grown < 0.0:
            if math.isnan(self._before):
                self._before, self._low, self._since = self._last, value, 0.0
            grown = value if 0.0 <= value <= LEAP * self._most else 0.0
            self._since += grown
        else:
            grown = 0.0  # the first one
        self._last = value
        self.total += grown
        return grown
