"""What a platform gets: series through the whole pipeline of a new pole, with the row of the real quantity."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import NamedTuple

from agent.analysis.pipeline import Analysis, Pipeline
from bench.anomaly.data import Series, stamp
from contract.types import Quality, Reading
from contract.units import QUANTITIES, Unit

MONTH_S = 30 * 86400.0


class Reported(NamedTuple):
    """An event that begins: the number of its record, ``anomaly`` or the kind of the fault, and the value's ranges."""

    at: int
    kind: str
    outside: bool
    """Whether the value lies outside the range that the event gives; true where it gives none."""


class Pole:
    """A new pole with one sensor. ``step`` takes a record and returns what begins, and whether the value is doubted."""

    def __init__(self, quantity: str, analysis: Analysis | None = None) -> None:
        self._quantity = quantity
        self._unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else Unit.ONE
        self._pipeline = Pipeline(analysis or Analysis(), {})
        self._index = -1

    def step(self, time_s: float, value: float) -> tuple[list[Reported], bool]:
        self._index += 1
        at = stamp(time_s)
        events = list(self._pipeline.flush(at))
        reading = Reading(device="d", quantity=self._quantity, value=value, unit=self._unit, at=at)
        item, more = self._pipeline.judge(reading)
        out = []
        for event in (*events, *more):
            body = event.body
            if getattr(body, "phase", "") == "begin":
                low, high = getattr(body, "low", None), getattr(body, "high", None)
                inside = low is not None and high is not None and low <= getattr(body, "value", 0.0) <= high
                out.append(Reported(self._index, getattr(body, "type", "anomaly"), not inside))
        return out, isinstance(item, Reading) and item.quality is not Quality.GOOD

    def twin(self) -> Pole:
        return copy.deepcopy(self)


def reported(rows: Series, quantity: str, analysis: Analysis | None = None) -> list[Reported]:
    pole = Pole(quantity, analysis)
    return [event for row in rows for event in pole.step(*row)[0]]


def per_month(counts: Iterable[tuple[int, Series]]) -> float:
    """Events per sensor and 30 days."""
    table = list(counts)
    return sum(count for count, _ in table) / sum((rows[-1][0] - rows[0][0]) / MONTH_S for _, rows in table)
