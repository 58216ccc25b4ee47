"""The surroundings of a vision process, as its worker knows them."""

from __future__ import annotations

from typing import Protocol

from agent.vision.order import CandidateModel
from agent.vision.pipe import Message


class Stop(Exception):
    """The daemon has closed our standard input."""


class TooLarge(Exception):
    """This process uses more memory than it may."""


class Shell(Protocol):
    """The process's surroundings; tests bring their own."""

    candidate: CandidateModel | None
    """The model that is to look next to the one that counts."""
    backgrounds: int
    """How many backgrounds have been asked for."""

    def now(self) -> float:
        """Seconds since boot."""

    def aligned_s(self) -> float:
        """The wall time (Unix seconds) at the zero of ``now``."""

    def wait(self, seconds: float) -> None:
        """Return after so long. Stop: the daemon wants an end."""

    def send(self, message: Message) -> None:
        """Hand a message to the daemon."""
