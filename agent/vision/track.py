"""Objects over time: which detection is which object, and where it is while nothing sees it.

Association in stages as in ByteTrack (arXiv:2110.06864): sure detections first to confirmed tracks, then to new ones,
so that a second box of one object takes nothing over; then unsure ones to the tracks that are left, so that an object
keeps its track while it is half hidden; last, what moves at the place of a confirmed track that the detector did not
see carries that track on. The distance is measured in the object's own size.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from math import hypot
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.vision.assign import choose
from agent.vision.boxes import Detections, Floats, areas, intersections
from agent.vision.followed import Followed, Reach, Sighting, distances
from agent.vision.states import Reals, Row, Spread, centred, corners
from contract.model import CLASSES

_SPEED = 0.25
"""An object moves while it goes faster, in heights per second."""


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


class Expected(NamedTuple):
    """Of each track: its key here, predicted box, what was seen last; whether it is confirmed, moves, ever has."""

    keys: list[int]
    boxes: Floats
    last: Detections
    confirmed: NDArray[np.bool_]
    moves: NDArray[np.bool_]
    moved: NDArray[np.bool_]


class Tracker:
    """``update`` takes the detections of one frame and its time, which only grows."""

    def __init__(self, options: TrackerOptions, new_id: Callable[[], str]) -> None:
        self._options = options
        self._new_id = new_id
        self._objects: list[Followed] = []
        self._now_s = 0.0
        self._made = 0
        self._held: list[Track] | None = None

    def update(self, found: Detections, now_s: float, moving: Floats | None = None) -> list[Track]:
        """The tracks that are confirmed and were seen within ``coast_s``; ``moving`` (n x 4): blobs that move."""
        self._to(now_s)
        options = self._options
        seen = list(
            map(Sighting, map(tuple, centred(found.boxes).tolist()), found.scores.tolist(), found.classes.tolist())
        )
        enough = found.scores >= options.sure
        sure, unsure = list(compress(seen, enough.tolist())), list(compress(seen, (~enough).tolist()))
        known: list[Followed] = []
        fresh: list[Followed] = []
        for it in self._objects:
            (known if it.hits >= options.confirm_hits else fresh).append(it)
        sure, lost = self._match(sure, known, options.reach)
        sure, fresh = self._match(sure, fresh, options.reach, options.wait)
        sure, lost = self._match(sure, lost, options.reach, options.wait)
        self._match(unsure, lost + fresh, options.near)
        for each in sure:
            self._made += 1
            self._objects.append(Followed(self._new_id(), self._made, each, now_s, options.jitter))
        if moving is not None and len(moving):
            self._carry(moving)
        self._forget()
        return self._report()

    def hold(self, now_s: float) -> list[Track]:
        """As ``update``, where every object is known to be exactly where it was."""
        self._now_s = now_s
        for it in self._objects:
            it.seen_s = now_s
            it.vx = it.vy = 0.0
        if self._held is None:
            self._held = self._report()
        return self._held

    def rename(self) -> dict[str, str]:
        """New random names for all, old -> new: done once a day, so that nobody can be followed over days."""
        self._held = None
        names = {}
        for it in self._objects:
            old, it.id = it.id, self._new_id()
            names[old] = it.id
        return names

    def expected(self, now_s: float) -> Expected:
        """Where every track should be at ``now_s``, confirmed or not, and where it was seen last."""
        objects = self._objects
        dt = max(0.0, now_s - self._now_s)
        last = _rows([it.box for it in objects])
        return Expected(
            [it.key for it in objects],
            _boxes([(it.x + it.vx * dt, it.y + it.vy * dt, it.w, it.h) for it in objects]),
            Detections(
                corners(last[:, :2], last[:, 2:]),
                np.full(len(objects), self._options.sure, np.float32),
                np.array([it.label for it in objects], np.int32),
            ),
            np.array([it.hits >= self._options.confirm_hits for it in objects], bool),
            np.array([hypot(it.vx, it.vy) > _SPEED * it.h for it in objects], bool),
            np.array([it.moved for it in objects], bool),
        )

    def _to(self, now_s: float) -> None:
        self._held = None
        dt = max(0.0, now_s - self._now_s)
        self._now_s = now_s
        if dt:
            spread = Spread.over(dt, self._options.agility)
            for it in self._objects:
                it.predict(spread)

    def _match(
        self, seen: list[Sighting], objects: list[Followed], near: float, wait: float = 0.0
    ) -> tuple[list[Sighting], list[Followed]]:
        """Give detections to objects that are expected at less than ``near``, and ``wait`` more for each second unseen.

        Returns what is left of both.
        """
        if not seen or not objects:
            return seen, objects
        options = self._options
        reach = Reach(near, wait, options.alike, options.coast_s)
        pairs = choose(distances(seen, objects, self._now_s, reach), near)
        if not pairs:
            return seen, objects
        noise = options.jitter**2
        for row, column in pairs:
            it, each = objects[row], seen[column]
            it.correct(each.box, self._now_s, noise, options.resize)
            it.named_s = self._now_s
            it.vote(each)
        rows, columns = {row for row, _ in pairs}, {column for _, column in pairs}
        return (
            [each for column, each in enumerate(seen) if column not in columns],
            [it for row, it in enumerate(objects) if row not in rows],
        )

    def _carry(self, moving: Floats) -> None:
        """A blob that lies where one confirmed track alone is expected, and is about as large, is that object."""
        options = self._options
        unseen = [
            it.seen_s < self._now_s
            and self._now_s - it.named_s <= options.carried_s
            and it.hits >= options.confirm_hits
            for it in self._objects
        ]
        if not any(unseen):
            return
        boxes = _boxes([(it.x, it.y, it.w, it.h) for it in self._objects])
        shared = intersections(boxes, moving)
        alone = (shared > 0.1 * areas(boxes)[:, None]).sum(axis=0) == 1
        similar = shared > _LIKE * np.maximum(areas(boxes)[:, None], areas(moving)[None, :])
        pairs = np.argwhere(similar & alone[None, :] & np.array(unseen)[:, None])
        noise = (_BLUR * options.jitter) ** 2
        blobs = centred(moving).tolist()
        for number, blob in pairs.tolist():
            it = self._objects[number]
            it.correct((*blobs[blob][:2], it.w, it.h), self._now_s, noise, options.resize)

    def _forget(self) -> None:
        options, now_s = self._options, self._now_s
        self._objects = [
            it
            for it in self._objects
            if now_s - it.seen_s <= (options.lost_s if it.hits >= options.confirm_hits else options.fresh_s)
        ]

    def _report(self) -> list[Track]:
        out = []
        confirm_hits, coast_s, now_s = self._options.confirm_hits, self._options.coast_s, self._now_s
        for it in self._objects:
            if it.hits < confirm_hits or now_s - it.seen_s > coast_s:
                continue
            x, y, w, h = it.x, it.y, it.w / 2, it.h / 2
            box = x - w, y - h, x + w, y + h
            seen = it.seen_s == now_s
            out.append(
                Track(it.id, CLASSES[it.label], box, (it.vx, it.vy), it.born_s, it.seen_s, seen, it.foot, it.moved)
            )
        return out


def _rows(boxes: list[Row]) -> Reals:
    return np.array(boxes, np.float64).reshape(-1, 4)


def _boxes(rows: list[Row]) -> Floats:
    """Centres and sizes -> corners."""
    table = _rows(rows)
    return corners(table[:, :2], table[:, 2:])


_LIKE = 0.3
"""Least share of the larger of a blob and a box that they have in common, for one to carry the other."""
_BLUR = 3.0
"""A blob's box is so many times less exact than a detection's: shadows, parts that stand still."""
