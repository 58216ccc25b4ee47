"""From the broker to the store, and the acknowledgement back.

Nothing is acknowledged before it is on disk. A message that is lost between the broker and the store (a crash, a full
disk) is sent again by its pole: with ``ack = "platform"`` the pole keeps every event until the watermark names it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Never

import aiomqtt
import msgspec

from contract.health import Status
from contract.topics import PREFIX, Topics, topic_parts
from contract.types import Lane
from contract.watermark import watermarks
from fleet.store.sqlite import Committed, FleetStore, Inbox

GROUP_S = 0.02
"""How long the first message of a group waits for company; a commit costs one fsync whatever its size."""
GROUP_MESSAGES = 2_000
GROUP_BYTES = 8 * 1024 * 1024
WAITING_BYTES = 64 * 1024 * 1024
"""Messages that may wait for the store; past it they are dropped and counted, and their poles send them again."""
MESSAGE_BYTES = 4 * 1024 * 1024
"""Longest message that is kept; of a longer one the quarantine has the beginning."""
AGAIN_S = 2.0
"""Pause after a lost link or a commit that failed."""

_LANES = {lane.name.lower() for lane in Lane}
log = logging.getLogger(__name__)


class IngestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is, and how to log in. ``name`` is the MQTT client id: the broker keeps its session by it."""

    host: str = "127.0.0.1"
    port: int = 1883
    prefix: str = PREFIX
    name: str = "polefleet"
    user: str | None = None
    password: str | None = None
    tls: aiomqtt.TLSParameters | None = None
    session_s: int = 86_400


class IngestHealth(msgspec.Struct, kw_only=True):
    """Counters since start; ``text`` is why something is not well, empty when all is."""

    connected: bool = False
    text: str = ""
    messages: int = 0
    events: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused: int = 0
    dropped: int = 0
    commits: int = 0
    waiting_bytes: int = 0


class Ingest:
    """Takes what poles publish and acknowledges what is stored. ``run`` ends by cancellation only."""

    def __init__(self, store: FleetStore, settings: IngestSettings, now: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._group: list[Inbox] = []
        self._statuses: dict[str, tuple[Status, bytes, datetime]] = {}
        self._came = asyncio.Event()
        self._client: aiomqtt.Client | None = None
        self.health = IngestHealth()

    async def run(self) -> Never:
        with ThreadPoolExecutor(1, "store") as thread:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._commit_for_ever(thread))
                while True:
                    try:
                        await self._listen()
                    except (aiomqtt.MqttError, OSError) as reason:
                        self._say(f"the broker at {self._settings.host}:{self._settings.port}: {reason}")
                    self.health.connected = False
                    self._client = None
                    await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        settings = self._settings
        async with aiomqtt.Client(
            settings.host,
            settings.port,
            identifier=settings.name,
            username=settings.user,
            password=settings.password,
            tls_params=settings.tls,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=False,
            max_inflight_messages=1000,
        ) as client:
            await client.subscribe([(f"{settings.prefix}/+/{leaf}", 1) for leaf in (*sorted(_LANES), "status")])
            self._client = client
            self.health.connected = True
            self._say("")
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self.take(str(message.topic), message.payload)

    def take(self, topic: str, payload: bytes) -> None:
        """One message; never waits. Topics of other kinds are no business of the ingest."""
        parts = topic_parts(self._settings.prefix, topic)
        if parts is None:
            return
        pole, leaf = parts
        self.health.messages += 1
        if leaf == "status":
            self._take_status(pole, payload)
        elif leaf in _LANES:
            payload = payload[: MESSAGE_BYTES + 1]
            if self.health.waiting_bytes + len(payload) > WAITING_BYTES:
                self.health.dropped += 1
                return
            self.health.waiting_bytes += len(payload)
            self._group.append(Inbox(pole, payload, self._now()))
        self._came.set()

    def _take_status(self, pole: str, payload: bytes) -> None:
        try:
            status = msgspec.json.decode(payload, type=Status)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            self.health.refused += 1
            return
        if status.pole != pole:
            self.health.refused += 1
            return
        self._statuses[pole] = (status, payload, self._now())

    async def _commit_for_ever(self, thread: ThreadPoolExecutor) -> Never:
        loop = asyncio.get_running_loop()
        while True:
            await self._came.wait()
            await asyncio.sleep(GROUP_S)
            self._came.clear()
            while self._group or self._statuses:
                group = self._next_group()
                statuses, self._statuses = self._statuses, {}
                while True:
                    try:
                        outcome = await loop.run_in_executor(thread, self._commit, group, list(statuses.values()))
                        break
                    except sqlite3.Error as reason:
                        self._say(f"nothing can be stored: {reason}; check the disk")
                        await asyncio.sleep(AGAIN_S)
                self._say("")
                self._count(group, outcome)
                await self._acknowledge(outcome)

    def _next_group(self) -> list[Inbox]:
        size = count = 0
        for message in self._group[:GROUP_MESSAGES]:
            if count and size + len(message.payload) > GROUP_BYTES:
                break
            size += len(message.payload)
            count += 1
        group, self._group = self._group[:count], self._group[count:]
        return group

    def _commit(self, group: list[Inbox], statuses: list[tuple[Status, bytes, datetime]]) -> Committed:
        for status, payload, received in statuses:
            self._store.status(status, payload, received)
        return self._store.commit(group) if group else Committed()

    def _count(self, group: list[Inbox], outcome: Committed) -> None:
        health = self.health
        health.waiting_bytes -= sum(len(message.payload) for message in group)
        health.commits += 1
        health.events += outcome.events
        health.repeated += outcome.repeated
        health.conflicts += outcome.conflicts
        health.refused += outcome.refused

    async def _acknowledge(self, outcome: Committed) -> None:
        """Watermarks of what is on disk. Where one is lost, the pole sends again, and the repeat is confirmed."""
        for (pole, epoch), ranges in outcome.confirmed.items():
            topic = Topics.of(self._settings.prefix, pole).ack
            for payload in watermarks(epoch, ranges):
                if self._client is None:
                    return
                try:
                    await self._client.publish(topic, payload, qos=1)
                except aiomqtt.MqttError:
                    return

    def _say(self, text: str) -> None:
        """One line when something goes wrong, and one when it is over."""
        if text != self.health.text:
            if text:
                log.warning("%s", text)
            else:
                log.info("the ingest works again")
            self.health.text = text
