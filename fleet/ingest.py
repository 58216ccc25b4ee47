"""From the broker to the store, and the acknowledgement back.

There are two sessions with the broker, so that what is urgent has a way of its own: of the backlog the broker hands
over no more than a few commits take, however much of it there is.

Nothing is acknowledged before it is on disk, neither to the broker nor to the pole. A message that is lost on its way
(a crash, a full disk) is sent again: by the broker, whose session outlives the connection, and with
``ack = "platform"`` by its pole, which keeps every event until the watermark names it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Never

import aiomqtt
import msgspec
from paho.mqtt.client import MQTTMessage

from contract.envelope import LANES
from contract.topics import PREFIX, Topics, topic_parts
from contract.watermark import watermarks
from fleet.lag import IngestHealth
from fleet.links import AGAIN_S, IngestLink
from fleet.receipts import Receipt, Receipts
from fleet.session import SessionSettings, TlsFiles, publish_all
from fleet.store.cells import QUIET_S
from fleet.store.messages import Committed, Inbox
from fleet.store.poison import commit
from fleet.store.writer import StoreWriter

SLOW_S = 10.0
"""A commit that takes longer is reported."""
BEHIND_S = 30.0
"""A message that waits longer, or a queue that is full for longer, is reported."""
GROUP_S = 0.02
"""How long the first message of a group waits for company; a commit costs one fsync whatever its size."""
GROUP_MESSAGES = 200
"""Of one commit: an alarm that comes meanwhile waits for its end."""
BACKLOG_IN_FLIGHT = 2 * GROUP_MESSAGES
"""Messages of the backlog that the broker hands over: one group is committed while the next one comes.

Where more wait nothing more is read: mosquitto 2.0.11 hands over all that it has after the first acknowledgement.
"""
BACKLOG_KEEPALIVE_S = 600
"""While nothing is read a link looks dead; a commit that hangs must not cut it."""
URGENT_MESSAGES = 2000
"""The same where all are urgent: these are small, and one commit for many keeps the last of them from waiting."""
BIRTH_S = 2.0
"""An alarm of a pole of another cell is tried again, then as its age grows by a quarter: its birth moves it here."""
GROUP_BYTES = 8 * 1024 * 1024
"""Of one commit, and of alarms that wait for births."""
WAITING_BYTES = 64 * 1024 * 1024
"""Messages that may wait for the store; past it they are dropped and counted, and their poles send them again."""
MARKS_AT_ONCE = 500
"""Watermarks that wait for the broker at the same time."""
MESSAGE_BYTES = 4 * 1024 * 1024
"""Longest message that is kept; of a longer one the quarantine has the beginning."""

URGENT = ("alarm", "event")
"""What overtakes backlogs. A status does not: it says what its pole has numbered, and that must be here by then."""
_LIVE = (*URGENT, "reply")
_BACKLOG = (*(lane for lane in LANES if lane not in URGENT), "status")
_STORED = frozenset((*LANES, "status"))
_SLOW = "a commit waits: check the disk, and the standby of the database"
_BEHIND = "messages wait: an outage's backlog is stored, or more comes than is stored: check disk, database, processor"
log = logging.getLogger(__name__)


class _Waiting(msgspec.Struct, frozen=True):
    """A message that waits for its commit, ``since`` when: for a birth it waits elsewhere."""

    message: Inbox
    receipt: Receipt | None
    since: datetime


class Ingest:
    """Takes what poles publish and acknowledges what is stored. ``run`` ends by cancellation only.

    ``stored(pole, leaf, payload)`` is called for statuses once they are stored, and for replies at once. The session of
    the backlog is that of ``settings`` under another name, and with ``backlog_tls`` where the broker knows it by that.
    """

    def __init__(
        self,
        writer: StoreWriter,
        settings: SessionSettings,
        now: Callable[[], datetime],
        *,
        prefix: str = PREFIX,
        stored: Callable[[str, str, bytes], None] = lambda _pole, _leaf, _payload: None,
        backlog_tls: TlsFiles | None = None,
    ) -> None:
        self._writer = writer
        self._receipts = Receipts()
        other = msgspec.structs.replace(
            settings,
            name=f"{settings.name}-backlog",
            tls=backlog_tls,
            in_flight=BACKLOG_IN_FLIGHT,
            keepalive_s=BACKLOG_KEEPALIVE_S,
        )
        self._live, self._backlog = (
            IngestLink(
                each,
                [f"{prefix}/+/{leaf}" for leaf in leaves],
                came=self._take,
                changed=self._changed,
                over=self._receipts.forget,
                say=self._say,
            )
            for each, leaves in ((settings, _LIVE), (other, _BACKLOG))
        )
        self._prefix = prefix
        self._now = now
        self._stored = stored
        self._urgent, self._others = list[_Waiting](), list[_Waiting]()
        self._held = 0
        self._came = asyncio.Event()
        self._live_marks, self._backlog_marks = asyncio.Queue[Committed](1), asyncio.Queue[Committed](1)
        self._full_since: datetime | None = None
        self._wrong: dict[str, str] = {}
        self.health = IngestHealth()

    async def run(self) -> Never:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._commit_for_ever())
            for marks in (self._live_marks, self._backlog_marks):
                tasks.create_task(self._confirm_for_ever(marks))
            tasks.create_task(self._backlog.hold())
            await self._live.hold()
        raise AssertionError("links are held until they are cancelled")

    async def _changed(self) -> None:
        """A link has come up or broken."""
        self.health.connected = self._live.client is not None and self._backlog.client is not None
        if self.health.connected:
            self.health.protocol = self._live.protocol
            await self._live.leave(self._backlog.topics)  # an older version had one session for all

    def _take(self, client: aiomqtt.Client, message: MQTTMessage) -> None:
        receipt = self._receipts.came(client, message.mid)
        if not self.take(message.topic, bytes(message.payload), receipt, retained=message.retain):
            self._receipts.done(receipt)

    def take(self, topic: str, payload: bytes, receipt: Receipt | None = None, *, retained: bool = False) -> bool:
        """One message; never waits. Whether it is going to be stored: then its commit acknowledges it.

        ``retained``: the broker's copy, which says nothing about when the pole sent it.
        """
        if (parts := topic_parts(self._prefix, topic)) is None:
            return False
        pole, leaf = parts
        self.health.messages += 1
        if leaf == "reply":
            self._stored(pole, leaf, payload[:MESSAGE_BYTES])
        if leaf not in _STORED:
            return False
        payload = payload[: MESSAGE_BYTES + 1]
        if self.health.waiting_bytes + len(payload) > WAITING_BYTES:
            self.health.dropped += 1
            return False
        now = self._now()
        self._wait(_Waiting(Inbox(pole, payload, now, leaf, retained=retained), receipt, now))
        return True

    def _wait(self, each: _Waiting) -> None:
        self.health.waiting_bytes += len(each.message.payload)
        self.health.waiting_messages += 1
        (self._urgent if each.message.leaf in URGENT else self._others).append(each)
        self._backlog.hold_back(full=len(self._others) >= BACKLOG_IN_FLIGHT)
        self._came.set()

    async def _commit_for_ever(self) -> Never:
        while True:
            await self._came.wait()
            await asyncio.sleep(GROUP_S)
            self._came.clear()
            while self._urgent or self._others:
                group = self._next_group()
                self._backlog.hold_back(full=len(self._others) >= BACKLOG_IN_FLIGHT)
                messages = [each.message for each in group]
                outcome = await self._committed(messages)
                self._count(group, outcome)
                for each in group:
                    self._settle(each, elsewhere=each.message.pole in outcome.elsewhere)
                marks = self._live_marks if messages[0].leaf in URGENT else self._backlog_marks
                await marks.put(outcome)
                for message in messages:
                    if message.leaf == "status" and message.pole not in outcome.elsewhere:
                        self._stored(message.pole, message.leaf, message.payload)
            self._say("queue", "")

    def _settle(self, each: _Waiting, *, elsewhere: bool) -> None:
        """Stored or not, it is acknowledged; what is urgent and has overtaken its pole's birth then waits for that."""
        if each.receipt is not None:
            self._receipts.done(each.receipt)
        size, age = len(each.message.payload), (self._now() - each.message.received).total_seconds()
        if elsewhere and each.message.leaf in URGENT and age < QUIET_S and self._held + size <= GROUP_BYTES:
            self._held += size
            asyncio.get_running_loop().call_later(max(BIRTH_S, age / 4), self._try_again, each)
        else:
            self.health.elsewhere += elsewhere

    def _try_again(self, each: _Waiting) -> None:
        self._held -= len(each.message.payload)
        self._wait(msgspec.structs.replace(each, since=self._now()))

    async def _committed(self, messages: list[Inbox]) -> Committed:
        """What the commit did; tries for ever where the disk is the cause."""
        while True:
            slow = asyncio.get_running_loop().call_later(SLOW_S, self._say, "store", _SLOW)
            try:
                outcome = await self._writer.call(lambda store: commit(store, messages))
            except sqlite3.Error as reason:
                self._say("store", f"nothing can be stored: {reason}; check the disk")
                await asyncio.sleep(AGAIN_S)
            else:
                self._say("store", "")
                return outcome
            finally:
                slow.cancel()

    def _next_group(self) -> list[_Waiting]:
        """What is urgent first: a street whose link is back must not keep the alarm of another one waiting."""
        queue, most = (self._urgent, URGENT_MESSAGES) if self._urgent else (self._others, GROUP_MESSAGES)
        size = count = 0
        for each in queue[:most]:
            if count and size + len(each.message.payload) > GROUP_BYTES:
                break
            size += len(each.message.payload)
            count += 1
        group = queue[:count]
        del queue[:count]
        return group

    def _count(self, group: list[_Waiting], outcome: Committed) -> None:
        health, now = self.health, self._now()
        size = sum(len(each.message.payload) for each in group)
        health.waiting_bytes -= size
        health.waiting_messages -= len(group)
        health.bytes += size
        health.commits += 1
        health.committed = now
        full = len(self._others) >= GROUP_MESSAGES  # then the broker has more, which no age here tells
        self._full_since = (self._full_since or now) if full else None
        oldest = [queue[0].since for queue in (group, self._urgent, self._others) if queue]
        waited = (now - min(self._full_since or now, *oldest)).total_seconds()
        self._say("queue", _BEHIND if waited > BEHIND_S else "")
        for lane, end in outcome.ends:
            health.lag[lane].take(now.timestamp() - end)
        health.events += outcome.events
        health.repeated += outcome.repeated
        health.conflicts += outcome.conflicts
        health.refused += outcome.refused
        health.over += outcome.over

    async def _confirm_for_ever(self, marks: asyncio.Queue[Committed]) -> Never:
        while True:
            await self._confirm(await marks.get())

    async def _confirm(self, outcome: Committed) -> None:
        """Watermarks of what is on disk. Where one is lost, the pole sends again, and the repeat is confirmed."""
        marks = [
            (Topics.of(self._prefix, pole).ack, payload)
            for (pole, epoch), ranges in outcome.confirmed.items()
            for payload in watermarks(epoch, ranges)
        ]
        for start in range(0, len(marks), MARKS_AT_ONCE):  # the last of them waits for the broker's answer
            if not await self._publish(marks[start : start + MARKS_AT_ONCE]):
                return
            self.health.watermark = self._now()

    async def publish(self, topic: str, payload: bytes) -> bool:
        """Whether the broker has taken it."""
        return await self._publish([(topic, payload)])

    async def _publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        if self._live.client is None:
            return False
        try:
            await publish_all(self._live.client, messages)
        except aiomqtt.MqttError:
            return False
        return True

    def _say(self, part: str, text: str) -> None:
        """One line when something goes wrong with a part, and one when it is over."""
        if text != self._wrong.get(part, ""):
            self._wrong[part] = text
            self.health.text = next(filter(None, self._wrong.values()), "")
            if text:
                log.warning("%s", text)
            elif not self.health.text:
                log.info("the ingest works again")
