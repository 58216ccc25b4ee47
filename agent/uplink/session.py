"""One link's work: birth, delivery of what the plan says, commands, watermarks, goodbye."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Never

import msgspec

from agent.config.settings import PoleSettings, UplinkSettings
from agent.errors import Retry
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from agent.uplink.awaiting import MOST, Awaiting
from agent.uplink.commands import Desk
from agent.uplink.counters import Counters
from agent.uplink.mqtt import FIRST_REFUSAL, Link, LinkLost
from agent.uplink.outbox import Outbox
from agent.uplink.plan import Ask, Batch, Limits, Plan
from agent.uplink.stop import stop_if_asked
from agent.uplink.suspects import FOR_GOOD, Suspects
from contract.envelope import pack
from contract.events import Gap
from contract.health import Status
from contract.topics import Topics
from contract.types import Event, Lane, Row
from contract.watermark import BadWatermark, read_watermark

LOOK_S = 10.0
"""How often the status is compared with what was published, and the store with its epoch."""
BEAT_S = 60.0
"""A link with nothing to send shows that it is alive this often."""
NUMBERS_S = 900.0
"""The numbers in the status change all the time; they alone are published again after this time."""
GOODBYE_S = 1.0

_EPOCH = datetime.fromtimestamp(0, UTC)
_log = logging.getLogger("agent.uplink")


class Session:
    """Made for one link and gone with it."""

    def __init__(
        self,
        *,
        link: Link,
        settings: UplinkSettings,
        pole: PoleSettings,
        store: Outbox,
        clock: Clock,
        birth: Callable[[], Status],
        desk: Desk,
        suspects: Suspects,
        counters: Counters,
        pulse: Pulse,
    ) -> None:
        self._link = link
        self._pole = pole
        self._topics = Topics.of(settings.prefix, pole.id)
        self._store = store
        self._clock = clock
        self._birth = birth
        self._desk = desk
        self._suspects = suspects
        self._counters = counters
        self._pulse = pulse
        self._limits = Limits(
            in_flight=link.granted.in_flight,
            linger_s=settings.linger_s,
            backlog_bytes_per_s=settings.backlog_bytes_per_s,
        )
        self._epoch = ""
        self._seen = 0
        self._plan = self._new_plan()
        self._flying: set[int] = set()
        self._alone: Row | None = None
        self._wake = asyncio.Event()
        self._told: Status | None = None
        self._deaf = ""
        self._closed: dict[Lane, str] = {}
        self._awaiting = Awaiting() if settings.ack == "platform" else None

    def _new_plan(self) -> Plan:
        """A plan from where the store is now; a new epoch numbers from its own start."""
        self._epoch = self._store.epoch
        self._seen = self._store.last_seq
        return Plan(self._limits, self._suspects, mark=self._seen)

    async def run(self) -> Never:
        """Raises ``Retry`` when the link is lost; on a stop it says goodbye first."""
        try:
            topics = (self._topics.command,) if self._awaiting is None else (self._topics.command, self._topics.ack)
            self._deaf = await self._link.listen(topics)
            stop_if_asked()
            self._tell_state()
            await self._tell(self._birth())
            await self._work()
        except asyncio.CancelledError:
            with suppress(LinkLost, TimeoutError):
                await self._goodbye()
            raise
        except ExceptionGroup as group:
            lost, bugs = group.split(Retry)
            if bugs is not None:
                raise bugs from None
            raise _first(lost) from None
        raise AssertionError("a session ends with its link")

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._drain(tasks))
            tasks.create_task(self._read())
            tasks.create_task(self._reply())
            tasks.create_task(self._report())
            await self._link.lost()  # in the body: Python 3.11 counts cancellations right only while it waits here

    async def _follow(self) -> Never:
        """Tells the plan what is committed, and begins a new one where the store began a new epoch."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    self._seen = await self._store.wait_committed(self._seen)
                    self._plan.committed(self._seen, self._clock.monotonic())
                    self._wake.set()
            if self._store.epoch != self._epoch:
                self._plan = self._new_plan()
                self._wake.set()

    async def _drain(self, tasks: asyncio.TaskGroup) -> Never:
        """Fetches what the plan asks for and sends it; the plan bounds how much is on its way."""
        while True:
            self._pulse.beat()
            self._wake.clear()
            if self._awaiting is not None and self._awaiting.full:
                self._tell_state()
                await self._until_woken(LOOK_S)
                continue
            plan = self._plan
            ask = plan.next(self._clock.monotonic())
            if isinstance(ask, float):
                await self._until_woken(min(ask, BEAT_S))
                continue
            rows = [] if ask.ready else await self._fetch(ask)
            batch = plan.take(ask, rows, self._clock.monotonic())
            if batch is not None:
                tasks.create_task(self._deliver(plan, batch))
                await asyncio.sleep(0)  # the message goes out before the next is fetched

    async def _until_woken(self, longest_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._wake.wait()

    async def _fetch(self, ask: Ask) -> list[Row]:
        return await self._store.unsent(ask.lane, after=ask.after, before=ask.before, max_bytes=ask.max_bytes)

    async def _deliver(self, plan: Plan, batch: Batch) -> None:
        message = pack(self._pole.id, batch.rows)
        now = self._clock.monotonic()
        plan.spent(batch, len(message.payload), now)
        self._alone = batch.rows[0] if len(batch.rows) == 1 and not self._flying else None
        self._flying.add(id(batch))
        if self._awaiting is not None:
            self._awaiting.sent(message.keys, now)
        try:
            code = await self._link.send_events(self._topics.lane(batch.lane), message)
        except LinkLost:
            return  # the rows are still in the store
        self._flying.discard(id(batch))
        self._alone = None
        if code < FIRST_REFUSAL:
            self._accepted(plan, batch, len(message.payload))
        else:
            self._refused(plan, batch, code)
        self._wake.set()

    def _accepted(self, plan: Plan, batch: Batch, size: int) -> None:
        counters = self._counters
        counters.messages += 1
        counters.events += len(batch.rows)
        counters.payload_bytes += size
        now = self._clock.now()
        counters.last_acknowledged = now.utc
        if self._closed.pop(batch.lane, None):
            self._tell_state()
        if self._awaiting is None:
            self._store.acknowledge((row.epoch, row.seq) for row in batch.rows)
        plan.landed(batch, self._clock.monotonic(), accepted=True, keep=self._awaiting is not None)

    def _refused(self, plan: Plan, batch: Batch, code: int) -> None:
        """A PUBACK that says no is no delivery: split, wait, or give the row up and say so in a ``gap`` event."""
        if self._awaiting is not None:
            self._awaiting.forget((row.epoch, row.seq) for row in batch.rows)
        lane = batch.lane.name.lower()
        if self._suspects.refused(batch.lane, batch.rows, code, self._clock.monotonic()):
            row = batch.rows[0]
            self._counters.given_up += 1
            text = f"the broker refuses this {lane} message for good: {FOR_GOOD[code]} ({len(row.body)} bytes)"
            gap = Gap(
                epoch=row.epoch,
                deleted_lane=lane,
                ranges=((row.seq, row.seq),),
                count=1,
                reason="refused",
                text=text,
            )
            self._store.put([Event.of("agent", self._clock.now(), gap)])
            self._store.acknowledge([(row.epoch, row.seq)])
            _log.warning("uplink: %s", text)
        elif code not in FOR_GOOD:
            text = f"the broker refuses the {lane} lane (reason code {code}): may this pole publish there?"
            if batch.lane not in self._closed:
                _log.warning("uplink: %s", text)
            self._closed[batch.lane] = text
            self._tell_state()
        plan.landed(batch, self._clock.monotonic(), accepted=False)

    async def _read(self) -> Never:
        """Watermarks at once; commands are answered elsewhere, since an answer may take a while."""
        while True:
            message = await self._link.incoming.get()
            if message.topic == self._topics.command:
                self._desk.take(message.payload)
            elif self._awaiting is not None:
                try:
                    keys = self._awaiting.confirmed(read_watermark(message.payload))
                except BadWatermark:
                    self._counters.bad_watermarks += 1
                    continue
                self._store.acknowledge(keys)
                self._plan.release(keys)
                self._tell_state()
                self._wake.set()

    async def _reply(self) -> Never:
        while True:
            reply = await self._desk.next_reply()
            await self._link.send(self._topics.reply, reply)
            self._desk.replied()

    async def _report(self) -> Never:
        """Publishes the status again when something in it changed; sends unconfirmed rows again."""
        told_at = self._clock.monotonic()
        while True:
            await self._clock.sleep(LOOK_S)
            now = self._clock.monotonic()
            if self._awaiting is not None and (keys := self._awaiting.overdue(now)):
                self._plan.release(keys)
                self._plan.rescan()
                self._wake.set()
            status = self._birth()
            if now - told_at >= NUMBERS_S or _facts(status) != _facts(self._told):
                await self._tell(status)
                told_at = now

    def _tell_state(self) -> None:
        """What the person at the status view should know of a link that is up."""
        if self._awaiting is not None and self._awaiting.full:
            self._counters.text = f"{MOST:,} events wait for the platform's word on {self._topics.ack}"
        else:
            self._counters.text = next(iter(self._closed.values()), self._deaf)

    async def _tell(self, status: Status) -> None:
        self._told = status
        await self._link.send(self._topics.status, msgspec.json.encode(status), retain=True)

    async def _goodbye(self) -> None:
        status = msgspec.structs.replace(self._birth(), state="offline", reason="stopped")
        async with asyncio.timeout(GOODBYE_S):
            await self._tell(status)

    def died(self) -> None:
        """The link is gone with messages in flight: the next ones are smaller, a row that was alone is a suspect."""
        if not self._flying:
            return
        if self._suspects.died(self._alone, self._clock.monotonic()):
            assert self._alone is not None
            _log.warning("uplink: event %s set aside: link after link ended while it was sent", self._alone.seq)


def _facts(status: Status | None) -> Status | None:
    """A status less what changes all the time."""
    if status is None:
        return None
    return msgspec.structs.replace(status, at=_EPOCH, next_seq=None, oldest_unsent=None)


def _first(group: BaseExceptionGroup[Retry] | None) -> Retry:
    assert group is not None
    leaf = group.exceptions[0]
    return leaf if isinstance(leaf, Retry) else _first(leaf)
