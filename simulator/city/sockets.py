"""The poles of the city that use real sockets: each has a certificate, a connection, a last will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Never

import msgspec

from contract.birth import Status
from contract.topics import Topics
from fleet.app import ServeSettings
from fleet.folder import Folder
from fleet.pki import Authority
from simulator.city.city import City
from simulator.mqtt import PoleSocket, certified

AT_ONCE = 32
"""Handshakes at the same time."""


class CitySockets:
    """The first ``count`` poles. ``now`` is the city's clock; certificates are good for the real time."""

    def __init__(self, city: City, count: int, serve: ServeSettings, now: Callable[[], datetime]) -> None:
        self._city, self._now = city, now
        self._serve, self._prefix = serve, serve.prefix
        self._there: dict[str, PoleSocket] = {}
        self._away = dict.fromkeys((place.name for place in city.places[:count]), True)
        self._wanted: asyncio.Queue[str] = asyncio.Queue()

    def has(self, pole: str) -> bool:
        return pole in self._away

    def send(self, pole: str, leaf: str, payload: bytes) -> bool:
        """Whether this pole has a socket of its own: then it went there, or into the void while its link is away."""
        if pole not in self._away:
            return False
        lost = leaf == "status" and msgspec.json.decode(payload, type=Status).state == "offline"
        there = self._there.get(pole)
        if lost:
            self._away[pole] = True
            if there is not None:
                there.cut()
        elif there is not None:
            there.publish(f"{self._prefix}/{pole}/{leaf}", payload, retain=leaf == "status")
        elif leaf == "status" and self._away[pole]:
            self._away[pole] = False
            self._wanted.put_nowait(pole)
        return True

    async def run(self) -> Never:
        authority = Authority(Folder(self._serve.folder).identity, real_now)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._connect(tasks, authority))
        raise AssertionError("a city goes on until it is cancelled")

    async def _connect(self, tasks: asyncio.TaskGroup, authority: Authority) -> Never:
        while True:
            pole = await self._wanted.get()
            number = self._city.numbers[pole]
            context = await asyncio.to_thread(certified, authority, self._serve.folder, pole)
            _, will = self._city.poles[number].will(self._now().timestamp())
            socket = PoleSocket(pole, self._serve.mqtt_port, context, Topics.of(self._prefix, pole), will)
            try:
                await socket.connect()
            except OSError:
                self._away[pole] = True
                continue
            self._there[pole] = socket
            leaf, birth = self._city.poles[number].status(self._now().timestamp())
            self.send(pole, leaf, birth)
            tasks.create_task(self._listen(socket))

    async def _listen(self, socket: PoleSocket) -> None:
        try:
            while True:
                topic, payload = await socket.received()
                now = self._now().timestamp()
                if topic == socket.topics.ack:
                    self._city.confirmed(socket.pole, payload, now)
                elif (answer := self._city.command(socket.pole, payload, now)) is not None:
                    self.send(*answer)
        except OSError:
            self._there.pop(socket.pole, None)
            self._away[socket.pole] = True


def real_now() -> datetime:
    """For certificates, and for where the past of a city ends."""
    return datetime.now(UTC)  # noqa: TID251  # the broker reads the real time
