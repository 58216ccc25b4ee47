"""The platform's acknowledgement of events that it has stored, as both sides read and write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

RANGES = 1000
"""Most ranges of one watermark. A platform that has more to say sends several: each stands for itself."""
WATERMARK_BYTES = 36 * 1024
"""Longest watermark that is read, room for ``RANGES`` of the largest numbers; a longer one is counted and dropped."""

Seq = Annotated[int, Meta(ge=1, description="sequence number of an event in its epoch")]


class BadWatermark(ValueError):
    """The payload is no watermark; ``str()`` says why."""


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """The platform has stored these events: inclusive ranges of seq, in any order. Others may be stored as well."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    ranges: Annotated[tuple[tuple[Seq, Seq], ...], Meta(max_length=RANGES, description="[first, last], inclusive")]


def read_watermark(payload: bytes) -> Watermark:
    """A watermark out of hostile bytes; raises ``BadWatermark``."""
    if len(payload) > WATERMARK_BYTES:
        raise BadWatermark(f"a watermark has at most {WATERMARK_BYTES} bytes, this one has {len(payload)}")
    try:
        return msgspec.json.decode(payload, type=Watermark)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
        raise BadWatermark(f"this is no watermark: {exc}") from exc


def watermarks(epoch: str, ranges: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """``ranges`` as payloads, each of at most ``RANGES`` of them; they may be sent in any order, and again."""
    for start in range(0, len(ranges), RANGES):
        yield msgspec.json.encode(Watermark(epoch=epoch, ranges=tuple(ranges[start : start + RANGES])))
