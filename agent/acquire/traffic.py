"""How busy a line is. Pure."""

from __future__ import annotations

BUCKET_S = 10.0
BUCKETS = 6


class Load:
    """The share of the last minute in which the line was in use. Times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._begun = now
        self._busy: dict[int, float] = {}

    def add(self, begin: float, end: float) -> None:
        bucket = int(end // BUCKET_S)
        if bucket not in self._busy:
            self._busy = {old: busy for old, busy in self._busy.items() if old > bucket - BUCKETS}
            self._busy[bucket] = 0.0
        self._busy[bucket] += end - begin

    def share(self, now: float) -> float:
        """0 to 1."""
        bucket = int(now // BUCKET_S)
        first = bucket - BUCKETS + 1
        busy_s = sum(busy for old, busy in self._busy.items() if old >= first)
        span_s = now - max(self._begun, first * BUCKET_S)
        return min(1.0, busy_s / span_s) if span_s > 0 else 0.0


class Traffic:
    """What passed on a line: bytes in all, and when the last came. It survives the line's coming and going."""

    def __init__(self, now: float) -> None:
        self.load = Load(now)
        self.bytes_in = self.bytes_out = self.garbage_bytes = self.opened = 0
        self.opened_at = self.came_at = now

    def open(self, now: float) -> None:
        self.opened += 1
        self.opened_at = self.came_at = now

    def sent(self, count: int) -> None:
        self.bytes_out += count

    def received(self, count: int, at: float, *, garbage: bool = False) -> None:
        self.bytes_in += count
        self.garbage_bytes += count if garbage else 0
        self.came_at = max(self.came_at, at)

    @property
    def silent(self) -> bool:
        """Whether nothing came since the line was opened."""
        return self.came_at <= self.opened_at
