"""The one door to time: wall time for stamps, monotonic time for durations, and whether the wall time is true."""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from contract.events import ClockChange
from contract.types import Stamp

BUILT = datetime(2026, 11, 1, tzinfo=UTC)
"""No true wall time lies before this; a clock that says so has not been set."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What every part may ask of time; tests bring their own."""

    def now(self) -> Stamp:
        """This moment, for stamps."""

    def monotonic(self) -> float:
        """Seconds that never jump, for durations and schedules."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time."""


class SystemClock:
    """The clocks of this machine.

    ``synced`` tells whether the wall clock has been set from outside; the answer is kept for a second, since every
    answer of every device asks for it.
    """

    def __init__(self, synced: Callable[[], bool] | None = None) -> None:
        self._ask_synced = synced or kernel_synced
        self._synced = False
        self._asked = float("-inf")

    def now(self) -> Stamp:
        boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        utc = datetime.fromtimestamp(time.time(), UTC)
        if not 0.0 <= boot_s - self._asked < 1.0:
            self._asked = boot_s
            self._synced = self._ask_synced()
        return Stamp(utc, boot_s, self._synced and utc >= BUILT)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def always_synced() -> bool:
    """For a box whose time is kept by means the kernel does not know of (``[clock] trust = "always"``)."""
    return True


def kernel_synced() -> bool:
    """Whether an NTP client (timesyncd, chrony, ntpd) has synchronised the kernel's clock: adjtimex(2)."""
    timex = ctypes.create_string_buffer(512)  # struct timex is 208 bytes on 64-bit Linux; modes = 0 only reads
    state = int(_LIBC.adjtimex(timex))
    return 0 <= state != _TIME_ERROR


def boot_id() -> str:
    """The kernel's id of this boot; stamps of the same boot share one ``boot_s`` scale."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


def corrected(stamp: Stamp, now: Stamp) -> Stamp:
    """``stamp`` of this boot as the wall clock of ``now``, which is synced, would have read it."""
    return Stamp(now.utc - timedelta(seconds=now.boot_s - stamp.boot_s), stamp.boot_s, synced=True)


STEP_S = 1.0
"""The wall clock moving by more than this against the boot clock between two looks is a step, not slewing."""


class ClockWatch:
    """Notices that the wall clock was set, lost, or stepped. Pure: fed with stamps, about one a second."""

    def __init__(self, first: Stamp) -> None:
        self._last = first
        self.steps = 0

    def look(self, now: Stamp) -> ClockChange | None:
        """What changed since the look before, or None. Losing and gaining sync is reported even without a step."""
        last, self._last = self._last, now
        step_s = (now.utc - last.utc).total_seconds() - (now.boot_s - last.boot_s)
        stepped = abs(step_s) > STEP_S
        self.steps += stepped
        if now.synced != last.synced:
            return ClockChange(type="synced" if now.synced else "unsynced", step_s=round(step_s, 3))
        return ClockChange(type="step", step_s=round(step_s, 3)) if stepped else None
