"""The poles of the city that use real sockets: each has a certificate, a connection, a last will."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Never

from contract.topics import Topics
from fleet.app import ServeSettings
from fleet.folder import Folder
from fleet.pki import Authority
from simulator.city.city import City
from simulator.mqtt import PoleSocket, certified

AT_ONCE = 32
"""Handshakes at the same time."""
LOOK_S = 0.5


class CitySockets:
    """The first ``count`` poles: a pole has a link while its socket is there. ``now`` is the city's clock."""

    def __init__(self, city: City, count: int, serve: ServeSettings, now: Callable[[], datetime]) -> None:
        self._city, self._now, self._serve = city, now, serve
        self._there: dict[str, PoleSocket | None] = {place.name: None for place in city.places[:count]}
        self._wanted: asyncio.Queue[str] = asyncio.Queue()
        self._coming: set[str] = set()
        for name in self._there:
            city.disconnected(name)

    def has(self, pole: str) -> bool:
        return pole in self._there

    def send(self, pole: str, leaf: str, payload: bytes) -> bool:
        """Whether this pole has a socket of its own; then it went there. The last will is the broker's."""
        if pole not in self._there:
            return False
        if (socket := self._there[pole]) is not None:
            socket.publish(f"{self._serve.prefix}/{pole}/{leaf}", payload, retain=leaf == "status")
        return True

    async def run(self) -> Never:
        authority = Authority(Folder(self._serve.folder).identity, real_now)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(AT_ONCE, len(self._there))):
                tasks.create_task(self._connect(tasks, authority))
            while True:
                self._look()
                await asyncio.sleep(LOOK_S)
        raise AssertionError("a city goes on until it is cancelled")

    def _look(self) -> None:
        for pole, socket in self._there.items():
            reachable = self._city.reachable(pole, connected=socket is not None)
            if socket is not None and not reachable:
                socket.cut()
            elif socket is None and reachable and pole not in self._coming:
                self._coming.add(pole)
                self._wanted.put_nowait(pole)

    async def _connect(self, tasks: asyncio.TaskGroup, authority: Authority) -> Never:
        while True:
            pole = await self._wanted.get()
            context = await asyncio.to_thread(certified, authority, self._serve.folder, pole)
            now = self._now().timestamp()
            _, will = self._city.poles[self._city.numbers[pole]].will(now)
            socket = PoleSocket(pole, self._serve.mqtt_port, context, Topics.of(self._serve.prefix, pole), will)
            try:
                await socket.connect()
            except OSError:
                self._coming.discard(pole)
                continue
            self._there[pole] = socket
            self._coming.discard(pole)
            for sent in self._city.connected(pole, now):
                self.send(*sent)
            tasks.create_task(self._listen(socket))

    async def _listen(self, socket: PoleSocket) -> None:
        with contextlib.suppress(OSError):
            while True:
                topic, payload = await socket.received()
                now = self._now().timestamp()
                if topic == socket.topics.ack:
                    self._city.confirmed(socket.pole, payload, now)
                elif (answer := self._city.command(socket.pole, payload, now)) is not None:
                    self.send(*answer)
        self._there[socket.pole] = None
        self._city.disconnected(socket.pole)


def real_now() -> datetime:
    """For certificates, and for where the past of a city ends."""
    return datetime.now(UTC)  # noqa: TID251  # the broker reads the real time
