"""How unusual a size is, by the sizes that came before: a high quantile and the shape of the tail above it.

The quantile is followed by stochastic approximation in the logarithm; the tail above it is taken for a Pareto tail
whose index is the mean logarithm of the excess (Hill 1975). Two numbers say what a histogram would, at any scale, and a
change of regime is forgotten at the pace it is learned.
"""

from __future__ import annotations

import math

TailState = tuple[int, float, float]
SidesState = tuple[TailState, TailState]
"""What is saved; three numbers a tail."""

_DECADES = math.log10(math.e)
_LEAST_INDEX = 0.02


class Tail:
    """``score(size)`` is about minus the decimal logarithm of the chance of a size this large: 0 below the quantile.

    ``share`` of all sizes lies above the quantile, ``pace`` is how far (in logarithm) it moves when one does, and
    ``floor`` is the least index that is believed: a larger one makes large excesses less surprising. The first
    ``warm_up`` sizes only teach; their copies are dropped then. ``index`` is the index believed at first.
    """

    __slots__ = ("_base", "_count", "_down", "_first", "_floor", "_index", "_learn", "_up", "_warm_up", "edge", "level")

    def __init__(
        self, *, share: float, pace: float, floor: float, learn: float = 0.05, warm_up: int = 50, index: float = 0.3
    ) -> None:
        self._base = -math.log10(share)
        self._up = math.exp(pace)
        self._down = 1.0 - pace * share / (1.0 - share)
        self._floor = floor
        self._learn = learn
        self._warm_up = warm_up
        self._count = 0
        self._first: list[float] = []
        self._index = index
        self.level = 0.0
        """The quantile."""
        self.edge = 0.0
        """The quantile before the last size was learned."""

    def score(self, size: float, least: float) -> float:
        """Learn ``size`` (not negative) and tell how unusual it is; sizes up to ``least`` never are."""
        if self._count < self._warm_up:
            self._warm(size)
            return 0.0
        edge = self.edge = self.level
        level = edge if edge > least else least  # noqa: FURB136 - max() costs more than the comparison
        if size <= level or level <= 0.0:
            self.level *= self._down
            return 0.0
        excess = math.log(size / level)
        index = self._index
        self._index = max(_LEAST_INDEX, index + self._learn * (min(excess, 5.0 * index) - index))
        self.level = level * self._up
        return self._base + excess * _DECADES / max(index, self._floor)

    def rate(self, size: float) -> float:
        """The score of ``size``, without learning it."""
        if not self.warm or size <= self.level or self.level <= 0.0:
            return 0.0
        return self._base + math.log(size / self.level) * _DECADES / max(self._index, self._floor)

    def size_of(self, score: float, least: float) -> float:
        """The size that would get ``score``."""
        excess = max(0.0, score - self._base) / _DECADES * max(self._index, self._floor)
        return max(self.level, least) * math.exp(min(excess, 50.0))

    def _warm(self, size: float) -> None:
        self._first.append(size)
        self._count += 1
        if self._count == self._warm_up:
            self._first.sort()
            self.level = self._first[-2]
            self._first = []

    @property
    def warm(self) -> bool:
        return self._count >= self._warm_up

    def state(self) -> TailState:
        """A warm-up that is not over begins anew."""
        return (self._count, self.level, self._index) if self.warm else (0, 0.0, self._index)

    def restore(self, state: TailState) -> None:
        self._count, self.level, self._index = state


class Sides:
    """A tail above and one below: what is usual upwards may be rare downwards."""

    __slots__ = ("above", "below")

    def __init__(
        self, *, share: float, pace: float, floor: float, learn: float = 0.05, warm_up: int = 50, index: float = 0.3
    ) -> None:
        self.above = Tail(share=share, pace=pace, floor=floor, learn=learn, warm_up=warm_up, index=index)
        self.below = Tail(share=share, pace=pace, floor=floor, learn=learn, warm_up=warm_up, index=index)

    def score(self, deviation: float, least: float) -> float:
        return self.above.score(deviation, least) if deviation >= 0.0 else self.below.score(-deviation, least)

    def rate(self, deviation: float) -> float:
        """The score of ``deviation``, without learning it."""
        return self.above.rate(deviation) if deviation >= 0.0 else self.below.rate(-deviation)

    def state(self) -> SidesState:
        return self.above.state(), self.below.state()

    def restore(self, state: SidesState) -> None:
        self.above.restore(state[0])
        self.below.restore(state[1])
