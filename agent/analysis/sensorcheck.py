"""Whether a sensor works, judged from its own past: the numbers, without events.

Range and rate of change follow the WMO's quality control for automatic stations; the others ask how unusual a run of
equal values, the noise, the level and its slow drift are for this very sensor (``Tail``). The first two look at each
reading, the last three at steps of ``step_s`` so that a second's flicker and a day's drift are told apart.
"""

from __future__ import annotations

import math

import msgspec

from agent.analysis.plausible import Plausible
from agent.analysis.tail import Sides, SidesState, Tail, TailState

THRESHOLDS = {
    "range": 1.0,
    "step": 2.25,
    "stuck": 1.0,
    "zero": 2.8,
    "noise": 2.7,
    "offset": 3.1,
    "drift": 3.12,
}
"""Score at which each kind is a finding: what ten clean series reach less than 0.5 times in 1,000 records, all kinds
together (``python -m bench.faults`` prints it)."""

OFFSET_STEPS, DRIFT_STEPS = 288, 1008  # two days and a week of ten-minute steps before a level is judged
WARM_UP = 100  # readings before anything but the range is judged
STUCK_DECADES = 6.7  # a run this unlikely by chance alone ...
STUCK_TAIL = 1.6  # ... and this rare among the sensor's own runs, is stuck
STUCK_LEAST_S = 900.0  # a sensor that is read each second may well say the same for some minutes
ZERO_MEMORY = 3000.0
HOURS = 24

_FAST_NOISE, _SLOW_NOISE = 0.1, 0.003
_PROFILE = 0.03
_FAST_LEVEL, _SLOW_LEVEL = 0.2, 0.003
_FAST_DRIFT, _SLOW_DRIFT = 0.03, 0.0003

WEIGHTS = {"step": 1.0, "noise": 1.0, "stuck": 0.9, "zero": 0.9, "offset": 0.7, "drift": 0.6}
"""How much a kind counts when all are laid on one scale (``severity``): slow kinds are wrong more often."""

NOTHING: dict[str, float] = {}


def severity(scores: dict[str, float]) -> float:
    """All kinds on one scale: 1 is about one false alarm in 1,000 records of a river sensor (``bench.river``)."""
    worst = 0.0
    for kind, score in scores.items():
        part = score / THRESHOLDS[kind]
        if kind in {"stuck", "zero"}:
            part = min(part, 1.0)  # a run goes on, it does not get worse
        worst = max(worst, part * WEIGHTS.get(kind, 99.0))
    return worst


class CheckState(msgspec.Struct, frozen=True, array_like=True):
    """What is saved of a check."""

    count: int
    steps: int
    usual: tuple[float, float, float, float, float]
    levels: tuple[float, float, float, float]
    profile: list[float]
    tails: tuple[TailState, TailState]
    sides: tuple[SidesState, SidesState, SidesState]


class Check:
    """One quantity of one device. ``take`` learns a value; it returns a score for each kind that has one."""

    __slots__ = (
        "_change",
        "_count",
        "_drift",
        "_dropped",
        "_equal",
        "_jumps",
        "_last",
        "_last_s",
        "_long",
        "_longer",
        "_mean",
        "_moves",
        "_noise",
        "_noise_now",
        "_noise_usual",
        "_offset",
        "_plausible",
        "_profile",
        "_readings",
        "_resolution",
        "_run",
        "_run_s",
        "_runs",
        "_short",
        "_shorter",
        "_step_began",
        "_step_s",
        "_steps",
        "_zeros",
        "step_value",
    )

    def __init__(self, plausible: Plausible, step_s: float) -> None:
        self._plausible = plausible
        self._step_s = step_s
        self._jumps = Tail(share=0.02, pace=0.02, floor=1.0, learn=0.02, warm_up=WARM_UP)
        self._runs = Tail(share=0.05, pace=0.1, floor=0.2, warm_up=20)
        self._noise = Sides(share=0.01, pace=0.05, floor=0.3, warm_up=WARM_UP)
        self._offset = Sides(share=0.002, pace=0.01, floor=0.3, warm_up=2 * WARM_UP)
        self._drift = Sides(share=0.002, pace=0.002, floor=0.3, learn=0.01, warm_up=2 * WARM_UP)
        self._profile: list[float] = [math.nan] * HOURS
        self._count = 0
        self._last_s = math.nan  # no value to compare with yet
        self._last = self._resolution = self._equal = self._zeros = self._run_s = 0.0
        self._run = self._steps = 0
        self._dropped = False
        self._noise_now = self._noise_usual = 0.0
        self._short = self._long = self._shorter = self._longer = 0.0
        self._mean = self._moves = self._change = self._step_began = 0.0
        self._readings = 0
        self.step_value = math.nan
        """The mean of the step that ended last."""

    @property
    def count(self) -> int:
        return self._count

    @property
    def zero_is_usual(self) -> bool:
        return self._plausible.zero_is_usual

    def usual_change(self) -> float:
        """The change between two readings that 98 of 100 do not exceed."""
        return self._jumps.level

    def run_s(self, at_s: float) -> float:
        """For how long the value has been the same."""
        return at_s - self._run_s if self._run else 0.0

    @property
    def noise(self) -> tuple[float, float]:
        """The mean change between readings, of late and usually."""
        return self._noise_now, self._noise_usual

    @property
    def deviation(self) -> tuple[float, float]:
        """How far the level of late, and of the last weeks, is from the habit of the hour."""
        return self._short - self._long, self._shorter - self._longer

    @property
    def strangeness(self) -> float:
        """How far the level has left its habit, in parts of what is rare for it."""
        rare = max(self._drift.above.level, self._drift.below.level, self._resolution, 1e-12)
        return abs(self._shorter - self._longer) / rare

    def expected(self, time_s: float) -> float:
        """What the hour's habit and the level of late say; not a number while nothing is known."""
        return self._profile[int(time_s % 86400.0 // 3600.0)] + self._long

    def take(self, time_s: float, at_s: float, value: float) -> dict[str, float]:
        """``time_s`` is seconds since 1970, for the hour of the day, or not a number while nobody knows them; ``at_s``
        are seconds that never jump.
        """
        plausible = self._plausible
        if not plausible.low <= value <= plausible.high:
            return {"range": 1.0}
        count = self._count = self._count + 1
        if math.isnan(self._last_s):
            self._last, self._last_s, self._step_began = value, at_s, at_s
            return NOTHING
        change = value - self._last
        if plausible.wraps:
            change = math.remainder(change, plausible.wraps)
        size = abs(change)
        scores: dict[str, float] = {}
        if size == 0.0:
            self._same(at_s, scores)
        else:
            self._moved(size, at_s, scores)
        if value == 0.0:
            self._zero(size, scores)
        else:
            self._dropped = False
            self._zeros -= max(1.0 / ZERO_MEMORY, 1.0 / count) * self._zeros
        self._last, self._last_s = value, at_s
        self._readings += 1
        self._mean += (value - self._mean) / self._readings
        self._moves += size
        if at_s - self._step_began >= self._step_s:
            if not math.isnan(time_s):  # no habit without a clock
                self._judge_step(time_s, scores)
            self._mean = self._moves = 0.0
            self._readings = 0
            self._step_began = at_s
        return scores

    def _zero(self, size: float, scores: dict[str, float]) -> None:
        """A drop to zero, not a slow way there: the world comes to rest by itself."""
        count, plausible = self._count, self._plausible
        if count > WARM_UP and not plausible.zero_is_usual:
            scores["zero"] = 9.0
        elif count > WARM_UP and not plausible.may_rest:
            self._dropped = self._dropped or size > self._jumps.level
            memory = min(count, ZERO_MEMORY)
            if self._dropped:
                scores["zero"] = -math.log10((self._zeros * memory + 0.5) / (memory + 1.0))
        self._zeros += max(1.0 / ZERO_MEMORY, 1.0 / count) * (1.0 - self._zeros)

    def _same(self, at_s: float, scores: dict[str, float]) -> None:
        if self._run == 0:
            self._run_s = self._last_s
        self._run += 1
        count = self._count
        memory = min(count, 2000.0)
        chance = (self._equal * memory + 1.0) / (memory + 2.0)
        if (
            self._runs.warm
            and not self._plausible.may_rest
            and (at_s - self._run_s >= STUCK_LEAST_S or at_s - self._last_s >= 60.0)
        ):
            rare = self._runs.rate(float(self._run)) / STUCK_TAIL
            scores["stuck"] = min(-self._run * math.log10(chance) / STUCK_DECADES, rare)
        self._equal += max(5e-4, 1.0 / count) * (1.0 - self._equal)

    def _moved(self, size: float, at_s: float, scores: dict[str, float]) -> None:
        if self._run:
            self._runs.score(float(self._run), 0.0)
            self._run = 0
        self._equal -= max(5e-4, 1.0 / self._count) * self._equal
        if self._resolution == 0.0 or size < self._resolution:
            self._resolution = size
        else:
            self._resolution *= 1.0003
        plausible = self._plausible
        score = self._jumps.score(size, self._resolution)
        if plausible.step and size > plausible.step and at_s - self._last_s <= 60.0:
            scores["step"] = 9.0
        elif not plausible.sudden:
            scores["step"] = score

    def _judge_step(self, time_s: float, scores: dict[str, float]) -> None:
        """Noise, level and drift of the step that ends here, and of the ones before."""
        self._steps += 1
        value, move = self._mean, self._moves / self._readings
        self.step_value = value
        least = self._resolution
        share = 1.0 / self._count
        self._noise_now += max(_FAST_NOISE, share) * (move - self._noise_now)
        capped = min(move, 8.0 * self._noise_usual) if self._count > 20 else move
        self._noise_usual += max(_SLOW_NOISE, share) * (capped - self._noise_usual)
        ratio = (self._noise_now + 0.1 * least + 1e-12) / (self._noise_usual + 0.1 * least + 1e-12)
        noise = self._noise.score(math.log(ratio), 0.1)
        hour = int(time_s % 86400.0 // 3600.0)
        usual = self._profile[hour]
        if math.isnan(usual):
            usual = self._profile[hour] = value
        deviation = value - usual
        if self._plausible.wraps:
            deviation = 0.0  # a direction has no level
        self._profile[hour] = usual + _PROFILE * deviation
        self._short += _FAST_LEVEL * (deviation - self._short)
        self._long += _SLOW_LEVEL * (deviation - self._long)
        self._shorter += _FAST_DRIFT * (deviation - self._shorter)
        self._longer += _SLOW_DRIFT * (deviation - self._longer)
        if not self._plausible.sudden:
            scores["noise"] = noise
            offset = self._offset.score(self._short - self._long, least)
            scores["offset"] = offset if self._steps >= OFFSET_STEPS else 0.0
        drift = self._drift.score(self._shorter - self._longer, 0.1 * least)
        scores["drift"] = drift if self._steps >= DRIFT_STEPS else 0.0

    def state(self) -> CheckState:
        """The step in progress is not kept. About 0.7 KB as MessagePack."""
        return CheckState(
            count=self._count,
            steps=self._steps,
            usual=(self._resolution, self._equal, self._zeros, self._noise_now, self._noise_usual),
            levels=(self._short, self._long, self._shorter, self._longer),
            profile=self._profile,
            tails=(self._jumps.state(), self._runs.state()),
            sides=(self._noise.state(), self._offset.state(), self._drift.state()),
        )

    def restore(self, state: CheckState) -> None:
        """Go on where ``state`` was saved; the first value after it is compared with nothing."""
        if len(state.profile) != HOURS:
            raise ValueError("a saved profile has another size")
        self._count, self._steps = state.count, state.steps
        self._resolution, self._equal, self._zeros, self._noise_now, self._noise_usual = state.usual
        self._short, self._long, self._shorter, self._longer = state.levels
        self._profile = list(state.profile)
        self._jumps.restore(state.tails[0])
        self._runs.restore(state.tails[1])
        for sides, saved in zip((self._noise, self._offset, self._drift), state.sides, strict=True):
            sides.restore(saved)
