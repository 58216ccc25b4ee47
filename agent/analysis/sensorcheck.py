"""Whether a sensor works, judged from its own past: the numbers, without events.

Range and rate of change follow the WMO's quality control for automatic stations; the others ask how unusual a run of
equal values (``Runs``), a jump (``Tail``), noise, level and drift (``Level``) are for this very sensor.
"""

from __future__ import annotations

import math

import msgspec

from agent.analysis.approach import NEAR_S, Approach, ends, near
from agent.analysis.band import Band
from agent.analysis.counter import Growth
from agent.analysis.jump import Jump
from agent.analysis.level import DAY_S, Kinds, Level, LevelState
from agent.analysis.scale import CLEAR, ScaleState, UnitChange
from agent.analysis.sentinels import SENTINELS
from agent.analysis.stuck import DECADES, Runs, RunsState
from agent.analysis.tail import Tail, TailState
from agent.analysis.zeros import Zeros
from contract.units import Quantity

WARM_UP = 100  # readings before a jump is judged
STEP = 2.7
"""Decades of a jump that are a finding: ten times what 98 of 100 jumps do not exceed."""
RETURNED = 2.15
"""The same of one that comes back within two readings: 2.8 times. The world seldom takes back what it did."""
ECHO = 2.35  # the same where waves and boats come back too: 4.5 times
PACE = 0.25
RESOLUTION_FADE = 1.0003  # a step; should the sensor be exchanged for a coarser one
SAID = 0.5  # strengths below this are nothing: an episode ends at 0.6

NOTHING: dict[str, float] = {}
SCALED = {"scale": 2.0}
STUCK = {"stuck": 1.0}


class CheckState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of a check."""

    count: int
    usual: tuple[float, float, float, float, float]
    jumps: TailState
    runs: RunsState
    level: LevelState
    scale: ScaleState | None = None
    still: tuple[float, bool] | None = None
    """The value that it is stuck at, or zero that it fell to; and whether it is stuck."""


class Check:
    """One quantity of one device. ``take`` learns a value; it returns a strength for each kind that has one, 1 is a
    finding.
    """

    __slots__ = (
        "_band",
        "_base",
        "_count",
        "_growth",
        "_jump",
        "_last",
        "_last_s",
        "_moves",
        "_pace",
        "_path",
        "_readings",
        "_slopes",
        "_step_began",
        "_step_s",
        "_sum",
        "_turned",
        "approach",
        "jumps",
        "level",
        "resolution",
        "row",
        "runs",
        "scale",
        "zeros",
    )

    def __init__(self, row: Quantity, step_s: float) -> None:
        self.row = row
        self._step_s = step_s
        self._growth = Growth() if row.counter else None
        moves = not row.sudden and not row.circle
        self._slopes = row.echo or (moves and row.step > 0.0)
        self.jumps = Tail(share=0.02, pace=0.02, floor=1.0, learn=0.02, warm_up=WARM_UP)
        self.runs = Runs()
        self.level = Level(Kinds(louder=not row.sudden, moves=moves, tides=row.echo, slopes=self._slopes))
        self._count = 0
        self._last_s = math.nan  # no value to compare with yet
        self._last = 0.0
        self.zeros = Zeros()
        self._band = Band(row)
        self.approach = Approach() if moves and ends(row) else None
        self._pace = -1.0  # mean change of some readings before a run of equal ones; negative while not known
        self.resolution = 0.0
        """The least change ever seen."""
        self._jump = Jump()
        self.scale = UnitChange()
        self._step_began = 0.0
        self._base = self._path = self._sum = self._moves = 0.0  # of the step: first value, way, its sum, length
        self._readings = 0
        self._turned = 0.0  # the change before

    @property
    def count(self) -> int:
        return self._count

    def take(self, time_s: float, at_s: float, value: float) -> dict[str, float]:
        """``time_s`` is seconds since 1970, for the hour of the day, or not a number while nobody knows them; ``at_s``
        are seconds that never jump.
        """
        if self.scale.open and self._scaled(value):
            return SCALED
        if (not self._band.low <= value <= self._band.high or value in SENTINELS) and self._band.leaves(
            value, self._count
        ):
            if not self.scale.open and not math.isnan(self._last_s) and self._count > WARM_UP:
                self._may_be_scaled(value)
            return {"range": 1.0}
        self._count += 1
        if self._growth is not None:
            return self._grown(at_s, value)
        if self._last_s != self._last_s:
            return self._again(value, at_s)
        change = value - self._last
        if self.row.circle:
            change = math.remainder(change, self.row.circle)
        size = abs(change)
        found = self._moved(change, size, at_s) if size else self._same(at_s, value)
        if value == 0.0:
            found = self._zero(size, found)
        elif self.zeros.share:
            self.zeros.left()
        self._last, self._last_s = value, at_s
        self._readings += 1
        self._path += change
        self._sum += self._path
        self._moves += abs(change - self._turned) if self._slopes else size  # a flood, a front are slopes and no noise
        self._turned = change
        if at_s - self._step_began >= self._step_s:
            found = self._end_step(time_s, at_s, found)
        return found

    def _again(self, value: float, at_s: float) -> dict[str, float]:
        """The first reading, also after a gap or a restart: what was stuck and says the same still is."""
        still = self.runs.found and value == self._last
        if still:
            self.runs.goes_on(at_s)
        else:
            self.runs.moved()
        self._begin_step(value, at_s)
        self._last, self._last_s = value, at_s
        found = STUCK if still else NOTHING
        if value == 0.0:
            return self._zero(0.0, found)
        self.zeros.left()
        return found

    def _zero(self, size: float, found: dict[str, float]) -> dict[str, float]:
        strength = self.zeros.strength(self.row, size, self.jumps.level, self._count)
        return found | {"zero": strength} if strength > 0.0 else found

    def _may_be_scaled(self, value: float) -> None:
        self.scale.jumped(self.row, self._last, value, max(self.jumps.level, self.resolution), self.resolution)

    def _scaled(self, value: float) -> bool:
        """Whether a reading is in another unit; it teaches nothing then."""
        was = self.scale.confirmed
        if self.scale.follow(value, self.row):
            return self.scale.confirmed
        if was:
            self._last_s = math.nan  # back in the old unit
        return False

    def _same(self, at_s: float, value: float) -> dict[str, float]:
        runs = self.runs
        if not self.zeros.dropped and self._band.resting(value, self.resolution):
            if runs.length:
                runs.moved()
            return NOTHING
        pace = self._pace / self.resolution if self._pace > 0.0 else 1.0
        runs.same(self._last_s, pace, zero=value == 0.0)
        if runs.found:
            return STUCK
        still_s = NEAR_S if self._near(value) else self.row.still_s
        strength = 0.0 if runs.decades < SAID * DECADES else runs.strength(at_s, still_s)
        if strength < SAID:
            return NOTHING
        runs.found = runs.found or strength >= 1.0
        return {"stuck": strength}

    def _moved(self, change: float, size: float, at_s: float) -> dict[str, float]:
        if self.runs.length:
            self.runs.moved()
        else:
            self.runs.readings += 1
            if self._last == 0.0:
                self.runs.left_zero()
        self._pace = size if self._pace < 0.0 else self._pace + PACE * (size - self._pace)
        if self.resolution == 0.0 or size < self.resolution:
            self.resolution = size
        row = self.row
        clear = CLEAR * self.jumps.level
        score, back, strength = self.jumps.score(size, self.resolution), 0.0, 0.0
        if score or self._jump.score:
            back = self._jump.back(self._count, self._last, self._last + change, score, self.jumps)
            strength = back / ECHO if row.echo else max(score / STEP, back / RETURNED)  # a wave is none if it stays
        if size > clear and not back and not self.scale.open and self._count > WARM_UP:  # to come back is no other unit
            self._may_be_scaled(self._last + change)
        if row.step and size > row.step and at_s - self._last_s <= 60.0:
            strength = max(strength, 4.0)
        elif row.sudden:
            return NOTHING
        return {"step": strength} if strength >= SAID else NOTHING

    def _grown(self, at_s: float, value: float) -> dict[str, float]:
        """A counter is judged by its growth."""
        assert self._growth is not None
        size = self._growth.take(value)
        known, self._last_s = self._last_s, at_s
        if size < 0.0:
            return {"step": 1.0}  # the reading before was wrong
        strength = self.jumps.score(size, 0.0) / STEP if size > 0.0 else 0.0
        row = self.row
        if row.step and size > row.step and at_s - known <= 60.0:
            return {"step": 4.0}
        return {"step": strength} if strength > 0.0 and not row.sudden else NOTHING

    def _begin_step(self, value: float, at_s: float) -> None:
        self._step_began, self._base = at_s, value
        self._path = self._sum = self._moves = 0.0
        self._readings = 0

    def _end_step(self, time_s: float, at_s: float, found: dict[str, float]) -> dict[str, float]:
        mean = self._base + self._sum / self._readings
        move = self._moves / self._readings
        self._begin_step(self._last, at_s)
        self._band.fade()
        self.resolution *= RESOLUTION_FADE
        self.runs.renewed = True
        if math.isnan(time_s):  # no baseline without a clock
            return found
        self.runs.step(int(time_s % DAY_S // 3600.0))
        if self.row.circle:
            mean %= self.row.circle
        elif self._band.resting(mean, self.resolution):
            if self.approach is not None:
                self.approach.rest(at_s)
                self.level.rest()
            return found
        judged = dict(found)
        if self.runs.found:  # what is not the world teaches nothing about it
            self.level.repeats(judged)
            return judged
        fog = self._near(mean)
        if self.approach is not None and self.approach.left(near=fog):
            self.level.rest()
        self.level.step(time_s, mean, math.nan if fog or self.runs.length else move, self.resolution, judged)
        return judged if self.approach is None else self.approach.patient(judged, at_s, near=fog)

    def _near(self, value: float) -> bool:
        return self.approach is not None and near(self.row, value)

    def gap(self, seconds: float) -> None:
        """Readings were missing for so long: the next is compared with nothing, after a day not even with baselines."""
        self._last_s = math.nan
        if not self.runs.found:
            self.runs.moved()
        if seconds > DAY_S:
            self.level.gap()

    def state(self) -> CheckState:
        """The step in progress is not kept. About 0.9 KB as MessagePack."""
        return CheckState(
            count=self._count,
            usual=(self.resolution, self.zeros.share, self._band.low, self._band.high, self._pace),
            jumps=self.jumps.state(),
            runs=self.runs.state(),
            level=self.level.state(),
            scale=self.scale.state(),
            still=(self._last, self.runs.found) if self.runs.found or self.zeros.dropped else None,
        )

    def restore(self, state: CheckState) -> None:
        """Go on where ``state`` was saved; the first value after it is compared with nothing."""
        self._count = state.count
        self.resolution, self.zeros.share, self._band.low, self._band.high, self._pace = state.usual
        self.jumps.restore(state.jumps)
        self.runs.restore(state.runs)
        self.level.restore(state.level)
        self.scale.restore(state.scale)
        if state.still is not None:
            self._last, self.runs.found = state.still
            self.zeros.dropped = self._last == 0.0
