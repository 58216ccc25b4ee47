"""The score of the Numenta Anomaly Benchmark, from its published definition (Lavin and Ahmad, 2015, and NAB's wiki).

A detection inside an anomaly window earns by how early in it the first one lies; one outside costs by how far behind
the window before it lies; a window without any costs. The first 15 % of a file (at most 750 rows) do not count. One
threshold serves all files; it is the one that scores best. 0 is a detector that never speaks, 100 a perfect one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from bench.anomaly.data import Nab


class Profile(NamedTuple):
    name: str
    hit: float
    miss: float
    false: float


PROFILES = (
    Profile("standard", 1.0, 1.0, 0.11),
    Profile("low FP", 1.0, 1.0, 0.22),
    Profile("low FN", 1.0, 2.0, 0.11),
)


def sigmoid(position: float) -> float:
    """-1 .. 1 for a position relative to a window's right edge: -1 its left edge, 0 the edge itself."""
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0


BEST = sigmoid(-1.0)


def probation(rows: int) -> int:
    return min(math.floor(0.15 * rows), 750)


Point = tuple[float, int, float]
"""A detection's score, the index of its window over all files (-1 outside), and what it is worth unweighted."""


def points(file: Nab, scores: Sequence[float], first_window: int) -> list[Point]:
    """What a detection at each row past probation would be worth."""
    out: list[Point] = []
    current, previous = 0, -1
    for index in range(len(scores)):
        while current < len(file.windows) and index > file.windows[current][1]:
            previous, current = current, current + 1
        if index < probation(len(file.rows)) or scores[index] <= 0.0:
            continue
        if current < len(file.windows) and index >= file.windows[current][0]:
            left, right = file.windows[current]
            worth = sigmoid(-(right - index + 1) / (right - left + 1)) / BEST
            out.append((scores[index], first_window + current, worth))
        elif previous < 0:
            out.append((scores[index], -1, -1.0))
        else:
            left, right = file.windows[previous]
            out.append((scores[index], -1, sigmoid((index - right) / max(1, right - left))))
    return out


def best(files: Sequence[Nab], scores: Sequence[Sequence[float]], profile: Profile) -> tuple[float, float]:
    """The best normalised score over all thresholds, and that threshold."""
    table: list[Point] = []
    windows = 0
    for file, series in zip(files, scores, strict=True):
        table += points(file, series, windows)
        windows += len(file.windows)
    table.sort(key=lambda point: -point[0])
    found: dict[int, float] = {}
    total = -profile.miss * windows
    top, threshold = total, math.inf
    for index, (score, window, worth) in enumerate(table):
        total += _gain(found, window, worth, profile)
        if (index + 1 == len(table) or table[index + 1][0] != score) and total > top:
            top, threshold = total, score
    return normalised(top, windows, profile), threshold


def at(files: Sequence[Nab], scores: Sequence[Sequence[float]], profile: Profile, threshold: float) -> float:
    """The normalised score at a threshold that was chosen elsewhere."""
    found: dict[int, float] = {}
    windows = 0
    total = 0.0
    for file, series in zip(files, scores, strict=True):
        for score, window, worth in points(file, series, windows):
            if score >= threshold:
                total += _gain(found, window, worth, profile)
        windows += len(file.windows)
    return normalised(total - profile.miss * windows, windows, profile)


def normalised(raw: float, windows: int, profile: Profile) -> float:
    null, perfect = -profile.miss * windows, profile.hit * windows
    return 100.0 * (raw - null) / (perfect - null)


def _gain(found: dict[int, float], window: int, worth: float, profile: Profile) -> float:
    if window < 0:
        return worth * profile.false
    before = found.get(window)
    found[window] = worth if before is None else max(before, worth)
    if before is None:
        return profile.miss + found[window] * profile.hit
    return (found[window] - before) * profile.hit
