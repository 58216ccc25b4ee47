"""The names of one pole's topics."""

from __future__ import annotations

import msgspec

from contract.types import Lane

PREFIX = "sp/v2"
"""The default of ``[uplink] prefix``; its last part is the version of the contract."""


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


def topic_parts(prefix: str, topic: str) -> tuple[str, str] | None:
    """The pole and the last part of ``topic``; None for a topic that is not of this prefix and form."""
    if not topic.startswith(f"{prefix}/"):
        return None
    pole, slash, leaf = topic[len(prefix) + 1 :].partition("/")
    return (pole, leaf) if pole and slash and leaf and "/" not in leaf else None
