"""How long events take from their own time to the disk of the platform, as a histogram for each lane."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

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
