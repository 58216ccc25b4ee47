"""What was counted over a line next to the truth: missed, false, and in the wrong direction.

Where the truth says when each object crossed, a crossing is right if it comes within ``NEAR_S`` of one in the same
direction: one that was missed and a false one a minute later do not cancel. Else only the numbers can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agent.vision.assign import assign

NEAR_S = 1.5
"""How far in time the two may lie apart: annotations count a box's middle, we a foot that is well beyond the line."""
Crossings = Sequence[tuple[float, int]]
"""Of each crossing the time in seconds and the direction, 1 or -1."""


class Truth(NamedTuple):
    """``at``: each crossing, or None where only their numbers are known."""

    plus: int
    minus: int
    at: Crossings | None = None


class Wrong(NamedTuple):
    missed: int
    false: int
    turned: int
    """Counted in the wrong direction."""


def compare(truth: Truth, counted: Crossings) -> Wrong:
    """Crossings of one line and one label."""
    if truth.at is None:
        got = [sum(direction == way for _, direction in counted) for way in (1, -1)]
        short = [max(0, real - seen) for real, seen in zip((truth.plus, truth.minus), got, strict=True)]
        extra = [max(0, seen - real) for real, seen in zip((truth.plus, truth.minus), got, strict=True)]
        turned = min(short[0], extra[1]) + min(short[1], extra[0])
        return Wrong(sum(short) - turned, sum(extra) - turned, turned)
    real, seen = _unmatched(list(truth.at), list(counted), same=True)
    left, more = _unmatched(real, seen, same=False)
    return Wrong(len(left), len(more), len(real) - len(left))


def _unmatched(
    real: list[tuple[float, int]], seen: list[tuple[float, int]], *, same: bool
) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """What is left of both when those are paired that lie close in time and have the same, or another, direction."""
    if not real or not seen:
        return real, seen
    apart = np.array([[abs(a - b) + (0 if (x == y) == same else np.inf) for b, y in seen] for a, x in real])
    pairs = assign(apart, NEAR_S)
    rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return (
        [each for place, each in enumerate(real) if place not in rows],
        [each for place, each in enumerate(seen) if place not in columns],
    )
