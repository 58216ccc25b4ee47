"""How much of each pole is taken in a day (UTC): one with a good certificate must not fill the disk of a city.

What comes past the bound is not stored and not confirmed, so that its pole keeps it; it is counted, and the platform
notices it as an incident (docs/adr/0021).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from contract.envelope import Envelope
from fleet.store.database import Database

MOST_BYTES = 256 * 1024 * 1024
"""Of one pole in a day: a month's backlog of a pole with ten devices, decompressed; an ordinary day has 1 to 5 MB."""
ALARMS = 2
"""Alarms are taken up to so many times the bound."""
DAY_S = 86_400


class _Day(msgspec.Struct):
    day: int = 0
    bytes: int = 0
    refused: int = 0


class Intake:
    """Counts; the rows are written by its caller, in the transaction of what was taken."""

    def __init__(self, db: Database, most: int) -> None:
        self._db = db
        self._most = most
        self._poles: dict[str, _Day] = {}

    def forget(self) -> None:
        """What was counted may have been rolled back."""
        self._poles.clear()

    def learn(self, poles: Iterable[str]) -> None:
        """Reads the counts of poles at once that are not known yet."""
        new = sorted(set(poles) - self._poles.keys())
        for pole in new:
            self._poles[pole] = _Day()
        query = f"SELECT pole, day, bytes, refused FROM pole WHERE pole IN ({', '.join('?' * len(new))})"  # noqa: S608  marks
        for pole, *row in self._db.execute(query, new) if new else ():
            self._poles[pole] = _Day(*row)

    def refuses(self, pole: str, lane: str, received: datetime) -> bool:
        """Whether the pole's bound is reached; then its message counts as refused."""
        day = self._of(pole, received)
        if day.bytes < self._most * (ALARMS if lane == "alarm" else 1):
            return False
        day.refused += 1
        return True

    def took(self, pole: str, payload: bytes, events: Iterable[Envelope], received: datetime) -> None:
        """Counts what is stored of a message: its bytes, or those of its new events where they are more."""
        plain = sum([len(event.data) for event in events])
        self._of(pole, received).bytes += max(len(payload), plain)

    def row(self, pole: str, received: float) -> tuple[int, int, int]:
        """Columns ``day``, ``bytes``, ``refused`` of the table ``pole``."""
        day = self._at(pole, int(received // DAY_S))
        return day.day, day.bytes, day.refused

    def _of(self, pole: str, received: datetime) -> _Day:
        return self._at(pole, int(received.timestamp() // DAY_S))

    def _at(self, pole: str, today: int) -> _Day:
        day = self._poles.get(pole)
        if day is None:
            row = self._db.execute("SELECT day, bytes, refused FROM pole WHERE pole = ?", (pole,)).fetchone()
            day = self._poles[pole] = _Day(*row) if row else _Day()
        if day.day != today:
            day.day, day.bytes, day.refused = today, 0, 0
        return day
