"""Time for a process that does one thing after the other and has no event loop."""

from __future__ import annotations

import time
from typing import Protocol

from agent.system.clock import SystemClock, always_synced, kernel_synced
from contract.types import Stamp


class Moments(Protocol):
    """What the steps of an update may ask of time; tests bring their own."""

    def now(self) -> Stamp:
        """This moment, and whether the wall clock is true."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""


class SystemMoments:
    """The clocks of this machine."""

    def __init__(self, *, always: bool = False) -> None:
        """``always``: the box keeps time by means that the kernel does not know of."""
        self._clock = SystemClock(always_synced if always else kernel_synced)

    def now(self) -> Stamp:
        return self._clock.now()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: TID251 - a process without a loop; tests bring another clock
