"""Everything that is true while one connection is open. After any error of the disk it is dropped and made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.store import sentences as say
from agent.store.budget import PAGE, Budget
from agent.store.database import connect, files_size, inode_of, number, size_of, used_pages
from agent.store.epochs import Known, Opening
from agent.store.evict import Evictor
from agent.store.gaps import Gaps
from agent.store.inspector import Inspector
from agent.store.log import Log, fits, tie, tie_without_log
from agent.store.marker import write_marker
from agent.store.outbox import Name, Outbox
from agent.store.pages import commits_after
from agent.store.quarantine import aside, delete, drop_broken, keep_log
from agent.store.ring import Ring
from agent.store.room import Room, lay_out_log, set_log_aside
from agent.store.rows import Correction, Pending, key_of, lane_of, microseconds, seq_of
from agent.store.seal import Sealing
from agent.store.states import States
from agent.store.thin import Thinning
from agent.store.trouble import Broken, Moved, NoPlace
from agent.store.waiting import Waiting
from contract.events import Gap
from contract.types import Lane, Row, Stamp

_TREE_ROOM = 8  # pages for what the trees need besides rows
T = TypeVar("T")
_PLENTY = 16  # a full disk is one no more when it has room for a sixteenth of the database


class StoreSession:
    """One open database. A method that raised ``sqlite3.Error`` or ``OSError`` was the last: make another one."""

    def __init__(self, path: Path, budget: Budget, boot: int, now: Stamp, opening: Opening) -> None:
        self.path = path
        self.budget = budget
        self._boot = boot
        self._opening = opening
        self._begun = self._complete = False
        self._first = self._confirmed = 0
        self._log_inode: int | None = None
        had_log = size_of(Path(f"{path}-wal")) > 0
        alone = tie_without_log(path) if had_log else None
        self.db = connect(path, budget)
        self._log = Log(path, self.db)
        self._room = Room(path)
        self._inspector = Inspector(path, self.db, self._log, lambda: self._room.plenty(budget.wal))
        try:
            self._inode = path.stat().st_ino
            if had_log:
                self._check_log(belongs=fits(alone, tie(self.db)))
            self._log.settle()
            self.outbox = Outbox(self.db, boot)
            self.ring = Ring(self.db, boot, budget.ring)
            self.gaps = Gaps(self.outbox.tally.gaps)
            self.evictor = Evictor(self.db, self.outbox, self.ring, self.gaps)
            self.states = States(self.db, budget)
            self.seals = Sealing(self.db, self.outbox, self.gaps, opening.pole)
            self.was_clean = self._meta("clean", default=1) == 1
            self.full = False  # the store itself
            self.tight = False  # the disk, by what others keep there
            self.outbox.tally.walk()
            self._shrink(now)
        except (
            AttributeError,
            TypeError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:  # a damaged value may have any type
            self._close()
            raise Broken(say.CONTRADICTS()) from error
        except BaseException:
            self._close()
            raise

    def _meta(self, name: str, default: int) -> int:
        record = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if record is None else int(record[0])

    def commit(self, waiting: Waiting, now: Stamp) -> int:
        """Put all that waits on disk, in transactions of bounded size; what is on disk has left ``waiting``.

        Where the disk lets the file not become larger, room is made inside it. Returns how many events it was.
        """
        self._check_place()
        done = 0
        while True:
            chunk = waiting.first(self.budget.transaction)
            acks = dict(islice(waiting.acks.items(), max(16, self.budget.transaction // 1024)))
            with self._log.transaction():
                self._make_room(chunk, waiting)
                self._begin(now)
                self.outbox.acknowledge(acks)
                self._ride_along(waiting)
                kept = self.states.write(waiting.states)
                self.seals.given_up(p.body for p in chunk if p.kind == Gap.kind)
                first = self.outbox.last_seq + 1
                self.outbox.insert(chunk)
                self.gaps.closed(key_of(p.lane, seq) for seq, p in enumerate(chunk, first) if p.kind == Gap.kind)
                self.gaps.fold(self.db, self.outbox)
                self.gaps.write(self.db, now, self._insert_one)
                self.outbox.bound_delivered(self.budget.delivered)
            self._confirmed = self.outbox.last_seq
            self.outbox.bad.clear()
            done += len(chunk)
            waiting.committed(len(chunk), acks, kept)
            self._bound_log()
            if waiting.empty:
                break
        if self._log_inode is None:
            self._log_inode = inode_of(self._log.path)
            write_marker(self.path, self.outbox.epochs.marker(self._opening))
        return done

    def _begin(self, now: Stamp) -> None:
        """Inside the first transaction: a new epoch, and the events that close the books of the one before."""
        if self._begun:
            return
        self._begun = True
        known, epochs = self._opening.known, self.outbox.epochs
        if known is not None and known.epoch == epochs.previous:
            self.outbox.forget_after(known.last)
        self._complete = epochs.settle(known, clean=self.was_clean)
        self._first = self.outbox.last_seq + 1
        bodies = epochs.begin(self._first, self._opening, complete=self._complete)
        self.seals.begun(epochs)
        self.outbox.insert(
            [Pending.made(Lane.EVENT, body.kind, "agent", now, msgspec.json.encode(body)) for body in bodies]
        )

    def _check_place(self) -> None:
        """A file that was deleted or replaced under us still takes commits, and nobody would ever find them."""
        if inode_of(self.path) != self._inode:
            rescued = aside(self.path)
            rescued.unlink(missing_ok=True)
            try:
                self.db.execute("VACUUM INTO ?", (str(rescued),))
            except sqlite3.Error as error:
                delete(rescued)
                raise NoPlace(say.SOMEBODY_DELETED_OR_REPLACED_3()) from error
            raise Broken(say.SOMEBODY_DELETED_OR_REPLACED_2())
        if self._log_inode is not None and inode_of(self._log.path) != self._log_inode:
            busy, frames, moved = self._log.checkpoint()
            if not busy and frames == moved:
                raise Moved(say.SOMEBODY_DELETED_OR_REPLACED())

    def _insert_one(self, pending: Pending) -> int:
        self.outbox.insert([pending])
        return key_of(pending.lane, self.outbox.last_seq)

    def _ride_along(self, waiting: Waiting) -> None:
        for (lane, reason), count in waiting.lost.items():
            self.gaps.add(self.outbox.epoch, lane.name.lower(), reason, (), count)
        for block in waiting.blocks:
            self.ring.write(block)
        for key in self.outbox.bad:
            epoch = self.outbox.epochs.at(seq_of(key))
            self.gaps.add(epoch, lane_of(key).name.lower(), "unreadable", [seq_of(key)])
        self.outbox.delete_unsent(self.outbox.bad)

    def _make_room(self, chunk: list[Pending], waiting: Waiting) -> None:
        used = used_pages(self.db)
        size = sum(pending.size for pending in chunk) + sum(block.size for block in waiting.blocks)
        need = (2 * size + self.states.need(waiting.states)) // PAGE + _TREE_ROOM  # pages are half empty at worst
        limit = self.budget.use_pages
        while not (grows := self._room.reserve(min(used + need, limit) * PAGE)) and drop_broken(self.path):
            pass
        self.tight = not grows or (self.tight and not self._room.plenty(limit * PAGE // _PLENTY))
        if not grows:
            limit = min(limit, number(self.db, "PRAGMA page_count") - _TREE_ROOM)
        self.full = used + need > limit or (self.full and used > limit * 7 // 8)
        if used + need > limit:
            slack = limit // 64  # in one go a little more than needed, so that not every commit deletes
            self.evictor.make_room(used, limit - need - slack, "store_full" if grows else "disk_full")

    def _shrink(self, now: Stamp) -> None:
        """Bring a file that was made under a larger bound below today's."""
        if number(self.db, "PRAGMA page_count") <= self.budget.pages:
            return
        with self._log.transaction():
            self._begin(now)
            self.evictor.make_room(used_pages(self.db), self.budget.use_pages - _TREE_ROOM, "store_full")
            self.gaps.write(self.db, now, self._insert_one)
        self._confirmed = self.outbox.last_seq
        self.db.execute("VACUUM")
        self._log.checkpoint("TRUNCATE")
        lay_out_log(self.path, self.budget.wal)
        self.db.execute(f"PRAGMA max_page_count = {self.budget.pages}").fetchall()

    def _bound_log(self) -> None:
        half = self._log.frames() > self.budget.checkpoint_pages
        if self.tight or size_of(self._log.path) > self.budget.wal or (half and not self._inspector.patient):
            self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log into the database, so that it begins anew; an inspection under way is given up."""
        self._inspector.stop()
        self._log.checkpoint()

    def _check_log(self, *, belongs: bool) -> None:
        """Raise ``Broken`` if SQLite took less of the log than was committed: it stops at a bad frame, in silence."""
        if not belongs:
            keep_log(self.path)
            raise Broken(say.WRITE_AHEAD_LOG_ANOTHER())
        _, taken, _ = self._log.checkpoint("PASSIVE")
        if commits_after(self._log.path, taken) > 1:  # the last one may have been cut off by a power cut
            keep_log(self.path)
            raise Broken(say.WRITE_AHEAD_LOG_DAMAGED())

    def inspect(self) -> bool:
        """Begin the integrity check, or look after it; True once it is over. Raises ``Broken``."""
        return self._inspector.look()

    def restamp(self, now: Stamp) -> int:
        """What was taken unsynced in this boot until ``now`` gets its true time; how many unsent rows that was."""
        boot_us = round(now.boot_s * 1e6)
        correction = Correction(self._boot, boot_us, microseconds(now.utc) - boot_us)
        known = max((c.boot_us for c in self.outbox.corrections if c.boot == self._boot), default=-1)
        (count,) = self.db.execute(
            "SELECT count(*) FROM event WHERE synced = 0 AND sent IS NOT 90 "
            "AND boot = ? AND boot_us > ? AND boot_us <= ?",
            (self._boot, known, boot_us),
        ).fetchone()
        if boot_us > known:
            with self._log.transaction():
                self.db.execute("INSERT INTO restamp VALUES (?, ?, ?)", msgspec.structs.astuple(correction))
            self.outbox.corrections.append(correction)
        return int(count)

    def resend(self, epoch: str, ranges: Collection[tuple[int, int]], most: int) -> int:
        """As the outbox's, committed."""
        return self.commit_with(lambda: self.outbox.resend(epoch, ranges, most))

    def commit_with(self, work: Callable[[], T]) -> T:
        """``work`` in a transaction of its own."""
        with self._log.transaction():
            return work()

    def thin(self, level_s: float, skip: Collection[Name], now: Stamp) -> int:
        """Merge unsent summaries of whole stretches of ``level_s`` before now; how many rows became fewer."""
        fewer = 0
        with self._log.transaction():
            thinning = Thinning(
                self.db, self.outbox, self.gaps, levels_s=(level_s,), skip=skip, until_s=now.utc.timestamp()
            )
            while won := thinning.step():
                fewer += won
            self.gaps.write(self.db, now, self._insert_one)
        self._confirmed = self.outbox.last_seq
        return fewer

    @property
    def known(self) -> Known | None:
        """What is on disk for certain; None where nothing was tried."""
        if not self._begun:
            return None
        last = max(self._confirmed, self._first - 1)
        return Known(epoch=self.outbox.epoch, first=self._first, last=last, before=self._complete)

    def unsent(self, lane: Lane, after: int, before: int | None, max_bytes: int, skip: Collection[Name]) -> list[Row]:
        """As the store's; a row of a gap that was given out does not change any more."""
        rows = self.outbox.unsent(lane, after, before, max_bytes, skip)
        for row in rows:
            if row.kind == Gap.kind:
                self.gaps.handed_out(key_of(row.lane, row.seq))
        return rows

    @property
    def bytes(self) -> int:
        return files_size(self.path)

    def close(self, *, clean: bool = False) -> None:
        """Give the connection up; ``clean`` writes that all was said."""
        try:
            self._inspector.stop()
            if clean:
                with self._log.transaction():
                    self.db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 1)")
                    self._log.end()
        finally:
            self._close()

    def _close(self) -> None:
        set_log_aside(self.path)
        with suppress(sqlite3.Error):  # after a failure of the disk closing may fail as well; nothing is lost by it
            self.db.close()
        self._room.close()
