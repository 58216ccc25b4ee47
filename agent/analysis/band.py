"""Values that a sensor cannot mean: outside of what its quantity can be, no-value codes, far from all that was seen."""

from __future__ import annotations

import math

from agent.analysis.sentinels import SENTINELS
from contract.units import Quantity

AFTER = 500  # readings after which a quantity that is no row of the table has a band of its own
WARM_UP = 100  # readings before a no-value code is distinguished from a value
FAR, TIMES = 10.0, 100.0
"""The band ends so many widths beyond all that was seen; where all was above 0, at so many times the largest value:
floods and dust grow by factors. A sentinel is none when it lies within one width."""
FADE = 1e-4  # a step


class Band:
    """All that was seen of one quantity, which slowly narrows."""

    __slots__ = ("_row", "high", "low")

    def __init__(self, row: Quantity) -> None:
        self._row = row
        self.low, self.high = math.inf, -math.inf

    def resting(self, value: float, resolution: float) -> bool:
        """Whether the world rests at ``value``."""
        row = self._row
        return (
            row.resting(value)
            or (row.lowest and value <= self.low + resolution)
            or (row.highest and value >= self.high - resolution)
        )

    def leaves(self, value: float, count: int) -> bool:
        """Whether ``value``, after ``count`` others, cannot be; else it widens the band."""
        row = self._row
        if not row.low <= value <= row.high or (value in SENTINELS and count > WARM_UP and self._far(value, 1.0)):
            return True
        if count > AFTER and row.low == -math.inf and self._beyond(value):
            return True
        self.low, self.high = min(value, self.low), max(value, self.high)
        return False

    def fade(self) -> None:
        fade = FADE * (self.high - self.low)
        self.low, self.high = self.low + fade, self.high - fade

    def _far(self, value: float, widths: float) -> bool:
        """Whether ``value`` is outside of all that was seen, by so many times its width."""
        beyond = widths * max(self.high - self.low, 1.0)
        return not self.low - beyond <= value <= self.high + beyond

    def _beyond(self, value: float) -> bool:
        if self.low < 0.0:
            return self._far(value, FAR)
        return not -self.high <= value <= TIMES * self.high
