"""The store as the rest of the agent sees it: nothing here waits for the disk, and nothing raises for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import TypeVar

from agent.config.settings import StoreSettings
from agent.store import sentences as say
from agent.store.block import StoreBlock
from agent.store.commits import RIDE_S, Commits
from agent.store.journal import Journal, Snapshot
from agent.store.outbox import Name
from agent.store.ring import Piece, RingQuery
from agent.store.rows import Pending, boot_number
from agent.store.seal import Sealing
from agent.store.states import most_bytes
from agent.system.clock import Clock, boot_id
from contract.events.seal import SealDraft
from contract.health import LaneHealth, StoreHealth
from contract.requests import RingBlock
from contract.types import Event, Lane, Reading, Row, Stamp

_MANY_ACKS = 2_000
_MANY_BLOCKS = 3
_MAX_HANDED = 20_000
MOST_RESENT = 20_000
"""Rows that one request sends again."""
_HASHED = 2_000
"""Rows that are hashed in one go, for a seal; commits come in between."""
T = TypeVar("T")
_lane = attrgetter("lane")
_EMPTY = LaneHealth(unsent=0, oldest_seq=None, oldest_utc=None)


@asynccontextmanager
async def open_store(
    settings: StoreSettings, clock: Clock, boot: Callable[[], str] = boot_id, *, pole: str = ""
) -> AsyncIterator[Store]:
    """The store, open; at the end everything that was put is on disk. A disk that fails only makes it wait.

    ``pole`` is the id under which events are put: they keep it, whatever the pole's id is when they are delivered.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as executor:
        journal = Journal(settings, boot_number(boot()), pole)
        commits = Commits(journal, executor, clock, settings.commit_s)
        store = Store(settings, journal, commits, clock)
        try:
            await commits.flush()
            commits.count()
            yield store
        finally:
            await store.close()


class Store:
    """One database, one thread that touches it, one commit at a time. Made by ``open_store``."""

    def __init__(self, settings: StoreSettings, journal: Journal, commits: Commits, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._commits = commits
        self._handed: dict[Name, Lane] = {}  # rows that were given out, so that their acknowledgement is one look-up
        self._acknowledged = 0
        self.resent = 0
        """Grows when rows that were delivered wait for delivery again."""
        self._block: StoreBlock | None = None
        self._block_since = 0.0

    def put(self, events: Sequence[Event]) -> None:
        """Take events: alarms go to disk at once, the rest within ``commit_s``. Never waits nor raises for the disk."""
        self._commits.loud()
        waiting = self._commits.waiting
        waiting.add([Pending.of(event) for event in events])
        if Lane.ALARM in map(_lane, events) or waiting.bytes > self._journal.budget.transaction:
            self._commits.now()
        elif events:
            self._commits.soon()

    def keep(self, readings: Sequence[Reading]) -> None:
        """Take readings for the raw ring; a power cut may cost those of the last ``ring_block_s``."""
        if not self._journal.budget.ring:
            return
        for reading in readings:
            block = self._block
            if block is None or block.synced != reading.at.synced or self._block_done(block, reading.at):
                block = self._next_block(reading.at)
            block.add(reading)

    def _block_done(self, block: StoreBlock, at: Stamp) -> bool:
        old = at.boot_s - self._block_since >= self._settings.ring_block_s
        return old or block.size > self._journal.budget.transaction // 2

    def _next_block(self, at: Stamp) -> StoreBlock:
        self._end_block()
        self._block = StoreBlock(synced=at.synced)
        self._block_since = at.boot_s
        return self._block

    def _end_block(self) -> None:
        if self._block is not None and self._block.count:
            blocks = self._commits.waiting.add_block(self._block)
            self._commits.within(RIDE_S if blocks < _MANY_BLOCKS else self._settings.commit_s)
        self._block = None

    def acknowledge(self, keys: Iterable[Name]) -> None:
        """Rows that the other side has: they are not given out again, and go from the disk with a later commit."""
        acks = self._commits.waiting.acks
        for name in keys:
            acks[name] = self._commits.acked[name] = self._handed.pop(name, None)
            self._acknowledged += 1
        if acks:
            self._commits.look_soon()
            self._commits.within(RIDE_S if len(acks) < _MANY_ACKS else self._settings.commit_s)

    def save_state(self, name: str, value: bytes) -> None:
        """Keep it for a stage of the analysis; on disk with a later commit. ``ValueError`` if it is more than
        ``most_bytes``: with the default settings 16 MiB.
        """
        most = most_bytes(self._journal.budget)
        if len(value) > most:
            raise ValueError(say.STATE_BYTES_MOST(name=name, value=len(value), max_state=most))
        self._commits.waiting.states[name] = value
        self._commits.within(RIDE_S)

    async def flush(self) -> None:
        """Return when all that was put is on disk, or the disk has refused it once more (see ``health``)."""
        await self._commits.flush()

    async def close(self) -> None:
        """Write what is left and close the file; ``open_store`` does it."""
        self._end_block()
        await self._commits.close()

    @property
    def _snapshot(self) -> Snapshot:
        return self._journal.snapshot

    @property
    def epoch(self) -> str:
        """The id of this opening of the database; empty while it could not be opened."""
        return self._snapshot.epoch

    @property
    def last_seq(self) -> int:
        """The newest committed number."""
        return self._snapshot.last_seq

    @property
    def newest(self) -> Mapping[Lane, int]:
        """For each lane a number that none of its committed rows exceeds."""
        return self._snapshot.newest

    @property
    def was_clean(self) -> bool:
        """Whether the run before this one closed the store (true where there was none)."""
        return self._journal.was_clean

    @property
    def inspected(self) -> bool:
        """Whether the integrity check of this start is over."""
        return self._commits.inspected

    async def wait_committed(self, seq: int) -> int:
        """The newest committed number, as soon as it is more than ``seq``."""
        while self.last_seq <= seq:
            await self._commits.progress()
        return self.last_seq

    async def unsent(
        self, lane: Lane, *, after: int = 0, before: int | None = None, max_bytes: int = 256 * 1024
    ) -> list[Row]:
        """Committed rows without acknowledgement, oldest first, numbers strictly between the bounds.

        At least one row if there is one, and no more than about ``max_bytes``.
        """
        nothing: list[Row] = []
        acked = self._commits.acked
        rows = await self._commits.ask(lambda session: session.unsent(lane, after, before, max_bytes, acked), nothing)
        for row in rows:
            self._handed[row.epoch, row.seq] = row.lane
        while len(self._handed) > _MAX_HANDED:
            del self._handed[next(iter(self._handed))]
        return rows

    async def resend(self, epoch: str, ranges: Sequence[tuple[int, int]], most: int = MOST_RESENT) -> int:
        """Delivered rows that are still here wait for delivery once more; how many they are, at most ``most``."""
        await self.flush()
        now = self._clock.now()
        done = await self._commits.on_thread(lambda: self._journal.resend(epoch, ranges, most, now))
        self.resent += 1
        self._commits.look_soon()
        return done

    async def hash_events(self) -> None:
        """Hash all that is committed by now, so that it can be sealed. The first call begins it."""
        await self.flush()
        until = self.last_seq
        while await self._seal(lambda seals: seals.walk(until, _HASHED)):
            pass

    async def draft_seal(self) -> SealDraft | None:
        """What the next seal is to say of what is hashed; None: nothing new."""
        return await self._seal(Sealing.draft)

    async def sealed(self, draft: SealDraft) -> None:
        """The seal of ``draft`` was put, and is on disk."""
        await self._seal(lambda seals: seals.sealed(draft))

    async def _seal(self, work: Callable[[Sealing], T]) -> T | None:
        now = self._clock.now()
        return await self._commits.on_thread(lambda: self._journal.seal(work, now))

    async def thin(self, level_s: float) -> int:
        """Merge waiting summaries that were never given out into windows of ``level_s``; how many rows became fewer."""
        await self.flush()
        now, skip = self._clock.now(), frozenset(self._handed)
        fewer = await self._commits.on_thread(lambda: self._journal.thin(level_s, skip, now))
        self.resent += 1  # there are new rows where the backlog was read already
        self._commits.look_soon()
        return fewer

    async def restamp(self, now: Stamp) -> int:
        """The clock is right now: rows of this boot that were taken before get their true time; returns how many."""
        await self.flush()
        return await self._commits.on_thread(lambda: self._journal.restamp(now))

    async def events(
        self,
        limit: int = 50,
        *,
        lane: Lane | None = None,
        kind: str | None = None,
        source: str | None = None,
        unsent: bool = False,
    ) -> list[Row]:
        """The newest rows, oldest of them first: those that wait, and delivered ones as far back as they are kept."""
        nothing: list[Row] = []
        return await self._commits.ask(
            lambda session: session.outbox.latest(limit, lane, kind, source, unsent=unsent), nothing
        )

    async def readings(self, question: RingQuery) -> list[Piece]:
        """Raw readings from the ring and from memory."""
        batch = self._commits.batch
        blocks = [*(batch.blocks if batch else ()), *self._commits.waiting.blocks]
        if self._block is not None:
            blocks.append(self._block)
        nothing: list[Piece] = []
        return await self._commits.ask(
            lambda session: session.ring.answer(question, blocks, session.outbox.corrections), nothing
        )

    async def blocks(self, ids: Sequence[int] = ()) -> list[RingBlock]:
        """Blocks of the ring that are on disk: ``ids`` with their data; none named: all, without."""
        nothing: list[RingBlock] = []
        return await self._commits.ask(lambda session: session.ring.blocks(ids), nothing)

    async def load_state(self, name: str) -> bytes | None:
        """What ``save_state`` kept."""
        for waiting in (self._commits.waiting, self._commits.batch):
            if waiting is not None and name in waiting.states:
                return waiting.states[name]
        return await self._commits.ask(lambda session: session.states.load(name), None)

    def health(self) -> StoreHealth:
        """What the technician sees."""
        seen = self._snapshot
        trouble = seen.trouble
        batch = self._commits.batch
        return StoreHealth(
            state="blocked" if trouble else "full" if seen.full else "ok",
            text=trouble.text if trouble else self._journal.full_text,
            epoch=seen.epoch,
            next_seq=seen.last_seq + 1,
            lanes={lane.name.lower(): self._lane_health(lane, seen.lanes.get(lane, _EMPTY)) for lane in Lane},
            bytes=seen.bytes,
            max_bytes=self._settings.max_bytes,
            ring_bytes=seen.ring_bytes,
            ring_oldest=seen.ring_oldest,
            committed=seen.committed,
            acknowledged=self._acknowledged,
            evicted=seen.evicted,
            ring_lost=self._commits.waiting.ring_lost + (batch.ring_lost if batch else 0),
            waiting=len(self._commits.waiting.events) + (len(batch.events) if batch else 0),
        )

    def _lane_health(self, lane: Lane, seen: LaneHealth) -> LaneHealth:
        left = seen.unsent - sum(acked is lane for acked in self._commits.acked.values())
        if left > 0:
            return LaneHealth(unsent=left, oldest_seq=seen.oldest_seq, oldest_utc=seen.oldest_utc)
        return _EMPTY
