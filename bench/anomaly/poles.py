"""Drawn poles whose quantities have to do with each other, and faults that only their company shows.

Each pair is drawn at five-minute steps from a seed: rates, noise and sizes differ from pole to pole. From the fault on
one quantity still says what it might say at any hour of its past, but no longer what the other foretells.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

STEP_S, DAY = 300.0, 288
Rows = Iterator[tuple[float, dict[str, float]]]
"""Seconds since 1970, and the values by quantity."""


class Pair(NamedTuple):
    """``draw(rng, fault)`` yields rows for ever; ``fault`` is the step that the fault begins at."""

    name: str
    quantities: tuple[str, str]
    draw: Callable[[random.Random, int], Iterator[tuple[float, float]]]


def _day(index: int, phase: float = 0.0) -> float:
    return math.sin(index / DAY * math.tau + phase)


def _slow(rng: random.Random, steps: float) -> Iterator[float]:
    """A red noise of standard deviation 1 that forgets in so many steps."""
    keep = math.exp(-1.0 / steps)
    new = math.sqrt(1.0 - keep * keep)
    value = rng.gauss(0.0, 1.0)
    while True:
        yield value
        value = keep * value + new * rng.gauss(0.0, 1.0)


def wind_noise(rng: random.Random, fault: int) -> Iterator[tuple[float, float]]:
    """The wind makes noise; from the fault on the microphone's shield is wet and it does no more."""
    weather, usual, loud = _slow(rng, rng.uniform(40, 120)), rng.uniform(2.5, 5.0), rng.uniform(38.0, 44.0)
    traffic, swing = rng.uniform(44.0, 52.0), rng.uniform(1.0, 4.0)
    index = 0
    while True:
        wind = max(0.0, usual * math.exp(0.6 * next(weather)) + rng.gauss(0.0, 0.3))
        of_wind = loud + 24.0 * math.log10(max(wind, 0.5))
        if index >= fault:
            of_wind = 30.0
        of_cars = traffic + swing * _day(index) + rng.gauss(0.0, 0.8)
        yield round(wind, 1), round(10.0 * math.log10(10 ** (of_wind / 10) + 10 ** (of_cars / 10)), 1)
        index += 1


def pump_level(rng: random.Random, fault: int) -> Iterator[tuple[float, float]]:
    """A pump empties a sump; from the fault on it runs and the level falls at a third of the pace."""
    inflow, rate = rng.uniform(0.008, 0.02), rng.uniform(0.05, 0.09)
    low, high, amps = rng.uniform(0.3, 0.5), rng.uniform(1.0, 1.5), rng.uniform(3.0, 8.0)
    rain = _slow(rng, 100.0)
    level, runs, index = (low + high) / 2, False, 0
    while True:
        runs = level > high or (runs and level > low)
        level += inflow * math.exp(0.4 * next(rain)) - (rate * (0.33 if index >= fault else 1.0) if runs else 0.0)
        yield round(amps + rng.gauss(0.0, 0.05) if runs else 0.0, 2), round(level + rng.gauss(0.0, 0.003), 3)
        index += 1


def dust(rng: random.Random, fault: int) -> Iterator[tuple[float, float]]:
    """Fine dust is a part of all dust; from the fault on the inlet of the second sensor is half closed."""
    air, coarse, usual = _slow(rng, rng.uniform(60, 200)), _slow(rng, 60.0), rng.uniform(10.0, 40.0)
    index = 0
    while True:
        fine = usual * math.exp(0.6 * next(air)) * math.exp(rng.gauss(0.0, 0.05))
        all_of_it = (fine * 1.5 + 0.3 * usual * math.exp(0.4 * next(coarse))) * math.exp(rng.gauss(0.0, 0.05))
        yield round(fine, 1), round(all_of_it * (0.5 if index >= fault else 1.0), 1)
        index += 1


def current_power(rng: random.Random, fault: int) -> Iterator[tuple[float, float]]:
    """Power follows current; from the fault on one of the clamps is open and a third of the power is missing."""
    load, usual, swing = _slow(rng, rng.uniform(20, 80)), rng.uniform(3.0, 12.0), rng.uniform(0.2, 0.5)
    index = 0
    while True:
        amps = usual * (1.0 + swing * _day(index)) * math.exp(0.35 * next(load))
        watts = amps * rng.gauss(230.0, 1.5) * rng.gauss(0.95, 0.01)
        yield round(amps, 2), round(watts * (0.67 if index >= fault else 1.0), 1)
        index += 1


def valve_flow(rng: random.Random, fault: int) -> Iterator[tuple[float, float]]:
    """Pressure and flow move together; from the fault on a valve is half closed: flow falls, pressure rises."""
    demand, speed, pull = _slow(rng, rng.uniform(30, 100)), rng.uniform(20.0, 120.0), rng.uniform(0.2, 0.4)
    index = 0
    while True:
        moved = 1.0 + pull * next(demand)
        closed = index >= fault
        flow = speed * moved * (0.8 if closed else 1.0)
        pressure = 2.0 + 0.8 * moved * (1.25 if closed else 1.0) + rng.gauss(0.0, 0.02)
        yield round(flow + rng.gauss(0.0, 0.01 * speed), 2), round(pressure, 3)
        index += 1


PAIRS = (
    Pair("wind and noise", ("wind_speed", "noise"), wind_noise),
    Pair("pump and level", ("current", "water_level"), pump_level),
    Pair("fine dust and dust", ("pm2_5", "pm10"), dust),
    Pair("current and power", ("current_a", "active_power"), current_power),
    Pair("flow and pressure", ("flow", "line_pressure"), valve_flow),
)


def pole(pair: Pair, seed: int, steps: int, fault: int, *, strangers: bool = False) -> Rows:
    """``strangers``: the second quantity is another pole's, so that the two have nothing to do with each other."""
    one = pair.draw(random.Random(f"{pair.name} {seed}"), fault)
    other = pair.draw(random.Random(f"{pair.name} {seed} other"), fault) if strangers else None
    for index in range(steps):
        values = next(one)
        if other is not None:
            values = values[0], next(other)[1]
        yield 1.79e9 + index * STEP_S, dict(zip(pair.quantities, values, strict=True))
