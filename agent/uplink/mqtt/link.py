"""One MQTT session, from CONNACK to its end, over aiomqtt.

Four things are done here that aiomqtt 2.5 leaves open, each with its test: a PUBACK's reason code is read (a refusal
is no delivery), a link without any PUBACK while one is awaited is declared dead, what the broker sends is bounded
before it is read, and an attempt that fails or is cancelled leaves no socket behind. Nothing is ever sent again by the
client itself: a session ends, and what was in flight comes out of the store again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Self

import aiomqtt
import msgspec
from paho.mqtt.client import MQTT_ERR_SUCCESS
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.settings import UplinkSettings
from agent.uplink import sentences as say
from agent.uplink.delivery.sink import Lost
from agent.uplink.mqtt.dial import broker_of
from agent.uplink.mqtt.framing import BadFrame, Framing
from agent.uplink.mqtt.reasons import CAUSES, FIRST_REFUSAL, REFUSALS, TAKEN_OVER, TOO_LARGE, refusal_of_topic
from contract.commands import COMMAND_BYTES
from contract.envelope import Message
from contract.watermark import WATERMARK_BYTES

Version = Literal["5", "3.1.1"]

OFFLINE_S = 1.0
"""Longest time for the DISCONNECT of a session that ends."""
PACKET_BYTES = max(COMMAND_BYTES, WATERMARK_BYTES) + 4 * 1024
"""Largest packet that the broker may send."""
INBOX = 64
"""Messages from the broker that may wait to be read; more are counted and dropped."""
ANSWERS = 1000
"""Packets that may wait for a broker that sends and does not read: each of its messages makes a PUBACK."""
HEADERS = 110
"""Bytes of TCP and IP for a packet and the acknowledgement of it, and of a TLS record."""
CHUNK = 16 * 1024
"""Bytes that are read at once."""
HEADROOM = 256
"""Bytes of a PUBLISH around its payload: topic, properties, lengths."""

_PROTOCOLS = {"5": aiomqtt.ProtocolVersion.V5, "3.1.1": aiomqtt.ProtocolVersion.V311}

_log = logging.getLogger("agent.mqtt")
_log.setLevel(logging.CRITICAL)  # aiomqtt and paho log each loss of a link; the uplink says it once, in its own words


class Incoming(msgspec.Struct, frozen=True):
    topic: str
    payload: bytes
    retained: bool


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker allows (CONNACK properties of MQTT 5)."""

    in_flight: int
    message_bytes: int | None = None


class MqttLink(aiomqtt.Client):
    """A session that is up. Made by ``agent.uplink.mqtt.connect``."""

    def __init__(self, settings: UplinkSettings, version: Version, sock: socket.socket, **options: Any) -> None:
        super().__init__(
            settings.host,
            protocol=_PROTOCOLS[version],
            keepalive=settings.keepalive_s,
            timeout=settings.ack_timeout_s,
            max_inflight_messages=settings.in_flight + 4,  # ours is the only queue: paho must never hold one back
            logger=_log,
            **options,
        )
        self.version = version
        self.presented: Mapping[str, Any] = (sock.getpeercert() or {}) if isinstance(sock, ssl.SSLSocket) else {}
        """The broker's certificate, as ``getpeercert`` has it; empty without TLS."""
        self.incoming: asyncio.Queue[Incoming] = asyncio.Queue(INBOX)
        self.dropped = 0
        self.granted = Granted(in_flight=settings.in_flight)
        self._broker = broker_of(settings)
        self._ack_timeout_s = settings.ack_timeout_s
        self._flying: dict[int, asyncio.Future[int]] = {}
        self._refusal = 0
        self._ended = False  # by the broker, in an orderly way
        self.traffic = 0
        """Bytes in both directions, with ``HEADERS`` for each that was sent."""
        self._abandoned = ""  # by us, for this reason
        self._progress = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None
        # paho's own connect blocks a thread that a stop cannot reach, and takes no name but the host's for TLS
        guarded = _Guarded(sock, self)
        self._client._create_socket = lambda: guarded  # type: ignore[method-assign] # noqa: SLF001

    @property
    def in_flight(self) -> int:
        return len(self._flying)

    async def listen(self, topics: Iterable[str]) -> str:
        """Subscribes; what the person at the status view should know of it, empty when all is well."""
        closed = []
        for topic in topics:
            try:
                codes = await self.subscribe(topic, qos=1)
            except aiomqtt.MqttError as exc:
                raise self._reason() if self._disconnected.done() else Lost(say.SILENT(broker=self._broker)) from exc
            if any((code.value if isinstance(code, ReasonCode) else code) >= FIRST_REFUSAL for code in codes):
                closed.append(topic)
        return say.DOES_NOT_LET_POLE(broker=self._broker, closed=" and ".join(closed)) if closed else ""

    async def send_events(self, topic: str, message: Message) -> int:
        """As ``send``, for events; MQTT 5 says how they are packed, 3.1.1 leaves that to their first bytes."""
        limit = self.granted.message_bytes
        if limit is not None and len(message.payload) + HEADROOM > limit:
            return TOO_LARGE
        properties = _described(message.content_type, gzipped=message.gzipped) if self.version == "5" else None
        return await self.send(topic, message.payload, properties=properties)

    async def send(
        self, topic: str, payload: bytes, *, retain: bool = False, properties: Properties | None = None
    ) -> int:
        """Publishes with QoS 1 and returns the reason code of its own PUBACK; raises ``Lost``."""
        if self._disconnected.done():
            raise Lost(say.GONE(broker=self._broker))
        info = self._client.publish(topic, payload, 1, retain, properties)
        if info.rc != MQTT_ERR_SUCCESS:
            raise Lost(say.GONE(broker=self._broker))
        answer: asyncio.Future[int] = self._loop.create_future()
        if not self._flying:
            self._progress = self._loop.time()
        self._flying[info.mid] = answer
        self._arm()
        try:
            return await answer
        finally:
            self._flying.pop(info.mid, None)

    def _arm(self) -> None:
        if self._watch is None and self._flying:
            self._watch = self._loop.call_at(self._progress + self._ack_timeout_s, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._flying and self._loop.time() - self._progress >= self._ack_timeout_s:
            self.abandon(
                say.SILENT_NO_ACKNOWLEDGEMENT(broker=self._broker, ack_timeout_s=self._ack_timeout_s),
                "link.unacknowledged",
            )
        else:
            self._arm()

    def abandon(self, text: str, cause: str = "") -> None:
        """Ends the session at once, with nothing more said to the broker."""
        self._abandoned = self._abandoned or text
        if not self._disconnected.done():
            self._disconnected.set_exception(Lost(self._abandoned, cause=cause))
            self._disconnected.exception()  # it may be that nobody asks
        self._client._sock_close()  # noqa: SLF001  # paho has no public way to let go of a dead socket at once

    async def lost(self) -> None:
        """Returns never; raises ``Lost`` with one sentence once the session is over."""
        await asyncio.wait((self._disconnected,))
        raise self._reason()

    def _reason(self) -> Lost:
        exc = self._disconnected.exception()
        if isinstance(exc, Lost):
            return exc
        code = exc.rc if isinstance(exc, aiomqtt.MqttCodeError) else None
        if isinstance(code, ReasonCode) and code.value in REFUSALS:
            by: Literal["", "double"] = "double" if code.value == TAKEN_OVER else ""
            return Lost(REFUSALS[code.value](broker=self._broker), by=by, cause=CAUSES.get(code.value, ""))
        if self._refusal:  # mosquitto 2.0.11 says no and hangs up
            text = say.REFUSES_WHAT_POLE_PUBLISHES(refusal=self._refusal)
            return Lost(f"{self._broker} {text}", cause=refusal_of_topic(self._refusal))
        return Lost(say.CLOSED_CONNECTION(broker=self._broker), by="other end" if self._ended else "")

    def _over(self, _: asyncio.Future[None]) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        reason = self._reason()
        for answer in self._flying.values():
            if not answer.done():
                answer.set_exception(Lost(str(reason), by=reason.by))
        for subscribed in self._pending_subscribes.values():
            if not subscribed.done():
                subscribed.set_exception(aiomqtt.MqttError())

    async def _misc_loop(self) -> None:  # aiomqtt wakes the box each second; brokers wait for 1.5 keep-alives
        while self._client.loop_misc() == MQTT_ERR_SUCCESS:  # noqa: ASYNC110 - as there
            await asyncio.sleep(min(max(self._client.keepalive / 8, 1.0), 5.0))  # a broker may set it anew, also to 0

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        super()._on_connect(client, userdata, flags, reason_code, properties)
        self.granted = Granted(
            in_flight=min(self.granted.in_flight, getattr(properties, "ReceiveMaximum", 65535)),
            message_bytes=getattr(properties, "MaximumPacketSize", None),
        )

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        super()._on_disconnect(client, userdata, flags, reason_code, properties)
        if not self._connected.done():
            self._connected.set_exception(ClosedError())

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, reason_code: ReasonCode, _properties: Any) -> None:
        self._progress = self._loop.time()
        self._refusal = reason_code.value if reason_code.value >= FIRST_REFUSAL else 0
        answer = self._flying.get(mid)
        if answer is not None and not answer.done():
            answer.set_result(int(reason_code.value))

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        try:
            self.incoming.put_nowait(Incoming(message.topic, bytes(message.payload), bool(message.retain)))
        except asyncio.QueueFull:
            self.dropped += 1

    def check(self, framing: Framing, data: bytes) -> None:
        """Before paho sees what came; raises ``ConnectionError`` where it must not."""
        self._ended = self._ended or not data
        waiting = len(self._client._out_packet)  # noqa: SLF001  # paho's queue has no bound
        complaint = say.SENDS_DOES_NOT_READ() if waiting > ANSWERS else ""
        try:
            framing.feed(data)
        except BadFrame as exc:
            complaint = str(exc)
        if complaint:
            self.abandon(f"{self._broker} {complaint}")
            raise ConnectionError(complaint)

    async def __aenter__(self) -> Self:
        try:
            await super().__aenter__()
        except BaseException:
            self._client._sock_close()  # noqa: SLF001  # as in abandon; aiomqtt leaves it open
            raise
        if self._abandoned:  # in the moment in which the link came up; aiomqtt has forgotten it
            self.abandon(self._abandoned)
        self._disconnected.add_done_callback(self._over)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.timeout = OFFLINE_S
        try:
            with contextlib.suppress(aiomqtt.MqttError):
                await super().__aexit__(None, None, None)
        finally:
            self.abandon(say.LEFT(broker=self._broker))


class _Guarded:
    """A socket that looks at frames before they are read whole, and never makes room for more than it has received."""

    def __init__(self, sock: socket.socket, link: MqttLink) -> None:
        self._sock = sock
        self._link = link
        self._framing = Framing(PACKET_BYTES)

    def recv(self, size: int) -> bytes:
        data = self._sock.recv(min(size, CHUNK))
        self._link.traffic += len(data)
        self._link.check(self._framing, data)
        return data

    def send(self, buffer: bytes | bytearray) -> int:
        sent = self._sock.send(buffer)
        self._link.traffic += sent + HEADERS
        return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


@cache
def _described(content_type: str, *, gzipped: bool) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = content_type
    if gzipped:
        properties.UserProperty = ("content-encoding", "gzip")
    return properties


class ClosedError(aiomqtt.MqttError):
    """The broker closed before it answered CONNECT."""
