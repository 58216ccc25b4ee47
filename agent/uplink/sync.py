"""The uplink: connects, and comes back whenever the link is lost; drains the store while there is one.

Nothing here raises for the network, and nothing of the agent waits for it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, Never

import msgspec

from agent.config.settings import PoleSettings, UplinkSettings
from agent.errors import Retry
from agent.system.backoff import STABLE_S, Backoff
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from agent.uplink import sentences as say
from agent.uplink.commands import CommandHandler, Desk
from agent.uplink.delivery.awaiting import Awaiting
from agent.uplink.delivery.counters import Counters
from agent.uplink.delivery.meter import STATE, DataMeter
from agent.uplink.delivery.outcomes import Outcomes
from agent.uplink.delivery.parts import Delivery
from agent.uplink.delivery.reports import LinkReports
from agent.uplink.delivery.session import DeliverySession
from agent.uplink.delivery.sink import Lost
from agent.uplink.delivery.suspects import Suspects
from agent.uplink.delivery.unsent import Unsent
from agent.uplink.mqtt.dial import broker_of
from agent.uplink.mqtt.wire import MqttWire, open_wire
from agent.uplink.stop import stop_if_asked
from agent.uplink.trust import files_of, stamps
from contract.birth import Status
from contract.health import UplinkHealth
from contract.types import Body, Event

STALL_S = 180.0
"""Longest time without progress: connecting in both versions takes about half of it."""
LOOK_S = 1.0
"""How often the files of the link are looked at while it waits."""
SHORT_S = 10.0
MANY_SHORT = 3
"""So many links in a row that end so soon after the broker let the pole in: two boxes take each other's place."""
COPIED = say.BROKER_ENDS_EACH_LINK()

_log = logging.getLogger("agent.uplink")


class Uplink:
    """Delivers what is in ``store`` to the broker of ``settings``, and answers commands.

    ``birth`` tells the status of this moment; it is asked at each connection and about once in 10 s while rows come, so
    it must be cheap. ``commands`` has a handler for each command of ``contract.commands`` that is offered over MQTT;
    ``presented`` takes the certificate of the broker each time that the link comes up.
    """

    def __init__(  # noqa: PLR0917  # the four that it is made of come first, as everywhere in the agent
        self,
        settings: UplinkSettings,
        pole: PoleSettings,
        store: Unsent,
        clock: Clock,
        birth: Callable[[], Status],
        commands: Mapping[str, CommandHandler],
        *,
        report: Callable[[Body], None] | None = None,
        presented: Callable[[str, Mapping[str, Any]], None] = lambda _broker, _about: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._presented = presented
        self._pole = pole
        self._store = store
        self._clock = clock
        self._desk = Desk(commands, clock, store)
        self._backoff = Backoff(settings.retry_max_s, jitter)
        self._counters = Counters()
        self._reports = LinkReports(report or self._put, clock)
        self.pulse = Pulse("the uplink", settings.retry_max_s + STALL_S, clock.monotonic)
        self._meter = DataMeter(settings.allowance) if settings.allowance is not None else None
        suspects = Suspects(settings.message_bytes)
        awaiting = Awaiting() if settings.ack == "platform" else None
        outcomes = Outcomes(
            store=store,
            suspects=suspects,
            counters=self._counters,
            reports=self._reports,
            awaiting=awaiting,
            clock=clock,
            unheard_s=settings.unheard_s,
        )
        self._delivery = Delivery(
            settings=settings,
            pole=pole,
            store=store,
            clock=clock,
            birth=birth,
            desk=self._desk,
            suspects=suspects,
            counters=self._counters,
            reports=self._reports,
            outcomes=outcomes,
            awaiting=awaiting,
            meter=self._meter,
            pulse=self.pulse,
        )
        self._wire: MqttWire | None = None
        self._connects = 0
        self._short_lives = 0
        self._state: Literal["connecting", "up", "down"] = "connecting"
        self._since = clock.now().utc
        self._text = self._cause = ""

    def _put(self, body: Body) -> None:
        self._store.put([Event.of("agent", self._clock.now(), body)])

    def replaced(self) -> None:
        """It does not run any more, and another one follows: what it has begun to report is over."""
        self._reports.replaced()

    def health(self) -> UplinkHealth:
        wire = self._wire
        return UplinkHealth(
            state=self._state,
            since=self._since,
            broker=broker_of(self._settings),
            protocol=wire.protocol if wire else "",
            protocol_why=wire.why if wire else "",
            text="; ".join(filter(None, (self._counters.text or self._text, "" if wire else self._reports.text))),
            cause=self._counters.cause or self._cause or ("" if wire else self._reports.cause),
            connects=self._connects,
            messages=self._counters.messages,
            events=self._counters.events,
            resent=self._counters.resent,
            allowance=self._meter.health(self._clock.now()) if self._meter is not None else None,
            payload_bytes=self._counters.payload_bytes,
            in_flight=wire.waiting if wire else 0,
            last_acknowledged=self._counters.last_acknowledged,
            given_up=self._counters.given_up,
            repeated=self._desk.repeated,
            dropped=self._counters.bad_watermarks + self._desk.dropped + (wire.dropped if wire else 0),
        )

    async def run(self) -> Never:
        """Until it is cancelled; on a link that is up the offline message goes first (about 2 s at most)."""
        await self._desk.recall()
        if self._meter is not None:
            self._meter.recall(await self._store.load_state(STATE))
        while True:
            self.pulse.beat()
            await self._rest(self._backoff.wait_s())
            self.pulse.beat()
            try:
                await self._run_link()
            except Retry as exc:
                self._down(str(exc), exc.cause)
                stop_if_asked()

    async def _rest(self, wait_s: float) -> None:
        """``wait_s``, or until a person has put another password or certificate in place."""
        files = files_of(self._settings)
        before = stamps(files)
        until = self._clock.monotonic() + wait_s
        while files and (left_s := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left_s, LOOK_S))
            if stamps(files) != before:
                return
        if not files:
            await self._clock.sleep(wait_s)

    async def _run_link(self) -> None:
        """One connection, to its end; raises ``Retry``, since it has no other."""
        began: float | None = None
        session: DeliverySession | None = None
        ended_by = ""
        try:
            async with open_wire(self._settings, self._pole.id, self._will()) as wire:
                stop_if_asked()
                began = self._clock.monotonic()
                self._up(wire)
                if wire.presented:
                    self._presented(broker_of(self._settings), wire.presented)
                session = DeliverySession(wire, self._delivery)
                await session.run()
        except Lost as exc:
            ended_by = exc.by
            raise
        finally:
            self._wire = None
            self._counters.text = self._counters.cause = ""
            if began is None:
                self._backoff.failed()
            else:
                lived_s = self._clock.monotonic() - began
                self._backoff.lost(lived_s)
                self._lost(session, lived_s, ended_by)

    def _lost(self, session: DeliverySession | None, lived_s: float, ended_by: str) -> None:
        suspect = session.died() if session is not None else None
        if suspect is not None:
            _log.warning("uplink: event %s set aside: link after link ended while it was sent", suspect.seq)
        short = ended_by == "other end" and lived_s < SHORT_S
        self._short_lives = self._short_lives + 1 if short else 0
        if self._short_lives >= MANY_SHORT or ended_by == "double":
            self._reports.begin("copied", COPIED)
        elif lived_s >= STABLE_S:
            self._reports.end("copied")

    def _will(self) -> bytes:
        gone = Status(
            pole=self._pole.id, state="offline", at=self._clock.now().utc, reason="lost", epoch=self._store.epoch
        )
        return msgspec.json.encode(gone)

    def _up(self, wire: MqttWire) -> None:
        self._wire = wire
        self._connects += 1
        self._turn("up", "")
        why = f" ({wire.why})" if wire.why else ""
        _log.info("uplink: %s is up, %s%s", broker_of(self._settings), wire.protocol, why)

    def _down(self, text: str, cause: str) -> None:
        if self._state != "down" or text != self._text:
            _log.warning("uplink: %s", text)
        self._turn("down", text, cause)

    def _turn(self, state: Literal["connecting", "up", "down"], text: str, cause: str = "") -> None:
        if state != self._state:
            self._since = self._now()
        self._state, self._text, self._cause = state, text, cause

    def _now(self) -> datetime:
        return self._clock.now().utc
