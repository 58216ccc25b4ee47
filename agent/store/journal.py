"""The thread's side of the store: what is left when a disk fails, a file breaks, and a session ends."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from agent.config.settings import StoreSettings
from agent.store import sentences as say
from agent.store.budget import Budget
from agent.store.epochs import Opening
from agent.store.marker import read_marker, this_box
from agent.store.outbox import Name
from agent.store.quarantine import Quarantine, drop_broken
from agent.store.room import release
from agent.store.seal import Sealing
from agent.store.session import StoreSession
from agent.store.trouble import Spell, Trouble, explain
from agent.store.waiting import Waiting
from contract.health import LaneHealth
from contract.types import Lane, Stamp

_ATTEMPTS = 4  # a release of ballast, a file set aside, once more
_LOOK_S = 0.25  # the dearer part of a snapshot is not taken with every commit
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the loop may know of the disk without asking it."""

    trouble: Trouble | None = None
    full: bool = False
    epoch: str = ""
    last_seq: int = 0
    newest: dict[Lane, int] = {}
    lanes: dict[Lane, LaneHealth] = {}
    bytes: int = 0
    ring_bytes: int = 0
    ring_oldest: datetime | None = None
    committed: int = 0
    evicted: int = 0


class Journal:
    """Never raises for the disk: what could not be written stays with the caller, and ``snapshot`` says why."""

    def __init__(self, settings: StoreSettings, boot: int, pole: str = "") -> None:
        self.path = Path(settings.path)
        self._opening = Opening(pole=pole, box=this_box())
        self.budget = Budget.of(settings)
        self.was_clean = True
        self._boot = boot
        self._quarantine = Quarantine(self.path, self.budget, settings.max_bytes)
        self._session: StoreSession | None = None
        self._trouble: Trouble | None = None
        self._spell = Spell()
        self._opened = False
        self._committed = 0
        self._evicted_before = 0
        self._looked = float("-inf")
        self.stale = False
        self.snapshot = Snapshot()

    def attempt(self, waiting: Waiting, now: Stamp) -> None:
        """Bring what waits to the disk; what has arrived there has left ``waiting``."""
        before = len(waiting.events)
        self._persist(lambda session: session.commit(waiting, now), now)
        self._committed += before - len(waiting.events)
        if self._trouble is not None or not 0.0 <= now.boot_s - self._looked < _LOOK_S:
            self._looked = now.boot_s
            self.refresh()
        else:
            self.stale = True
            self._count()

    def ask(self, question: Callable[[StoreSession], T], default: T) -> T:
        """What ``question`` reads; ``default`` where the disk does not answer."""
        if self._session is None:
            return default
        try:
            return question(self._session)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return default

    def resend(self, epoch: str, ranges: Collection[tuple[int, int]], most: int, now: Stamp) -> int:
        return self._persist(lambda session: session.resend(epoch, ranges, most), now) or 0

    def thin(self, level_s: float, skip: Collection[Name], now: Stamp) -> int:
        return self._persist(lambda session: session.thin(level_s, skip, now), now) or 0

    def seal(self, work: Callable[[Sealing], T], now: Stamp) -> T | None:
        return self._persist(lambda session: session.commit_with(lambda: work(session.seals)), now)

    def restamp(self, now: Stamp) -> int:
        return self._persist(lambda session: session.restamp(now), now) or 0

    def _persist(self, work: Callable[[StoreSession], T], now: Stamp) -> T | None:
        """Do ``work`` on a session, mending what can be mended in between; None where nothing helped."""
        for _ in range(_ATTEMPTS):
            try:
                done = work(self._opened_session(now))
            except (sqlite3.Error, OSError) as error:
                if not self._mended(self._failed(error)):
                    return None
            else:
                self._trouble = None
                self._tell(now)
                return done
        return None

    def _opened_session(self, now: Stamp) -> StoreSession:
        if self._session is None:
            replaced = self._quarantine.settle(now)
            opening = replace(self._opening, marker=read_marker(self.path))
            self._session = StoreSession(self.path, self.budget, self._boot, now, opening)
            if not self._opened:
                self._opened = True
                self.was_clean = self._session.was_clean and not replaced
        return self._session

    def _failed(self, error: sqlite3.Error | OSError) -> Trouble:
        """The session is over; what kind of trouble it is. A bug of ours goes on as it came."""
        trouble = explain(error, self.path.parent)
        if trouble is None:
            raise error
        if self._session is not None and trouble.kind != "held":
            self._evicted_before += self._session.evictor.evicted
            known = self._session.known
            if known is not None:
                self._opening = replace(self._opening, known=known, why=trouble.text)
            self._session.close()
            self._session = None
        if trouble.kind == "broken":
            self._quarantine.accuse(trouble.text)
        self._spell.bad(trouble.text)
        self._trouble = trouble
        return trouble

    def _mended(self, trouble: Trouble) -> bool:
        """Whether trying again at once makes sense."""
        if trouble.kind == "full":
            return release(self.path) or drop_broken(self.path)
        return trouble.kind in {"broken", "moved"}

    def _tell(self, now: Stamp) -> None:
        if self.full_text:
            self._spell.bad(self.full_text)
        else:
            self._spell.well(now.boot_s)

    @property
    def accused(self) -> bool:
        """Whether a session has failed; the next attempt makes another one."""
        return self._session is None

    @property
    def counted(self) -> bool:
        """Whether the whole backlog has been counted."""
        return self._session is None or self._session.outbox.tally.complete

    @property
    def found_bad(self) -> bool:
        """Whether rows were met that cannot be read; the next commit tells them as lost."""
        return self._session is not None and bool(self._session.outbox.bad)

    def walk(self) -> None:
        """Count a little of the backlog."""
        if not self.ask(lambda session: session.outbox.tally.walk(), default=False):
            self.refresh()

    def inspect(self) -> bool:
        """Go on with the integrity check; True once there is nothing more to do."""
        return self.ask(lambda session: session.inspect(), default=True)

    def refresh(self, acknowledged: Collection[Name] = ()) -> None:
        """Take a new snapshot."""
        self.stale = False
        self.snapshot = self.ask(lambda session: self._look(session, acknowledged), None) or replace(
            self.snapshot, trouble=self._trouble
        )

    def _count(self) -> None:
        """Bring the cheap part of the snapshot up to date."""
        if self._session is None:
            return
        outbox = self._session.outbox
        lanes = {lane: replace(seen, unsent=outbox.tally.unsent[lane]) for lane, seen in self.snapshot.lanes.items()}
        self.snapshot = replace(
            self.snapshot,
            last_seq=outbox.last_seq,
            newest=dict(outbox.newest),
            lanes=lanes,
            committed=self._committed,
            evicted=self._evicted_before + self._session.evictor.evicted,
            full=self._full,
            trouble=None,
        )

    @property
    def full_text(self) -> str:
        """What to do about a disk that others have filled, while the store makes do with the room it has."""
        tight = self._session is not None and self._session.tight
        return say.FULL(folder=self.path.parent) if tight else ""

    @property
    def _full(self) -> bool:
        return self._session is not None and (self._session.full or self._session.tight)

    def _look(self, session: StoreSession, acknowledged: Collection[Name]) -> Snapshot:
        lanes = {}
        for lane in Lane:
            oldest = session.outbox.oldest(lane, acknowledged)
            lanes[lane] = LaneHealth(
                unsent=session.outbox.tally.unsent[lane],
                oldest_seq=oldest.seq if oldest else None,
                oldest_utc=oldest.at.utc if oldest else None,
            )
        evicted = self._evicted_before + session.evictor.evicted
        return Snapshot(
            trouble=self._trouble,
            full=self._full,
            epoch=session.outbox.epoch,
            last_seq=session.outbox.last_seq,
            newest=dict(session.outbox.newest),
            lanes=lanes,
            bytes=session.bytes,
            ring_bytes=session.ring.bytes,
            ring_oldest=session.ring.oldest(session.outbox.corrections),
            committed=self._committed,
            evicted=evicted,
        )

    def close(self, *, clean: bool) -> None:
        """Close the file; ``clean`` only if nothing was left behind."""
        if self._session is not None:
            try:
                self._session.close(clean=clean)
            except (sqlite3.Error, OSError) as error:
                _log.warning("the store could not be closed cleanly: %s", error)
            self._session = None
