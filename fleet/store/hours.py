"""Roll-ups of summaries by the hour, and the newest value of each quantity; pure, and the hot path of the ingest."""

from __future__ import annotations

import math

import msgspec

from contract.types import Value
from contract.units import QUANTITIES

_CIRCLES = {name: size for name, row in QUANTITIES.items() if (size := row.circle)}
"""Quantity that is a direction -> its full circle."""


class WindowRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the platform reads of a window. Units are not looked up: a newer pole may know more of them."""

    quantity: str
    unit: str
    count: int
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    last: Value | None = None
    increase: float | None = None


class SummaryRead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the platform reads of a summary."""

    duration_s: float
    windows: tuple[WindowRead, ...]


class Hour(msgspec.Struct, gc=False):
    """One quantity of one source over a part of an hour. Of directions ``x`` and ``y`` sum up the unit vectors.

    ``at``, ``last`` and ``unit`` are of the newest window that has a last value.
    """

    circle: float = 0.0
    count: int = 0
    sum: float = 0.0
    min: float = math.inf
    max: float = -math.inf
    increase: float | None = None
    x: float | None = None
    y: float | None = None
    at: float = -math.inf
    last: Value | None = None
    unit: str = ""

    def row(self) -> tuple[object, ...]:
        """Columns of the table ``hour`` after the hour."""
        low = None if self.min == math.inf else self.min
        high = None if self.max == -math.inf else self.max
        return self.count, self.sum, low, high, self.increase, self.x, self.y


def add(hours: dict[str, Hour], begin: float, summary: SummaryRead) -> None:
    """Adds the windows of a summary to the hour that they begin in: some 20 values a minute and pole."""
    end = begin + summary.duration_s
    for window in summary.windows:
        hour = hours.get(window.quantity)
        if hour is None:
            hour = hours.setdefault(plain(window.quantity), Hour(circle=_CIRCLES.get(window.quantity, 0.0)))
        last = window.last
        if last is not None and end >= hour.at:
            hour.at, hour.last, hour.unit = end, last, window.unit
        mean, count = window.mean, window.count
        if not count or mean is None:
            continue
        hour.count += count
        if hour.circle:
            angle = 2 * math.pi * mean / hour.circle
            hour.x = (hour.x or 0.0) + count * math.cos(angle)
            hour.y = (hour.y or 0.0) + count * math.sin(angle)
            continue
        hour.sum += mean * count
        low, high = window.min, window.max
        if low is not None and low < hour.min:
            hour.min = low
        if high is not None and high > hour.max:
            hour.max = high
        if window.increase is not None:
            hour.increase = (hour.increase or 0.0) + window.increase


def plain(name: str) -> str:
    """Without the character 0, which PostgreSQL does not take: names that differ in it alone are one series."""
    return name.replace("\0", "\ufffd")
