"""The seal: what a pole says, signed, of the events that it has numbered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from contract.events.kind import Kind
from contract.types import Body
from contract.words import Words, both

MOST_BLOCKS = 128
"""Blocks of one seal, so that it fits the smallest store; a pole that has more makes several."""
MOST_GONE = 120
MOST_CORRECTIONS = 32
_MOST_NUMBER = 2**53


class SealedRange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Numbers of one epoch, ``first`` to ``last``, without a hole; ``first`` begins a block or the epoch.

    A last block that was not full is sealed again as a whole later; the seal that reaches further counts.
    """

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    previous: Annotated[str | None, Meta(description="the epoch before it, where the pole knows of one")] = None
    begins: Annotated[int, Meta(ge=1, le=_MOST_NUMBER, description="the first number of the epoch")]
    first: Annotated[int, Meta(ge=1, le=_MOST_NUMBER)]
    last: Annotated[int, Meta(ge=0, le=_MOST_NUMBER, description="first - 1: there is no further number, see ended")]
    ended: Annotated[bool, Meta(description="whether the pole gives no further number in this epoch")] = False
    blocks: Annotated[str, Meta(description="base64 of the SHA-256 of each block, one after the other")] = ""


class SealHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is signed. Its JSON, byte by byte, is what the signature is over."""

    pole: str
    at: Annotated[datetime, Meta(tz=True)]
    synced: Annotated[bool, Meta(description="whether the pole's clock had been set")]
    certificate: Annotated[str, Meta(description="SHA-256 (hexadecimal) of the certificate (DER) whose key signs")]
    ranges: Annotated[tuple[SealedRange, ...], Meta(max_length=MOST_BLOCKS)] = ()
    corrections: Annotated[
        tuple[tuple[int, int], ...],
        Meta(
            max_length=MOST_CORRECTIONS,
            description="[microseconds since boot, microseconds to add to get UTC]: the corrections of events that "
            "were taken before the clock was set",
        ),
    ] = ()


class GoneNode(msgspec.Struct, frozen=True, array_like=True):
    """[epoch, level, index, base64 of the hash]: of 2^level events from number index x 2^level on that are not sent."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    level: Annotated[int, Meta(ge=0, le=8)]
    index: Annotated[int, Meta(ge=0)]
    hash: Annotated[str, Meta(max_length=44)]


class SealDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the next seal is to say."""

    ranges: tuple[SealedRange, ...]
    gone: tuple[GoneNode, ...]
    corrections: tuple[tuple[int, int], ...]


class Seal(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The events that the pole has numbered so far, signed; once a day and for each epoch that is over.

    ``head`` is the JSON of a ``SealHead`` as a text; docs/platform.md says how the tree is made. ``gone`` are hashes of
    events that the pole had to delete unsent, so that the others can be proven without them.
    """

    kind: ClassVar[str] = "seal"
    head: Annotated[str, Meta(max_length=65536)]
    signature: Annotated[
        str,
        Meta(
            max_length=512,
            description="base64 of the ECDSA signature (SHA-256, DER) over head (UTF-8) by the key of the pole's "
            "certificate",
        ),
    ]
    gone: Annotated[tuple[GoneNode, ...], Meta(max_length=MOST_GONE)] = ()


def _said(body: Seal) -> Words:
    try:
        ranges = msgspec.json.decode(body.head, type=SealHead).ranges
    except msgspec.MsgspecError:
        return both("a seal that cannot be read", "无法读取的封印")
    count = sum(each.last - each.first + 1 for each in ranges)
    return both(f"{count} events sealed", f"已封印 {count} 条事件")


KINDS = (
    Kind(
        body=Seal,
        says=_said,
        severity="info",
        examples=(
            Seal(
                head='{"pole":"SZ-0042","at":"2026-11-23T12:00:00Z","synced":true,"certificate":"0b5f","ranges":'
                '[{"epoch":"e","begins":1,"first":1,"last":2,"blocks":"AAAA"}]}',
                signature="MEUCIQ==",
                gone=(GoneNode("e", 0, 2, "AAAA"),),
            ),
        ),
    ),
)
