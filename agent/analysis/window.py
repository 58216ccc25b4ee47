"""Windows: the statistics of one quantity, and the stretch of time that one device's quantities share.

Windows are aligned to the UTC day, so that those of 15,000 poles can be laid beside each other; a length that does not
divide the day leaves a shorter last window. What is inside one is measured by ``boot_s``, which no clock can set: a
window never spans a step of the wall clock, it ends there and another begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from contract.events import Summary, Window
from contract.types import Event, Stamp, Value
from contract.units import Unit

STEP_S = 0.3
"""Wall and boot time that part by more than this between two stamps: the clock was stepped. The two are read one after
the other, so a busy box may part them by less; NTP clients slew corrections below 0.4 s (timesyncd) or 1 s (chrony)."""

DAY_S = 86400.0
HUGE = 1e150
"""Larger values are no measurements, and their squares would overflow."""


def short(value: Value) -> Value:
    """``value`` to 12 significant digits: every digit a sensor has, none of the binary noise (21.3, not
    21.299999999999997).
    """
    return float(f"{value:.12g}") if isinstance(value, float) else value


class Statistics:
    """Count, mean, deviation (Welford's recurrence: stable at any offset), extremes, last value, and what is missing.

    A label only counts and is last. A value beyond ``HUGE``, or no number at all, counts as missing.
    """

    __slots__ = ("_high", "_low", "_mean", "_squares", "count", "labels", "last", "missing")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.count = 0
        self.missing = 0
        self.labels = False
        self.last: Value | None = None
        self._mean = 0.0
        self._squares = 0.0
        self._low = math.inf
        self._high = -math.inf

    def add(self, value: Value) -> None:
        if isinstance(value, str):
            self.labels = True
        elif -HUGE < value < HUGE:
            delta = value - self._mean
            self._mean += delta / (self.count + 1)
            self._squares += delta * (value - self._mean)
            if value < self._low:  # noqa: PLR1730 - a call of min() costs more than all the rest of this method
                self._low = value
            if value > self._high:  # noqa: PLR1730 - as above
                self._high = value
        else:
            self.missing += 1
            return
        self.count += 1
        self.last = value

    def result(self, quantity: str, unit: Unit, expected: float | None) -> Window:
        """What came so far. ``std`` has three significant digits and ``mean`` is rounded to a thousandth of it.

        ``expected`` is how many readings the period promises; one short of it is jitter at the window's edge.
        """
        due = self.count + self.missing
        missing = float(self.missing)
        if expected is not None and expected - due > 1.0:
            missing += expected - due
        share = round(missing / (self.count + missing), 3) if missing else 0.0
        if not self.count or self.labels:
            return Window(quantity=quantity, unit=unit, count=self.count, last=self.last, faults=share)
        std = float(f"{math.sqrt(max(0.0, self._squares) / self.count):.3g}")
        mean = round(self._mean, 3 - math.floor(math.log10(std))) if std > 0.0 else float(f"{self._mean:.12g}")
        low, high = _number(self._low), _number(self._high)
        assert self.last is not None
        return Window(
            quantity=quantity,
            unit=unit,
            count=self.count,
            mean=min(max(mean, low), high),
            min=low,
            max=high,
            std=std,
            last=short(self.last),
            faults=share,
        )


def _number(value: float) -> float:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def window_of(time_s: float, length_s: float) -> tuple[float, float]:
    """Begin and end of the aligned window around ``time_s`` (seconds since 1970, UTC)."""
    day = time_s // DAY_S * DAY_S
    index = (time_s - day) // length_s
    begin, end = day + index * length_s, day + (index + 1.0) * length_s
    if end <= time_s:  # a length that has no exact binary form
        begin, end = end, end + length_s
    return begin, min(end, day + DAY_S)


class Frame:
    """The open window of one device, and the statistics in it. ``offset`` is wall time less boot time, followed as it
    is slewed, so that a step stands out.
    """

    __slots__ = ("_begin", "_begin_boot", "_synced", "device", "end", "length_s", "offset", "period_s", "quantities")

    def __init__(self, device: str, length_s: float, period_s: float | None, at: Stamp, time_s: float) -> None:
        self.device = device
        self.length_s = length_s
        self.period_s = period_s
        self.quantities: dict[tuple[str, Unit], Statistics] = {}
        self._start(time_s, at)

    def _start(self, begin: float, at: Stamp) -> None:
        time_s = at.utc.timestamp()
        self.offset = time_s - at.boot_s
        self.end = window_of(max(begin, time_s), self.length_s)[1]
        self._begin = begin
        self._begin_boot = begin - self.offset
        self._synced = at.synced

    def stepped(self, offset: float) -> bool:
        return not -STEP_S <= offset - self.offset <= STEP_S

    def turn(self, at: Stamp, time_s: float) -> list[Event]:
        """End the window at a moment past it, or past a step of the clock; begin the one that ``at`` lies in."""
        if self.stepped(time_s - at.boot_s):
            events = self.close(at.boot_s)
            self._start(time_s, at)
        else:
            events = self.close(self.end - self.offset)
            self._start(max(self.end, window_of(time_s, self.length_s)[0]), at)
        return events

    def close(self, boot_s: float, only: Sequence[tuple[str, Unit]] | None = None) -> list[Event]:
        """What is in the window, which lasted until ``boot_s``, or is only cut there for ``only`` some quantities."""
        duration = round(min(max(0.0, boot_s - self._begin_boot), self.end - self._begin), 3)
        expected = duration / self.period_s if self.period_s else None
        windows = []
        for (quantity, unit), statistics in self.quantities.items():
            if (statistics.count or statistics.missing) and (only is None or (quantity, unit) in only):
                windows.append(statistics.result(quantity, unit, expected))
                statistics.clear()
        if not windows:
            return []
        at = Stamp(datetime.fromtimestamp(self._begin, UTC), self._begin_boot, self._synced)
        return [Event.of(self.device, at, Summary(duration_s=duration, windows=tuple(windows)))]
