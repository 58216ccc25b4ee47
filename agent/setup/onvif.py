"""Network cameras that answer ONVIF's search (ONVIF Core, section "Device discovery"; OASIS WS-Discovery 1.0).

One question goes to the neighbours of this box by multicast and leaves no router; who answers is listed by the address
that the answer came from. No user, no password and no further request is sent to anybody.
"""

from __future__ import annotations

import selectors
import socket
import time
import uuid
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

import msgspec

from agent.plain import plain

GROUP, PORT = "239.255.255.250", 3702
WAIT_S = 3.0
"""A device answers within half a second of its own choice (APP_MAX_DELAY), twice where the first answer was lost."""
MOST_CAMERAS = 64
MOST_ANSWERS = 512
"""Datagrams read; a network that babbles ends the search."""
ANSWER_BYTES = 32 * 1024
DEEPEST = 32
LONGEST_NAME = 60
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_PROBE = f"""<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="{_ADDRESSING}" xmlns:d="{_DISCOVERY}"
 xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>{{number}}</w:MessageID>
<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>{_DISCOVERY}/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""
_WANTED = (f"{_ADDRESSING} RelatesTo", f"{_DISCOVERY} Types", f"{_DISCOVERY} Scopes")
_SCOPE = "onvif://www.onvif.org/"


class NetworkCamera(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One that answered; ``name``: what it says of itself."""

    address: str
    name: str


class _Refused(Exception):
    """Not what a camera answers."""


def is_source(text: str) -> bool:
    """Whether a camera can be read from ``text``: a network address without a password."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"rtsp", "rtsps", "http", "https"} and bool(parts.hostname) and parts.password is None
    except ValueError:
        return False


def read_answer(data: bytes, number: str, sender: str) -> NetworkCamera | None:
    """The camera behind an answer to the question ``number``; None: it is none, or the answer to another."""
    try:
        texts = _texts(data)
    except (_Refused, expat.ExpatError, LookupError, ValueError):
        return None
    related, types, scopes = (" ".join(texts[name]).split() for name in _WANTED)
    if number not in related or not any(each.endswith("NetworkVideoTransmitter") for each in types):
        return None
    said: dict[str, str] = {}
    for scope in scopes:
        kind, _, value = scope.removeprefix(_SCOPE).partition("/")
        if scope.startswith(_SCOPE) and value:
            said.setdefault(kind, unquote(value, errors="replace"))
    words = dict.fromkeys(said[kind] for kind in ("name", "hardware") if kind in said)
    name = " ".join(plain(" ".join(words)).split())[:LONGEST_NAME]
    return NetworkCamera(address=sender, name=name or "ONVIF")


def _texts(data: bytes) -> dict[str, list[str]]:
    """The text of the elements that are looked at. A document with a DTD is refused, so that no entity is ever made."""
    found: dict[str, list[str]] = {name: [] for name in _WANTED}
    path: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        path.append(name)
        if len(path) > DEEPEST:
            raise _Refused
        if name in found:
            found[name].append("")

    def text(data: str) -> None:
        if path and path[-1] in found:
            found[path[-1]][-1] += data

    def refuse(*_: object) -> None:
        raise _Refused

    if len(data) > ANSWER_BYTES:
        raise _Refused
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
    return found


def search(addresses: Iterable[str], wait_s: float = WAIT_S) -> list[NetworkCamera]:
    """Those that answer in the networks of this box's ``addresses``, in the order of their addresses."""
    number = f"urn:uuid:{uuid.uuid4()}"
    question = _PROBE.format(number=number).encode()
    found: dict[str, NetworkCamera] = {}
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for address in addresses:
            door = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            with suppress(OSError):  # a network without multicast has no cameras that are found
                door.setblocking(False)  # noqa: FBT003 - the socket module's own signature
                door.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
                door.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
                door.bind((address, 0))
                door.sendto(question, (GROUP, PORT))
                selector.register(door, selectors.EVENT_READ)
        until = time.monotonic() + wait_s
        for _ in range(MOST_ANSWERS):
            ready = selector.select(until - time.monotonic()) if selector.get_map() else []
            if not ready or len(found) >= MOST_CAMERAS or time.monotonic() > until:
                break
            for key, _events in ready:
                with suppress(OSError):
                    data, sender = key.fileobj.recvfrom(ANSWER_BYTES + 1)  # type: ignore[union-attr]
                    if (camera := read_answer(data, number, sender[0])) is not None:
                        found.setdefault(camera.address, camera)
    return sorted(found.values(), key=lambda one: socket.inet_aton(one.address))
