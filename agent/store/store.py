"""The store as the rest of the agent sees it: nothing here waits for the disk, and nothing raises for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from agent.clock import Clock, boot_id
from agent.config.settings import StoreSettings
from agent.health import LaneHealth, StoreHealth
from agent.store.block import Block
from agent.store.journal import Journal, Snapshot
from agent.store.outbox import Name
from agent.store.ring import Piece, Question
from agent.store.rows import Pending, boot_number
from agent.store.session import Session
from agent.store.waiting import Waiting
from agent.types import Event, Lane, Reading, Row, Stamp

_RIDE_S = 60.0  # acknowledgements and blocks of the ring wait this long for a commit that comes anyway
_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
_MANY_ACKS = 2_000
_MANY_BLOCKS = 3
_MAX_HANDED = 20_000
_MAX_STATE = 64 * 1024
_INSPECT_S = 2.0
_REFRESH_S = 0.5
_EMPTY = LaneHealth(unsent=0, oldest_seq=None, oldest_utc=None)
T = TypeVar("T")


@asynccontextmanager
async def open_store(settings: StoreSettings, clock: Clock, boot: Callable[[], str] = boot_id) -> AsyncIterator[Store]:
    """The store, open; at the end everything that was put is on disk. A disk that fails only makes it wait."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as executor:
        store = Store(settings, clock, executor, boot_number(boot()))
        try:
            await store.flush()
            store.count()
            yield store
        finally:
            await store.close()


class Store:
    """One database, one thread that touches it, one commit at a time. Made by ``open_store``."""

    def __init__(self, settings: StoreSettings, clock: Clock, executor: ThreadPoolExecutor, boot: int) -> None:
        self._settings = settings
        self._clock = clock
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._journal = Journal(settings, boot)
        self._waiting = self._nothing()
        self._running: asyncio.Future[None] | None = None
        self._batch: Waiting | None = None
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None
        self._failures = 0
        self._committed: asyncio.Event = asyncio.Event()
        self._handed: dict[Name, Lane] = {}
        self._acked: dict[Name, Lane | None] = {}
        self._acknowledged = 0
        self._block: Block | None = None
        self._block_since = 0.0
        self._bug: BaseException | None = None
        self._closing = False
        self.inspected = False  # whether the integrity check of this start is over
        self._refresher: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None

    # ---- in

    def put(self, events: Sequence[Event]) -> None:
        """Take events: alarms go to disk at once, the rest within ``commit_s``. Never waits nor raises for the disk."""
        self._loud()
        self._waiting.add(map(Pending.of, events))
        if any(event.lane is Lane.ALARM for event in events) or self._waiting.bytes > self._journal.budget.transaction:
            self._commit_now()
        elif events:
            self._commit_in(self._settings.commit_s)

    def keep(self, readings: Sequence[Reading]) -> None:
        """Take readings for the raw ring; a power cut may cost those of the last ``ring_block_s``."""
        if not self._journal.budget.ring:
            return
        for reading in readings:
            block = self._block
            if block is None or block.synced != reading.at.synced or self._block_done(block, reading.at):
                block = self._next_block(reading.at)
            block.add(reading)

    def _block_done(self, block: Block, at: Stamp) -> bool:
        old = at.boot_s - self._block_since >= self._settings.ring_block_s
        return old or block.size > self._journal.budget.transaction // 2

    def _next_block(self, at: Stamp) -> Block:
        self._end_block()
        self._block = Block(synced=at.synced)
        self._block_since = at.boot_s
        return self._block

    def _end_block(self) -> None:
        if self._block is not None and self._block.count:
            self._waiting.add_block(self._block)
            self._commit_in(_RIDE_S if len(self._waiting.blocks) < _MANY_BLOCKS else self._settings.commit_s)
        self._block = None

    def acknowledge(self, keys: Iterable[Name]) -> None:
        """Rows that the other side has: they are not given out again, and go from the disk with a later commit."""
        for name in keys:
            lane = self._handed.pop(name, None)
            self._waiting.acks[name] = self._acked[name] = lane
            self._acknowledged += 1
        if self._waiting.acks:
            self._look_soon()
            self._commit_in(_RIDE_S if len(self._waiting.acks) < _MANY_ACKS else self._settings.commit_s)

    def save_state(self, name: str, value: bytes) -> None:
        """Keep up to 64 KiB for a stage of the analysis; on disk with a later commit. ``ValueError`` if it is more."""
        if len(value) > _MAX_STATE:
            raise ValueError(f"state {name!r} has {len(value)} bytes; {_MAX_STATE} is the most")
        self._waiting.states[name] = value
        self._commit_in(_RIDE_S)

    # ---- commits

    def _nothing(self) -> Waiting:
        budget = self._journal.budget
        return Waiting(budget.queue, budget.body)

    def _commit_in(self, seconds: float) -> None:
        if self._running is not None or self._failures or self._closing:
            return  # its end looks after what came meanwhile
        due = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._commit_now)

    def _commit_now(self) -> None:
        if self._running is not None:
            self._urgent = True
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._urgent = False
        batch, self._waiting = self._waiting, self._nothing()
        self._batch = batch
        self._running = self._loop.run_in_executor(self._executor, self._journal.attempt, batch, self._clock.now())
        self._running.add_done_callback(self._commit_done)

    def _commit_done(self, future: asyncio.Future[None]) -> None:
        batch, self._batch, self._running = self._batch, None, None
        assert batch is not None
        self._bug = future.exception()
        batch.absorb(self._waiting)
        self._waiting = batch
        for name in [name for name in self._acked if name not in batch.acks]:
            del self._acked[name]
        self._committed.set()
        self._committed = asyncio.Event()
        if self._journal.stale:
            self._look_soon()
        self._go_on()

    def _look_soon(self) -> None:
        """Bring the whole snapshot up to date before long."""
        if self._refresher is None and not self._closing:
            self._refresher = self._loop.call_later(_REFRESH_S, self._look)

    def _look(self) -> None:
        self._refresher = None
        self._loop.run_in_executor(self._executor, self._journal.refresh, self._acked)

    def _go_on(self) -> None:
        if self._bug is not None or self._closing:
            return
        if self._snapshot.trouble is not None:
            wait = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
            self._failures += 1
            self._timer = self._loop.call_later(wait, self._commit_now)
            return
        self._failures = 0
        if self._urgent or self._waiting.bytes > self._journal.budget.transaction:
            self._commit_now()
        elif not self._waiting.empty:
            self._commit_in(self._settings.commit_s if self._waiting.events else _RIDE_S)

    async def flush(self) -> None:
        """Return when all that was put is on disk, or the disk has refused it once more (see ``health``)."""
        self._loud()
        if self._running is not None:  # began before this call: what was put since is in the next one
            await asyncio.shield(self._running)
        if self._running is None and self._pending_work:
            self._commit_now()
        if self._running is not None:
            await asyncio.shield(self._running)
        self._loud()

    @property
    def _pending_work(self) -> bool:
        blocked = self._snapshot.trouble is not None or not self.epoch
        return blocked or not self._waiting.empty or self._journal.found_bad

    def count(self, *_: object) -> None:
        """Count the backlog step by step, other work in between."""
        if not self._closing and not self._journal.counted:
            self._loop.run_in_executor(self._executor, self._journal.walk).add_done_callback(self.count)
        else:
            self._inspect_in(_INSPECT_S)

    def _inspect_in(self, seconds: float) -> None:
        if not self._closing:
            self._looking = self._loop.call_later(seconds, self._inspect)

    def _inspect(self) -> None:
        self._loop.run_in_executor(self._executor, self._journal.inspect).add_done_callback(self._inspected)

    def _inspected(self, future: asyncio.Future[bool]) -> None:
        if not future.result():
            self._inspect_in(_INSPECT_S)
            return
        self.inspected = True
        if self._journal.accused and not self._closing:
            self._commit_now()

    def _loud(self) -> None:
        if self._bug is not None:
            raise self._bug

    async def close(self) -> None:
        """Write what is left and say goodbye to the file."""
        self._end_block()
        self._closing = True
        try:
            await self.flush()
        finally:
            for timer in (self._timer, self._looking, self._refresher):
                if timer is not None:
                    timer.cancel()
            clean = self._waiting.empty and self._bug is None
            await self._ask_thread(lambda: self._journal.close(clean=clean))

    async def _ask_thread(self, question: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._executor, question)

    async def _ask(self, question: Callable[[Session], T], default: T) -> T:
        """What the database says; what it could not read is looked after by the next commit, soon."""
        answer = await self._ask_thread(lambda: self._journal.ask(question, default))
        if self._journal.accused or self._journal.found_bad:
            self._commit_in(self._settings.commit_s)
        return answer

    # ---- out

    @property
    def _snapshot(self) -> Snapshot:
        return self._journal.snapshot

    @property
    def epoch(self) -> str:
        """The id of the database file; empty while none could be opened."""
        return self._snapshot.epoch

    @property
    def last_seq(self) -> int:
        """The newest committed number."""
        return self._snapshot.last_seq

    @property
    def was_clean(self) -> bool:
        """Whether the run before this one said goodbye (true where there was none)."""
        return self._journal.was_clean

    async def wait_committed(self, seq: int) -> int:
        """The newest committed number, as soon as it is more than ``seq``."""
        while self.last_seq <= seq:
            await self._committed.wait()
        return self.last_seq

    async def unsent(
        self, lane: Lane, *, after: int = 0, before: int | None = None, max_bytes: int = 256 * 1024
    ) -> list[Row]:
        """Committed rows without acknowledgement, oldest first, numbers strictly between the bounds.

        At least one row if there is one, and no more than about ``max_bytes``.
        """
        nothing: list[Row] = []
        rows = await self._ask(lambda session: session.unsent(lane, after, before, max_bytes, self._acked), nothing)
        for row in rows:
            self._handed[row.epoch, row.seq] = row.lane
        while len(self._handed) > _MAX_HANDED:
            del self._handed[next(iter(self._handed))]
        return rows

    async def restamp(self, now: Stamp) -> int:
        """The clock is right now: rows of this boot that were taken before get their true time; returns how many."""
        await self.flush()
        return await self._ask_thread(lambda: self._journal.restamp(now))

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
        return await self._ask(lambda session: session.outbox.latest(limit, lane, kind, source, unsent=unsent), [])

    async def readings(self, question: Question) -> list[Piece]:
        """Raw readings from the ring and from memory."""
        blocks = [*(self._batch.blocks if self._batch else ()), *self._waiting.blocks]
        if self._block is not None:
            blocks.append(self._block)
        return await self._ask(lambda session: session.ring.answer(question, blocks, session.outbox.corrections), [])

    async def load_state(self, name: str) -> bytes | None:
        """What ``save_state`` kept."""
        for waiting in (self._waiting, self._batch):
            if waiting is not None and name in waiting.states:
                return waiting.states[name]
        return await self._ask(lambda session: session.state(name), None)

    def health(self) -> StoreHealth:
        """What the technician sees."""
        seen = self._snapshot
        trouble = seen.trouble
        waiting = len(self._waiting.events) + (len(self._batch.events) if self._batch else 0)
        return StoreHealth(
            state="blocked" if trouble else "full" if seen.full else "ok",
            text=trouble.text if trouble else "",
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
            waiting=waiting,
        )

    def _lane_health(self, lane: Lane, seen: LaneHealth) -> LaneHealth:
        left = seen.unsent - sum(acked is lane for acked in self._acked.values())
        if left > 0:
            return LaneHealth(unsent=left, oldest_seq=seen.oldest_seq, oldest_utc=seen.oldest_utc)
        return _EMPTY
