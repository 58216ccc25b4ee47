"""How much of the backlog may be on its way at once, so that it never stands in front of the live stream; pure."""

from __future__ import annotations

QUICK_S = 0.5
"""An acknowledgement within this time means that the link has room for more."""
SLOW_S = 1.0
"""An acknowledgement that takes longer means that the backlog fills the link's queue, which live messages wait in."""


class SendWindow:
    """Messages of the backlog that may be in flight: one more per quick acknowledgement, half after a slow one."""

    def __init__(self, largest: int) -> None:
        self._largest = max(1, largest)
        self.size = min(2, self._largest)

    def acknowledged(self, took_s: float) -> None:
        if took_s > SLOW_S:
            self.size = max(1, self.size // 2)
        elif took_s < QUICK_S:
            self.size = min(self._largest, self.size + 1)


class SendPace:
    """A rate in bytes/s, 0 for none: after each message the next waits as long as this one's bytes are worth."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at = float("-inf")

    def spent(self, size: int, now: float) -> None:
        if self._bytes_per_s:
            self._free_at = max(now, self._free_at) + size / self._bytes_per_s

    def wait_s(self, now: float) -> float:
        return max(0.0, self._free_at - now)
