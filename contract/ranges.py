"""Sets of whole numbers that are mostly in a row; pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class Ranges:
    """Disjoint inclusive ranges in ascending order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> bool:
        """Takes all from ``first`` to ``last``; whether any of them was new."""
        at = bisect_right(self._firsts, first) - 1
        if at >= 0 and self._lasts[at] >= last:
            return False
        low = at if at >= 0 and self._lasts[at] >= first - 1 else at + 1
        high = low
        while high < len(self._firsts) and self._firsts[high] <= last + 1:
            first = min(first, self._firsts[high])
            last = max(last, self._lasts[high])
            high += 1
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]
        return True

    def __contains__(self, number: int) -> bool:
        return self.meets(number, number)

    def meets(self, first: int, last: int) -> bool:
        """Whether any number from ``first`` to ``last`` is in the set."""
        at = bisect_left(self._lasts, first)
        return at < len(self._lasts) and self._firsts[at] <= last

    def around(self, number: int) -> tuple[int, int]:
        """The range that ``number`` is in; raises ``KeyError`` where it is in none."""
        at = bisect_left(self._lasts, number)
        if at == len(self._lasts) or self._firsts[at] > number:
            raise KeyError(number)
        return self._firsts[at], self._lasts[at]

    def holes(self, first: int = 1, last: int | None = None) -> tuple[tuple[int, int], ...]:
        """What is missing between ``first`` and ``last``, or the largest number."""
        missing = []
        for begin, end in zip(self._firsts, self._lasts, strict=True):
            if last is not None and begin > last:
                break
            if begin > first:
                missing.append((first, begin - 1))
            first = max(first, end + 1)
        if last is not None and first <= last:
            missing.append((first, last))
        return tuple(missing)

    def ranges(self) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self._firsts, self._lasts, strict=True))

    @property
    def last(self) -> int:
        """The largest number; 0 where there is none."""
        return self._lasts[-1] if self._lasts else 0

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges())
