"""Noise, level and drift of a sensor, judged on steps of some minutes against its own past."""

from __future__ import annotations

import math
from array import array

import msgspec

from agent.analysis.tail import Sides, SidesState, Tail

HOURS, DAY_S = 24, 86400.0
THRESHOLDS = {"noise": 2.7, "offset": 3.6, "drift": 3.2}
"""Decades of unlikelihood that are a finding; from the ten clean series of ``bench.faults``, see docs/analysis.md."""
OFFSET_STEPS, OFFSET_S = 288, 2.0 * DAY_S
DRIFT_STEPS, DRIFT_S = 1008, 30.0 * DAY_S
TIDE_S = 14.0 * DAY_S  # spring and neap have been seen
WARM_UP = 100
CLEAR = 0.6  # a finding goes on while it is at least this part of one
LASTS = {"noise": math.inf, "offset": 1008, "drift": 0}
"""Steps that a finding is measured against the past before it. A level that stays may be the world's: after a week of
ten minutes its baseline follows; that of a drift goes on following, for seasons are as slow.
"""

YOUNG = 48  # steps before anything is clipped
CLIP = 6.0
"""A step counts for at most so many times the usual deviation: one wrong reading is no other level and no noise."""

_FAST_NOISE, _SLOW_NOISE = 0.1, 0.003
_PROFILE = 0.03
_FAST_LEVEL, _SLOW_LEVEL = 0.2, 0.003
_FAST_DRIFT, _SLOW_DRIFT = 0.02, 0.0003


class Kinds(msgspec.Struct, frozen=True):
    """What is judged: more noise (less always is), another level; ``tides``: a level follows the moon;
    ``slopes``: noise is the change of the change.
    """

    louder: bool = True
    moves: bool = True
    tides: bool = False
    slopes: bool = False


class LevelState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of a level."""

    steps: int
    began_s: float
    noise: tuple[float, float]
    levels: tuple[float, float, float, float, float]
    profile: bytes
    sides: tuple[SidesState, SidesState, SidesState]
    lasting: dict[str, int] = {}
    slopes: bool = False
    noise_from: int = 0


def _noise_sides(kinds: Kinds) -> Sides:
    sides = Sides(share=0.01, pace=0.05, floor=0.3, warm_up=WARM_UP)
    if not kinds.tides:  # silence comes slowly and must not be learned on the way; still water at neap is none
        sides.below = Tail(share=0.01, pace=0.01, floor=0.3, warm_up=WARM_UP)
    return sides


class Level:
    """``step`` takes the mean and the mean change of a step and puts strengths (1 is a finding) into ``found``."""

    __slots__ = (
        "_began_s",
        "_drift",
        "_fresh",
        "_kinds",
        "_lasting",
        "_long",
        "_longer",
        "_noise",
        "_noise_from",
        "_noise_now",
        "_noise_usual",
        "_offset",
        "_profile",
        "_short",
        "_shorter",
        "_spread",
        "_woke",
        "steps",
        "value",
    )

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._noise = _noise_sides(kinds)
        self._offset = Sides(share=0.002, pace=0.01, floor=0.3, warm_up=2 * WARM_UP)
        self._drift = Sides(share=0.002, pace=0.002, floor=0.3, learn=0.01, warm_up=2 * WARM_UP)
        self._profile = array("f", [math.nan]) * HOURS
        self.steps = 0
        self._began_s = math.inf
        self._fresh = self._woke = False
        self._lasting: dict[str, int] = {}
        """Kinds of findings that are not over, and for how many steps they have been."""
        self._noise_now = self._noise_usual = 0.0
        self._noise_from = 0  # steps that taught nothing of it
        self._short = self._long = self._shorter = self._longer = 0.0
        self._spread = 0.0  # mean distance from the baseline
        self.value = math.nan
        """The mean of the step that ended last."""

    @property
    def noise(self) -> tuple[float, float]:
        """The mean change between readings, of late and usually."""
        return self._noise_now, self._noise_usual

    @property
    def deviation(self) -> tuple[float, float]:
        """How far the level of late, and of the last weeks, is from the baseline of the hour."""
        return self._short - self._long, self._shorter - self._longer

    def strangeness(self, least: float) -> float:
        """How far the level has left its baseline, in parts of what is rare for it, at least of ``least``."""
        rare = max(self._drift.above.level, self._drift.below.level, least, 1e-12)
        return abs(self._shorter - self._longer) / rare

    def gap(self) -> None:
        """Days are missing before the next step: it is compared with itself, not with the time before."""
        self._fresh = True

    def repeats(self, found: dict[str, float]) -> None:
        """A sensor that says the same is no less silent than it was found to be."""
        if "noise" in self._lasting:
            found["noise"] = 1.0

    def forget_noise(self) -> None:
        """What is usual of it is learned anew."""
        self._noise = _noise_sides(self._kinds)
        self._lasting.pop("noise", None)
        self._noise_from = self.steps

    def rest(self) -> None:
        """The world rests: what comes after is compared with itself, not with the way there."""
        self._woke = True

    def step(self, time_s: float, value: float, move: float, least: float, found: dict[str, float]) -> None:
        """``move`` is the mean change from reading to reading, not a number while the sensor repeats itself; ``least``
        is its resolution.
        """
        row = self._kinds
        self.steps += 1
        self._began_s = min(self._began_s, time_s)
        self.value = value
        lived_s = time_s - self._began_s
        if math.isnan(move):
            self._noise_from += 1
            self.repeats(found)
        else:
            self._judge_noise(move, least, found)
        self._follow(time_s, value, least)
        if row.moves:
            offset = self._short - self._long
            ready = self.steps >= OFFSET_STEPS and lived_s >= (TIDE_S if row.tides else OFFSET_S)
            self._judge("offset", self._offset, offset, least, found if ready else {})
        drift = self._shorter - self._longer
        ready = self.steps >= DRIFT_STEPS and lived_s >= DRIFT_S and not row.tides  # a water level has seasons
        self._judge("drift", self._drift, drift, 0.1 * least, found if ready else {})

    def _judge_noise(self, move: float, least: float, found: dict[str, float]) -> None:
        steps = self.steps - self._noise_from
        share = 1.0 / steps
        if steps > YOUNG:
            move = min(move, CLIP * self._noise_usual)
        self._noise_now += max(_FAST_NOISE, share) * (move - self._noise_now)
        if not self._holds("noise"):
            self._noise_usual += max(_SLOW_NOISE, share) * (move - self._noise_usual)
        floor = 0.1 * least + 1e-12
        ratio = math.log((self._noise_now + floor) / (self._noise_usual + floor))
        if self._kinds.louder or ratio < 0.0:
            self._judge("noise", self._noise, ratio, 0.1, found)

    def _follow(self, time_s: float, value: float, least: float) -> None:
        hour = int(time_s % DAY_S // 3600.0)
        usual = self._profile[hour]
        if math.isnan(usual):
            usual = self._profile[hour] = value
        deviation = value - usual
        self._spread += max(_SLOW_LEVEL, 1.0 / self.steps) * (abs(deviation) - self._spread)
        if self.steps > YOUNG:
            most = CLIP * max(self._spread, least)
            deviation = min(max(deviation, -most), most)
        held = self._holds("offset")
        if not held:
            self._profile[hour] = usual + _PROFILE * deviation
        if self._fresh:
            self._fresh = False
            self._short = self._long = self._shorter = self._longer = deviation
        if self._woke:
            self._woke = False
            self._short = deviation
        self._short += _FAST_LEVEL * (deviation - self._short)
        if not held:
            self._long += _SLOW_LEVEL * (deviation - self._long)
        self._shorter += _FAST_DRIFT * (deviation - self._shorter)
        self._longer += _SLOW_DRIFT * (deviation - self._longer)

    def _holds(self, kind: str) -> bool:
        """Whether a finding of this kind is measured against the past before it."""
        return 0 < self._lasting.get(kind, 0) < LASTS[kind]

    def _judge(self, kind: str, sides: Sides, deviation: float, least: float, found: dict[str, float]) -> None:
        """A finding does not teach while it is held: it would end itself."""
        score = sides.rate(deviation) if self._holds(kind) else sides.score(deviation, least)
        strength = score / THRESHOLDS[kind]
        lasted = self._lasting.get(kind, 0)
        if strength >= (CLEAR if lasted else 1.0):
            self._lasting[kind] = lasted + 1
        elif lasted:
            del self._lasting[kind]
        if strength > 0.0:
            found[kind] = strength

    def place(self, kind: str) -> tuple[float, float]:
        """Where the level that an offset or a drift looks at is, and its baseline, over all hours."""
        seen = [one for one in self._profile if not math.isnan(one)]
        middle = sum(seen) / len(seen) if seen else 0.0
        now, usual = (self._shorter, self._longer) if kind == "drift" else (self._short, self._long)
        return middle + now, middle + usual

    def state(self) -> LevelState:
        return LevelState(
            steps=self.steps,
            began_s=self._began_s,
            noise=(self._noise_now, self._noise_usual),
            levels=(self._short, self._long, self._shorter, self._longer, self._spread),
            profile=self._profile.tobytes(),
            sides=(self._noise.state(), self._offset.state(), self._drift.state()),
            lasting=dict(self._lasting),
            slopes=self._kinds.slopes,
            noise_from=self._noise_from,
        )

    def restore(self, state: LevelState) -> None:
        """ValueError where the saved profile is of another size."""
        self._profile = array("f", state.profile)
        if len(self._profile) != HOURS:
            raise ValueError("a saved profile has another size")
        self.steps, self._began_s = state.steps, state.began_s
        self._noise_now, self._noise_usual = state.noise
        self._short, self._long, self._shorter, self._longer, self._spread = state.levels
        self._lasting, self._noise_from = dict(state.lasting), state.noise_from
        for sides, saved in zip((self._noise, self._offset, self._drift), state.sides, strict=True):
            sides.restore(saved)
        if state.slopes != self._kinds.slopes:  # saved by a version for which slopes were noise
            self.forget_noise()
