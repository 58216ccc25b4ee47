"""What the benchmarks compare with: one class each, ``step(time_s, value)`` returns a score, larger is stranger.

All are written anew from their papers; none is given a file's minimum, maximum or length, which a pole does not know.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from typing import Protocol


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


class KnnCad:
    """Conformal nearest neighbours on delay vectors (Burnaev and Ishimtsev 2016).

    The strangeness of a vector is the summed distance to its ``k`` nearest among ``train`` earlier ones; the score is
    its rank among the last ``calibrate`` strangenesses. Distances are Euclidean instead of Mahalanobis, scaled by the
    training part.
    """

    def __init__(self, width: int = 19, train: int = 150, calibrate: int = 150, k: int = 5) -> None:
        self._recent: deque[float] = deque(maxlen=width)
        self._vectors: deque[tuple[float, ...]] = deque(maxlen=train + calibrate)
        self._strange: deque[float] = deque(maxlen=calibrate)
        self._train, self._k = train, k
        self._quiet = 0  # steps that follow an alarm, as in the authors' entry to the benchmark

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        self._recent.append(value)
        if len(self._recent) < (self._recent.maxlen or 0):
            return 0.0
        vector = tuple(self._recent)
        score = 0.0
        if len(self._vectors) > self._train:
            past = [one for one, _ in zip(self._vectors, range(self._train), strict=False)]
            distances = [math.dist(vector, one) for one in past]
            strange = sum(heapq.nsmallest(self._k, distances))
            if len(self._strange) == self._strange.maxlen:
                score = sum(one < strange for one in self._strange) / len(self._strange)
            self._strange.append(strange)
        self._vectors.append(vector)
        if self._quiet:
            self._quiet -= 1
            return min(score, 0.5)
        if score >= 0.9955:
            self._quiet = self._train
        return score


class CutForest:
    """A random cut forest on delay vectors (Guha et al. 2016): ``trees`` trees of ``size`` vectors each, built anew
    each
    ``renew`` steps from a sample of the past; the score is the mean displacement of the new vector.
    """

    def __init__(self, width: int = 8, trees: int = 5, size: int = 32, renew: int = 32) -> None:
        self._recent: deque[float] = deque(maxlen=width)
        self._past: deque[tuple[float, ...]] = deque(maxlen=1024)
        self._rng = random.Random(1)
        self._trees, self._size, self._renew = trees, size, renew
        self._samples: list[list[tuple[float, ...]]] = []
        self._count = 0

    def step(self, time_s: float, value: float) -> float:  # noqa: ARG002 - the protocol's
        self._recent.append(value)
        if len(self._recent) < (self._recent.maxlen or 0):
            return 0.0
        vector = tuple(self._recent)
        self._count += 1
        score = 0.0
        if self._samples:
            score = sum(self._displaced(sample, vector) for sample in self._samples) / len(self._samples)
        self._past.append(vector)
        if self._count % self._renew == 0 and len(self._past) >= self._size:
            past = list(self._past)
            self._samples = [self._rng.sample(past, self._size) for _ in range(self._trees)]
        return score

    def _displaced(self, points: list[tuple[float, ...]], vector: tuple[float, ...]) -> float:
        """How many points the cut that first parts ``vector`` from all others leaves on their side, per depth."""
        depth = 0
        while True:
            lows = [min(column) for column in zip(*points, vector, strict=True)]
            highs = [max(column) for column in zip(*points, vector, strict=True)]
            spans = [high - low for low, high in zip(lows, highs, strict=True)]
            total = sum(spans)
            if total <= 0.0:
                return 0.0
            at = self._rng.random() * total
            axis = 0
            while at > spans[axis] and axis < len(spans) - 1:
                at -= spans[axis]
                axis += 1
            cut = lows[axis] + at
            same = [one for one in points if (one[axis] <= cut) == (vector[axis] <= cut)]
            depth += 1
            if not same:
                return len(points) / depth
            points = same


def peers() -> dict[str, Callable[[], Detector]]:
    return {"EWMA z": EwmaZ, "KNN-CAD": KnnCad, "random cut forest": CutForest}
