"""A session of the platform with the broker: it outlives the connection, and messages are acknowledged by hand."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

NO_SUCH_VERSION = 132
"""Reason code of a broker that does not speak MQTT 5 (MQTT 5.0, 3.2.2.2)."""
IN_FLIGHT = 10_000
"""Messages that the broker may send before the first of them is committed."""


class Unsupported(Exception):
    """The broker does not speak this version of MQTT."""


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The CA that is trusted, alone, and the certificate that is shown."""

    ca: Path
    cert: Path
    key: Path


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is, and how to log in. ``name`` is the MQTT client id: the broker keeps its session by it.

    ``server_name`` is a name in the broker's certificate, where it is not ``host``.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    name: str = "polefleet"
    user: str | None = None
    password: str | None = None
    tls: TlsFiles | None = None
    session_s: int = 7 * 86_400
    in_flight: int = IN_FLIGHT
    keepalive_s: int = 60


@contextlib.asynccontextmanager
async def connect(
    settings: SessionSettings,
    protocol: aiomqtt.ProtocolVersion,
    came: Callable[[aiomqtt.Client, MQTTMessage], None],
) -> AsyncIterator[aiomqtt.Client]:
    """A connection that takes up the session where it was. Raises ``Unsupported``, ``aiomqtt.MqttError``, ``OSError``.

    ``came(client, message)`` is called for each message; one that is not acknowledged comes again with the next
    connection.
    """
    newest = protocol is aiomqtt.ProtocolVersion.V5
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = settings.session_s
    properties.ReceiveMaximum = settings.in_flight
    client = aiomqtt.Client(
        settings.host,
        settings.port,
        identifier=settings.name,
        username=settings.user,
        password=settings.password,
        tls_context=tls_context(settings.tls) if settings.tls else None,
        protocol=protocol,
        clean_session=None if newest else False,
        clean_start=False if newest else MQTT_CLEAN_START_FIRST_ONLY,  # paho's word for: not said
        properties=properties if newest else None,
        max_inflight_messages=1000,
        keepalive=settings.keepalive_s,
    )

    def received(_client: Any, _data: Any, message: MQTTMessage) -> None:
        came(client, message)

    client._client.manual_ack_set(True)  # noqa: SLF001, FBT003  # aiomqtt has no name for it; paho's is public
    client._client.on_message = received  # noqa: SLF001  # aiomqtt's queue takes a task for each message
    try:
        await client.__aenter__()
    except MqttConnectError as reason:
        code = reason.rc.value if isinstance(reason.rc, ReasonCode) else reason.rc
        if newest and code == NO_SUCH_VERSION:
            raise Unsupported from reason
        raise
    try:
        yield client
    finally:
        await client.__aexit__(None, None, None)


async def publish_all(client: aiomqtt.Client, messages: Sequence[tuple[str, bytes]]) -> None:
    """Topics and payloads; returns once the broker has taken the last of them, which it does in their order.

    Raises ``aiomqtt.MqttError``.
    """
    for topic, payload in messages[:-1]:
        client._client.publish(topic, payload, qos=1)  # noqa: SLF001  # aiomqtt waits for the answer to each
    for topic, payload in messages[-1:]:
        await client.publish(topic, payload, qos=1)


def pause(client: aiomqtt.Client) -> None:
    """Nothing more is read of the connection until ``resume``; what the broker sends waits at the broker."""
    sock = client._client.socket()  # noqa: SLF001  # aiomqtt reads whatever comes; paho's is public
    if sock is not None:
        asyncio.get_running_loop().remove_reader(sock.fileno())


def resume(client: aiomqtt.Client) -> None:
    """After ``pause``."""
    sock = client._client.socket()  # noqa: SLF001
    if sock is not None:
        asyncio.get_running_loop().add_reader(sock.fileno(), _read, client)


def _read(client: aiomqtt.Client) -> None:
    """What aiomqtt does where something has come: it has no name for it."""
    paho, pending = client._client, 1  # noqa: SLF001
    try:
        while pending:
            paho.loop_read()
            sock = paho.socket()
            pending = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
    except Exception as reason:  # noqa: BLE001
        if not client._disconnected.done():  # noqa: SLF001
            client._disconnected.set_exception(reason)  # noqa: SLF001


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """What trusts that CA alone and shows that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=files.ca)
    context.load_cert_chain(files.cert, files.key)
    return context
