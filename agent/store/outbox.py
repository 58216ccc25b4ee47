"""The outbox in SQL: rows in, rows out in order, rows gone once they were acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any

from agent.store.database import number
from agent.store.rows import (
    COLUMNS,
    INSERT,
    SEQ_MASK,
    Correction,
    Pending,
    key_of,
    lane_of,
    records,
    row_of,
    seq_of,
)
from contract.events import Gap
from contract.types import Lane, Row

Name = tuple[str, int]
"""(epoch, seq): how the receiver knows a row."""

_ROW_COST = 64  # bytes a row adds to a message beside its body, about
_PURGE_STEP = 256  # numbers; a purge touches pages that nothing else would, so it comes seldom


class Outbox:
    """The table ``event`` over one connection. Methods that write belong inside a transaction of the caller's."""

    def __init__(self, connection: sqlite3.Connection, boot: int, kept: Mapping[Lane, int]) -> None:
        self._db = connection
        self._boot = boot
        self.kept = dict(kept)
        (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        self.epoch: str = epoch.decode()
        self.corrections = [Correction(*map(int, record)) for record in connection.execute("SELECT * FROM restamp")]
        self.last_seq = max(
            seq_of(number(connection, "SELECT max(key) FROM event WHERE key BETWEEN ? AND ?", span(lane)))
            for lane in Lane
        )
        self.tally = Tally(connection, self.last_seq)
        self.bad: dict[int, None] = {}
        self._heads = {lane: key_of(lane, 0) for lane in Lane}  # no unsent row of the lane lies before it
        self._purged = self.last_seq

    def insert(self, events: Sequence[Pending]) -> None:
        """Rows get their numbers here, in order from ``last_seq`` + 1; the caller's commit makes them true."""
        self._db.executemany(INSERT, records(events, self.last_seq + 1, self.epoch, self._boot))
        self.last_seq += len(events)
        lanes = [pending.lane for pending in events]
        for lane in Lane:
            self.tally.unsent[lane] += lanes.count(lane)  # compares by identity; hashing an enum would cost more

    def unsent(self, lane: Lane, after: int, before: int | None, max_bytes: int, skip: Collection[Name]) -> list[Row]:
        """The oldest unsent rows between two numbers, at least one if there is one, up to about ``max_bytes``."""
        head = self._heads[lane]
        low = max(head - 1, key_of(lane, after))
        high = key_of(lane, SEQ_MASK if before is None else min(before, SEQ_MASK))
        cursor = self._db.execute(
            f"SELECT {COLUMNS} FROM event WHERE key > ? AND key < ? AND sent = 0 ORDER BY key",  # noqa: S608  a constant of ours
            (low, high),
        )
        rows: list[Row] = []
        first: int | None = None
        room = max_bytes
        for record in cursor:
            row = row_of(record, self.corrections)
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

    def acknowledge(self, names: Mapping[Name, Lane | None]) -> int:
        """Mark or delete delivered rows, their lanes where known; a name without an unsent row is no error.

        Returns how many there were.
        """
        done = 0
        for (epoch, seq), known in names.items():
            for lane in Lane if known is None else (known,):
                key = key_of(lane, seq)
                keep = seq > self.last_seq - self.kept[lane] or seq == self.last_seq
                order = "UPDATE event SET sent = 1" if keep else "DELETE FROM event"
                gone = self._db.execute(f"{order} WHERE key = ? AND epoch = ? AND sent = 0", (key, epoch)).rowcount
                if gone:
                    self.tally.gone(key)
                    done += 1
                    if keep:
                        heappush(self.tally.delivered[lane], key)
        return done

    def purge(self) -> None:
        """Delete delivered rows that were kept long enough."""
        if self.last_seq - self._purged < _PURGE_STEP:
            return
        for lane, keys in self.tally.delivered.items():
            oldest = key_of(lane, max(0, self.last_seq - self.kept[lane]))
            old = []
            while keys and keys[0] <= oldest and seq_of(keys[0]) != self.last_seq:
                old.append((heappop(keys),))
            self._db.executemany("DELETE FROM event WHERE key = ?", old)
        self._purged = self.last_seq

    def drop_delivered(self) -> int:
        """Delete every delivered row but the newest of all, whose number must not be given twice."""
        gone = 0
        for lane, keys in self.tally.delivered.items():
            old = [(key,) for key in keys if seq_of(key) != self.last_seq]
            self._db.executemany("DELETE FROM event WHERE key = ?", old)
            keys[:] = [key for key in keys if key == key_of(lane, self.last_seq)]
            gone += len(old)
        return gone

    def delete_unsent(self, keys: Iterable[int]) -> None:
        """Delete rows that the caller tells about in a gap."""
        for key in keys:
            self._db.execute("DELETE FROM event WHERE key = ?", (key,))
            self.tally.gone(key)

    def oldest(self, lane: Lane, skip: Collection[Name]) -> Row | None:
        """The oldest unsent row of a lane that can be read and is not in ``skip``."""
        cursor = self._db.execute(  # without the bodies: while much is on its way, there is much to skip
            "SELECT key, CAST(epoch AS BLOB) FROM event WHERE key BETWEEN ? AND ? AND sent = 0 ORDER BY key",
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
                "AND (? IS NULL OR kind = ?) AND (? IS NULL OR source = ?) AND sent <= 1 - ? ORDER BY key DESC LIMIT ?",
                (*span(each), *wanted, limit),
            )
        ]
        records.sort(key=lambda record: seq_of(record[0]))
        rows = (row_of(record, self.corrections) for record in records[-limit:])
        return [row for row in rows if row is not None]


class Tally:
    """How many rows are unsent, by lane, and which are delivered and still kept.

    What was there at the start is counted in small steps, see ``walk``.
    """

    def __init__(self, connection: sqlite3.Connection, last_seq: int) -> None:
        self._db = connection
        self._bound = last_seq
        self._walked = {lane: key_of(lane, 0) for lane in Lane}
        self._left = list(Lane)
        self.unsent = dict.fromkeys(Lane, 0)
        self.gaps: list[int] = []  # keys of unsent gap rows from before
        self.delivered: dict[Lane, list[int]] = {lane: [] for lane in Lane}  # heaps of keys

    @property
    def complete(self) -> bool:
        return not self._left

    def walk(self, limit: int = 2_000) -> bool:
        """Count on, ``limit`` rows further; False once all are counted."""
        if not self._left:
            return False
        lane = self._left[0]
        records = self._db.execute(
            "SELECT key, sent, kind FROM event WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
            (self._walked[lane], key_of(lane, self._bound), limit),
        ).fetchall()
        for key, sent, kind in records:
            if sent:
                heappush(self.delivered[lane], key)
            elif kind == Gap.kind.encode():
                self.gaps.append(key)
        self.unsent[lane] += sum(not sent for _, sent, _ in records)
        if len(records) < limit:
            self._walked[lane] = key_of(lane, self._bound)
            self._left.pop(0)
        else:
            self._walked[lane] = records[-1][0]
        return bool(self._left)

    def gone(self, key: int) -> None:
        """An unsent row went; it counts only if it had been counted."""
        lane = lane_of(key)
        if seq_of(key) > self._bound or key <= self._walked[lane]:
            self.unsent[lane] -= 1


def span(lane: Lane) -> tuple[int, int]:
    """Lowest and highest key of a lane."""
    return key_of(lane, 0), key_of(lane, SEQ_MASK)
