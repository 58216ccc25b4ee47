"""What one kind of event is: a body, what it says to people, and examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from zlib import crc32

import msgspec

from contract.types import Body
from contract.words import Words, both

EndReason = Literal["over", "stale", "bad", "settings", "restart"]
"""Why an episode ended: it is over; its values stopped; they became bad; the settings changed; the agent restarted."""
Severity = Literal["info", "warning", "alarm"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One row a kind, in ``KINDS`` of its module. Tests, schemas, screens and docs/reference/events.md read it."""

    body: type[Body]
    says: Callable[[Any], Words]
    """A body -> one line in each language."""
    examples: tuple[Body, ...]
    severity: Severity = "warning"
    """How urgent it is while it lasts, where the body does not say it."""


class Episode(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What has a begin and an end: one event each, with the same ``id``. ``reason`` says why it ended."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}$", description="joins the begin and the end")]
    phase: Literal["begin", "end"]
    reason: EndReason | None = None


def episode_id(*names: object) -> str:
    """The id of an episode, made of what distinguishes it on the pole: source, kind, subject, begin."""
    return f"{crc32('/'.join(map(str, names)).encode()):08x}"


ENDED: dict[str | None, tuple[str, str]] = {
    "stale": ("no longer known, since no values come", "已无法判断（无新数据）"),
    "bad": ("no longer known, since its values are bad", "已无法判断（数据不可信）"),
    "settings": ("ended by other settings", "因设置更改而结束"),
    "restart": ("ended by a restart of the agent", "因代理程序重启而结束"),
}


def ended(reason: str | None) -> Words:
    """Why an episode is open no more; that its values stopped or became bad says nothing of the world."""
    return both(*ENDED.get(reason, ("over", "已结束")))
