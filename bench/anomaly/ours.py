"""The product's own stages behind the benchmarks' protocol."""

from __future__ import annotations

import math

from agent.analysis.anomaly import BAND
from agent.analysis.engine import Engine
from agent.analysis.plausible import Plausible
from agent.analysis.sensorcheck import Check, severity
from agent.analysis.trigger import Rest

NAB_REST = {"decay": 0.995, "margin": 1.15, "fatigue": 0.15, "forget": 0.0005}
"""On NAB each row above the threshold counts, so an alarm has to be followed by a rest: about 200 rows."""
RIVER_REST = {"decay": 0.97, "margin": 1.1}


class Anomalous:
    """The anomaly engine, and the rest after each alarm."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._rest = Rest(**NAB_REST)

    def step(self, time_s: float, value: float) -> float:
        return self._rest.pass_(self._engine.step(time_s, value, BAND).score)


class Faulty:
    """The sensor checks as one score: 1 is a finding."""

    def __init__(self, low: float = -math.inf, high: float = math.inf) -> None:
        self.check = Check(Plausible(low, high, zero_is_usual=low <= 0.0 <= high), step_s=0.0)

    def scores(self, time_s: float, value: float) -> dict[str, float]:
        return dict(self.check.take(time_s, time_s, value))

    def step(self, time_s: float, value: float) -> float:
        return severity(self.check.take(time_s, time_s, value))


class FaultyRested(Faulty):
    """With a rest after each finding, as an episode of the stage is one alarm."""

    def __init__(self) -> None:
        super().__init__()
        self._rest = Rest(**RIVER_REST)

    def step(self, time_s: float, value: float) -> float:
        return self._rest.pass_(super().step(time_s, value))
