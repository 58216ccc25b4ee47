"""What may come out of a vision process: a few kinds of small messages, and nothing else.

A message is a length of 4 bytes (little-endian) and JSON of at most ``MAX_BYTES``. Every kind has a schema whose texts
are bounded, so that neither a frame nor a part of one fits in; what does not fit the schema ends the process. The one
exception is a ``Background``, which shows nobody: it ends the process as well where nobody has asked for one. Messages
per second are bounded too. The daemon imports this module; it knows nothing of images.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from agent.errors import AgentError
from agent.vision import sentences as say
from contract.events import camera, profile
from contract.health import ShadowHealth
from contract.types import Body

MAX_BYTES = 16 * 1024
MAX_PER_S = 200
"""More messages than this in a second, over ``BURST`` of them, is no camera but a fault."""
BURST = 600
KINDS: dict[str, type[Body]] = {row.body.kind: row.body for row in (*camera.KINDS, *profile.KINDS)}
_NAMES = f"^({'|'.join(KINDS)})$"

Small = Annotated[int, Meta(ge=0, le=2**31)]
Number = Annotated[float, Meta(ge=0, le=1e9)]


class Said(msgspec.Struct, frozen=True, kw_only=True, tag="said", forbid_unknown_fields=True):
    """A body for the store; ``boot_s`` is when it happened (CLOCK_BOOTTIME, the same in all processes)."""

    kind: Annotated[str, Meta(pattern=_NAMES)]
    boot_s: Number
    body: msgspec.Raw


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag="beat", forbid_unknown_fields=True):
    """The process is alive, and how it does; sent at least every ``BEAT_S``."""

    width: Small = 0
    height: Small = 0
    frames: Small = 0
    skipped: Small = 0
    reconnects: Small = 0
    tracks: Small = 0
    frames_per_s: Number = 0.0
    detections_per_s: Number = 0.0
    inference_ms: Number = 0.0
    memory_bytes: Annotated[int, Meta(ge=0, le=2**40)] = 0
    unconfined: Annotated[str, Meta(pattern="^[a-z_, ]{0,40}$")] = ""  # what the kernel lacks to confine the process
    model: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the weights it has loaded")] = ""

    shadow: ShadowHealth | None = None


class Background(msgspec.Struct, frozen=True, kw_only=True, tag="background", forbid_unknown_fields=True):
    """A small background for aiming (``agent.vision.background``); ``jpeg`` is empty where it could not be made."""

    MOST: ClassVar[int] = 15_000
    """Characters of ``jpeg``, base64."""

    width: Annotated[int, Meta(ge=1, le=320)]
    height: Annotated[int, Meta(ge=1, le=320)]
    jpeg: Annotated[str, Meta(max_length=15_000, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]


BEAT_S = 2.0
Message = Said | Beat | Background
_decoder = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()
_bodies = {kind: msgspec.json.Decoder(body) for kind, body in KINDS.items()}


_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What bytes from a process that went mad may raise: the last two where texts are no texts or nest without end."""


class NotAResult(AgentError):
    """The vision process sent what is no result."""


def pack(message: Message) -> bytes:
    data = _encoder.encode(message)
    if len(data) > MAX_BYTES:
        raise NotAResult(say.MESSAGE_BYTES_LARGER_THAN_2(data=len(data), max_bytes=MAX_BYTES))
    return len(data).to_bytes(4, "little") + data


def said(body: Body, boot_s: float) -> Said:
    return Said(kind=body.kind, boot_s=round(boot_s, 4), body=msgspec.Raw(_encoder.encode(body)))


def open_body(message: Said) -> Body:
    """The body that a message holds. NotAResult: it is not of its kind."""
    try:
        return _bodies[message.kind].decode(message.body)
    except _BROKEN as exc:
        raise NotAResult(say.NOT_MUST(kind=message.kind, exc=exc)) from exc


class Unpacker:
    """Bytes in pieces of any size -> messages. NotAResult: the stream is broken, and stays so."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        self._rest += data
        while len(self._rest) >= 4:
            size = int.from_bytes(self._rest[:4], "little")
            if size > MAX_BYTES:
                raise NotAResult(say.MESSAGE_BYTES_LARGER_THAN(size=size, max_bytes=MAX_BYTES))
            if len(self._rest) < 4 + size:
                return
            body = bytes(self._rest[4 : 4 + size])
            del self._rest[: 4 + size]
            try:
                yield _decoder.decode(body)
            except _BROKEN as exc:
                raise NotAResult(say.MESSAGE_NONE_KINDS(exc=exc)) from exc


class Rate:
    """A bucket that lets ``per_s`` messages through, and ``burst`` at once."""

    def __init__(self, now_s: float, per_s: float = MAX_PER_S, burst: float = BURST) -> None:
        self._per_s = per_s
        self._burst = burst
        self._room = burst
        self._last_s = now_s

    def take(self, now_s: float) -> None:
        """NotAResult: there is no room for one more."""
        self._room = min(self._burst, self._room + (now_s - self._last_s) * self._per_s)
        self._last_s = now_s
        if self._room < 1:
            raise NotAResult(say.SENDS_MORE_MESSAGES_THAN())
        self._room -= 1
