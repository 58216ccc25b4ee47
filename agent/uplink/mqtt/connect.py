"""The way to a session: dial, CONNECT, and the sentence that says why there is none."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.secret import read_secret
from agent.config.settings import UplinkSettings
from agent.errors import ConfigError, Retry
from agent.uplink import sentences as say
from agent.uplink.mqtt.dial import broker_of, dial
from agent.uplink.mqtt.link import PACKET_BYTES, ClosedError, MqttLink, Version
from agent.uplink.mqtt.reasons import CAUSES, REFUSALS

NO_SUCH_VERSION = 132


class VersionRefused(Retry):
    """The broker says that it does not speak this version of MQTT."""


@contextlib.asynccontextmanager
async def connect(
    settings: UplinkSettings, client_id: str, version: Version, will: aiomqtt.Will | None
) -> AsyncIterator[MqttLink]:
    """A session with a clean start, since the store is what remembers; raises ``Retry`` with one sentence.

    No session is ever taken up again: what was in flight comes out of the store, under the same ids.
    """
    try:
        password = read_secret(settings.password_file) if settings.password_file else None
    except ConfigError as wrong:  # it was right when the settings were read, and may be again
        raise Retry(str(wrong)) from wrong
    options: dict[str, Any] = {"identifier": client_id, "username": settings.username, "password": password}
    if version == "5":
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = PACKET_BYTES
        options |= {"clean_start": True, "properties": limits}
    else:
        options |= {"clean_session": True}
    sock = await dial(settings)
    try:
        link = MqttLink(settings, version, sock, will=will, **options)
    except BaseException:
        sock.close()
        raise
    broker = broker_of(settings)
    try:
        try:
            await link.__aenter__()
        except BaseException:
            sock.close()  # where paho had not taken it yet
            raise
    except ClosedError as exc:
        advice = ""
        if version == "5":  # its answer may have been lost as well: that proves nothing
            advice = say.IF_OLD_PROTOCOL()
        if settings.tls is not None:
            advice = (say.ACCEPT_CERTIFICATE if settings.tls.cert_file else say.WANT_CERTIFICATE)()
        cause = "tls.client_wanted" if settings.tls is not None and not settings.tls.cert_file else "mqtt.closed"
        raise Retry(say.CLOSED_EARLY(broker=broker, advice=advice), cause=cause) from exc
    except MqttConnectError as exc:
        raise _refusal(broker, exc) from exc
    except aiomqtt.MqttError as exc:
        raise Retry(say.TAKES_CONNECTIONS_BUT_DOES(broker=broker), cause="mqtt.silent") from exc
    try:
        yield link
    finally:
        await link.__aexit__()


def _refusal(broker: str, exc: MqttConnectError) -> Retry:
    code = exc.rc.value if isinstance(exc.rc, ReasonCode) else exc.rc
    if code == NO_SUCH_VERSION:
        return VersionRefused(say.DOES_NOT_SPEAK_VERSION(broker=broker), cause=CAUSES[NO_SUCH_VERSION])
    said = REFUSALS.get(int(code or 0), say.REFUSES_CONNECTION)
    return Retry(said(broker=broker, why=exc), cause=CAUSES.get(int(code or 0), "mqtt.not_authorised"))
