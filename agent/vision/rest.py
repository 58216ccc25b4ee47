"""Objects that stand: what a detector saw standing is there until it was seen gone, whatever one look misses.

Two ways lead here: a track comes to rest and is seen where nothing moves, or a sweep of the whole frame finds the same
thing in the same place several times. What rests is handed to the tracker in every frame in which nothing moves there.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.vision.boxes import NOTHING, Detections, Floats, intersections, join, overlaps
from agent.vision.track import Expected

Which = NDArray[np.bool_]
SPACED_S = 1.0
"""Looks that lie closer are one witness: the same shadow may hide an object in all of them."""
_MISSED = 3
"""So many spaced looks that do not see it end a rest."""
_SWEEPS, _AGREE = 4, 3
"""Of so many sweeps so many must agree that something stands there (prototype: 5 of 5 standing groups)."""
_SAME = 0.5
"""Overlap from which on two boxes are one place."""
_MOST = 64
"""Places that are followed at once; more is no street."""


class _Rest:
    """What is known of one track that nothing moves near."""

    __slots__ = ("missed", "seen", "witness_s")

    def __init__(self, now_s: float, *, seen: bool) -> None:
        self.seen = seen
        self.missed = 0
        self.witness_s = now_s

    def look(self, now_s: float, *, there: bool) -> None:
        if there:
            self.seen, self.missed, self.witness_s = True, 0, now_s
        elif now_s - self.witness_s >= SPACED_S:
            self.missed, self.witness_s = self.missed + 1, now_s
            self.seen = self.seen and self.missed < _MISSED


class _Place(NamedTuple):
    """A place in which sweeps found something that no track is."""

    box: Floats
    label: int
    hits: deque[bool]


class Resting:
    """``frame`` each frame; ``look`` with what a look found; ``sweep`` with what a sweep found."""

    def __init__(self, sure: float) -> None:
        self._sure = sure
        self._rests: dict[int, _Rest] = {}
        self._places: list[_Place] = []
        self._proven: list[_Place] = []
        self._still: list[int] = []
        self._expected: Expected | None = None

    def frame(self, expected: Expected, moving: Floats, now_s: float) -> None:
        """``expected``: the tracks; ``moving`` (n x 4): what moves now."""
        self._expected = expected
        still = expected.confirmed & ~_touched(expected.last.boxes, moving)
        self._still = np.nonzero(still)[0].tolist()
        born = self._adopted(expected)
        before = self._rests
        self._rests = {}
        for at in self._still:
            key = expected.keys[at]
            self._rests[key] = before.get(key) or _Rest(now_s, seen=at in born)
        self._proven = [place for place in self._proven if not _touched(place.box[None], moving)[0]]

    @property
    def unseen(self) -> bool:
        """Whether a track stands that was not seen standing yet: it may as well have left."""
        return any(not rest.seen for rest in self._rests.values())

    @property
    def doubted(self) -> bool:
        """Whether something that stands was missed by the last look at it."""
        return any(rest.missed for rest in self._rests.values())

    def held(self, found: Detections) -> Detections:
        """What rests and is not among ``found``."""
        expected = self._expected
        assert expected is not None
        there = [at for at in self._still if self._rests[expected.keys[at]].seen]
        parts = [expected.last.take(there), *(_detection(place, self._sure) for place in self._proven)]
        rests = join([part for part in parts if len(part)])
        if not len(rests) or not len(found):
            return rests
        return rests.take(~_again(rests, found))

    def look(self, found: Detections, now_s: float) -> None:
        """A look at the whole frame found ``found``."""
        expected = self._expected
        if expected is None or not self._still:
            return
        there = _again(expected.last.take(self._still), found) & ~expected.moves[self._still]
        for at, seen in zip(self._still, there.tolist(), strict=True):
            self._rests[expected.keys[at]].look(now_s, there=seen)

    def sweep(self, found: Detections, moving: Floats) -> None:
        """A sweep found ``found``: a place that most of the last sweeps agree on holds something that stands."""
        expected = self._expected
        assert expected is not None
        loose = found.take(~_touched(found.boxes, moving)) if len(found) else NOTHING
        taken = np.concatenate([expected.boxes[expected.confirmed], *(p.box[None] for p in self._proven)])
        if len(loose) and len(taken):
            loose = loose.take(overlaps(loose.boxes, taken).max(axis=1) < _SAME)
        fresh = list(range(len(loose)))
        for place in self._places:
            same = [at for at in fresh if overlaps(place.box[None], loose.boxes[[at]])[0, 0] >= _SAME]
            place.hits.append(bool(same))
            fresh = [at for at in fresh if at not in same]
        self._places = [place for place in self._places if sum(place.hits) > len(place.hits) - _AGREE]
        for at in fresh[: _MOST - len(self._places)]:
            hits = deque([True], maxlen=_SWEEPS)
            self._places.append(_Place(loose.boxes[at], int(loose.classes[at]), hits))
        proven = [place for place in self._places if sum(place.hits) >= _AGREE]
        self._places = [place for place in self._places if sum(place.hits) < _AGREE]
        self._proven += proven[: _MOST - len(self._proven)]

    def _adopted(self, expected: Expected) -> set[int]:
        """The tracks that proven places have become: they are at rest from the start."""
        born: set[int] = set()
        left = []
        for place in self._proven:
            same = expected.confirmed & (overlaps(place.box[None], expected.last.boxes)[0] >= _SAME)
            born |= set(np.nonzero(same)[0].tolist())
            if not same.any():
                left.append(place)
        self._proven = left
        return born


def _touched(boxes: Floats, moving: Floats) -> Which:
    """On which of ``boxes`` something moves."""
    if not len(boxes) or not len(moving):
        return np.zeros(len(boxes), bool)
    return np.asarray((intersections(boxes, moving) > 0).any(axis=1), bool)


def _again(expected: Detections, found: Detections) -> Which:
    """Which of ``expected`` are among ``found``."""
    if not len(found) or not len(expected):
        return np.zeros(len(expected), bool)
    return np.asarray((overlaps(expected.boxes, found.boxes) >= _SAME).any(axis=1), bool)


def _detection(place: _Place, score: float) -> Detections:
    return Detections(place.box[None], np.array([score], np.float32), np.array([place.label], np.int32))
