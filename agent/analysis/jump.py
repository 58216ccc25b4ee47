"""A jump that comes back: the world seldom takes back what it did."""

from __future__ import annotations

from agent.analysis.tail import Tail

RETURN_PART, RETURN_WITHIN = 0.3, 2
"""A jump came back when less than this part of it is left, within so many readings."""


class Jump:
    """The jump that may come back: the value before it, how far it went, its score, the number of its reading."""

    __slots__ = ("_base", "_number", "_peak", "score")

    def __init__(self) -> None:
        self._base = self._peak = 0.0
        self.score = 0.0
        """0 where there is none."""
        self._number = 0

    def back(self, number: int, last: float, value: float, score: float, sizes: Tail) -> float:
        """The score of the jump that comes back with reading ``number``, else 0. ``score`` is that of the change from
        ``last`` to ``value``, ``sizes`` are those of all changes.
        """
        if number - self._number > RETURN_WITHIN:
            self.score = 0.0
        if self.score:
            away = abs(value - self._base)
            if away <= RETURN_PART * self._peak:
                found, self.score = self.score, 0.0
                return found
            if away > self._peak:
                self._peak, self.score = away, max(self.score, sizes.rate(away))
        elif score:
            self._base, self._peak, self.score, self._number = last, abs(value - last), score, number
        return 0.0
