"""The retained status on one link: birth, what changes in it, and that the pole has stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from agent.system.clock import Clock
from agent.uplink.delivery.sink import Wire
from contract.birth import Status

NUMBERS_S = 900.0
"""The numbers in the status change all the time; they alone are published again after this time."""
OFFLINE_S = 1.0
_EPOCH = datetime.fromtimestamp(0, UTC)


class Presence:
    """Made for one link and gone with it. Each method may raise ``Lost``."""

    def __init__(self, wire: Wire, birth: Callable[[], Status], clock: Clock) -> None:
        self._wire = wire
        self._birth = birth
        self._clock = clock
        self._published: Status | None = None
        self._at_s = clock.monotonic()

    async def publish(self) -> None:
        """The status of this moment."""
        self._published = self._birth()
        self._at_s = self._clock.monotonic()
        await self._wire.status(msgspec.json.encode(self._published))

    async def look(self) -> None:
        """Publishes the status again where something in it has changed."""
        old = self._clock.monotonic() - self._at_s >= NUMBERS_S
        if old or _facts(self._birth()) != _facts(self._published):
            await self.publish()

    async def offline(self) -> None:
        """The pole stops. TimeoutError: the link is too slow for it."""
        status = msgspec.structs.replace(self._birth(), state="offline", reason="stopped")
        async with asyncio.timeout(OFFLINE_S):
            await self._wire.status(msgspec.json.encode(status))


def _facts(status: Status | None) -> Status | None:
    """A status less what changes all the time."""
    if status is None:
        return None
    return msgspec.structs.replace(status, at=_EPOCH, next_seq=None, oldest_unsent=None)
