"""One link's work: birth, delivery of what the plan says, commands, watermarks, offline message."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Never as NoReturn

from agent.errors import Retry, first
from agent.uplink import sentences as say
from agent.uplink.delivery.allowance import LinkAllowance
from agent.uplink.delivery.awaiting import PROBE_BYTES, QUIET_S, Awaiting
from agent.uplink.delivery.meter import LONGER_S, STATE
from agent.uplink.delivery.parts import Delivery
from agent.uplink.delivery.plan import SendBatch, SendLimits, SendPlan
from agent.uplink.delivery.presence import Presence
from agent.uplink.delivery.sink import Lost, Outcome, Wire
from agent.uplink.stop import stop_if_asked
from contract.envelope import pack
from contract.types import Lane, Row, key
from contract.watermark import BadWatermark, read_watermark

LOOK_S = 10.0
"""How often the status is compared with what was published, and the store with its epoch."""
BEAT_S = 60.0
"""A link with nothing to send shows that it is alive this often."""
SOON_S = 1.0
"""What comes later than this is no reason to keep a suspect waiting."""

_ALL_BUT_ALARMS = frozenset(Lane) - {Lane.ALARM}


class DeliverySession:
    """Made for one link and gone with it."""

    def __init__(self, wire: Wire, delivery: Delivery) -> None:
        self._wire = wire
        self._pole = delivery.pole.id
        self._store = delivery.store
        self._clock = delivery.clock
        self._presence = Presence(wire, delivery.birth, delivery.clock)
        self._desk = delivery.desk
        self._suspects = delivery.suspects
        self._counters = delivery.counters
        self._reports = delivery.reports
        self._outcomes = delivery.outcomes
        self._awaiting = delivery.awaiting
        self._allowance = None if delivery.meter is None else LinkAllowance(delivery.meter, delivery.reports)
        self._pulse = delivery.pulse
        self._limits = SendLimits(
            in_flight=wire.in_flight,
            linger_s=delivery.settings.linger_s,
            backlog_bytes_per_s=delivery.settings.backlog_bytes_per_s,
        )
        self._suspects.link_up()
        if self._awaiting is not None:
            self._awaiting.link_up()
        self._epoch = ""
        self._seen = 0
        self._resent = self._store.resent
        self._plan = self._new_plan()
        self._flying: set[int] = set()
        self._alone: Row | None = None
        self._wake = asyncio.Event()
        self._deaf = ""

    def _new_plan(self) -> SendPlan:
        """A plan from where the store is now; a new epoch numbers from its own start."""
        self._epoch = self._store.epoch
        self._seen = self._store.last_seq
        busy = self._awaiting.keys if self._awaiting is not None else ()
        return SendPlan(self._limits, self._suspects, mark=self._seen, busy=busy)

    async def run(self) -> NoReturn:
        """Raises ``Retry`` when the link is lost; on a stop it publishes that the pole is offline first."""
        try:
            self._deaf = await self._wire.listen(watermarks=self._awaiting is not None)
            stop_if_asked()
            self._show()
            await self._presence.publish()
            await self._work()
        except asyncio.CancelledError:
            with suppress(Lost, TimeoutError):
                await self._presence.offline()
            raise
        except ExceptionGroup as group:
            lost, bugs = group.split(Retry)
            if bugs is not None:
                raise bugs from None
            assert lost is not None
            raise first(lost) from None
        raise AssertionError("a session ends with its link")

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._drain(tasks))
            tasks.create_task(self._read())
            tasks.create_task(self._reply())
            tasks.create_task(self._report())
            await self._wire.lost()  # in the body: Python 3.11 counts cancellations right only while it waits here

    async def _follow(self) -> NoReturn:
        """Keeps the plan up to date with what is committed, and begins a new one where the store has a new epoch."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    self._seen = await self._store.wait_committed(self._seen)
                    self._plan.committed(self._store.newest, self._clock.monotonic())
                    self._wake.set()
            if self._store.epoch != self._epoch:
                self._plan = self._new_plan()
                self._wake.set()
            if self._store.resent != self._resent:
                self._resent = self._store.resent
                self._plan.rescan()
                self._wake.set()

    async def _drain(self, tasks: asyncio.TaskGroup) -> NoReturn:
        """Fetches what the plan asks for and sends it; the plan bounds how much is on its way."""
        while True:
            self._pulse.beat()
            self._wake.clear()
            plan, now = self._plan, self._clock.monotonic()
            plan.held = self._held(plan, now)
            self._show()
            ask = plan.next(now)
            if isinstance(ask, float):
                if ask > SOON_S and plan.idle and self._suspects.let_go():
                    plan.rescan()
                    continue
                await self._until_woken(min(ask, LOOK_S if plan.held else BEAT_S))
                continue
            rows: list[Row] = []
            if not ask.ready:
                rows = await self._store.unsent(ask.lane, after=ask.after, before=ask.before, max_bytes=ask.max_bytes)
            batch = plan.take(ask, rows, self._clock.monotonic())
            if batch is not None:
                tasks.create_task(self._deliver(plan, batch))
                await asyncio.sleep(0)  # the message goes out before the next is fetched

    def _held(self, plan: SendPlan, now: float) -> frozenset[Lane]:
        """Lanes that wait: for the platform's confirmation, or for another day."""
        if self._awaiting is not None and (self._awaiting.full or self._awaiting.silent(now)):
            return _ALL_BUT_ALARMS
        if self._allowance is None:
            return frozenset()
        return self._allowance.held(self._clock.now(), summaries=plan.left(Lane.SUMMARY))

    async def _until_woken(self, longest_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._wake.wait()

    async def _deliver(self, plan: SendPlan, batch: SendBatch) -> None:
        message = pack(self._pole, batch.rows)
        size = len(message.payload)
        now = self._clock.monotonic()
        plan.spent(batch, size, now)
        self._alone = batch.rows[0] if len(batch.rows) == 1 and not self._flying else None
        self._flying.add(id(batch))
        if self._awaiting is not None:
            self._awaiting.sent(batch.rows, size, now)
        outcome: Outcome | None = None
        try:
            outcome = await self._wire.send(batch.lane, message)
        except Lost:
            return  # the rows are still in the store
        finally:
            if outcome is None and self._awaiting is not None:
                self._awaiting.forget(message.keys)
        self._flying.discard(id(batch))
        self._alone = None
        if self._allowance is not None:
            self._allowance.spent(batch.lane, size, self._clock.now())
        self._outcomes.take(plan, batch, size, outcome)
        self._show()
        self._wake.set()

    async def _read(self) -> NoReturn:
        """Watermarks at once; commands are answered elsewhere, since an answer may take a while."""
        while True:
            received = await self._wire.receive()
            if received.type == "command":
                self._desk.take(received.payload, retained=received.retained)
            elif self._awaiting is not None:
                try:
                    mark = read_watermark(received.payload)
                except BadWatermark:
                    self._counters.bad_watermarks += 1
                    continue
                keys = self._awaiting.confirmed(mark, self._clock.monotonic())
                self._store.acknowledge(keys)
                self._plan.release(keys)
                self._send_again()
                self._wake.set()

    async def _reply(self) -> NoReturn:
        while True:
            reply = await self._desk.next_reply()
            await self._wire.reply(reply)
            self._desk.replied()

    async def _report(self) -> NoReturn:
        """Publishes the status again when something in it changed; sends unconfirmed rows again."""
        while True:
            await self._clock.sleep(LOOK_S)
            now = self._clock.monotonic()
            if self._awaiting is not None:
                self._send_again()
                await self._probe(self._awaiting, now)
                self._watch(self._awaiting, now)
            if self._allowance is not None:
                await self._spend(self._allowance)
            await self._presence.look()

    def _send_again(self) -> None:
        """What a platform that confirms other rows has left out."""
        assert self._awaiting is not None
        if keys := self._awaiting.overdue(self._clock.monotonic()):
            self._counters.resent += len(keys)
            self._plan.release(keys)
            self._plan.rescan()
            self._wake.set()

    async def _probe(self, awaiting: Awaiting, now: float) -> None:
        """One small message of what a platform that confirms nothing has not confirmed."""
        found = awaiting.probe(now)
        if found is None:
            return
        lane, (_, seq) = found
        known = set(awaiting.keys)
        rows = await self._store.unsent(lane, after=seq - 1, max_bytes=min(PROBE_BYTES, self._suspects.message_bytes))
        rows = [row for row in rows if key(row) in known]
        if not rows:
            awaiting.forget([found[1]])  # it has left the store
            return
        self._counters.resent += len(rows)
        await self._deliver(self._plan, self._plan.probe(lane, rows, now))

    async def _spend(self, allowance: LinkAllowance) -> None:
        """Counts all traffic; at the bound, lets the summaries of an hour pass together."""
        if allowance.measure(self._wire.traffic, self._clock.now()):
            await self._store.thin(LONGER_S)
            self._plan.rescan()
            allowance.let_pass()
        self._wake.set()
        if (state := allowance.state()) is not None:
            self._store.save_state(STATE, state)

    def _watch(self, awaiting: Awaiting, now: float) -> None:
        if awaiting.quiet_s(now) >= QUIET_S:
            text = say.PLATFORM_CONFIRMS_NOTHING_WHAT()
            self._reports.begin("unconfirmed", text)
        else:
            self._reports.end("unconfirmed")
        self._show()

    def _show(self) -> None:
        """What the person at the status view should know of a link that is up."""
        waiting = len(self._awaiting) if self._awaiting is not None and self._awaiting.full else 0
        full = say.EVENTS_WAIT_PLATFORM_CONFIRM(waiting=waiting) if waiting else ""
        closed = self._outcomes.closed.values()
        texts = (*(one.text for one in closed), self._reports.text, full, self._deaf)
        deaf = "mqtt.topics" if self._deaf else ""
        self._counters.cause = next((one.cause for one in closed if one.cause), self._reports.cause or deaf)
        self._counters.text = "; ".join(filter(None, texts))

    def died(self) -> Row | None:
        """The link is gone; the row that has now ended too many of them, if there is one."""
        spared = self._suspects.died(self._alone, self._clock.monotonic(), flying=bool(self._flying))
        return self._alone if spared else None
