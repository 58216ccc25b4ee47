"""Points, boxes and polygons in frame pixels: x to the right, y down."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, hypot, log

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2."""


def contains(corners: Sequence[Point], point: Point) -> bool:
    """Whether a polygon holds a point: the parity of edges that a ray to the right meets."""
    x, y = point
    held = False
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            held = not held
    return held


def size(box: Box) -> float:
    """The longer side."""
    return max(box[2] - box[0], box[3] - box[1], 1.0)


def moved(then: Box, now: Box) -> Point:
    """How far an object went: what both opposite edges agree on.

    A box that loses a part to what stands before it, or that grows round a shadow, moves one edge only.
    """
    return _agreed(now[0] - then[0], now[2] - then[2]), _agreed(now[1] - then[1], now[3] - then[3])


def away(then: Box, now: Box) -> float:
    """How far, in sizes of the object; one that only grows or shrinks, both ways alike, comes or goes as well."""
    larger = size(then), size(now)
    return max(hypot(*moved(then, now)) / min(larger), abs(scaled(then, now)))


def scaled(then: Box, now: Box) -> float:
    """The logarithm of the growth that width and height agree on; the width's is what both of its edges agree on.

    A box that takes in what halts next to it grows at one edge only.
    """
    wide = max(then[2] - then[0], 1.0)
    both = _agreed(then[0] - now[0], now[2] - then[2])
    width = log(max(wide + 2 * both, 1.0) / wide)
    height = log(max(now[3] - now[1], 1.0) / max(then[3] - then[1], 1.0))
    return _agreed(width, height)


def towards(one: Box, other: Box, share: float) -> Box:
    """A running mean; ``share``: seconds that passed, of the seconds that the mean is over."""
    rate = 1 - exp(-share)
    a, b, c, d = (here + rate * (there - here) for here, there in zip(one, other, strict=True))
    return a, b, c, d


def _agreed(one: float, other: float) -> float:
    """The smaller of two changes that have one sign, else none."""
    if one * other <= 0:
        return 0.0
    return one if abs(one) < abs(other) else other
