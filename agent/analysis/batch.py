"""Readings that travel together, and the dead band that decides which of them do."""

from __future__ import annotations

import math

from agent.analysis.window import short
from contract.events import Series
from contract.types import GOOD, Quality, Reading, Stamp, Value
from contract.units import Unit

MAX_READINGS = 5000
"""A batch is closed early at this size, so that no event grows past some 100 KB."""


class ReadingBatch:
    """Readings of one device in the order they came, as series on one time base: the stamp of the first."""

    __slots__ = ("_series", "at", "count", "offset")

    def __init__(self) -> None:
        self._series: dict[tuple[str, Unit], tuple[list[int], list[Value], dict[int, Quality]]] = {}
        self.at: Stamp | None = None
        self.offset = 0.0
        self.count = 0

    def add(self, reading: Reading, offset: float) -> None:
        """Keep ``reading``; ``offset`` is wall time less boot time at its stamp."""
        if self.at is None:
            self.at = reading.at
            self.offset = offset
        key = (reading.quantity, reading.unit)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = ([], [], {})
        if reading.quality is not GOOD:
            series[2][len(series[0])] = reading.quality
        series[0].append(round((reading.at.boot_s - self.at.boot_s) * 1000.0))
        series[1].append(short(reading.value))
        self.count += 1

    def take(self) -> tuple[Series, ...]:
        """All series; the batch is empty afterwards."""
        out = tuple(
            Series(quantity=quantity, unit=unit, offsets_ms=tuple(offsets), values=tuple(values), qualities=qualities)
            for (quantity, unit), (offsets, values, qualities) in self._series.items()
        )
        self._series.clear()
        self.at = None
        self.count = 0
        return out


class DeadBand:
    """Report by exception: the value reported last, and whether another differs enough to be reported.

    On a ``circle`` the difference is the shorter way round, and a percentage is one of half the circle.
    """

    __slots__ = ("_circle", "_quality", "_said_s", "_value")

    def __init__(self, circle: float = 0.0) -> None:
        self._circle = circle
        self._value: Value | None = None
        self._quality = GOOD
        self._said_s = 0.0

    def leaves(self, reading: Reading, dead_band: float, percent: float, max_silence_s: float) -> bool:
        """Whether ``reading`` is to be reported; if so it is what the next one is compared with.

        It is when it differs from the last one by more than the larger of both bands, is of another quality or type,
        is the first, or when nothing was reported for ``max_silence_s``.
        """
        last, value = self._value, reading.value
        same = last is not None and reading.quality is self._quality
        if same and not isinstance(value, str) and last is not None and not isinstance(last, str):
            if self._circle:
                away, whole = abs(math.remainder(value - last, self._circle)), self._circle / 2.0
            else:
                away, whole = abs(value - last), abs(last)
            same = away <= max(dead_band, whole * percent / 100.0)
        elif same:
            same = value == last
        if same and 0.0 <= reading.at.boot_s - self._said_s < max_silence_s:
            return False
        self._value, self._quality, self._said_s = value, reading.quality, reading.at.boot_s
        return True
