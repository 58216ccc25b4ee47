"""Values on a circle: the mean of directions is that of their vectors, not of their numbers."""

from __future__ import annotations

import math

LEAST_R = 1e-6
"""Mean vectors shorter than this have no direction; the deviation is then that of this length, 301 degrees."""


class Directions:
    """Sums of unit vectors, each reading alike and also weighted by the speed that belongs to it.

    ``circle`` is the size of the circle in the unit of the values. The weighted mean is used where most readings had a
    speed and not all of them were 0 (WMO No. 8, part I, 5.8.4: the mean direction is that of the mean wind vector).
    """

    __slots__ = ("_cos", "_scale", "_sin", "_weighted_cos", "_weighted_sin", "count", "weighted", "weights")

    def __init__(self, circle: float) -> None:
        self._scale = math.tau / circle
        self.clear()

    def clear(self) -> None:
        self.count = self.weighted = 0
        self.weights = self._cos = self._sin = self._weighted_cos = self._weighted_sin = 0.0

    def add(self, value: float, weight: float | None) -> None:
        angle = value * self._scale
        cos, sin = math.cos(angle), math.sin(angle)
        self.count += 1
        self._cos += cos
        self._sin += sin
        if weight is not None and weight >= 0.0:
            self.weighted += 1
            self.weights += weight
            self._weighted_cos += weight * cos
            self._weighted_sin += weight * sin

    def result(self) -> tuple[float | None, float, float | None]:
        """Mean direction (None where the vectors cancel), circular deviation, and the sum of the weights if it is
        weighted. At least one reading was added.
        """
        if self.weighted * 2 >= self.count and self.weights > 0.0:
            mean, deviation = mean_of(self._weighted_cos, self._weighted_sin, self.weights, self._scale)
            return mean, deviation, self.weights
        return *mean_of(self._cos, self._sin, self.count, self._scale), None


def mean_of(cos: float, sin: float, total: float, scale: float) -> tuple[float | None, float]:
    """Direction and circular deviation of vectors whose lengths add up to ``total``; ``scale``: radians in a unit."""
    length = min(math.hypot(cos, sin) / total, 1.0)
    deviation = length_deviation(length) / scale
    if length < LEAST_R:
        return None, deviation
    circle = math.tau / scale
    return math.atan2(sin, cos) / scale % circle, deviation


def length_deviation(length: float) -> float:
    """The circular standard deviation in radians, of the length of the mean vector, 0 to 1."""
    return math.sqrt(max(0.0, -2.0 * math.log(max(length, LEAST_R))))


def deviation_length(deviation: float) -> float:
    """The length of the mean vector whose circular deviation, in radians, this is."""
    return math.exp(-0.5 * deviation * deviation)


class Unwound:
    """A direction as a value that does not jump where the circle closes: each by the shortest way from the last."""

    __slots__ = ("_circle", "_value")

    def __init__(self, circle: float) -> None:
        self._circle = circle
        self._value = math.nan

    def take(self, value: float) -> float:
        last = self._value
        # not a number before the first value
        self._value = value if math.isnan(last) else last + math.remainder(value - last, self._circle)
        return self._value
