"""What the uplink needs of the store, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from contract.types import Event, Key, Lane, Row


class Unsent(Protocol):
    """Committed events that wait for delivery, and a little room to remember things in."""

    @property
    def epoch(self) -> str:
        """The id of this opening of the store; another one means that the store had to be opened again."""

    @property
    def last_seq(self) -> int:
        """The last committed seq; 0 before the first."""

    @property
    def newest(self) -> Mapping[Lane, int]:
        """For each lane a seq that none of its committed rows exceeds: lanes without news are not asked for."""

    async def wait_committed(self, seq: int) -> int:
        """The last committed seq, as soon as it is greater than ``seq``."""

    async def unsent(self, lane: Lane, *, after: int = 0, before: int | None = None, max_bytes: int = ...) -> list[Row]:
        """Rows of ``lane``, oldest first, with ``after < seq < before``: about ``max_bytes`` of bodies, at least one.

        Rows that were acknowledged are not among them.
        """

    def acknowledge(self, keys: Iterable[Key]) -> None:
        """These rows have arrived and may go; keys that are not there any more are no error."""

    def put(self, events: Sequence[Event]) -> None:
        """Keeps new events; never waits."""

    @property
    def resent(self) -> int:
        """Grows when rows that were delivered wait for delivery again."""

    async def thin(self, level_s: float) -> int:
        """Merge waiting summaries that were never given out into windows of ``level_s``; how many rows became fewer."""

    async def load_state(self, name: str) -> bytes | None:
        """What ``save_state`` kept, also over a restart."""

    def save_state(self, name: str, value: bytes) -> None:
        """Keep ``value``; never waits."""

    async def flush(self) -> None:
        """Return when all that was put and saved is on disk, or the disk has refused it."""
