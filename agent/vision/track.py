"""Objects over time: which detection is which object, and where it is while nothing sees it.

Association in stages as in ByteTrack (arXiv:2110.06864): sure detections first to confirmed tracks, then to new ones,
so that a second box of one object takes nothing over; then unsure ones to the tracks that are left, so that an object
keeps its track while it is half hidden; last, what moves at the place of a confirmed track that the detector did not
see carries that track on. The distance is measured in the object's own size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.vision.assign import assign
from agent.vision.boxes import Detections, Floats, areas, intersections
from agent.vision.states import BX, BY, MOVED, NAMED, SEEN, VX, VY, ZX, H, Reals, States, W, centred, corners
from contract.model import CLASSES

_SPEED = 0.25
"""An object moves while it goes faster, in heights per second."""
_KIN = np.array([0, 1, 0])
"""Of each of CLASSES, what it may be confused with: a cyclist is now a person, now a two-wheeler."""

_WORTH = (1.0, 1.0, 2.0)
"""What a vote for each of CLASSES is worth: a rider is called a person more often than a person a rider. Riders of one
video were called so in .39 to .93 of their looks, pedestrians of three in .13 at most."""


class Track(NamedTuple):
    """One object now. ``box`` is x1, y1, x2, y2; ``seen`` is false while it is only expected to be there."""

    id: str
    label: str
    box: tuple[float, float, float, float]
    velocity: tuple[float, float]
    born_s: float
    seen_s: float
    seen: bool
    began: tuple[float, float]
    """Its foot where it was detected first, at ``born_s``."""
    moved: bool = True
    """Whether it ever went half of its longer side from there: what never did may be a ghost of the background."""

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands: the middle of the box's lower edge."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class TrackerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, distances in object sizes.

    ``wait``, ``agility`` and ``fresh_s`` were found on MOT15 sequences that bench/vision_track.py does not have; the
    others are flat there. See docs/vision.md.
    """

    sure: float = 0.6
    """Least score of a detection that may begin a track."""
    reach: float = 0.7
    """Largest distance of a sure detection from where the object is expected."""
    near: float = 0.5
    """The same for unsure detections."""
    wait: float = 1.0
    """How much farther a detection that no other track wants may be, per second that the object was not seen."""
    alike: float = 0.6
    """What was lost for longer than ``coast_s`` and is smaller or larger by more than this share is something else."""
    confirm_hits: int = 4
    lost_s: float = 2.0
    """A track that nobody has seen for longer ends."""
    fresh_s: float = 0.6
    """The same for one that is not confirmed."""
    coast_s: float = 0.2
    """It is reported, marked as not seen, for so long while nobody sees it."""
    carried_s: float = 2.0
    """What moves carries a track for so long after the detector saw it last."""
    jitter: float = 0.05
    """Noise of a detection, in heights."""
    agility: float = 2.0
    """Noise of the motion, in heights per second squared."""
    resize: float = 0.35
    """Share of a detection's size that the track takes over."""


class _Memory:
    """What a track knows in addition to its numbers."""

    __slots__ = ("born_s", "hits", "id", "key", "votes")

    def __init__(self, name: str, key: int, born_s: float) -> None:
        self.id = name
        self.key = key  # stays when names are given anew
        self.born_s = born_s
        self.hits = 1
        self.votes = [0.0] * len(CLASSES)

    @property
    def label(self) -> int:
        worth = [vote * times for vote, times in zip(self.votes, _WORTH, strict=True)]
        return worth.index(max(worth))


class Expected(NamedTuple):
    """Of each track: its key here, predicted box, what was seen last; whether it is confirmed, moves, ever has."""

    keys: list[int]
    boxes: Floats
    last: Detections
    confirmed: NDArray[np.bool_]
    moves: NDArray[np.bool_]
    moved: NDArray[np.bool_]


class _Reach(NamedTuple):
    """Largest distance of a detection from where an object is expected; how much more per second of not being seen."""

    near: float
    wait: float = 0.0


class Tracker:
    """``update`` takes the detections of one frame and its time, which only grows."""

    def __init__(self, options: TrackerOptions, new_id: Callable[[], str]) -> None:
        self._options = options
        self._new_id = new_id
        self._states = States(options.jitter, options.agility, options.resize)
        self._memory: list[_Memory] = []
        self._now_s = 0.0
        self._made = 0
        self._held: list[Track] | None = None

    def update(self, found: Detections, now_s: float, moving: Floats | None = None) -> list[Track]:
        """The tracks that are confirmed and were seen within ``coast_s``; ``moving`` (n x 4): blobs that move."""
        self._to(now_s)
        seen = centred(found.boxes)
        sure = found.scores >= self._options.sure
        known = np.array([memory.hits >= self._options.confirm_hits for memory in self._memory], bool)
        options = self._options
        left, lost = self._match(seen, found, np.nonzero(sure)[0], np.nonzero(known)[0], _Reach(options.reach))
        patient = _Reach(options.reach, options.wait)
        left, fresh = self._match(seen, found, left, np.nonzero(~known)[0], patient)
        left, lost = self._match(seen, found, left, lost, patient)
        self._match(seen, found, np.nonzero(~sure)[0], np.concatenate([lost, fresh]), _Reach(options.near))
        self._begin(seen, found, left.tolist())
        if moving is not None:
            self._carry(moving)
        self._forget()
        return self._report()

    def hold(self, now_s: float) -> list[Track]:
        """As ``update``, where every object is known to be exactly where it was."""
        self._now_s = now_s
        if self._held is None:
            self._states.still(now_s)
            self._held = self._report()
        self._states.rows[:, SEEN] = now_s
        return self._held

    def rename(self) -> dict[str, str]:
        """New random names for all, old -> new: done once a day, so that nobody can be followed over days."""
        self._held = None
        old = [memory.id for memory in self._memory]
        for memory in self._memory:
            memory.id = self._new_id()
        return dict(zip(old, (memory.id for memory in self._memory), strict=True))

    def expected(self, now_s: float) -> Expected:
        """Where every track should be at ``now_s``, confirmed or not, and where it was seen last."""
        s = self._states.rows
        centre = s[:, :2] + s[:, VX : VY + 1] * max(0.0, now_s - self._now_s)
        return Expected(
            [memory.key for memory in self._memory],
            corners(centre, s[:, W : H + 1]),
            Detections(
                corners(s[:, ZX : ZX + 2], s[:, ZX + 2 :]),
                np.full(len(s), self._options.sure, np.float32),
                np.array([memory.label for memory in self._memory], np.int32),
            ),
            self._confirmed(),
            np.hypot(s[:, VX], s[:, VY]) > _SPEED * s[:, H],
            s[:, MOVED] > 0,
        )

    def _confirmed(self) -> NDArray[np.bool_]:
        return np.array([memory.hits >= self._options.confirm_hits for memory in self._memory], bool)

    def _to(self, now_s: float) -> None:
        self._held = None
        self._states.predict(max(0.0, now_s - self._now_s))
        self._now_s = now_s

    def _match(self, seen: Reals, found: Detections, which: Any, tracks: Any, reach: _Reach) -> tuple[Any, Any]:
        """Give the detections ``which`` to ``tracks``; returns what is left of both."""
        if not len(which) or not len(tracks):
            return which, tracks
        pairs = assign(self._distances(seen[which], found.classes[which], tracks, reach), reach.near)
        if not pairs:
            return which, tracks
        matched = [int(tracks[t]) for t, _ in pairs]
        chosen = [int(which[d]) for _, d in pairs]
        self._states.correct(matched, seen[chosen], self._now_s, named=True)
        for track, detection in zip(matched, chosen, strict=True):
            memory = self._memory[track]
            memory.hits += 1
            memory.votes[found.classes[detection]] += float(found.scores[detection])
        return np.delete(which, [d for _, d in pairs]), np.delete(tracks, [t for t, _ in pairs])

    def _distances(self, seen: Reals, classes: Any, tracks: Any, reach: _Reach) -> Reals:
        """Tracks x detections: distance of the centres and difference of the sizes, in sizes of the object."""
        s = self._states.rows[tracks]
        size = np.maximum(s[:, None, W : H + 1], seen[None, :, 2:])
        away = (s[:, None, :2] - seen[None, :, :2]) / size
        ratio = (np.abs(s[:, None, W : H + 1] - seen[None, :, 2:]) / size).max(axis=2)
        distance: Reals = np.sqrt((away * away).sum(axis=2)) + 0.5 * ratio
        gap = (self._now_s - s[:, SEEN])[:, None]
        distance /= 1.0 + reach.wait * np.minimum(gap, 1.0)
        distance[(ratio > self._options.alike) & (gap > self._options.coast_s)] = np.inf
        labels = np.array([self._memory[t].label for t in tracks])
        distance += np.where(_KIN[labels][:, None] == _KIN[classes][None, :], 0.0, 0.4 * reach.near)
        return distance

    def _begin(self, seen: Reals, found: Detections, which: list[int]) -> None:
        if not which:
            return
        self._states.begin(seen[which], self._now_s)
        for detection in which:
            self._made += 1
            memory = _Memory(self._new_id(), self._made, self._now_s)
            memory.votes[found.classes[detection]] = float(found.scores[detection])
            self._memory.append(memory)

    def _carry(self, moving: Floats) -> None:
        """A blob that lies where one confirmed track alone is expected, and is about as large, is that object."""
        s = self._states.rows
        if not len(moving) or not len(s):
            return
        boxes = corners(s[:, :2], s[:, W : H + 1])
        shared = intersections(boxes, moving)
        alone = (shared > 0.1 * areas(boxes)[:, None]).sum(axis=0) == 1
        similar = shared > _LIKE * np.maximum(areas(boxes)[:, None], areas(moving)[None, :])
        unseen = (s[:, SEEN] < self._now_s) & (self._now_s - s[:, NAMED] <= self._options.carried_s)
        pairs = np.argwhere(similar & alone[None, :] & (unseen & self._confirmed())[:, None])
        for track, blob in pairs.tolist():
            box = centred(moving[[blob]])
            box[:, 2:] = s[[track], W : H + 1]
            self._states.correct([track], box, self._now_s, named=False, blur=_BLUR)

    def _forget(self) -> None:
        gap = self._now_s - self._states.rows[:, SEEN]
        if not (gap > 0).any():
            return
        options = self._options
        keep = [
            lost <= (options.lost_s if memory.hits >= options.confirm_hits else options.fresh_s)
            for lost, memory in zip(gap.tolist(), self._memory, strict=True)
        ]
        if not all(keep):
            self._states.keep(keep)
            self._memory = [memory for memory, stays in zip(self._memory, keep, strict=True) if stays]

    def _report(self) -> list[Track]:
        out = []
        for memory, row in zip(self._memory, self._states.rows.tolist(), strict=True):
            if memory.hits < self._options.confirm_hits or self._now_s - row[SEEN] > self._options.coast_s:
                continue
            x, y, w, h = row[:4]
            out.append(
                Track(
                    memory.id,
                    CLASSES[memory.label],
                    (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
                    (row[VX], row[VY]),
                    memory.born_s,
                    row[SEEN],
                    row[SEEN] == self._now_s,
                    (row[BX], row[BY]),
                    row[MOVED] > 0,
                )
            )
        return out


_LIKE = 0.3
"""Least share of the larger of a blob and a box that they have in common, for one to carry the other."""
_BLUR = 3.0
"""A blob's box is so many times less exact than a detection's: shadows, parts that stand still."""
