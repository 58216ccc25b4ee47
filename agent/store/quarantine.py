"""A broken database is set aside, never deleted, and what can be read of it is carried over."""

from __future__ import annotations

from pathlib import Path

from agent.types import Stamp


class Quarantine:
    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def accuse(self, reason: str, last_seq: int) -> None:
        """The file is broken; ``settle`` must deal with it before anybody opens it again."""

    def settle(self, now: Stamp) -> bool:
        """Set aside what was accused and carry over; whether a new file took the place of an old one."""
        return False
