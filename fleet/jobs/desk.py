"""Takes commands, sends each once its pole is there, and keeps the replies."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Never

from contract.topics import PREFIX, Topics
from fleet.errors import FleetError
from fleet.jobs import rows
from fleet.jobs.holes import fill
from fleet.store.cells import MAIN
from fleet.store.database import Database
from fleet.store.writer import StoreWriter

LOOK_S = 5.0
"""How often jobs that wait are looked at while nothing happens: an expiry, a reply that did not come."""
MOST_WAITING = 10_000
"""Replies that may wait for the store; past it they are dropped, and the log says so."""
log = logging.getLogger(__name__)

Publish = Callable[[str, bytes], Awaitable[bool]]


class JobDesk:
    """``run`` ends by cancellation only. Everything is in the store: a restart forgets nothing and repeats nothing.

    It sends what poles of ``cell`` are to get, whichever process took it.
    """

    def __init__(
        self,
        writer: StoreWriter,
        publish: Publish,
        now: Callable[[], datetime],
        *,
        prefix: str = PREFIX,
        cell: str = MAIN,
    ) -> None:
        self._writer = writer
        self._publish = publish
        self._now = now
        self._prefix = prefix
        self._cell = cell
        self._changed = asyncio.Event()
        self._replies: list[tuple[str, bytes]] = []
        self._online: set[str] = set()

    async def submit(self, poles: Sequence[str], name: str, args: object, expires: datetime, who: str) -> str:
        """The id of the new job; ``FleetError`` says why there is none."""
        wanted = rows.Wanted(poles=poles, name=name, args=args, expires=expires, who=who)
        job = await self._writer.do(lambda db: rows.submit(db, wanted, self._now()))
        self._changed.set()
        return job

    def look(self) -> None:
        """There may be something to send."""
        self._changed.set()

    def stored(self, pole: str, leaf: str, payload: bytes) -> None:
        """What the ingest has received: a reply, or a status that is stored."""
        if leaf == "status":
            self._online.add(pole)
        elif len(self._replies) < MOST_WAITING:
            self._replies.append((pole, payload))
        else:
            log.warning("more than %d replies wait for the store; one of %s is dropped", MOST_WAITING, pole)
        self._changed.set()

    async def run(self) -> Never:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                await self._look()
            except sqlite3.Error as reason:  # the ingest says so too; what came stays until it can be stored
                log.warning("commands cannot be stored: %s; check the disk", reason)
                await asyncio.sleep(LOOK_S)
                self._changed.set()

    async def _look(self) -> None:
        await self._writer.do(lambda db: rows.expire(db, self._now()))
        if came := list(self._replies):
            await self._writer.do(partial(self._keep, came))
            del self._replies[: len(came)]
        for pole in sorted(self._online):
            try:
                await self._writer.do(partial(fill, pole=pole, now=self._now()))
            except FleetError as reason:
                log.warning("%s is not asked for what is missing: %s", pole, reason)
            self._online.discard(pole)
        await self._send()

    def _keep(self, came: list[tuple[str, bytes]], db: Database) -> None:
        for pole, payload in came:
            rows.reply(db, pole, payload, self._now())

    async def _send(self) -> None:
        """A command is marked as sent before it is sent: it may get lost, and is never sent twice."""
        while ready := await self._writer.do(lambda db: rows.take_ready(db, self._now(), self._cell)):
            for each in ready:
                if not await self._publish(Topics.of(self._prefix, each.pole).command, each.payload):
                    log.warning("command %s to %s was not sent: the broker is away", each.job, each.pole)
