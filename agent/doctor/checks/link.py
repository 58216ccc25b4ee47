"""The link: as the daemon sees it, and the way to the broker tried step by step where it is not up.

While a daemon runs no session is opened: a second one under the pole's id would end the daemon's.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import AsyncExitStack, suppress

import aiomqtt
import msgspec

from agent import VERSION
from agent.config.settings import UplinkSettings
from agent.doctor import sentences_checks as say
from agent.doctor.box import Box
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.errors import Retry
from agent.status.advice import LATE_S, SETTLE_S
from agent.system.backoff import LOST_S
from agent.system.dns import addresses
from agent.uplink.delivery.sink import Lost
from agent.uplink.mqtt.connect import VersionRefused, connect
from agent.uplink.mqtt.dial import broker_of, dial, port_of
from agent.uplink.mqtt.link import MqttLink, Version
from agent.uplink.mqtt.reasons import FIRST_REFUSAL, NOBODY, refusal_of_topic
from agent.uplink.sentences import BROKER_ENDS_EACH_LINK as COPIED
from contract.birth import Status
from contract.health import PoleStatus, UplinkHealth
from contract.topics import Topics
from contract.words import span

LIMIT_S = 15.0
DIAL_S = 7.0
CONNECT_S = 11.0
"""Address, connection, TLS and CONNACK together."""
SLOW_S = 4.0
"""From the first packet to CONNACK: five round trips. A GPRS link (1 s a round trip at most) takes so long."""
HANDSHAKE = 0.6
"""The share of it before CONNACK: connection and TLS, three round trips."""
ANSWER_S = 6.0
"""How long the broker may take for CONNACK or PUBACK; more than a slow link needs."""
STAY_S = LOST_S + 1.0
"""How long the doctor's session waits to be put out by another client of the same id: as a pole does that was put out,
and the time to connect."""
STAY_AGAIN_S = 5.0
"""The same once it was put out: a pole waits longer after each time."""
_IP_RECVERR, _IPV6_RECVERR, _MSG_ERRQUEUE = 11, 25, 0x2000
_EXTENDED = struct.Struct("=IBBBBII")  # struct sock_extended_err: errno, origin, type, code, pad, info, data
_FORBIDDEN = {(2, 3, 9), (2, 3, 10), (2, 3, 13), (3, 1, 1), (3, 1, 5)}
"""Origin, type and code of ICMP(v6) that say 'administratively prohibited' (RFC 1122, RFC 1812, RFC 4443)."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    uplink, status = pole.uplink, pole.status
    if uplink is None:
        return pole.no_uplink
    if status is not None and status.uplink is not None and _reported(status, status.uplink, tell):
        return ""
    if pole.limited:
        return pole.limited
    if pole.dead:
        await _session(pole, uplink, tell)
    elif await _way(pole, uplink, tell):
        return _by_daemon(status, tell)
    return ""


def _by_daemon(status: PoleStatus | None, tell: Tell) -> str:
    """The broker takes connections, and the daemon has no session, or does not say."""
    if status is None or status.uplink is None:
        return say.SESSION_OWNED()
    link = status.uplink
    if link.state == "down" or _lasted(status, link):
        tell(link.cause or "link.down", link.text or say.NO_LINK(broker=link.broker), "link")
    return ""


def _lasted(status: PoleStatus, link: UplinkHealth) -> bool:
    now = status.clock.now.utc
    return status.uptime_s > SETTLE_S and (now - link.since).total_seconds() > SETTLE_S


def _reported(status: PoleStatus, link: UplinkHealth, tell: Tell) -> bool:
    """What the daemon knows; whether the link is up, so that nothing need be tried."""
    now = status.clock.now.utc
    _allowance(link, tell)
    if link.given_up or status.store.evicted:
        tell("link.lost_events", say.GIVEN_UP(given_up=link.given_up, evicted=status.store.evicted), "queue")
    if link.state != "up":
        return link.state == "off"
    quiet = link.last_acknowledged or link.since
    quiet_s = (now - max(quiet, link.since)).total_seconds()
    if link.cause and link.cause != "link.allowance":
        tell(link.cause, link.text, "link")
    elif link.in_flight and quiet_s > SETTLE_S and _lasted(status, link):
        tell("link.unacknowledged", say.MESSAGES_WAIT(count=link.in_flight, span=span(quiet_s)), "link")
    else:
        _late(status, link, tell)
    return True


def _allowance(link: UplinkHealth, tell: Tell) -> None:
    allowance = link.allowance
    if allowance is not None and allowance.held:
        used = say.BYTES_OF_DAY(used=allowance.day_bytes, limit=allowance.day_limit)
        if 0 < allowance.month_limit <= allowance.month_bytes:
            used = say.BYTES_OF_MONTH(used=allowance.month_bytes, limit=allowance.month_limit)
        tell("link.allowance", say.LANES_WAIT(used=used, lanes=", ".join(allowance.held)), "link")


def _late(status: PoleStatus, link: UplinkHealth, tell: Tell) -> None:
    """The broker takes all, and rows do not go."""
    for name, late_s in LATE_S.items():
        lane = status.store.lanes.get(name)
        if lane is None or not lane.unsent or lane.oldest_utc is None:
            continue
        waited_s = (status.clock.now.utc - max(lane.oldest_utc, link.since)).total_seconds()
        if waited_s > late_s:
            reading = say.LANE_WAITS(count=lane.unsent, lane=name, span=span(waited_s))
            tell("platform.silent", reading, "queue")
            return


async def _way(pole: PoleAtHand, uplink: UplinkSettings, tell: Tell) -> bool:
    """Address, route, connection, TLS, and no session; whether all of it is there."""
    try:
        async with asyncio.timeout(DIAL_S):
            (await dial(uplink)).close()
    except Retry as reason:
        await _explained(pole, uplink, reason.cause or "link.down", str(reason), tell)
    except TimeoutError:
        text = say.NO_ANSWER_WITHIN(host=broker_of(uplink), seconds=DIAL_S)
        await _explained(pole, uplink, "link.black_hole", text, tell)
    else:
        return True
    return False


async def _explained(pole: PoleAtHand, uplink: UplinkSettings, cause: str, text: str, tell: Tell) -> None:
    """Why the broker is not reached: what this box lacks comes before what the network does."""
    if cause in {"link.dns", "link.no_route", "link.unreachable", "link.black_hole"}:
        local = _no_way(pole.box)
        cause, text = (local[0], f"{local[1]}; {text}") if local else (cause, text)
    if cause == "link.unreachable" and await _forbidden(uplink):
        cause = "link.firewall"
    tell(cause, text, "link")


def _no_way(box: Box) -> tuple[str, str] | None:
    """What this box itself lacks: an address or a route (proc(5), /proc/net); loopback counts for nothing."""
    routes, six, six_routes = (
        [row.split() for row in box.text(f"proc/net/{name}").splitlines()]
        for name in ("route", "if_inet6", "ipv6_route")
    )
    if not routes:
        return None  # a kernel without IPv4, or one that does not say
    wide = any(row[3] == "00" and row[5] != "lo" for row in six)
    if not [row for row in routes[1:] if row[0] != "lo"] and not wide:
        return "link.no_address", say.NO_ADDRESS()
    default = any(row[1] == "00000000" for row in routes[1:])
    default_six = any(row[0] == "0" * 32 and row[1] == "00" and row[9] != "lo" for row in six_routes)
    if not default and not default_six:
        return "link.no_route", say.NO_ROUTE()
    return None


async def _forbidden(uplink: UplinkSettings) -> bool:
    """Whether a firewall has said so: the kernel keeps its ICMP message for who asks (ip(7), IP_RECVERR)."""
    loop = asyncio.get_running_loop()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(3.0):
            for family, kind, protocol, _, address in await addresses(uplink.host, port_of(uplink)):
                with socket.socket(family, kind, protocol) as probe:
                    probe.setblocking(False)  # noqa: FBT003 - the standard library's signature
                    six = family == socket.AF_INET6
                    level, option = (41, _IPV6_RECVERR) if six else (socket.IPPROTO_IP, _IP_RECVERR)
                    probe.setsockopt(level, option, 1)
                    with suppress(OSError):
                        await loop.sock_connect(probe, address)
                    if _said(probe) in _FORBIDDEN:
                        return True
    return False


def _said(probe: socket.socket) -> tuple[int, int, int] | None:
    try:
        _, ancillary, _, _ = probe.recvmsg(512, 512, _MSG_ERRQUEUE)
    except OSError:
        return None
    for _, kind, data in ancillary:
        if kind in {_IP_RECVERR, _IPV6_RECVERR} and len(data) >= _EXTENDED.size:
            _, origin, icmp, code, *_ = _EXTENDED.unpack_from(data)
            return origin, icmp, code
    return None


async def _session(pole: PoleAtHand, uplink: UplinkSettings, tell: Tell) -> None:
    """In the place of the daemon that does not run: connect, listen, say that the pole is stopped, leave."""
    first: Version = "3.1.1" if uplink.protocol == "3.1.1" else "5"
    versions: tuple[Version, ...] = (first,) if uplink.protocol != "auto" else ("5", "3.1.1")
    refused = ""
    for version in versions:
        try:
            await _twice(pole, uplink, version, tell)
        except VersionRefused as reason:
            refused = str(reason)
        except Retry as reason:
            cause = "mqtt.version" if refused and reason.cause == "mqtt.closed" else reason.cause or "link.down"
            await _explained(pole, uplink, cause, refused or str(reason), tell)
            return
        except TimeoutError:
            text = say.NO_ANSWER_WITHIN(host=broker_of(uplink), seconds=CONNECT_S)
            await _explained(pole, uplink, "link.black_hole", text, tell)
            return
        except aiomqtt.MqttError as reason:
            tell("mqtt.silent", f"{broker_of(uplink)}: {reason}", "link")
            return
        else:
            return
    tell("mqtt.version", refused, "link")


async def _twice(pole: PoleAtHand, uplink: UplinkSettings, version: Version, tell: Tell) -> None:
    """Once more where the broker lets the pole in and ends the session at once: twice is no accident."""
    try:
        await _talk(pole, uplink, version, tell, STAY_S)
    except Lost as reason:
        if reason.cause or not reason.by:
            raise
    else:
        return
    try:
        await _talk(pole, uplink, version, tell, STAY_AGAIN_S)
    except Lost as reason:
        raise Lost(COPIED(), cause=reason.cause or "mqtt.id_twice") from reason


async def _talk(pole: PoleAtHand, uplink: UplinkSettings, version: Version, tell: Tell, stay_s: float) -> None:
    topics = Topics.of(uplink.prefix, pole.id)
    began = pole.box.clock.monotonic()
    hasty = msgspec.structs.replace(uplink, ack_timeout_s=min(uplink.ack_timeout_s, ANSWER_S))
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(CONNECT_S):
                link = await stack.enter_async_context(connect(hasty, uplink.client_id or pole.id, version, None))
        except Retry as reason:
            before_s = pole.box.clock.monotonic() - began - hasty.ack_timeout_s
            if reason.cause != "mqtt.silent" or before_s < SLOW_S * HANDSHAKE:
                raise
            tell("link.slow", say.NO_CONNACK(seconds=before_s, broker=broker_of(uplink), limit=ANSWER_S), "link")
            return
        took_s = pole.box.clock.monotonic() - began
        if took_s > SLOW_S:
            tell("link.slow", say.TOOK_TO_CONNECT(seconds=took_s, broker=broker_of(uplink)), "link")
            return  # what else there is to ask would take as long again, each
        if deaf := await link.listen((topics.command, topics.ack) if uplink.ack == "platform" else (topics.command,)):
            tell("mqtt.topics", deaf, "link")
            return
        await _publish(pole, link, topics, tell)
        with suppress(TimeoutError):
            async with asyncio.timeout(stay_s):
                await link.lost()


async def _publish(pole: PoleAtHand, link: MqttLink, topics: Topics, tell: Tell) -> None:
    """The pole's own last word, as the daemon leaves it: offline, stopped."""
    now = pole.box.clock.now().utc
    said = Status(pole=pole.id, state="offline", at=now, reason="stopped", version=VERSION)
    code = await link.send(topics.status, msgspec.json.encode(said), retain=True)
    if code == NOBODY:
        tell("mqtt.nobody", say.SAYS_SO(topic=topics.status, code=code), "link")
    elif code >= FIRST_REFUSAL:
        tell(refusal_of_topic(code), say.REFUSES_TOPIC(topic=topics.status, code=code), "link")
