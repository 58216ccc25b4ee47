"""One quantity as the anomaly stage follows it: the step in progress, its engine, its episode."""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

from agent.analysis.bound import BURST, DayBound
from agent.analysis.counter import Growth
from agent.analysis.engine import BASELINE, CHANNELS, Engine, EngineStep
from agent.analysis.relation import Foretold
from agent.analysis.trigger import Rest, Trigger
from agent.config.settings import AnomalySettings
from contract.events import AnomalyChannel
from contract.types import Stamp
from contract.units import Unit, row

MARGIN, FADE = 1.2, 0.995
"""A new alarm beats the last one by a fifth, which fades within some 180 steps."""
_CENTRE = 0.002  # pace at which the mean direction is learned


class Latest(NamedTuple):
    """A step that ended: when, its value, what the engine made of it, the range expected, and by what."""

    at: Stamp
    value: float
    step: EngineStep
    low: float
    high: float
    against: AnomalyChannel
    partners: tuple[str, ...] = ()
    """``device.quantity`` of those that foretold it."""


class QuantityTrack:
    """One quantity of one device: the step in progress, its engine, its episode."""

    __slots__ = (
        "begun_s",
        "bound",
        "centre",
        "circle",
        "count",
        "device",
        "doubted",
        "doubtful",
        "engine",
        "excused_s",
        "first",
        "growth",
        "interval_s",
        "key",
        "last_s",
        "latest",
        "limits",
        "mean",
        "misfit",
        "quantity",
        "rest",
        "single",
        "spoilt",
        "trigger",
        "turn",
        "unit",
        "worst",
    )

    def __init__(self, device: str, quantity: str, unit: Unit, settings: AnomalySettings) -> None:
        self.device, self.quantity, self.unit = device, quantity, unit
        self.key = f"{device}.{quantity}"
        known = row(quantity, unit)
        self.circle = known.circle
        self.centre = 0j  # the mean vector of a direction, which its deviations are measured from
        self.growth = Growth() if known.counter else None
        self.limits = (-math.inf, math.inf) if self.circle or self.growth else (known.low, known.high)
        self.engine = Engine()
        self.trigger = Trigger()
        self.rest = Rest(FADE, MARGIN)
        self.bound = DayBound(settings.max_per_day, BURST * settings.false_alarms_per_month)
        self.begun_s = math.nan
        self.last_s = math.nan
        self.interval_s = 0.0
        self.single = False  # the last step held one reading
        self.spoilt = False  # a counter was reset: what grew in this step is not known
        self.first = 0.0
        self.excused_s = -math.inf
        self.count = 0
        self.doubted = 0
        self.mean = 0.0
        self.latest: Latest | None = None
        self.worst: Latest | None = None
        """The step of the episode that parted most."""
        self.doubtful = False  # the last step teaches only
        self.turn = 0.0  # the mean direction that it was measured from
        self.misfit = Rest(FADE, MARGIN)

    def gap(self, passed: float, step_s: float) -> None:
        """``passed`` is not a number before the first reading, and negative where a stamp was wrong: time goes on from
        there.
        """
        if passed < 0.0:
            self.count = 0
        elif passed > 0.0:
            self.engine.gap(passed / max(step_s, self.interval_s))

    def take(self, value: float, at_s: float, doubted: bool) -> None:  # noqa: FBT001 - a keyword costs a reading more
        growth, count = self.growth, self.count
        if growth is not None:
            value = growth.take(value)
        if not count:
            self.begun_s, self.first = at_s, value
            self.mean, self.doubted = 0.0, 0
            self.spoilt = False
        if growth is not None and growth.fell:
            self.spoilt = True
        if self.circle:
            value = self.first + math.remainder(value - self.first, self.circle)
        self.count = count = count + 1
        self.mean += (value - self.mean) / count
        if doubted:
            self.doubted += 1

    def judge(self, time_s: float, at: Stamp) -> Latest:
        """What the engine makes of the step that ends."""
        value = self.mean * self.count if self.growth is not None else self.mean
        turn = 0.0
        if self.circle:
            turn = math.degrees(cmath.phase(self.centre)) * self.circle / 360.0 if self.centre else value
            vector = cmath.rect(1.0, value * math.tau / self.circle)
            self.centre += _CENTRE * (vector - self.centre) if self.centre else vector
            value = math.remainder(value - turn, self.circle)
        step = self.engine.step(time_s, value)
        self.turn = turn
        channel = step.channel if step.score > 0.0 else BASELINE
        seen, low, high = self._physical(*self.engine.expected(channel, value))
        return Latest(at, seen, step, low, high, CHANNELS[channel].name)

    def misfits(self, latest: Latest, found: Foretold) -> Latest:
        """The step next to what the other quantities foretell of it."""
        value, low, high = self._physical(latest.step.value, found.low, found.high)
        return latest._replace(value=value, low=low, high=high, against="relation", partners=found.partners)

    def _physical(self, value: float, low: float, high: float) -> tuple[float, float, float]:
        """A direction on its circle; a range without what the quantity cannot be."""
        if self.circle:
            value, low, high = ((self.turn + one) % self.circle for one in (value, low, high))
            return value, low, high
        return value, max(low, self.limits[0]), min(high, self.limits[1])
