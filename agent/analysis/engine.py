"""How unusual a step of one quantity is: five ways of being unusual, each by its own past, added up.

A value may be off the level of late, off the baseline of its hour, on a level that moved, after a jump, or off the
baseline for long by little (CUSUM, Page 1954). Each deviation is scored by the tail of its own past, up and down apart
(``Tail``); the weighted sum of the scores, in decades, is the score of the step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

from agent.analysis.rhythm import Rhythm, RhythmState
from agent.analysis.tail import Sides, SidesState
from contract.events import AnomalyChannel


class ScoreChannel(NamedTuple):
    """``weight`` of its score in the sum, ``floor`` of its tails, and the least deviation that counts, in parts of the
    sensor's resolution.
    """

    name: AnomalyChannel
    weight: float
    floor: float
    least: float


CHANNELS = (
    ScoreChannel("level", 1.0, 0.06, 0.016),
    ScoreChannel("baseline", 1.0, 0.06, 0.016),
    ScoreChannel("shift", 1.0, 0.06, 0.0016),
    ScoreChannel("jump", 0.25, 0.3, 0.016),
    ScoreChannel("sum", 0.5, 0.06, 0.016),
)
BASELINE = 1  # its place
SHARE, PACE, LEARN, WARM_UP, FIRST_INDEX = 0.02, 0.03, 0.04, 50, 0.15
LEVEL, SHORT, LONG = 0.33, 0.03, 0.002
SUM_SLACK, SUM_CLIP = 0.25, 1.5  # in parts of a rare deviation: what is forgiven a step, and the most a step counts
YOUNG_STEPS, YOUNG_S = 100, 3 * 86400.0
YOUNG = 3.4  # steps after which half of the score is believed
LONG_GAP_STEPS = 100
"""Steps of silence after which the level of late says nothing about the next value."""


class EngineStep(NamedTuple):
    """``score`` in decades, 0 for most steps."""

    score: float
    channel: int
    """The place in ``CHANNELS`` of the one with the largest part."""
    deviation: float
    """From the baseline of the hour, in parts of what 98 of 100 steps do not exceed; signed."""
    value: float
    jump: float
    """What was judged, and how far it is from the step before, in the unit of the quantity."""


class EngineState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of an engine."""

    count: int
    levels: tuple[float, float, float, float, float]
    resolution: float
    rhythm: RhythmState
    sides: list[SidesState]


class Engine:
    """One quantity; ``step`` takes the next value and its time in seconds since 1970."""

    __slots__ = (
        "_count",
        "_down",
        "_expected",
        "_last",
        "_level",
        "_long",
        "_resolution",
        "_rhythm",
        "_short",
        "_sides",
        "_up",
    )

    def __init__(self) -> None:
        self._sides = tuple(
            Sides(share=SHARE, pace=PACE, floor=row.floor, learn=LEARN, warm_up=WARM_UP, index=FIRST_INDEX)
            for row in CHANNELS
        )
        self._rhythm = Rhythm()
        self._count = 0
        self._last = math.nan
        self._expected = (math.nan, math.nan, math.nan, math.nan)
        """What each of the first four channels expected of the last step."""
        self._level = self._short = self._long = self._resolution = self._up = self._down = 0.0

    def young(self, time_s: float) -> bool:
        """Whether it has not seen three days yet, or too few steps: what is new to it may be usual."""
        return self._count < YOUNG_STEPS or time_s - self._rhythm.since_s < YOUNG_S

    def gap(self, steps: float) -> None:
        """So many steps are missing before the next one: it is no jump from the last."""
        self._last = math.nan
        if steps > LONG_GAP_STEPS:
            self._level = self._short = math.nan
            self._up = self._down = 0.0

    def step(self, time_s: float, value: float) -> EngineStep:
        count = self._count = self._count + 1
        if count == 1:
            self._long = self._level = self._short = value
        elif math.isnan(self._level):
            self._level = value
            self._short = self._long
        level, short, last = self._level, self._short, self._last
        off_level = value - level
        self._level = level + LEVEL * off_level
        self._short = short = short + SHORT * (value - short)
        moved = short - self._long
        expected = self._rhythm.expect(time_s)
        self._rhythm.learn(time_s, value)
        if expected != expected:  # noqa: PLR0124 - not a number, for an hour that was never seen
            expected = value
        if last != last:  # noqa: PLR0124 - as above, after a gap
            last = value
        off_baseline, jump = value - expected, value - last
        self._expected = (level, expected, self._long, last)
        self._long += LONG * moved if count > 1 / LONG else (value - self._long) / count
        self._last = value
        self._follow(abs(jump))
        resolution = self._resolution
        usual = self._sides[BASELINE]
        rare = max(usual.above.level if off_baseline >= 0.0 else usual.below.level, resolution, 1e-12)
        part = min(max(off_baseline / rare, -SUM_CLIP), SUM_CLIP)
        self._up = max(0.0, self._up + part - SUM_SLACK)
        self._down = max(0.0, self._down - part - SUM_SLACK)
        score = most = 0.0
        channel = 0
        deviations = (off_level, off_baseline, moved, jump, self._up - self._down)
        for place, deviation in enumerate(deviations):
            row = CHANNELS[place]
            found = self._sides[place].score(deviation, row.least * resolution)
            if found > 0.0:
                found *= row.weight
                score += found
                if found > most:
                    most, channel = found, place
        return EngineStep(score * count / (count + YOUNG), channel, off_baseline / rare, value, jump)

    def expected(self, channel: int, value: float) -> tuple[float, float, float]:
        """What ``channel`` says of the last step: its value (a mean of many steps where it looks at one), and the range
        that 98 of 100 steps did not leave before. Not numbers before anything is known.
        """
        if channel == len(self._expected):  # the sum of deviations from the baseline
            channel = BASELINE
        middle, sides = self._expected[channel], self._sides[channel]
        least = CHANNELS[channel].least * self._resolution
        seen = self._short if CHANNELS[channel].name == "shift" else value
        return seen, middle - max(sides.below.edge, least), middle + max(sides.above.edge, least)

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
            levels=(self._level, self._short, self._long, self._up, self._down),
            resolution=self._resolution,
            rhythm=self._rhythm.state(),
            sides=[sides.state() for sides in self._sides],
        )

    def restore(self, state: EngineState) -> None:
        """ValueError where ``state`` is of another version."""
        self._count = state.count
        self._level, self._short, self._long, self._up, self._down = state.levels
        self._resolution = state.resolution
        self._rhythm.restore(state.rhythm)
        for sides, saved in zip(self._sides, state.sides, strict=True):
            sides.restore(saved)
