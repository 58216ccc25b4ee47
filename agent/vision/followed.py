"""What is followed and what was detected, and how far they lie apart, in sizes of the object."""

from __future__ import annotations

from math import sqrt
from operator import mul
from typing import NamedTuple

from agent.vision.assign import Costs
from agent.vision.states import Row, State
from contract.model import CLASSES

_KIN = (0, 1, 0)
"""Of each of CLASSES, what it may be confused with: a cyclist is now a person, now a two-wheeler."""

_WORTH = (1.0, 1.0, 2.0)
"""What a vote for each of CLASSES is worth: a rider is called a person more often than a person a rider. Riders of one
video were called so in .39 to .93 of their looks, pedestrians of three in .13 at most."""

_TINY = 1e-6
"""Pixels: the size of a box that has none."""


class Sighting(NamedTuple):
    """One detection; ``label``: index of CLASSES."""

    box: Row
    score: float
    label: int


class Followed(State):
    """One track: its numbers, its names and its votes."""

    __slots__ = ("born_s", "hits", "id", "key", "label", "votes")

    def __init__(self, name: str, key: int, seen: Sighting, now_s: float, jitter: float) -> None:
        super().__init__(seen.box, now_s, jitter)
        self.id = name
        self.key = key  # stays when names are given anew
        self.born_s = now_s
        self.hits = 0
        self.votes = [0.0] * len(CLASSES)
        self.vote(seen)

    def vote(self, seen: Sighting) -> None:
        self.hits += 1
        self.votes[seen.label] += seen.score
        worth = list(map(mul, self.votes, _WORTH))
        self.label = worth.index(max(worth))


class Reach(NamedTuple):
    """What may be one object: nearer than ``near`` sizes, and ``wait`` of that more per second unseen (at most one).

    After more than ``coast_s`` unseen no more than a share ``alike`` larger or smaller.
    """

    near: float
    wait: float
    alike: float
    coast_s: float


def distances(seen: list[Sighting], objects: list[Followed], now_s: float, reach: Reach) -> Costs:
    """(object, detection) -> distance of the centres and difference of the sizes, in sizes; only those within reach."""
    out: Costs = {}
    near, wait, alike, coast_s = reach
    for row, it in enumerate(objects):
        x, y, w, h, kin = it.x, it.y, it.w, it.h, _KIN[it.label]
        gap = now_s - it.seen_s
        patience = 1.0 + wait * min(gap, 1.0)
        most = near * patience
        for column, ((its_x, its_y, its_w, its_h), _, label) in enumerate(seen):
            wide = (w if w > its_w else its_w) or _TINY  # noqa: FURB136 - max takes twice the time
            dx = (x - its_x) / wide
            if not -most < dx < most:
                continue
            high = (h if h > its_h else its_h) or _TINY  # noqa: FURB136
            dy = (y - its_y) / high
            if not -most < dy < most:
                continue
            ratio = max(abs(w - its_w) / wide, abs(h - its_h) / high)
            if ratio > alike and gap > coast_s:
                continue
            distance = (sqrt(dx * dx + dy * dy) + 0.5 * ratio) / patience
            if kin != _KIN[label]:
                distance += 0.4 * near
            if distance < near:
                out[row, column] = distance
    return out
