"""The rows of series: one quantity of one source of one pole."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from fleet.store.database import Database

SERIES = 2_000_000
"""Series whose row is remembered; 100 B each."""
MOST_SERIES = 2_000
"""Series of one pole that have newest values and hours; those of further ones are in the archive only."""
AT_ONCE = 200
"""Poles, or new series, of one statement."""
T = TypeVar("T")
Name = tuple[str, str, str]
"""Pole, source, quantity."""


class SeriesRows:
    """Part of the transaction that its caller is in."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[Name, int | None] = OrderedDict()

    def forget(self) -> None:
        """What is known may have been rolled back or deleted."""
        self._known.clear()

    def numbers(self, names: Iterable[Name]) -> dict[Name, int]:
        """The rows of series, made where there are none; those are left out of which the pole has too many.

        No name has the character 0, which PostgreSQL does not take.
        """
        wanted = dict.fromkeys(names)
        unknown = [name for name in wanted if name not in self._known]
        if unknown:
            self._learn(unknown)
        found = {name: number for name in wanted if (number := self._known[name]) is not None}
        while len(self._known) > SERIES:
            self._known.popitem(last=False)
        return found

    def _learn(self, unknown: Sequence[Name]) -> None:
        count: Counter[str] = Counter()
        for poles in parts(sorted({pole for pole, _, _ in unknown})):
            query = f"SELECT pole, source, quantity, id FROM series WHERE pole IN ({', '.join('?' * len(poles))})"  # noqa: S608  marks
            for *name, number in self._db.execute(query, poles):
                self._known[name[0], name[1], name[2]] = number
                count[name[0]] += 1
        new: list[Name] = []
        for name in unknown:
            if name in self._known:
                continue
            self._known[name] = None
            if count[name[0]] < MOST_SERIES:
                count[name[0]] += 1
                new.append(name)
        for part in parts(new):
            marks = ", ".join(("(?, ?, ?)",) * len(part))
            query = f"INSERT INTO series (pole, source, quantity) VALUES {marks} RETURNING pole, source, quantity, id"  # noqa: S608  marks
            values = [value for name in part for value in name]
            for pole, source, quantity, number in self._db.execute(query, values).fetchall():
                self._known[pole, source, quantity] = number


def parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many as one statement takes."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
