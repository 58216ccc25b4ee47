"""Everything that is true while one connection is open. After any error of the disk it is dropped and made anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec

from agent.store.budget import PAGE, Budget
from agent.store.database import connect, files_size, size_of, transaction, used_pages
from agent.store.evict import Evictor
from agent.store.gaps import Gaps
from agent.store.outbox import Name, Outbox
from agent.store.ring import Ring
from agent.store.rows import Correction, Pending, key_of, lane_of, microseconds, seq_of
from agent.store.waiting import Waiting
from agent.types import Gap, Lane, Row, Stamp

_RAM_ROOM = 8  # pages kept for rows' bookkeeping in the trees


class Session:
    """One open database. A method that raised ``sqlite3.Error`` or ``OSError`` was the last: make another one."""

    def __init__(self, path: Path, budget: Budget, boot: int) -> None:
        self.path = path
        self.budget = budget
        self._boot = boot
        self.db = connect(path, budget)
        try:
            self.outbox = Outbox(self.db, boot, budget.kept)
            self.ring = Ring(self.db, boot, budget.ring)
            self.gaps = Gaps()
            self.evictor = Evictor(self.db, self.outbox, self.ring, self.gaps)
            self.was_clean = self._meta("clean", default=1) == 1
            self._said_clean = self.was_clean
            self.full = False
            self.outbox.tally.walk()
        except BaseException:
            self.db.close()
            raise

    def _meta(self, name: str, default: int) -> int:
        record = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if record is None else int(record[0])

    def commit(self, waiting: Waiting, now: Stamp, *, growth: bool = True) -> int:
        """Put all that waits on disk, in transactions of bounded size; what is on disk has left ``waiting``.

        With ``growth`` false the file may not become larger: room is made inside it. Returns how many events it was.
        """
        done = 0
        while True:
            chunk = _chunk(waiting.events, self.budget.transaction)
            acks = dict(islice(waiting.acks.items(), max(16, self.budget.transaction // 1024)))
            with transaction(self.db):
                self._say_dirty()
                self._make_room(chunk, waiting, now, growth=growth)
                self.outbox.acknowledge(acks)
                self._ride_along(waiting)
                self.outbox.insert(chunk)
                self.gaps.write(self.db, now, self._insert_one)
                self.outbox.purge()
            self.outbox.bad.clear()
            done += len(chunk)
            waiting.committed(len(chunk), acks)
            self._bound_wal()
            if waiting.empty:
                return done

    def _say_dirty(self) -> None:
        if self._said_clean:
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 0)")
            self._said_clean = False

    def _insert_one(self, pending: Pending) -> int:
        return self.outbox.insert([pending])[0]

    def _ride_along(self, waiting: Waiting) -> None:
        for (lane, reason), count in waiting.lost.items():
            self.gaps.add(self.outbox.epoch, lane.name.lower(), reason, (), count)
        for block in waiting.blocks:
            self.ring.write(block)
        self.db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", list(waiting.states.items()))
        for key in self.outbox.bad:
            self.gaps.add(self.outbox.epoch, lane_of(key).name.lower(), "unreadable", [seq_of(key)])
        self.outbox.delete_unsent(self.outbox.bad)

    def _make_room(self, chunk: list[Pending], waiting: Waiting, now: Stamp, *, growth: bool) -> None:
        used = used_pages(self.db)
        size = sum(pending.size for pending in chunk) + sum(block.size for block in waiting.blocks)
        need = size * 5 // 4 // PAGE + _RAM_ROOM
        limit = self.budget.use_pages
        if not growth:
            (pages,) = self.db.execute("PRAGMA page_count").fetchone()
            limit = min(limit, pages - _RAM_ROOM)
        self.full = used + need > limit or (self.full and used > limit * 7 // 8)
        if used + need > limit:
            slack = limit // 64  # in one go a little more than needed, so that not every commit deletes
            self.evictor.make_room(used, limit - need - slack, "store_full" if growth else "disk_full", now)

    def _bound_wal(self) -> None:
        if size_of(Path(f"{self.path}-wal")) > self.budget.wal:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database and empty it."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def restamp(self, now: Stamp) -> int:
        """What was taken unsynced in this boot until ``now`` gets its true time; how many unsent rows that was."""
        boot_us = round(now.boot_s * 1e6)
        correction = Correction(self._boot, boot_us, microseconds(now.utc) - boot_us)
        known = max((c.boot_us for c in self.outbox.corrections if c.boot == self._boot), default=-1)
        (count,) = self.db.execute(
            "SELECT count(*) FROM event WHERE synced = 0 AND sent = 0 AND boot = ? AND boot_us > ? AND boot_us <= ?",
            (self._boot, known, boot_us),
        ).fetchone()
        if boot_us > known:
            with transaction(self.db):
                self.db.execute("INSERT INTO restamp VALUES (?, ?, ?)", msgspec.structs.astuple(correction))
            self.outbox.corrections.append(correction)
        return int(count)

    def unsent(self, lane: Lane, after: int, before: int | None, max_bytes: int, skip: Collection[Name]) -> list[Row]:
        """As the store's; a row of a gap that was given out does not change any more."""
        rows = self.outbox.unsent(lane, after, before, max_bytes, skip)
        for row in rows:
            if row.kind == Gap.kind:
                self.gaps.handed_out(key_of(row.lane, row.seq))
        return rows

    def state(self, name: str) -> bytes | None:
        record = self.db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if record is None else bytes(record[0])

    @property
    def bytes(self) -> int:
        return files_size(self.path)

    def close(self, *, clean: bool = False) -> None:
        """Give the connection up; ``clean`` writes that all was said."""
        try:
            if clean:
                with transaction(self.db):
                    self.db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 1)")
        finally:
            with suppress(sqlite3.Error):  # after a failure of the disk closing may fail as well; nothing is lost by it
                self.db.close()


def _chunk(events: list[Pending], room: int) -> list[Pending]:
    """The first events that fit one transaction, at least one if there is one."""
    for index, pending in enumerate(events):
        room -= pending.size
        if room < 0 and index:
            return events[:index]
    return list(events)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
