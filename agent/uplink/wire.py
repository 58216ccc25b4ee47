"""Everything that travels beside the events themselves: status, watermark, command, reply; and the topics' names.

These types are the wire contract: docs/wire is made from them (see ``agent.uplink.contract``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.types import Lane

COMMAND_BYTES = 16 * 1024
"""Longest command or watermark that is read; a longer one is answered, or counted, and dropped."""
RANGES = 1000
"""Most ranges of one watermark."""

Seq = Annotated[int, Meta(ge=1, description="sequence number of an event in its epoch")]
Aware = Annotated[datetime, Meta(tz=True)]


class Topics(msgspec.Struct, frozen=True):
    """The names of one pole's topics: ``{prefix}/{pole}/...``."""

    root: str

    @classmethod
    def of(cls, prefix: str, pole: str) -> Topics:
        return cls(f"{prefix}/{pole}")

    def lane(self, lane: Lane) -> str:
        return f"{self.root}/{lane.name.lower()}"

    @property
    def status(self) -> str:
        return f"{self.root}/status"

    @property
    def command(self) -> str:
        return f"{self.root}/command"

    @property
    def reply(self) -> str:
        return f"{self.root}/reply"

    @property
    def ack(self) -> str:
        return f"{self.root}/ack"


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether the pole is there, and what it is; retained. The broker itself says ``offline, lost`` (the last will)."""

    pole: str
    state: Literal["online", "offline"]
    at: Annotated[datetime, Meta(tz=True, description="when this was said; of a lost pole: when it had connected")]
    reason: Annotated[
        Literal["stopped", "lost"] | None, Meta(description="offline: stopped on purpose, or the link was lost")
    ] = None
    version: Annotated[str, Meta(description="of the agent")] = ""
    epoch: Annotated[str, Meta(description="id of the database file that numbers the events now")] = ""
    next_seq: Annotated[int | None, Meta(description="the number that the next event of this epoch gets")] = None
    oldest_unsent: Annotated[
        int | None, Meta(description="the oldest event of this epoch that still waits for delivery; absent when none")
    ] = None
    revision: Annotated[str, Meta(description="first 12 hex digits of the SHA-256 over the settings")] = ""
    models: Annotated[dict[str, str], Meta(description="model -> version")] = {}
    clock: Annotated[
        Literal["synced", "unsynced"] | None, Meta(description="whether the pole's clock was set from outside")
    ] = None


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's word that it has stored these events: inclusive ranges of seq, in any order."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    ranges: Annotated[tuple[tuple[Seq, Seq], ...], Meta(max_length=RANGES, description="[first, last], inclusive")]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request of the platform. It is carried out at most once, and never after ``expires``."""

    id: Annotated[str, Meta(min_length=1, max_length=64, description="chosen by the platform; the reply carries it")]
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    expires: Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone; later the command is refused")]
    args: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to the command of the same id: ``result`` where it worked, else one sentence in ``error``."""

    id: str
    ok: bool
    at: Aware
    clock: Literal["synced", "unsynced"]
    error: str | None = None
    result: Annotated[Any, Meta(description="what the command gives, see its own result")] = None
