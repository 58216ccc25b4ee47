"""Which cell writes which pole: said by the database, in the transaction of what is written (docs/adr/0031).

A cell is a broker and its ingest. Its fence is a number that grows whenever what its ingest has in memory may be wrong:
another process has entered the cell, a pole has gone to another one, rows were deleted. Each commit writes the row of
its cell, with the fence that it knows: who has an old one finds no such row and reads all anew, and who changes the
fence waits for commits that are under way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from contract.birth import Status
from fleet.store.database import Database
from fleet.store.messages import Inbox
from fleet.store.series import parts

MAIN = "main"
"""The cell of a platform that has one."""
QUIET_S = 120.0
"""A pole of which its cell has received nothing for so long belongs to the cell that receives something."""
MOST_POLES = 200_000
"""Poles that are remembered."""
_status = msgspec.json.Decoder(Status)


class Cell:
    """One ingest's place. Each method but ``forget`` and ``owns`` is part of its caller's transaction."""

    def __init__(self, db: Database, name: str) -> None:
        self.name = name
        self._db = db
        self._fence: int | None = None
        self._session: object = None
        self._owns: dict[str, bool] = {}

    def forget(self) -> None:
        """A new fence is taken with the next commit."""
        self._fence = None
        self._owns.clear()

    def hold(self, messages: Sequence[Inbox]) -> bool:
        """Whether what is in memory is right until the transaction ends; if not, a new fence has been taken.

        From here on it is known who owns the poles of ``messages``.
        """
        held = self._fence is not None and self._session == self._db.session and self._saw(messages)
        if not held:
            query = (
                "INSERT INTO cell (cell, fence, seen) VALUES (?, 1, 0) "
                "ON CONFLICT (cell) DO UPDATE SET fence = cell.fence + 1 RETURNING fence"
            )
            self._owns.clear()
            (self._fence,) = self._db.execute(query, (self.name,)).fetchone()
            self._session = self._db.session
        self._learn(message.pole for message in messages)
        if not held:
            self._saw(messages)
        return held

    def _saw(self, messages: Sequence[Inbox]) -> bool:
        """Whether the fence holds. Messages of other cells' poles alone are no sign that this cell stores anything."""
        at = max((message.received.timestamp() for message in messages if self.owns(message.pole)), default=0.0)
        query = "UPDATE cell SET seen = max(seen, ?) WHERE cell = ? AND fence = ?"
        return bool(self._db.execute(query, (at, self.name, self._fence)).rowcount)

    def _learn(self, poles: Iterable[str]) -> None:
        """Whose these poles are; those that nobody has are this cell's from now on."""
        if len(self._owns) > MOST_POLES:
            self._owns.clear()
        new = sorted({pole for pole in poles if pole not in self._owns})
        for some in parts(new):
            values = ", ".join(("(?, ?)",) * len(some))
            names = [value for pole in some for value in (pole, self.name)]
            self._db.execute(f"INSERT INTO owner VALUES {values} ON CONFLICT DO NOTHING", names)  # noqa: S608  marks
            query = f"SELECT pole, cell FROM owner WHERE pole IN ({', '.join('?' * len(some))})"  # noqa: S608  marks
            self._owns |= {pole: cell == self.name for pole, cell in self._db.execute(query, some)}

    def owns(self, pole: str) -> bool:
        """Of a pole whose messages ``hold`` was given."""
        return self._owns.get(pole, False)

    def follow(self, messages: Sequence[Inbox]) -> set[str]:
        """Takes the poles of other cells that have come here; which these are.

        It has come with a birth that is newer than its kept status, or where its cell receives nothing of it.
        """
        births = dict[str, float]()
        for message in messages:
            if not message.retained:  # the broker's copy says nothing about where the pole is now
                births[message.pole] = max(births.get(message.pole, 0.0), _birth(message))
        at = max(message.received.timestamp() for message in messages)
        return self._move(
            {
                pole: cell
                for pole, cell, seen, kept in self._others(births)
                if births[pole] > _begun(kept) or seen is None or seen < at - QUIET_S
            }
        )

    def take(self, poles: Iterable[str]) -> dict[str, str]:
        """Takes these poles from other cells; which these were, and their cells of before."""
        before = {pole: cell for pole, cell, *_ in self._others(poles)}
        return {pole: before[pole] for pole in self._move(before)}

    def give(self, poles: Mapping[str, str]) -> None:
        """Gives these poles to the cells named, whose ingests read anew what they know of them."""
        disturb(self._db, set(poles.values()))
        for pole, cell in poles.items():
            move(self._db, {pole: self.name}, cell)

    def leave(self, poles: Iterable[str]) -> None:
        """These poles are nobody's again, where this cell has no broker that they could come to."""
        disturb(self._db, {self.name})
        query = "DELETE FROM owner WHERE pole = ? AND cell = (SELECT cell FROM cell WHERE cell = ? AND host = '')"
        self._db.executemany(query, [(pole, self.name) for pole in poles])

    def _others(self, poles: Iterable[str]) -> Iterator[tuple[str, str, float | None, bytes | None]]:
        """Pole, cell, when it was seen, its status, of those that other cells have."""
        for some in parts(sorted(poles)):
            query = (
                "SELECT owner.pole, cell, seen, status FROM owner LEFT JOIN pole ON pole.pole = owner.pole "  # noqa: S608  marks
                f"WHERE cell <> ? AND owner.pole IN ({', '.join('?' * len(some))})"
            )
            yield from self._db.execute(query, (self.name, *some)).fetchall()

    def _move(self, poles: Mapping[str, str]) -> set[str]:
        moved = move(self._db, poles, self.name)
        self._owns |= dict.fromkeys(moved, True)
        return moved


def move(db: Database, poles: Mapping[str, str], to: str) -> set[str]:
    """Gives poles to the cell ``to``; ``poles`` names their cells of before. Which have gone; others had left them."""
    disturb(db, set(poles.values()))
    query = "UPDATE owner SET cell = ? WHERE pole = ? AND cell = ?"
    return {pole for pole, cell in poles.items() if db.execute(query, (to, pole, cell)).rowcount}


def disturb(db: Database, cells: Collection[str] | None = None) -> None:
    """What ingests of these cells, or of all, have in memory is read anew; waits for their commits under way."""
    if cells is None:
        cells = [cell for (cell,) in db.execute("SELECT cell FROM cell").fetchall()]
    for cell in sorted(cells):  # in one order, so that two who do this cannot wait for each other
        db.execute("UPDATE cell SET fence = fence + 1 WHERE cell = ?", (cell,))


def _birth(message: Inbox) -> float:
    """When the link began whose birth this message is; 0 where it is none."""
    if message.leaf == "status":
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            status = _status.decode(message.payload)
            return status.at.timestamp() if status.state == "online" else 0.0
    return 0.0


def _begun(status: bytes | None) -> float:
    """When the link began that a kept status speaks of."""
    try:
        return _status.decode(status or b"").at.timestamp()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0.0
