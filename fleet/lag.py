"""What an ingest counts; how long events take from their own time to its disk, as a histogram for each lane."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

import msgspec

from contract.envelope import LANES

BOUNDS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)
"""Upper bounds of the buckets: below a second the link alone, up to 60 s also a window, above it a backlog."""


class LaneLag(msgspec.Struct):
    """``counts`` of segments by bucket, the last one past all bounds; ``sum_s`` of them all."""

    bounds_s: tuple[float, ...] = BOUNDS_S
    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    sum_s: float = 0.0

    def take(self, lag_s: float) -> None:
        """A clock that is ahead counts as no lag."""
        lag_s = max(0.0, lag_s)
        self.counts[bisect_left(self.bounds_s, lag_s)] += 1
        self.sum_s += lag_s


class IngestHealth(msgspec.Struct, kw_only=True):
    """Counters since start: ``refused`` messages are in the quarantine, ``over`` are past a pole's bound,
    ``elsewhere`` are of poles of another cell: not stored, not confirmed, and sent there again by their poles.

    ``bytes`` are those of committed messages; ``committed`` is when the newest group was, ``watermark`` when the broker
    took the newest watermark; ``lag`` by lane. ``text`` is why something is not well, empty when all is.
    """

    connected: bool = False
    protocol: str = ""
    text: str = ""
    messages: int = 0
    events: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused: int = 0
    over: int = 0
    elsewhere: int = 0
    dropped: int = 0
    commits: int = 0
    bytes: int = 0
    waiting_bytes: int = 0
    waiting_messages: int = 0
    committed: datetime | None = None
    watermark: datetime | None = None
    lag: dict[str, LaneLag] = msgspec.field(default_factory=lambda: {lane: LaneLag() for lane in LANES})
