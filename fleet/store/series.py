"""The rows of series: one quantity of one source of one pole."""

from __future__ import annotations

from collections import OrderedDict

from fleet.store.database import Database

SERIES = 500_000
"""Series whose row is remembered; 100 B each."""
MOST_SERIES = 2_000
"""Series of one pole that have newest values and hours; those of further ones are in the archive only."""


class SeriesRows:
    """Part of the transaction that its caller is in."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[tuple[str, str, str], int | None] = OrderedDict()

    def forget(self) -> None:
        """What is known may have been rolled back or deleted."""
        self._known.clear()

    def number(self, pole: str, source: str, quantity: str) -> int | None:
        """The row of a series, made where there is none; None where the pole has too many of them."""
        name = (pole, source, quantity)
        if name in self._known:
            return self._known[name]
        found = self._db.execute(
            "SELECT id FROM series WHERE pole = ? AND source = ? AND quantity = ?", name
        ).fetchone()
        number: int | None = found[0] if found else None
        if number is None:
            (count,) = self._db.execute("SELECT count(*) FROM series WHERE pole = ?", (pole,)).fetchone()
            if count < MOST_SERIES:
                query = "INSERT INTO series (pole, source, quantity) VALUES (?, ?, ?) RETURNING id"
                (number,) = self._db.execute(query, name).fetchone()
        self._known[name] = number
        if len(self._known) > SERIES:
            self._known.popitem(last=False)
        return number
