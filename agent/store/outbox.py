"""The outbox in SQL: rows in, rows out in order, rows gone once they were acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, product
from typing import Any, Protocol

from agent.store.database import number
from agent.store.epochs import Epochs
from agent.store.rows import (
    COLUMNS,
    INSERT,
    SEQ_MASK,
    Correction,
    Pending,
    key_of,
    records,
    row_of,
    seq_of,
)
from agent.store.tally import Tally
from agent.store.trouble import Broken
from contract.types import Lane, Row

Name = tuple[str, int]
"""(epoch, seq): how the receiver knows a row."""

_ROW_COST = 64  # bytes a row adds to a message in addition to its body, about
_STEP = 256  # delivered rows that are deleted at once: it touches pages that nothing else would


class Leaving(Protocol):
    """Receives rows before they are deleted."""

    def __call__(self, keys: Sequence[int], *, unsent: bool) -> None: ...


def _unheeded(keys: Sequence[int], *, unsent: bool) -> None:
    """Nobody wants to know."""


class Outbox:
    """The table ``event`` over one connection. Methods that write belong inside a transaction of the caller's."""

    def __init__(self, connection: sqlite3.Connection, boot: int) -> None:
        self._db = connection
        self._boot = boot
        self.epochs = Epochs(connection)
        self.corrections = [Correction(*map(int, record)) for record in connection.execute("SELECT * FROM restamp")]
        self.last_seq = newest(connection)
        self.newest = dict.fromkeys(Lane, self.last_seq)
        """For each lane a number that none of its rows exceeds."""
        self._check_newest()
        self.tally = Tally(connection, self.last_seq)
        self.bad: dict[int, None] = {}
        self.leaving: Leaving = _unheeded
        self._heads = {lane: key_of(lane, 0) for lane in Lane}  # no unsent row of the lane lies before it

    def _check_newest(self) -> None:
        """The newest row is of the newest epoch, unless a log of another database lay next to the file."""
        names = [
            name.decode()
            for lane in Lane
            for (name,) in self._db.execute("SELECT epoch FROM event WHERE key = ?", (key_of(lane, self.last_seq),))
        ]
        if names and names != [self.epochs.previous] and not (self.epochs.salvaged and self.epochs.previous in names):
            raise Broken("the newest event is of another epoch than the newest one: the log is not this file's")

    @property
    def epoch(self) -> str:
        return self.epochs.name

    def forget_after(self, seq: int) -> None:
        """Delete rows that came to the disk with a commit that had failed: they are committed again, newly numbered."""
        if self.last_seq > seq:
            for lane in Lane:
                self._db.execute("DELETE FROM event WHERE key > ? AND key <= ?", (key_of(lane, seq), span(lane)[1]))
            self.last_seq = newest(self._db)

    def row(self, record: Sequence[Any]) -> Row | None:
        """A row from ``COLUMNS`` with what is known of its epoch."""
        return row_of(record, self.corrections, self.epochs.by_name)

    def insert(self, events: Sequence[Pending]) -> None:
        """Rows get their numbers here, in order from ``last_seq`` + 1; the caller's commit makes them true."""
        self._db.executemany(INSERT, records(events, self.last_seq + 1, self.epoch, self._boot))
        self.last_seq += len(events)
        lanes = [pending.lane for pending in events]
        for lane in Lane:
            count = lanes.count(lane)  # compares by identity; hashing an enum would cost more
            self.tally.unsent[lane] += count
            if count:
                self.newest[lane] = self.last_seq

    def unsent(self, lane: Lane, after: int, before: int | None, max_bytes: int, skip: Collection[Name]) -> list[Row]:
        """The oldest unsent rows between two numbers, at least one if there is one, up to about ``max_bytes``."""
        head = self._heads[lane]
        low = max(head - 1, key_of(lane, after))
        high = key_of(lane, SEQ_MASK if before is None else min(before, SEQ_MASK))
        cursor = self._db.execute(
            f"SELECT {COLUMNS} FROM event WHERE key > ? AND key < ? AND sent IS NOT 90 ORDER BY key",  # noqa: S608  a constant of ours
            (low, high),
        )
        rows: list[Row] = []
        first: int | None = None
        room = max_bytes
        for record in cursor:
            row = self.row(record)
            if row is None:
                self.bad[record[0]] = None
                continue
            first = record[0] if first is None else first
            if (row.epoch, row.seq) in skip:
                continue
            room -= len(row.body) + _ROW_COST
            if rows and room < 0:
                break
            rows.append(row)
        cursor.close()
        if first is not None and low == head - 1:
            self._heads[lane] = first
        return rows

    def acknowledge(self, names: Mapping[Name, Lane | None]) -> None:
        """Mark rows as delivered; they stay as long as there is room. A name without an unsent row is no error."""
        for (epoch, seq), known in names.items():
            for lane in Lane if known is None else (known,):
                key = key_of(lane, seq)
                order = (
                    "UPDATE event SET sent = 90 WHERE key = ? AND epoch = ? AND sent IS NOT 90 RETURNING length(body)"
                )
                for (size,) in self._db.execute(order, (key, epoch)).fetchall():
                    self.tally.arrived(key, size)

    def resend(self, epoch: str, ranges: Iterable[tuple[int, int]], most: int) -> int:
        """Delivered rows that are still here wait for delivery again; how many they are, at most ``most``."""
        done = 0
        find = "SELECT key, length(body) FROM event WHERE key BETWEEN ? AND ? AND epoch = ? AND sent = 90 LIMIT ?"
        for (first, last), lane in product(ranges, Lane):
            reach = (key_of(lane, min(first, SEQ_MASK)), key_of(lane, min(last, SEQ_MASK)))
            for key, size in self._db.execute(find, (*reach, epoch, most - done)).fetchall():
                self._db.execute("UPDATE event SET sent = 0 WHERE key = ?", (key,))
                self.tally.waits_again(key, size)
                self._heads[lane] = min(self._heads[lane], key)
                done += 1
        return done

    def drop_delivered(self, room: int) -> int:
        """Delete some of the oldest delivered rows, for about ``room`` bytes at most; how many.

        The newest row of all stays: it says where the numbers are.
        """
        lane, records = self.tally.oldest_delivered(_STEP)
        sizes = accumulate(size for _, size in records)
        enough = 1 + sum(1 for freed in sizes if freed < room)
        old = [(key, size) for key, size in records[:enough] if seq_of(key) != self.last_seq]
        self.leaving([key for key, _ in old], unsent=False)
        self._db.executemany("DELETE FROM event WHERE key = ?", [(key,) for key, _ in old])
        self.tally.dropped(lane, old)
        return len(old)

    def bound_delivered(self, most: int) -> None:
        """Of delivered rows at most so many bytes stay; the oldest go in batches, not with every commit."""
        tally, target = self.tally, most * 31 // 32
        if tally.delivered_bytes > most:
            while tally.delivered_bytes > target and self.drop_delivered(tally.delivered_bytes - target):
                pass

    def delete_unsent(self, keys: Iterable[int]) -> None:
        """Delete rows that the caller tells about in a gap."""
        going = list(keys)
        self.leaving(going, unsent=True)
        for key in going:
            self._db.execute("DELETE FROM event WHERE key = ?", (key,))
            self.tally.gone(key)

    def oldest(self, lane: Lane, skip: Collection[Name]) -> Row | None:
        """The oldest unsent row of a lane that can be read and is not in ``skip``."""
        cursor = self._db.execute(  # without the bodies: while much is on its way, there is much to skip
            "SELECT key, CAST(epoch AS BLOB) FROM event WHERE key BETWEEN ? AND ? AND sent IS NOT 90 ORDER BY key",
            (self._heads[lane], key_of(lane, SEQ_MASK)),
        )
        for index, (key, epoch) in enumerate(cursor):
            if index == 0:
                self._heads[lane] = key
            if (epoch.decode(errors="replace"), seq_of(key)) not in skip:
                cursor.close()
                rows = self.unsent(lane, seq_of(key) - 1, None, 1, skip)
                return rows[0] if rows else None
        return None

    def latest(self, limit: int, lane: Lane | None, kind: str | None, source: str | None, *, unsent: bool) -> list[Row]:
        """The newest rows, delivered or not, oldest of them first; for people to look at."""
        wanted: list[Any] = [kind, kind, source, source, int(unsent)]
        records = [
            record
            for each in ((lane,) if lane is not None else Lane)
            for record in self._db.execute(
                f"SELECT {COLUMNS} FROM event WHERE key BETWEEN ? AND ? "  # noqa: S608  a constant of ours
                "AND (? IS NULL OR kind = ?) AND (? IS NULL OR source = ?) AND (NOT ? OR sent IS NOT 90) "
                "ORDER BY key DESC LIMIT ?",
                (*span(each), *wanted, limit),
            )
        ]
        records.sort(key=lambda record: seq_of(record[0]))
        rows = map(self.row, records[-limit:])
        return [row for row in rows if row is not None]


def newest(connection: sqlite3.Connection) -> int:
    """The largest number of all rows; 0 where there is none."""
    query = "SELECT max(key) FROM event WHERE key BETWEEN ? AND ?"
    return max(seq_of(number(connection, query, span(lane))) for lane in Lane)


def span(lane: Lane) -> tuple[int, int]:
    """Lowest and highest key of a lane."""
    return key_of(lane, 0), key_of(lane, SEQ_MASK)
