"""Looks for incidents, and notifies; runs apart from the ingest and never in its way."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Never

import msgspec

from fleet.desk.file import DeskFile
from fleet.errors import FleetError
from fleet.incidents.channels import NotifySettings
from fleet.incidents.notices import collect, due, failed, sent
from fleet.incidents.send import send
from fleet.incidents.watch import watch
from fleet.query.reader import reading
from fleet.store.server import Where

LOOK_S = 10.0
log = logging.getLogger(__name__)


class NotifyHealth(msgspec.Struct, kw_only=True):
    """Counters since start; ``text`` is why the last message could not be sent, empty when all is well.

    ``looked`` is when the last look for incidents ended, with what was to be sent after it; the start before one did.
    """

    channels: int = 0
    sent: int = 0
    failures: int = 0
    given_up: int = 0
    text: str = ""
    looked: datetime | None = None


class IncidentNotifier:
    """``run`` ends by cancellation only. What was said and what waits is in the desk's file."""

    def __init__(self, where: Where, desk: DeskFile, settings: NotifySettings, now: Callable[[], datetime]) -> None:
        self._where = where
        self._desk = desk
        self._settings = settings
        self._now = now
        self.health = NotifyHealth(channels=len(settings.channel), looked=now())

    async def run(self) -> Never:
        while True:
            await self.round()
            self.health.looked = self._now()
            await asyncio.sleep(LOOK_S)

    async def round(self) -> None:
        """Looks once, and sends what is due."""
        try:
            await asyncio.to_thread(self._look)
        except (sqlite3.Error, FleetError) as reason:
            self._say(f"incidents cannot be looked at: {reason}")
            return
        wrong = [text for channel in self._settings.channel if (text := await self._send(channel.name))]
        self._say("; ".join(wrong))

    def _look(self) -> None:
        now = self._now()
        with reading(self._where, self._desk.where) as db:
            watch(db, self._desk, now.timestamp())
            if given_up := collect(db, self._desk, self._settings.channel, now):
                self.health.given_up += given_up
                log.warning("%d notices are given up: their channels were removed from the settings", given_up)

    async def _send(self, name: str) -> str:
        (channel,) = (each for each in self._settings.channel if each.name == name)
        now = self._now().timestamp()
        rows = await asyncio.to_thread(due, self._desk, channel, now)
        if not rows:
            return ""
        try:
            await send(channel, [row.notice for row in rows])
        except (OSError, ValueError) as reason:  # ValueError: an address that cannot be written
            self.health.failures += 1
            self.health.given_up += await asyncio.to_thread(failed, self._desk, rows, str(reason), now)
            return f"channel {name}: {reason}"
        self.health.sent += 1
        await asyncio.to_thread(sent, self._desk, channel, rows, now)
        return ""

    def _say(self, text: str) -> None:
        """One line when something goes wrong, and one when it is over."""
        if text != self.health.text:
            if text:
                log.warning("%s", text)
            else:
                log.info("notifications work again")
            self.health.text = text
