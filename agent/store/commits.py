"""When things go to the disk: one commit at a time, in groups, urgent ones at once, again after a failure.

Everything here runs on the event loop and takes no time; the work is ``Journal``'s, on its thread. Timers are the
loop's own: a handle costs nothing and needs no task that somebody would have to own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.store.journal import Journal
from agent.store.outbox import Name
from agent.store.session import StoreSession
from agent.store.waiting import Waiting
from agent.system.backoff import Backoff
from agent.system.clock import Clock
from contract.types import Lane

RIDE_S = 60.0
"""What is in no hurry waits this long for a commit that comes anyway."""
_RETRY_S = 1.0, 30.0  # first and longest wait after a commit that the disk refused
_INSPECT_S = 2.0
_YOUNG_S = 5.0  # a store this young commits ...
_FIRST_S = 0.1  # ... in smaller groups: some fifty commits in all, once a start
_REFRESH_S = 2.0  # a commit that comes before takes a snapshot anyway
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Commits:
    """Holds what waits and decides when it goes. ``acked`` are acknowledgements that are not on disk yet."""

    def __init__(self, journal: Journal, executor: ThreadPoolExecutor, clock: Clock, group_s: float) -> None:
        self.journal = journal
        self.acked: dict[Name, Lane | None] = {}
        self.inspected = False  # whether the integrity check of this start is over
        self._executor = executor
        self._clock = clock
        self._group_s = group_s
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.waiting = self._nothing()
        self.batch: Waiting | None = None
        self._running: asyncio.Future[None] | None = None
        self._urgent = False
        self._refused = Backoff(_RETRY_S[1], first_s=_RETRY_S[0], spread=0.0)
        self._waits = False  # for the disk, after a refusal
        self._closing = False
        self._bug: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._refresher: asyncio.TimerHandle | None = None
        self._inspector: asyncio.TimerHandle | None = None
        self._committed = asyncio.Event()

    def _nothing(self) -> Waiting:
        return Waiting(self.journal.budget.queue, self.journal.budget.body)

    # ---- when

    def soon(self) -> None:
        """With the next group; in the first seconds sooner, so that a pole's first readings are soon safe."""
        young = self._loop.time() - self._began < _YOUNG_S
        self.within(min(_FIRST_S, self._group_s) if young else self._group_s)

    def within(self, seconds: float) -> None:
        if self._running is not None or self._waits or self._closing:
            return  # its end looks after what came meanwhile
        due = self._loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self.now)

    def now(self) -> None:
        """At once, or right after the commit that is under way."""
        if self._running is not None:
            self._urgent = True
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._urgent = False
        batch, self.waiting = self.waiting, self._nothing()
        self.batch = batch
        self._running = self._loop.run_in_executor(self._executor, self.journal.attempt, batch, self._clock.now())
        self._running.add_done_callback(self._done)

    def _done(self, future: asyncio.Future[None]) -> None:
        batch, self.batch, self._running = self.batch, None, None
        assert batch is not None
        self._bug = future.exception()
        batch.absorb(self.waiting)
        self.waiting = batch
        for name in [name for name in self.acked if name not in batch.acks]:
            del self.acked[name]
        self._committed.set()
        self._committed = asyncio.Event()
        if self.journal.stale:
            self.look_soon()
        elif self._refresher is not None:
            self._refresher.cancel()
            self._refresher = None
        if self._bug is None and not self._closing:
            self._go_on()

    def _go_on(self) -> None:
        if self.journal.snapshot.trouble is not None:
            self._waits = True
            self._timer = self._loop.call_later(self._refused.wait_s(), self.now)
            self._refused.failed()
            return
        self._waits = False
        self._refused.worked()
        if self._urgent or self.waiting.bytes > self.journal.budget.transaction:
            self.now()
        elif self.waiting.events:
            self.soon()
        elif not self.waiting.empty:
            self.within(RIDE_S)

    async def flush(self) -> None:
        """Return when all that waits is on disk, or the disk has refused it once more."""
        self.loud()
        if self._running is not None:  # began before this call: what was put since is in the next one
            await asyncio.shield(self._running)
        if self._running is None and self._work:
            self.now()
        if self._running is not None:
            await asyncio.shield(self._running)
        self.loud()

    @property
    def _work(self) -> bool:
        seen = self.journal.snapshot
        return seen.trouble is not None or not seen.epoch or not self.waiting.empty or self.journal.found_bad

    def loud(self) -> None:
        """Raise the bug that a commit ran into, if it did: nothing is on disk any more from then on."""
        if self._bug is not None:
            raise self._bug

    async def progress(self) -> None:
        """Return after the next commit."""
        await self._committed.wait()

    async def close(self) -> None:
        """Write what is left and close the file."""
        self._closing = True
        try:
            await self.flush()
        finally:
            for timer in (self._timer, self._refresher, self._inspector):
                if timer is not None:
                    timer.cancel()
            clean = self.waiting.empty and self._bug is None
            await self.on_thread(lambda: self.journal.close(clean=clean))

    # ---- apart from the commits

    async def on_thread(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._executor, work)

    async def ask(self, question: Callable[[StoreSession], T], default: T) -> T:
        """What the database says; what it could not read is looked after by a commit soon."""
        answer = await self.on_thread(lambda: self.journal.ask(question, default))
        if self.journal.accused or self.journal.found_bad:
            self.soon()
        return answer

    def look_soon(self) -> None:
        """Bring the whole snapshot up to date before long."""
        if self._refresher is None and not self._closing:
            self._refresher = self._loop.call_later(_REFRESH_S, self._look)

    def _behind(self, work: Callable[[], T], then: Callable[[T], None] | None = None) -> None:
        """Work on the thread that nobody awaits. A bug in it is logged at once, and raised by ``loud``."""

        def done(future: asyncio.Future[T]) -> None:
            bug = None if future.cancelled() else future.exception()
            if bug is not None:
                self._bug = self._bug or bug
                _log.error("the store cannot go on: %s", bug, exc_info=bug)
            elif then is not None and not future.cancelled() and not self._closing:
                then(future.result())

        self._loop.run_in_executor(self._executor, work).add_done_callback(done)

    def _look(self) -> None:
        self._refresher = None
        self._behind(lambda: self.journal.refresh(self.acked))

    def count(self) -> None:
        """Count the backlog step by step, other work in between; then have the file inspected."""
        if self.journal.counted:
            self._inspect_later()
        else:
            self._behind(self.journal.walk, lambda _: self.count())

    def _inspect_later(self) -> None:
        if not self._closing:
            self._inspector = self._loop.call_later(_INSPECT_S, self._inspect)

    def _inspect(self) -> None:
        self._behind(self.journal.inspect, self._inspected)

    def _inspected(self, over: bool) -> None:  # noqa: FBT001  # what the journal answered
        if not over:
            self._inspect_later()
            return
        self.inspected = True
        if self.journal.accused:
            self.now()
