"""Several quantities on one grid of steps, and the windows over it that a model looks at."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from contract.model import ModelSeries
from contract.types import Quality, Reading, Stamp

HOLD = 3
"""A quantity that is missing is taken as it was for so many steps; then the step has a hole."""


class GridStep(NamedTuple):
    """The means of one step in the order of the quantities; not a number where one is missing."""

    at: Stamp
    time_s: float
    values: tuple[float, ...]


class Grid:
    """Readings in, steps out as soon as a reading of a later one comes. Bad readings and labels are left out.

    A quantity is named alone (of whatever device), or as ``device.quantity``.
    """

    def __init__(self, quantities: tuple[str, ...], step_s: float) -> None:
        self._places = {name: index for index, name in enumerate(quantities)}
        self._step_s = step_s
        self._sums = [0.0] * len(quantities)
        self._counts = [0] * len(quantities)
        self._held = [(math.nan, 0)] * len(quantities)
        self._step: int | None = None
        self._at: Stamp | None = None

    def take(self, reading: Reading) -> Iterable[GridStep]:
        place = self._places.get(reading.quantity)
        if place is None:
            place = self._places.get(f"{reading.device}.{reading.quantity}")
        if place is None or isinstance(reading.value, str) or reading.quality is Quality.BAD:
            return ()
        step = math.floor(reading.at.utc.timestamp() / self._step_s)
        out: tuple[GridStep, ...] = ()
        if self._step is not None and step != self._step:
            out = (self._end(),)
            if not 0 < step - self._step <= HOLD:  # a gap, or a clock that was set back
                self._held = [(math.nan, 0)] * len(self._places)
        self._step, self._at = step, reading.at
        self._sums[place] += reading.value
        self._counts[place] += 1
        return out

    def _end(self) -> GridStep:
        assert self._step is not None
        assert self._at is not None
        values = []
        for place, count in enumerate(self._counts):
            held, age = self._held[place]
            value = self._sums[place] / count if count else held if age < HOLD else math.nan
            self._held[place] = (value, 0 if count else age + 1)
            values.append(value)
        self._sums = [0.0] * len(values)
        self._counts = [0] * len(values)
        return GridStep(self._at, self._step * self._step_s, tuple(values))


class Windows:
    """Readings in, network inputs out: standardised, clipped, flat, the hour of the last step at the end."""

    def __init__(self, model: ModelSeries) -> None:
        self._model = model
        self._grid = Grid(model.quantities, model.step_s)
        self._steps: deque[GridStep] = deque(maxlen=model.window)

    def take(self, reading: Reading) -> Iterable[tuple[GridStep, tuple[float, ...]]]:
        """Each step that has a whole window behind it, with that window."""
        for step in self._grid.take(reading):
            self._steps.append(step)
            if len(self._steps) == self._model.window:
                flat = self._flat(step)
                if all(map(math.isfinite, flat)):
                    yield step, flat

    def _flat(self, step: GridStep) -> tuple[float, ...]:
        flat = []
        for row in self._steps:
            for value, mean, std in zip(row.values, self._model.mean, self._model.std, strict=True):
                flat.append(min(max((value - mean) / std, -6.0), 6.0) if value == value else value)  # noqa: PLR0124 - nan
        angle = step.time_s % 86400.0 / 86400.0 * math.tau
        return (*flat, math.sin(angle), math.cos(angle))
