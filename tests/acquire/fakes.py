"""A clock and a line that tests own: time passes only by waiting."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

from contract.types import Stamp

BEGIN = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> Stamp:
        return Stamp(BEGIN + timedelta(seconds=self.time), self.time)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class FakeTransport:
    """``arrivals``: what comes, and how long after the request that was sent last (or the beginning)."""

    def __init__(self, clock: FakeClock) -> None:
        self.late_s = 0.0
        self.clock = clock
        self.sent: list[tuple[float, bytes]] = []
        self.arrivals: deque[tuple[float, bytes]] = deque()
        self.looks = 0

    def arrive(self, *pieces: tuple[float, bytes]) -> None:
        self.arrivals.extend((self.clock.time + after_s, data) for after_s, data in pieces)

    async def send(self, data: bytes) -> None:
        self.sent.append((self.clock.time, data))

    def waiting(self) -> bytes:
        self.looks += 1
        data = b""
        while self.arrivals and self.arrivals[0][0] <= self.clock.time + 1e-9:
            data += self.arrivals.popleft()[1]
        return data

    async def receive(self, within_s: float) -> bytes:
        data = self.waiting()
        if data or within_s <= 0:
            return data
        end = self.clock.time + within_s
        if self.arrivals and self.arrivals[0][0] <= end:
            self.clock.time = self.arrivals[0][0]
            return self.waiting()
        self.clock.time = end
        return b""

    async def pause(self, seconds: float) -> None:
        self.clock.time += max(0.0, seconds)

    def wake(self) -> None:
        """Nobody waits."""
