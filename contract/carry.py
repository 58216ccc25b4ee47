"""What a stick holds between a pole without a link and its platform.

``poleagent-carry/`` on the stick:
    platform.pem          the platform's certificate for carrying, signed by its CA; its key opens the rows
    POLE.DIGEST.SIZE.rows a ``CarriedRows``, signed with the pole's TLS key, encrypted to platform.pem
    POLE.DIGEST.marks     a ``CarriedMarks``, signed by the platform

Both are CMS in DER (RFC 5652; encrypted: RFC 5083 with AES-256-GCM, key agreement on P-256 with SHA-256, RFC 5753),
made and opened by the ``openssl`` program. SIZE is that of the file, so that a torn one is known without opening it.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.watermark import Watermark

FOLDER = "poleagent-carry"
PLATFORM_PEM = "platform.pem"
PLATFORM_NAME = "polefleet carry"
"""Common name of the platform's certificate for carrying; the blank keeps it from being a pole's id."""
UNIT_BYTES = 1024 * 1024
"""Messages of one file of rows, about: what is lost of the work when the stick is pulled out."""
UNIT_MOST_BYTES = 16 * 1024 * 1024
MARKS_RANGES = 500
"""Ranges of one file of marks: it goes over the control socket as one line."""
MARKS_BYTES = 40 * 1024
_ROWS = re.compile(r"(?P<pole>.+)\.(?P<digest>[0-9a-f]{16})\.(?P<size>\d+)\.rows")
_MARKS = re.compile(r"(?P<pole>.+)\.(?P<digest>[0-9a-f]{16})\.marks")


class CarriedMessage(msgspec.Struct, frozen=True, array_like=True):
    """A message as it would have been published: the lane, and the payload."""

    lane: str
    payload: bytes


class CarriedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a pole, as MessagePack. They stay on the pole until the platform confirms them."""

    pole: Annotated[str, Meta(max_length=64)]
    at: Annotated[datetime, Meta(tz=True)]
    messages: tuple[CarriedMessage, ...]


class CarriedMarks(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform has stored of a pole, as JSON."""

    pole: Annotated[str, Meta(max_length=64)]
    marks: tuple[Watermark, ...]


class UnitName(msgspec.Struct, frozen=True):
    """What the name of a file of rows says. ``size`` is what the whole file has."""

    pole: str
    digest: str
    size: int


def digest_of(plain: bytes, secret: bytes = b"") -> str:
    """The same content has the same name; with a secret nobody else can tell which content it is."""
    return hmac.digest(secret, plain, "sha256").hex()[:16]


def rows_name(pole: str, digest: str, size: int) -> str:
    return f"{pole}.{digest}.{size}.rows"


def read_rows_name(name: str) -> UnitName | None:
    """None for any other file."""
    found = _ROWS.fullmatch(name)
    return UnitName(found["pole"], found["digest"], int(found["size"])) if found else None


def marks_name(pole: str, plain: bytes) -> str:
    return f"{pole}.{digest_of(plain)}.marks"


def pole_of_marks(name: str) -> str | None:
    """Whose marks a file holds; None for any other file."""
    found = _MARKS.fullmatch(name)
    return found["pole"] if found else None
