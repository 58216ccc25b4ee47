"""A link over MQTT as delivery wants it: topics for lanes, reason codes for outcomes, 5 before 3.1.1."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from typing import Never as NoReturn

import aiomqtt

from agent.config.settings import UplinkSettings
from agent.uplink import sentences as say
from agent.uplink.delivery.sink import Accepted, Later, Never, Outcome, Received
from agent.uplink.mqtt.connect import VersionRefused, connect
from agent.uplink.mqtt.link import MqttLink, Version
from agent.uplink.mqtt.reasons import FIRST_REFUSAL, NOBODY, refusal_of_topic
from contract.envelope import Message
from contract.topics import Topics
from contract.types import Lane

_FOR_GOOD = {149: say.PACKET_TOO_LARGE(), 153: say.PAYLOAD_FORMAT_INVALID(), 144: say.TOPIC_NAME_INVALID()}
"""Reason codes (MQTT 5.0, 2.4) that come again however often the same message is sent."""


@contextlib.asynccontextmanager
async def open_wire(settings: UplinkSettings, pole: str, will: bytes) -> AsyncIterator[MqttWire]:
    """A link that is up; raises ``Retry`` with one sentence.

    MQTT 5 is tried first each time. 3.1.1 has no way to refuse a message, so it is used only where the settings say so
    or where this broker has just answered that it does not speak 5.
    """
    topics = Topics.of(settings.prefix, pole)
    last_will = aiomqtt.Will(topics.status, will, qos=1, retain=True)
    client_id = settings.client_id or pole
    first: Version = "3.1.1" if settings.protocol == "3.1.1" else "5"
    why = "" if settings.protocol == "auto" else say.SET_UPLINK_PROTOCOL()
    async with contextlib.AsyncExitStack() as stack:
        try:
            link = await stack.enter_async_context(connect(settings, client_id, first, last_will))
        except VersionRefused:
            if settings.protocol != "auto":
                raise
            why = say.BROKER_DOES_NOT_SPEAK()
            link = await stack.enter_async_context(connect(settings, client_id, "3.1.1", last_will))
        yield MqttWire(link, topics, why)


class MqttWire:
    """A ``Wire``. ``why`` says why it is this version, where that is not plain."""

    def __init__(self, link: MqttLink, topics: Topics, why: str) -> None:
        self._link = link
        self._topics = topics
        self.why = why

    @property
    def protocol(self) -> str:
        return f"MQTT {self._link.version}"

    @property
    def presented(self) -> Mapping[str, Any]:
        """The broker's certificate, as ``ssl.SSLSocket.getpeercert`` has it; empty without TLS."""
        return self._link.presented

    @property
    def in_flight(self) -> int:
        return self._link.granted.in_flight

    @property
    def waiting(self) -> int:
        """Messages that wait for their PUBACK."""
        return self._link.in_flight

    @property
    def traffic(self) -> int:
        return self._link.traffic

    @property
    def dropped(self) -> int:
        return self._link.dropped

    async def listen(self, *, watermarks: bool) -> str:
        return await self._link.listen(
            (self._topics.command, self._topics.ack) if watermarks else (self._topics.command,)
        )

    async def receive(self) -> Received:
        message = await self._link.incoming.get()
        kind = "command" if message.topic == self._topics.command else "watermark"
        return Received(type=kind, payload=message.payload, retained=message.retained)  # type: ignore[arg-type]  # one of the two

    async def send(self, lane: Lane, message: Message) -> Outcome:
        topic = self._topics.lane(lane)
        code = await self._link.send_events(topic, message)
        if code == NOBODY:
            text = say.NOBODY_SUBSCRIBED_EVENTS_STAY(topic=topic)
            return Later(text=text, unheard=True, cause="mqtt.nobody")
        if code < FIRST_REFUSAL:
            return Accepted()
        if code in _FOR_GOOD:
            return Never(_FOR_GOOD[code])
        name = lane.name.lower()
        text = say.BROKER_REFUSES_LANE_REASON(name=name, code=code)
        return Later(text=text, cause=refusal_of_topic(code))

    async def status(self, payload: bytes) -> None:
        await self._link.send(self._topics.status, payload, retain=True)

    async def reply(self, payload: bytes) -> None:
        await self._link.send(self._topics.reply, payload)

    async def lost(self) -> NoReturn:
        await self._link.lost()
        raise AssertionError("a lost link raises")
