"""The hashes of all events that were numbered, so that a seal can cover those that are gone by then.

Nothing is computed when an event is committed: its row lies in the file. Rows are hashed when a seal is made, and
before one of them is deleted. What is kept in between is at most one block of leaves and 32 bytes for each full block
that is not sealed yet, in the table ``state``. Of rows that were deleted unsent the nodes above them are kept until the
next seal carries them. Without a key nothing of this is done.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from agent.store.epochs import Epochs
from agent.store.gaps import Gaps
from agent.store.hashed import HashedRange, SealBooks, checked, read_books, with_check
from agent.store.outbox import Outbox
from agent.store.rows import COLUMNS, key_of, microseconds, row_of, seq_of
from contract.envelope import LANES, event_type
from contract.events import Gap
from contract.events.seal import MOST_BLOCKS, MOST_CORRECTIONS, MOST_GONE, GoneNode, SealDraft
from contract.merkle import BLOCK, LEVELS, above, bounds, leaf, nothing, sealed_time
from contract.types import Lane, Row

STATE = "seal"
_GONE = "gone/"
_MOST_RANGES = 1_000
"""Epochs that wait for their seal; of more the oldest stay unsealed."""
_MOST_KEPT = 10_000
"""Nodes above deleted rows that wait for their seal; of more none is kept, and some events cannot be proven."""


class Sealing:
    """Over one connection; all methods belong inside a transaction of the caller's."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox, gaps: Gaps, pole: str) -> None:
        self._db = connection
        self._outbox = outbox
        self._gaps = gaps
        self._pole = pole
        record = connection.execute("SELECT value FROM state WHERE name = ?", (STATE,)).fetchone()
        self._books = read_books(record[0]) if record else None
        outbox.leaving = self.leaving

    def begun(self, epochs: Epochs) -> None:
        """A new epoch has begun with the number after the last one."""
        if self._books is None:
            return
        last, previous = self._outbox.last_seq, None
        for each in self._books.ranges:
            if each.ended is None:
                each.ended = max(last, each.hashed)  # less is left of a damaged file
                previous = each.epoch if each.epoch == epochs.previous and each.pole == self._pole else None
        self._books.ranges = [each for each in self._books.ranges if each.pole == self._pole][-_MOST_RANGES:]
        self._open(epochs.name, previous, last + 1)
        self._save()

    def _open(self, epoch: str, previous: str | None, first: int) -> None:
        """``previous`` where its end is sealed as well: of others this pole knows nothing any more."""
        assert self._books is not None
        self._books.ranges.append(
            HashedRange(
                epoch=epoch,
                previous=previous,
                begins=first,
                first=first,
                hashed=first - 1,
                sealed=first - 1,
                pole=self._pole,
            )
        )

    def walk(self, until: int, most: int) -> bool:
        """Hash on, up to the number ``until``, about ``most`` rows; whether there is more. The first call begins it."""
        if self._books is None:
            first = self._outbox.epochs.first
            if not first:
                return False
            self._books = SealBooks(since=first, ranges=[])
            self._open(self._outbox.epoch, None, first)
        more = self._hash(until, most)
        self._save()
        return more

    def _hash(self, until: int, most: int) -> bool:
        assert self._books is not None
        for each in self._books.ranges:
            end = until if each.ended is None else min(until, each.ended)
            for _, low, high in bounds(each.hashed + 1, end) if each.hashed < end else ():
                if most <= 0:
                    return True
                self._hash_block(each, low, high)
                most -= high - low + 1
        return False

    def _hash_block(self, part: HashedRange, low: int, high: int) -> None:
        self._gaps.settle(self._db, low, high)
        found = {}
        for lane in Lane:
            query = f"SELECT {COLUMNS} FROM event WHERE key BETWEEN ? AND ?"  # noqa: S608  a constant of ours
            for record in self._db.execute(query, (key_of(lane, low), key_of(lane, high))):
                row = row_of(record, (), self._outbox.epochs.by_name)
                if row is not None and row.epoch == part.epoch:
                    found[row.seq] = row
        for number in range(low, high + 1):
            row = found.get(number)
            if row is None:
                self._gone(part.epoch, number, nothing(part.epoch, number))
            part.append(nothing(part.epoch, number) if row is None else self._leaf(row))

    def _leaf(self, row: Row) -> bytes:
        """As read from the file, without the correction of its time."""
        pole = row.pole or self._pole
        time = row.taken or sealed_time(microseconds(row.at.utc), None)
        head = (
            f"{pole}/{row.epoch}/{row.seq}",
            f"{pole}/{row.source}",
            event_type(row.kind, row.contract),
            LANES[row.lane],
            time,
        )
        return leaf(head, row.body)

    def leaving(self, keys: Sequence[int], *, unsent: bool) -> None:
        """Rows are about to be deleted; ``unsent``: nobody will ever get them."""
        books = self._books
        numbers = [seq_of(key) for key in keys]
        if books is None or max(numbers, default=0) < books.since:
            return
        if any(max(numbers) > each.hashed for each in books.ranges):
            self._hash(max(numbers), max(numbers))
            self._save()
        if unsent:
            self._keep(keys)

    def given_up(self, gaps: Iterable[bytes]) -> None:
        """Bodies of gaps that others put: rows that the platform will not get although they are still here."""
        if self._books is None:
            return
        for body in gaps:
            gap = msgspec.json.decode(body, type=Gap)
            lane = next((lane for lane in Lane if lane.name.lower() == gap.deleted_lane), None)
            if lane is None or gap.reason != "refused":
                continue
            for first, last in gap.ranges:
                query = "SELECT key FROM event WHERE key BETWEEN ? AND ?"
                keys = self._db.execute(query, (key_of(lane, first), key_of(lane, last))).fetchall()
                self.leaving([key for (key,) in keys], unsent=True)

    def _keep(self, keys: Iterable[int]) -> None:
        assert self._books is not None
        for key in keys:
            record = self._db.execute(f"SELECT {COLUMNS} FROM event WHERE key = ?", (key,)).fetchone()  # noqa: S608  a constant of ours
            row = None if record is None else row_of(record, (), self._outbox.epochs.by_name)
            if row is not None and row.seq >= self._books.since:
                self._gone(row.epoch, row.seq, self._leaf(row))

    def _gone(self, epoch: str, number: int, value: bytes) -> None:
        """Keep a node; two that lie next to each other become the one above them."""
        level = 0
        while level < LEVELS:
            sibling = f"{_GONE}{epoch}/{level}/{number ^ 1}"
            record = self._db.execute("DELETE FROM state WHERE name = ? RETURNING value", (sibling,)).fetchone()
            known = None if record is None else checked(record[0])
            if known is None:
                break
            value = above(known, value) if number & 1 else above(value, known)
            level, number = level + 1, number >> 1
        name = f"{_GONE}{epoch}/{level}/{number}"
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, with_check(value)))

    def draft(self) -> SealDraft | None:
        """What the next seal is to say of what was hashed; None: nothing new."""
        if self._books is None:
            return None
        ranges, room = [], MOST_BLOCKS
        for each in self._books.ranges:
            part = each.part(room) if room else None
            if part is not None:
                ranges.append(part)
                room -= max(1, part.last // BLOCK - part.first // BLOCK + 1)
        query = "SELECT name, value FROM state WHERE name BETWEEN ? AND ? LIMIT ?"
        records = self._db.execute(query, (_GONE, _GONE + "~", MOST_GONE)).fetchall()
        nodes = {name: _node(name, value) for name, value in records}
        gone = [node for node in nodes.values() if node is not None]
        bad = [(name.decode("utf-8", "replace"),) for name, node in nodes.items() if node is None]
        self._db.executemany("DELETE FROM state WHERE name = ?", bad)
        if not ranges and not gone:
            return None
        corrections = [(each.boot_us, each.offset_us) for each in self._outbox.corrections[-MOST_CORRECTIONS:]]
        return SealDraft(ranges=tuple(ranges), gone=tuple(gone), corrections=tuple(corrections))

    def sealed(self, draft: SealDraft) -> None:
        """The seal of ``draft`` is on disk as an event."""
        assert self._books is not None
        done = {part.epoch: part for part in draft.ranges}
        for each in self._books.ranges:
            if each.epoch in done:
                each.forget(done[each.epoch].last)
        self._books.ranges = [
            each for each in self._books.ranges if each.epoch not in done or not done[each.epoch].ended
        ]
        names = [
            (f"{_GONE}{node.epoch}/{node.level}/{node.index}", with_check(base64.b64decode(node.hash)))
            for node in draft.gone
        ]
        self._db.executemany("DELETE FROM state WHERE name = ? AND value = ?", names)
        self._save()

    def _save(self) -> None:
        value = with_check(msgspec.msgpack.encode(self._books))
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (STATE, value))
        (kept,) = self._db.execute(
            "SELECT count(*) FROM state WHERE name BETWEEN ? AND ?", (_GONE, _GONE + "~")
        ).fetchone()
        if kept > _MOST_KEPT:
            self._db.execute("DELETE FROM state WHERE name BETWEEN ? AND ?", (_GONE, _GONE + "~"))


def _node(name: bytes, value: object) -> GoneNode | None:
    text = name.decode("utf-8", "replace")
    parts, known = text.removeprefix(_GONE).rsplit("/", 2), checked(value)
    if known is None or len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return GoneNode(parts[0], int(parts[1]), int(parts[2]), base64.b64encode(known).decode())
