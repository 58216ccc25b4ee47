"""Another unit from one reading to the next: cm for m, °F for °C, a decimal point that moved.

After a jump that a conversion of units explains, the readings must go on, converted back, where those before it ended.
Then the sensor, or its device's settings, speaks another unit, and does until the jump comes back.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from agent.analysis import sentences as say
from contract.units import Quantity, Unit


class Conversion(NamedTuple):
    """``value * slope + shift`` is what was shown before the change, in the other unit."""

    slope: float
    shift: float = 0.0


DECADES = tuple(Conversion(slope) for slope in (10.0, 0.1, 100.0, 0.01, 1000.0, 0.001))
OTHERS = {
    Unit.CELSIUS: (Conversion(1.8, 32.0), Conversion(1 / 1.8, -32 / 1.8), Conversion(1.0, 273.15)),
    Unit.HECTOPASCAL: (Conversion(0.75006), Conversion(0.02953), Conversion(1 / 0.75006)),
}
CLEAR, CLEAR_LARGER, CLEAR_ECHO = 3.0, 5.0, 20.0
"""The jump is so many times what 98 of 100 changes are; more where the new unit makes values and noise larger, for a
value that may be; most for water, which floods, and for what is no quantity of the table and may grow as well."""
NEAR, PART = 2.0, 0.01  # usual changes, and part of the value, that it may miss the conversion by
FOLLOWS = 3.0  # usual changes from reading to reading, converted back
CONFIRM, MOVES = 6, 2  # readings that must follow, and changes among them: a sensor that fell to a value repeats it
BACK = 2  # readings in the old unit end it: one may be a glitch


class ScaleState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of one that is open; ``known`` are the usual change and the resolution before it."""

    by: Conversion
    before: float
    known: tuple[float, float]
    readings: int
    moves: int
    lasted_s: float = 0.0
    """Read by releases that let it last a week."""


class UnitChange:
    """``jumped`` may begin one, ``follow`` takes each reading of it. It lasts until the values return."""

    __slots__ = ("_back", "_before", "_by", "_known", "_moves", "open", "readings")

    def __init__(self) -> None:
        self._by: Conversion | None = None
        self.open = False
        self._before = 0.0  # the last value, converted back
        self._known: tuple[float, float] = (0.0, 0.0)  # usual change and resolution before it
        self.readings = self._moves = self._back = 0

    def state(self) -> ScaleState | None:
        by = self._by
        if by is None:
            return None
        return ScaleState(by, self._before, self._known, self.readings, self._moves)

    def restore(self, state: ScaleState | None) -> None:
        """Go on where it was saved."""
        if state is not None:
            self._by, self._before, self._known, self.open = state.by, state.before, state.known, True
            self.readings, self._moves = state.readings, state.moves

    @property
    def by(self) -> Conversion:
        """What explains it; only while it is open."""
        assert self._by is not None
        return self._by

    @property
    def words(self) -> str:
        """What the values are now, next to what they were."""
        by = self.by
        if by.shift:
            return say.AS_FROM_CONVERSION(slope=f"{by.slope:.4g}", shift=f"{by.shift:+.4g}")
        return say.TIMES_WHAT_THEY_WERE(times=f"{by.slope:.4g}")

    @property
    def confirmed(self) -> bool:
        return self.open and self.readings >= CONFIRM and self._moves >= MOVES

    def jumped(self, row: Quantity, last: float, value: float, usual: float, resolution: float) -> None:
        """Look for the conversion that explains the way from ``last`` to ``value`` best. ``usual`` is a change that 98
        of 100 do not exceed.
        """
        if row.sudden or row.circle or row.counter or usual <= 0.0:
            return
        grows = row.echo or row.low == -math.inf
        clear = CLEAR_ECHO if grows else CLEAR_LARGER if row.low <= value <= row.high else CLEAR
        best, miss = None, 1.0
        for one in (*DECADES, *OTHERS.get(row.unit, ())):
            there = last * one.slope + one.shift
            if abs(there - last) < (clear * one.slope if one.slope > 1.0 else max(CLEAR, clear * one.slope)) * usual:
                continue
            room = one.slope * NEAR * usual + PART * abs(there) + resolution
            if abs(value - there) < miss * room:
                best, miss = one, abs(value - there) / room
        if best is None:
            return
        self._by, self._before, self.open = best, (value - best.shift) / best.slope, True
        self.readings = self._moves = self._back = 0
        self._known = usual, resolution

    def follow(self, value: float, row: Quantity) -> bool:
        """Whether it goes on with this reading."""
        by = self.by
        usual, resolution = self._known
        back = (value - by.shift) / by.slope
        room = FOLLOWS * usual + resolution * max(1.0, 1.0 / by.slope)
        away = abs(back - self._before)
        goes_on = away <= abs(value - self._before) if self.confirmed else away <= room
        goes_on = goes_on and row.low <= back <= row.high
        self._back = 0 if goes_on else self._back + 1
        if self._back >= (BACK if self.confirmed else 1):
            self._by, self.open = None, False
            return False
        if not goes_on:
            return True
        self._moves += back != self._before
        self._before = back
        self.readings += 1
        return True
