"""What the benchmarks compare with: one class each, ``step(time_s, value)`` returns a score, larger is stranger."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol


class Detector(Protocol):
    def step(self, time_s: float, value: float) -> float: ...


class EwmaZ:
    """The distance from an exponentially weighted mean in exponentially weighted deviations."""

    def __init__(self, alpha: float = 0.05, warm_up: int = 30) -> None:
        self._alpha = alpha
        self._warm_up = warm_up
        self._count = 0
        self._mean = self._square = 0.0

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        if not self._count:
            self._mean = value
        self._count += 1
        off = value - self._mean
        score = abs(off) / math.sqrt(self._square + 1e-9) if self._count > self._warm_up else 0.0
        self._mean += self._alpha * off
        self._square = (1.0 - self._alpha) * (self._square + self._alpha * off * off)
        return score


class WindowedGaussian:
    """NAB's own baseline: the tail of a normal distribution over the last rows."""

    def __init__(self, size: int = 600) -> None:
        self._window: deque[float] = deque(maxlen=size)
        self._sum = self._squares = 0.0

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        window = self._window
        score = 0.0
        if len(window) > 30:
            mean = self._sum / len(window)
            deviation = math.sqrt(max(self._squares / len(window) - mean * mean, 1e-12))
            score = abs(value - mean) / deviation
        if len(window) == window.maxlen:
            gone = window[0]
            self._sum -= gone
            self._squares -= gone * gone
        window.append(value)
        self._sum += value
        self._squares += value * value
        return score


class Hampel:
    """The distance from the median of the last rows in median absolute deviations (Hampel 1974; Pearson 2016)."""

    def __init__(self, size: int = 48) -> None:
        self._window: deque[float] = deque(maxlen=size)

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        score = 0.0
        if len(self._window) == self._window.maxlen:
            median = statistics.median(self._window)
            spread = 1.4826 * statistics.median(abs(one - median) for one in self._window)
            score = abs(value - median) / (spread + 1e-9)
        self._window.append(value)
        return score


class HalfSpace:
    """river's HalfSpaceTrees on the value and its last two, scaled by the range of the first 3,000 rows."""

    def __init__(self, warm_up: int = 3000) -> None:
        from river import anomaly  # noqa: PLC0415 - only where it is installed

        self._trees: Any = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=250, seed=1)
        self._warm_up = warm_up
        self._first: list[float] = []
        self._low = self._width = 0.0
        self._recent: deque[float] = deque(maxlen=3)

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        if len(self._first) < self._warm_up:
            self._first.append(value)
            if len(self._first) == self._warm_up:
                self._low = min(self._first)
                self._width = max(self._first) - self._low or 1.0
            return 0.0
        self._recent.append(min(max((value - self._low) / self._width * 0.5 + 0.25, 0.0), 1.0))
        row = {str(index): one for index, one in enumerate(self._recent)}
        score = float(self._trees.score_one(row)) if len(row) == 3 else 0.0
        if len(row) == 3:
            self._trees.learn_one(row)
        return score


def peers() -> dict[str, Callable[[], Detector]]:
    """Those that run here; river is no dependency of ours."""
    out: dict[str, Callable[[], Detector]] = {
        "EWMA z-score": EwmaZ,
        "windowed Gaussian": WindowedGaussian,
        "Hampel filter": Hampel,
    }
    try:
        import river  # noqa: F401, PLC0415 - optional
    except ImportError:
        print("river's HalfSpaceTrees is left out: pip install river, into a virtual environment of its own, to see it")
    else:
        out["river HalfSpaceTrees"] = HalfSpace
    return out
