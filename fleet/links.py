"""A link of the ingest: one of its sessions with the broker, held for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Never

import aiomqtt
from paho.mqtt.client import MQTTMessage

from fleet.session import SessionSettings, Unsupported, connect, pause, resume

AGAIN_S = 2.0
"""Pause after a lost link or a commit that failed."""


class IngestLink:
    """Subscribed to ``topics``; ``client`` and ``protocol`` are those of the connection, where there is one.

    ``came`` is called for each message, ``changed`` when the link is up or has broken, ``over`` when a connection is
    gone, ``say(name, text)`` with what is wrong, empty once it is over.
    """

    def __init__(
        self,
        settings: SessionSettings,
        topics: Sequence[str],
        *,
        came: Callable[[aiomqtt.Client, MQTTMessage], None],
        changed: Callable[[], Awaitable[None]],
        over: Callable[[aiomqtt.Client], None],
        say: Callable[[str, str], None],
    ) -> None:
        self.topics = topics
        self.client: aiomqtt.Client | None = None
        self.protocol = ""
        self._settings = settings
        self._came = came
        self._changed = changed
        self._over = over
        self._say = say
        self._full = False

    async def hold(self) -> Never:
        """Ends by cancellation only."""
        settings, protocol = self._settings, aiomqtt.ProtocolVersion.V5
        while True:
            try:
                await self._listen(protocol)
            except Unsupported:
                protocol = aiomqtt.ProtocolVersion.V311
                continue
            except (aiomqtt.MqttError, OSError) as reason:
                self._say(settings.name, f"the broker at {settings.host}:{settings.port}: {reason}")
                protocol = aiomqtt.ProtocolVersion.V5
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, protocol: aiomqtt.ProtocolVersion) -> None:
        async with connect(self._settings, protocol, self._came) as client:
            try:
                await client.subscribe([(topic, 1) for topic in self.topics])
                self.client, self._full = client, False
                self.protocol = "5" if protocol is aiomqtt.ProtocolVersion.V5 else "3.1.1"
                self._say(self._settings.name, "")
                await self._changed()
                async for _ in client.messages:  # until the connection ends: what it brings goes to ``came``
                    pass
            finally:
                self.client = None
                self._over(client)
                await self._changed()

    def hold_back(self, *, full: bool) -> None:
        """While it is ``full`` nothing more is read: not every broker keeps to the ``in_flight`` of its client."""
        if self.client is not None and full != self._full:
            self._full = full
            (pause if full else resume)(self.client)

    async def leave(self, topics: Sequence[str]) -> None:
        """Raises ``aiomqtt.MqttError``."""
        if self.client is not None:
            await self.client.unsubscribe(list(topics))
