"""How unusual an alarm must be for the false ones that are allowed, and how many events of a sensor are sent in a day
and in a month; the others are counted, and the next says how many.
"""

from __future__ import annotations

import math

BURST = 5.0
"""At most so many times the false events allowed in 30 days are sent in them, whatever the data are."""
DAY_S, MONTH_S = 86400.0, 30 * 86400.0
ONE_A_MONTH, PER_TENTH = 7.0, 2.0
"""Decades that independent normal noise on a daily curve passes once in a month of five-minute steps, and how many more
it takes for a tenth of that (between 1.5 there and 3 where tails are heavy: tests/analysis/test_anomaly.py)."""


def threshold(per_month: float) -> float:
    """Decades that make an alarm, where so many false ones are allowed in 30 days of five-minute steps."""
    return max(4.0, ONE_A_MONTH - PER_TENTH * math.log10(per_month))


class DayBound:
    """``pass_`` says whether an event may go: the number suppressed before it, or None when it may not.

    The end of an episode always goes if its beginning did.
    """

    __slots__ = ("_at_s", "_began_s", "_count", "_left", "_most", "_open", "_per_month", "_suppressed")

    def __init__(self, most: int, per_month: float = math.inf) -> None:
        self._most = most
        self._per_month = max(1.0, per_month)
        self._left = self._per_month
        self._at_s = math.inf
        self._began_s = 0.0
        self._count = 0
        self._suppressed = 0
        self._open: set[str] = set()

    def renewed(self, most: int, per_month: float = math.inf) -> DayBound:
        """One with other bounds that knows what is open."""
        new = DayBound(most, per_month)
        new._open = set(self._open)
        return new

    def pass_(self, at_s: float, *, begins: bool, kind: str = "") -> int | None:
        if not begins:
            if kind not in self._open:
                return None
            self._open.discard(kind)
            return 0
        if not 0.0 <= at_s - self._began_s < DAY_S:
            self._began_s, self._count = at_s, 0
        if self._per_month < math.inf:
            passed = min(max(0.0, at_s - self._at_s), MONTH_S)
            self._left = min(self._per_month, self._left + passed / MONTH_S * self._per_month)
            self._at_s = at_s
        if self._count >= self._most or self._left < 1.0:
            self._suppressed += 1
            return None
        self._count += 1
        self._left -= 1.0
        self._open.add(kind)
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed
