"""Long answers in parts: each part names where the next one begins."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from fleet.errors import Wrong

T = TypeVar("T")
K = TypeVar("K")
MOST = 1000
"""Longest part."""

Limit = Annotated[int, Meta(ge=1, le=MOST, description="longest part of the answer")]
Cursor = Annotated[str, Meta(max_length=400, description="`next` of the part before; empty for the first part")]


class Listed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One part of a list. ``next`` is the cursor of the part after it; null at the end."""

    items: tuple[T, ...]
    next: str | None = None


def cursor_of(*key: object) -> str:
    """Opaque to a client: the sort key of the last item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode("ascii").rstrip("=")


def key_of(cursor: str, type_: type[K]) -> K:
    """The sort key in ``cursor``; raises ``Wrong`` for what is no cursor of this list."""
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(plain, type=type_)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise Wrong(f"{cursor[:40]!r} is no cursor of this list: take it from `next`") from None


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as UTC; what lies outside the calendar as its end (a pole's clock may say anything)."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC) if seconds > 0 else datetime.min.replace(tzinfo=UTC)
