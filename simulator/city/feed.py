"""The platform over a virtual city: its own ingest, which the city feeds without a broker, on a clock of its own.

Some of the poles may use real sockets (``sockets``); what the others send is taken as if the broker had brought it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Never

from contract.topics import topic_parts
from fleet.ingest import WAITING_BYTES, Ingest
from fleet.register.places import put, read_places
from fleet.store.writer import StoreWriter
from simulator.city.city import City
from simulator.city.plan import register_csv
from simulator.city.sockets import CitySockets

TICK_S = 1


class CityClock:
    """Stands while the past is made up; then runs ``speed`` times as fast as the real one."""

    def __init__(self, at: float, speed: float) -> None:
        self._speed = speed
        self.stand(at)

    def stand(self, at: float) -> None:
        self._at = at
        self._since: float | None = None

    def run(self) -> None:
        self._since = time.monotonic()

    def now(self) -> datetime:
        ran = 0.0 if self._since is None else (time.monotonic() - self._since) * self._speed
        return datetime.fromtimestamp(self._at + ran, UTC)

    @property
    def real(self) -> bool:
        """Whether a second of it is one of the real clock."""
        return self._since is not None and self._speed == 1

    def real_s(self, until: float) -> float:
        """Seconds until the clock shows ``until``."""
        return max(0.0, (until - self.now().timestamp()) / self._speed)


class CityIngest(Ingest):
    """``until`` is the end of the past that is made up. What is meant for a virtual pole never sees the broker."""

    def __init__(
        self,
        writer: StoreWriter,
        *others: Any,
        city: City,
        clock: CityClock,
        begin: int,
        until: int,
        sockets: CitySockets,
        **named: Any,
    ) -> None:
        super().__init__(writer, *others, **named)
        self._city, self._clock, self._sockets = city, clock, sockets
        self._span = begin, until
        self._store = writer

    async def run(self) -> Never:
        places = read_places(register_csv(list(self._city.places)))
        await self._store.do(lambda db: put(db, places))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            tasks.create_task(self._feed())
            tasks.create_task(self._sockets.run())
        raise AssertionError("a city goes on until it is cancelled")

    def _say(self, part: str, text: str) -> None:
        """A real clock alone measures how long messages wait."""
        if part != "queue" or self._clock.real:
            super()._say(part, text)

    async def _feed(self) -> Never:
        at, until = self._span
        while True:
            at += TICK_S
            if at < until:
                self._clock.stand(at)
            elif at == until:
                await self._settled(0)
                self._clock.run()
            else:
                await asyncio.sleep(self._clock.real_s(at))
            for pole, leaf, payload in self._city.step(at):
                if not self._sockets.send(pole, leaf, payload):
                    self.take(f"{self._prefix}/{pole}/{leaf}", payload)
            await self._settled(WAITING_BYTES // 8)

    async def _settled(self, left: int) -> None:
        """Waits until no more than ``left`` bytes wait for the store: a city in a hurry drops nothing."""
        await asyncio.sleep(0)
        while self.health.waiting_bytes > left:  # noqa: ASYNC110  # the health sets no event
            await asyncio.sleep(0.01)

    async def _publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        now = self._now().timestamp()
        others = []
        for topic, payload in messages:
            parts = topic_parts(self._prefix, topic)
            if parts is None or parts[0] not in self._city.numbers or self._sockets.has(parts[0]):
                others.append((topic, payload))
            elif parts[1] == "ack":
                self._city.confirmed(parts[0], payload, now)
            elif (answer := self._city.command(parts[0], payload, now)) is not None:
                self.take(f"{self._prefix}/{answer[0]}/{answer[1]}", answer[2])
        return not others or await super()._publish(others)
