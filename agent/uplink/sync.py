"""The uplink: connects, and comes back whenever the link is lost; drains the store while there is one.

Nothing here raises for the network, and nothing of the agent waits for it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, Never

import aiomqtt
import msgspec

from agent.config.settings import PoleSettings, UplinkSettings
from agent.errors import Retry
from agent.system.backoff import Backoff
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from agent.uplink.commands import CommandHandler, Desk
from agent.uplink.connect import VersionRefused, connect
from agent.uplink.counters import Counters
from agent.uplink.dial import broker_of
from agent.uplink.mqtt import Link, Version
from agent.uplink.outbox import Outbox
from agent.uplink.session import Session
from agent.uplink.stop import stop_if_asked
from agent.uplink.suspects import Suspects
from contract.health import Status, UplinkHealth
from contract.topics import Topics

STALL_S = 180.0
"""Longest time without progress: connecting in both versions takes about half of it."""

_log = logging.getLogger("agent.uplink")


class Uplink:
    """Delivers what is in ``store`` to the broker of ``settings``, and answers commands.

    ``birth`` tells the status of this moment; it is asked at each connection and about once in 10 s while rows come, so
    it must be cheap. ``commands`` has a handler for each command of ``contract.commands`` that is offered over MQTT.
    """

    def __init__(  # noqa: PLR0917  # the four that it is made of come first, as everywhere in the agent
        self,
        settings: UplinkSettings,
        pole: PoleSettings,
        store: Outbox,
        clock: Clock,
        birth: Callable[[], Status],
        commands: Mapping[str, CommandHandler],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._pole = pole
        self._store = store
        self._clock = clock
        self._birth = birth
        self._topics = Topics.of(settings.prefix, pole.id)
        self._desk = Desk(commands, clock)
        self._backoff = Backoff(settings.retry_max_s, jitter)
        self._suspects = Suspects(settings.message_bytes)
        self._version: Version = "5"
        self._counters = Counters()
        self.pulse = Pulse("the uplink", settings.retry_max_s + STALL_S, clock.monotonic)
        self._link: Link | None = None
        self._connects = 0
        self._state: Literal["connecting", "up", "down"] = "connecting"
        self._since = clock.now().utc
        self._text = ""

    def health(self) -> UplinkHealth:
        link = self._link
        return UplinkHealth(
            state=self._state,
            since=self._since,
            broker=broker_of(self._settings),
            protocol=f"MQTT {link.version}" if link else "",
            text=self._counters.text or self._text,
            connects=self._connects,
            messages=self._counters.messages,
            events=self._counters.events,
            payload_bytes=self._counters.payload_bytes,
            in_flight=link.in_flight if link else 0,
            last_acknowledged=self._counters.last_acknowledged,
            given_up=self._counters.given_up,
            dropped=self._counters.bad_watermarks + self._desk.dropped + (link.dropped if link else 0),
        )

    async def run(self) -> Never:
        """Until it is cancelled; a link that is up then hears a goodbye first (about 2 s at most)."""
        while True:
            self.pulse.beat()
            await self._clock.sleep(self._backoff.wait_s())
            self.pulse.beat()
            try:
                await self._attempt()
            except Retry as exc:
                self._down(str(exc))
                stop_if_asked()

    async def _attempt(self) -> None:
        """One connection, to its end; raises ``Retry``, since it has no other."""
        try:
            await self._run_link(self._version)
        except VersionRefused as exc:
            if self._version == "3.1.1":
                self._version = "5"
                raise
            if exc.sure:
                self._version = "3.1.1"
            await self._run_link("3.1.1")

    async def _run_link(self, version: Version) -> None:
        began: float | None = None
        session: Session | None = None
        try:
            async with connect(self._settings, self._client_id, version, self._will()) as link:
                stop_if_asked()
                began = self._clock.monotonic()
                self._up(link, version)
                session = Session(
                    link=link,
                    settings=self._settings,
                    pole=self._pole,
                    store=self._store,
                    clock=self._clock,
                    birth=self._birth,
                    desk=self._desk,
                    suspects=self._suspects,
                    counters=self._counters,
                    pulse=self.pulse,
                )
                await session.run()
        finally:
            self._link = None
            self._counters.text = ""
            if began is None:
                self._backoff.failed()
            else:
                self._backoff.lost(self._clock.monotonic() - began)
                if session is not None:
                    session.died()

    @property
    def _client_id(self) -> str:
        return self._settings.client_id or self._pole.id

    def _will(self) -> aiomqtt.Will:
        gone = Status(
            pole=self._pole.id, state="offline", at=self._clock.now().utc, reason="lost", epoch=self._store.epoch
        )
        return aiomqtt.Will(self._topics.status, msgspec.json.encode(gone), qos=1, retain=True)

    def _up(self, link: Link, version: Version) -> None:
        self._version = version
        self._link = link
        self._connects += 1
        self._turn("up", "")
        _log.info("uplink: %s is up, MQTT %s", broker_of(self._settings), version)

    def _down(self, text: str) -> None:
        if self._state != "down" or text != self._text:
            _log.warning("uplink: %s", text)
        self._turn("down", text)

    def _turn(self, state: Literal["connecting", "up", "down"], text: str) -> None:
        if state != self._state:
            self._since = self._now()
        self._state, self._text = state, text

    def _now(self) -> datetime:
        return self._clock.now().utc
