"""Rows to CloudEvents 1.0 in JSON, one or a batch, compressed when that pays; pure.

Sources: CloudEvents 1.0.2, its JSON format and MQTT binding (structured mode). The body travels as it lies in the row,
without being read.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.types import CONTRACT, Key, Lane, Row, key

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
OVERHEAD = 330
"""Bytes of an event around its body, before compression, for names of common length."""

_GZIP = 31  # zlib's window bits for a gzip frame: 15, + 16
_LEAST = 256  # bytes; below, a gzip frame saves nothing worth a decoder's time
_QUICK = 16 * 1024  # bytes; above, level 3 takes a third of the time for a few percent more bytes

LANES = tuple(lane.name.lower() for lane in Lane)


def event_type(kind: str, contract: int = CONTRACT) -> str:
    """The ``type`` of events of ``kind`` in a version of the contract."""
    return f"poleagent.{kind}.v{contract}"


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One event as a CloudEvent. Extension attributes: ``epoch``, ``seq``, ``lane``, ``timequality``, ``taken``."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(description="{pole}/{epoch}/{seq}: the same event has the same id for ever")]
    source: Annotated[str, Meta(description="{pole}/{device}, or {pole}/agent")]
    type: Annotated[str, Meta(description="poleagent.{kind}.v2: says what data is")]
    time: Annotated[datetime, Meta(tz=True, description="of the event, or of the start of its window")]
    epoch: Annotated[str, Meta(description="id of the run of the agent that numbered the event")]
    seq: Annotated[int, Meta(ge=1, description="its number: one more than the event before it in this epoch")]
    lane: Literal["alarm", "event", "summary", "raw"]
    timequality: Annotated[
        Literal["synced", "unsynced"], Meta(description="whether the pole's clock had been set when time was read")
    ]
    data: msgspec.Raw
    taken: Annotated[
        str | None,
        Meta(
            description="of an event that was taken before the pole's clock was set: microseconds since 1970 as that "
            "clock had them, a slash, microseconds since boot"
        ),
    ] = None


class Message(msgspec.Struct, frozen=True):
    """What one PUBLISH carries."""

    payload: bytes
    content_type: str
    gzipped: bool
    keys: tuple[Key, ...]


def envelope(pole: str, row: Row) -> Envelope:
    pole = row.pole or pole
    return Envelope(
        specversion="1.0",
        id=f"{pole}/{row.epoch}/{row.seq}",
        source=f"{pole}/{row.source}",
        type=event_type(row.kind, row.contract),
        time=row.at.utc,
        epoch=row.epoch,
        seq=row.seq,
        lane=LANES[row.lane],  # type: ignore[arg-type]  # the four names of the Literal, in the enum's order
        timequality="synced" if row.at.synced else "unsynced",
        data=msgspec.Raw(row.body),
        taken=row.taken,
    )


_encode = msgspec.json.Encoder().encode


def pack(pole: str, rows: Sequence[Row]) -> Message:
    """One message of one or more rows; the same rows give the same bytes."""
    if len(rows) == 1:
        plain, content_type = _encode(envelope(pole, rows[0])), ONE
    else:
        plain, content_type = _encode([envelope(pole, row) for row in rows]), BATCH
    payload = squeeze(plain)
    return Message(payload, content_type, payload is not plain, tuple(map(key, rows)))


def squeeze(plain: bytes) -> bytes:
    """``plain`` as one gzip frame, or ``plain`` itself where that is not shorter.

    JSON begins with ``{`` or ``[`` and a gzip frame with 1F 8B (RFC 1952), so a reader needs no property to tell them
    apart; the frame carries no time, so that a repeat has the same bytes.
    """
    if len(plain) < _LEAST:
        return plain
    packed = zlib.compress(plain, 6 if len(plain) <= _QUICK else 3, wbits=_GZIP)
    return packed if len(packed) < len(plain) else plain
