"""At most so many events of a sensor in a day; what is left out is counted and told with the next."""

from __future__ import annotations

DAY_S = 86400.0


class DayBound:
    """``pass_`` says whether an event may go: the number suppressed before it, or None when it may not.

    The end of an episode always goes if its beginning did.
    """

    __slots__ = ("_began_s", "_count", "_most", "_open", "_suppressed")

    def __init__(self, most: int) -> None:
        self._most = most
        self._began_s = 0.0
        self._count = 0
        self._suppressed = 0
        self._open: set[str] = set()

    def pass_(self, at_s: float, *, begins: bool, kind: str = "") -> int | None:
        if not begins:
            if kind not in self._open:
                return None
            self._open.discard(kind)
            return 0
        if not 0.0 <= at_s - self._began_s < DAY_S:
            self._began_s, self._count = at_s, 0
        if self._count >= self._most:
            self._suppressed += 1
            return None
        self._count += 1
        self._open.add(kind)
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed
