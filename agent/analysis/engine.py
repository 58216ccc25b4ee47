"""How unusual a step of one quantity is: four ways of being unusual, each by its own past, added up.

A value may be off the level of late, off the habit of its hour, on a level that moved, or after a jump. Each deviation
is scored by the tail of its own past, up and down apart (``Tail``); the weighted sum of the scores, in decades, is the
score of the step. Two memories see it, one of some steps and one of some hundred, beside the rhythm of day and week.

The numbers below were found by random search on the part of the Numenta benchmark that this project has; ``python -m
bench.nab`` prints what they are worth there, fold by fold, and how little they must be moved to lose it. Changes of the
noise and lasting deviations were tried as a fifth and a sixth way and added nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from agent.analysis.rhythm import Rhythm, RhythmState
from agent.analysis.tail import Sides, SidesState


class Channel(NamedTuple):
    """``weight`` of its score in the sum, ``pace`` and ``floor`` of its tails, and the least deviation that counts, in
    parts of the sensor's resolution.
    """

    name: str
    weight: float
    pace: float
    floor: float
    least: float


CHANNELS = (
    Channel("level", 1.4, 0.033, 0.075, 0.016),
    Channel("habit", 1.0, 0.035, 0.05, 0.016),
    Channel("shift", 1.0, 0.031, 0.03, 0.0016),
    Channel("jump", 0.2, 0.061, 0.3, 0.016),
)
SHARE, LEARN, WARM_UP = 0.0226, 0.04, 50
FIRST_INDEX = 0.146
LEVEL = 0.33
SHORT, LONG = 0.031, 0.0022
YOUNG_STEPS, DAY_S = 100, 86400.0
YOUNG = 3.4  # steps after which half of the score is believed


class Step(NamedTuple):
    """``score`` in decades, 0 for most steps; ``low`` .. ``high`` is the range expected before the value was known."""

    score: float
    low: float
    high: float
    deviation: float
    """From the habit of the hour, in parts of what 98 of 100 steps do not exceed; signed."""


class EngineState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of an engine."""

    count: int
    levels: tuple[float, float, float]
    resolution: float
    rhythm: RhythmState
    sides: list[SidesState]


class Engine:
    """One quantity; ``step`` takes the next value and its time in seconds since 1970."""

    __slots__ = (
        "_count",
        "_last",
        "_level",
        "_long",
        "_resolution",
        "_rhythm",
        "_short",
        "_sides",
    )

    def __init__(self) -> None:
        self._sides = tuple(
            Sides(share=SHARE, pace=row.pace, floor=row.floor, learn=LEARN, warm_up=WARM_UP, index=FIRST_INDEX)
            for row in CHANNELS
        )
        self._rhythm = Rhythm()
        self._count = 0
        self._last = math.nan
        self._level = self._short = self._long = self._resolution = 0.0

    def young(self, time_s: float) -> bool:
        """Whether it has not seen a day yet, or too few steps: what is new to it may be usual."""
        return self._count < YOUNG_STEPS or time_s - self._rhythm.since_s < DAY_S

    def gap(self) -> None:
        """Steps are missing before the next one: it is no jump from the last."""
        self._last = math.nan

    def step(self, time_s: float, value: float, band: float) -> Step:
        """``band``: the score that the expected range stands for."""
        count = self._count = self._count + 1
        if count == 1:
            self._level = self._short = self._long = value
        off_level = value - self._level
        self._level += LEVEL * off_level
        self._short += SHORT * (value - self._short)
        moved = self._short - self._long
        self._long += LONG * (value - self._long)
        expected = self._rhythm.expect(time_s)
        self._rhythm.learn(time_s, value)
        if math.isnan(expected):
            expected = value
        off_habit = value - expected
        jump = 0.0 if math.isnan(self._last) else value - self._last
        self._last = value
        self._follow(abs(jump))
        deviations = (off_level, off_habit, moved, jump)
        habit = self._sides[1]
        low = expected - habit.below.size_of(band, self._resolution)
        high = expected + habit.above.size_of(band, self._resolution)
        rare = habit.above.level if off_habit >= 0.0 else habit.below.level
        score = 0.0
        for row, sides, deviation in zip(CHANNELS, self._sides, deviations, strict=True):
            score += row.weight * sides.score(deviation, row.least * self._resolution)
        return Step(score * count / (count + YOUNG), low, high, off_habit / max(rare, self._resolution, 1e-12))

    def _follow(self, size: float) -> None:
        """The least change ever seen is the sensor's resolution; slowly forgotten, should it be exchanged."""
        if size > 0.0 and (self._resolution == 0.0 or size < self._resolution):
            self._resolution = size
        else:
            self._resolution *= 1.0003

    def state(self) -> EngineState:
        """About 1 KB as MessagePack."""
        return EngineState(
            count=self._count,
            levels=(self._level, self._short, self._long),
            resolution=self._resolution,
            rhythm=self._rhythm.state(),
            sides=[sides.state() for sides in self._sides],
        )

    def restore(self, state: EngineState) -> None:
        """ValueError where ``state`` is of another version."""
        self._count = state.count
        self._level, self._short, self._long = state.levels
        self._resolution = state.resolution
        self._rhythm.restore(state.rhythm)
        for sides, saved in zip(self._sides, state.sides, strict=True):
            sides.restore(saved)
