"""Windows: the statistics of one quantity, and the stretch of time that one device's quantities share.

Windows are aligned to the UTC day, so that those of 15,000 poles can be laid next to each other; a length that does not
divide the day leaves a shorter last window. What is inside one is measured by ``boot_s``, which no clock can set: a
window never spans a step of the wall clock, it ends there and another begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from agent.analysis.counter import Growth
from contract.circle import Directions
from contract.events import Summary, Window
from contract.types import Event, Stamp, Value
from contract.units import Unit, row

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
        self.count = 0
        self.last: Value | None = None
        self.clear()

    @property
    def latest(self) -> float | None:
        """The last value; None where it is missing, or lies in a window before the last."""
        return None if self.last is None or isinstance(self.last, str) else self.last

    def clear(self) -> None:
        if self.count == 0:
            self.last = None
        self.count = 0
        self.missing = 0
        self.labels = False
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

    def share(self, expected: float | None) -> float:
        """The part that is missing. ``expected`` is how many readings the period promises; one short of it is jitter at
        the window's edge.
        """
        due = self.count + self.missing
        missing = float(self.missing)
        if expected is not None and expected - due > 1.0:
            missing += expected - due
        return round(missing / (self.count + missing), 3) if missing else 0.0

    def result(self, quantity: str, unit: Unit, expected: float | None) -> Window:
        """What came so far. ``std`` has three significant digits and ``mean`` is rounded to a thousandth of it."""
        share = self.share(expected)
        if not self.count or self.labels:
            last = self.last if self.count else None
            return Window(quantity=quantity, unit=unit, count=self.count, last=last, faults=share)
        std = _three(math.sqrt(max(0.0, self._squares) / self.count))
        mean = _as_sharp(self._mean, std)
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


class CircularStatistics(Statistics):
    """The same of a direction: the mean of its vectors, weighted by the value that ``speed`` had last, if any.

    A mean that rounds to the whole circle is 0.
    """

    __slots__ = ("_circle", "_directions", "speed")

    def __init__(self, circle: float) -> None:
        self._circle = circle
        self._directions = Directions(circle)
        self.speed: Statistics | None = None
        super().__init__()

    def clear(self) -> None:
        super().clear()
        self._directions.clear()

    def add(self, value: Value) -> None:
        if isinstance(value, str) or not -HUGE < value < HUGE:
            super().add(value)
            return
        weight = None if self.speed is None else self.speed.latest
        self._directions.add(value, weight)
        self.count += 1
        self.last = value

    def result(self, quantity: str, unit: Unit, expected: float | None) -> Window:
        share = self.share(expected)
        if not self.count or self.labels:
            last = self.last if self.count else None
            return Window(quantity=quantity, unit=unit, count=self.count, last=last, faults=share)
        mean, deviation, weight = self._directions.result()
        std = _three(deviation)
        assert self.last is not None
        return Window(
            quantity=quantity,
            unit=unit,
            count=self.count,
            mean=None if mean is None else _as_sharp(mean, std) % self._circle,
            std=std,
            last=short(self.last),
            weight=None if weight is None else _number(weight),
            faults=share,
        )


class CounterStatistics(Statistics):
    """The same of a counter, with its growth; that goes on from window to window."""

    __slots__ = ("_began", "_growth")

    def __init__(self) -> None:
        self._growth = Growth()
        self._began = 0.0
        super().__init__()

    def clear(self) -> None:
        super().clear()
        self._began = self._growth.total

    def add(self, value: Value) -> None:
        super().add(value)
        if not isinstance(value, str) and -HUGE < value < HUGE:
            self._growth.take(value)

    def result(self, quantity: str, unit: Unit, expected: float | None) -> Window:
        window = super().result(quantity, unit, expected)
        return window if window.mean is None else replace(window, increase=_number(self._growth.total - self._began))


def statistics_of(quantity: str, unit: Unit) -> Statistics:
    """Those that suit the quantity."""
    known = row(quantity, unit)
    if known.circle:
        return CircularStatistics(known.circle)
    return CounterStatistics() if known.counter else Statistics()


def _number(value: float) -> float:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _three(value: float) -> float:
    return float(f"{value:.3g}")


def _as_sharp(mean: float, std: float) -> float:
    """``mean`` to a thousandth of the deviation."""
    return round(mean, 3 - math.floor(math.log10(std))) if std > 0.0 else float(f"{mean:.12g}")


def window_of(time_s: float, length_s: float) -> tuple[float, float]:
    """Begin and end of the aligned window around ``time_s`` (seconds since 1970, UTC)."""
    day = time_s // DAY_S * DAY_S
    index = (time_s - day) // length_s
    begin, end = day + index * length_s, day + (index + 1.0) * length_s
    if end <= time_s:  # a length that has no exact binary form
        begin, end = end, end + length_s
    return begin, min(end, day + DAY_S)


class WindowFrame:
    """The open window of one device, and the statistics in it. ``offset`` is wall time less boot time, followed as it
    is slewed, so that a step stands out.
    """

    __slots__ = (
        "_begin",
        "_begin_boot",
        "_synced",
        "at",
        "device",
        "end",
        "length_s",
        "offset",
        "period_s",
        "quantities",
    )

    def __init__(self, device: str, length_s: float, period_s: float | None, at: Stamp, time_s: float) -> None:
        self.device = device
        self.at: Stamp | None = None  # of the newest reading
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
