"""Objects over time: which detection is which object, and where it is while nothing sees it.

Association in stages as in ByteTrack (arXiv:2110.06864): sure detections first to confirmed tracks, then to new ones,
so that a second box of one object takes nothing over; then unsure ones to the tracks that are left, so that an object
keeps its track while it is half hidden. The distance is measured in the object's own size, so it means the same near
and far, and at 2 or 25 pictures per second. The motion model is a Kalman filter of constant velocity whose noise is in
object heights as well: one covariance serves both axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.vision.assign import Pairs, assign
from agent.vision.boxes import CLASSES, Detections, Floats

Reals = NDArray[np.float64]


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

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands: the middle of the box's lower edge."""
        return (self.box[0] + self.box[2]) / 2, self.box[3]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class TrackerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, distances in object sizes; tuned on public pedestrian sequences, see bench/vision_track.py."""

    sure: float = 0.6
    """Least score of a detection that may begin a track."""
    reach: float = 0.7
    """Largest distance of a sure detection from where the object is expected."""
    near: float = 0.5
    """The same for unsure detections."""
    wait: float = 1.0
    """How much farther a detection may be per second that the object was not seen."""
    alike: float = 0.6
    """What was lost for longer than ``coast_s`` and is smaller or larger by more than this share is something else."""
    confirm_hits: int = 4
    lost_s: float = 2.0
    """A track that nobody has seen for longer ends."""
    coast_s: float = 0.2
    """It is reported for so long while nobody sees it."""
    jitter: float = 0.05
    """Noise of a detection, in heights."""
    agility: float = 1.0
    """Noise of the motion, in heights per second squared."""
    resize: float = 0.35
    """Share of a detection's size that the track takes over."""


class _Memory:
    """What a track knows beside its numbers."""

    __slots__ = ("born_s", "hits", "id", "key", "votes")

    def __init__(self, name: str, key: int, born_s: float) -> None:
        self.id = name
        self.key = key  # stays when names are given anew
        self.born_s = born_s
        self.hits = 1
        self.votes = [0.0] * len(CLASSES)

    @property
    def label(self) -> int:
        return self.votes.index(max(self.votes))


# columns of the state: centre, size, velocity of the centre; covariance of place and velocity; time of the last
# detection, whether it has ever moved, the foot where it began, and the detection itself
_X, _Y, _W, _H, _VX, _VY, _P, _C, _V, _SEEN, _MOVED, _BX, _BY, _ZX = range(14)
_COLUMNS = 17
_MOVE = 0.5
"""An object has moved once it was detected so many of its heights from where it began."""
_SPEED = 0.25
"""An object moves while it goes faster, in heights per second."""
_FIRST_SPEED = 1.5
"""Deviation of a new object's velocity, in heights per second."""


class Expected(NamedTuple):
    """Of each track: its key here, predicted box, last detection; whether it is confirmed, moves, and ever has."""

    keys: list[int]

    boxes: Floats
    last: Detections
    confirmed: NDArray[np.bool_]
    moves: NDArray[np.bool_]
    moved: NDArray[np.bool_]


class Tracker:
    """``update`` takes the detections of one picture and its time, which only grows."""

    def __init__(self, options: TrackerOptions, new_id: Callable[[], str]) -> None:
        self._options = options
        self._new_id = new_id
        self._state: Reals = np.empty((0, _COLUMNS))
        self._memory: list[_Memory] = []
        self._now_s = 0.0
        self._made = 0
        self._held: list[Track] | None = None

    def update(self, found: Detections, now_s: float) -> list[Track]:
        """The tracks that are confirmed and were seen within ``coast_s``."""
        self._held = None
        self._predict(max(0.0, now_s - self._now_s))
        self._now_s = now_s
        seen = np.empty((len(found), 4))
        seen[:, :2] = (found.boxes[:, :2] + found.boxes[:, 2:]) * 0.5
        seen[:, 2:] = found.boxes[:, 2:] - found.boxes[:, :2]
        sure = found.scores >= self._options.sure
        known = np.array([memory.hits >= self._options.confirm_hits for memory in self._memory], bool)
        left, lost = self._match(seen, found, np.nonzero(sure)[0], np.nonzero(known)[0], self._options.reach)
        left, fresh = self._match(seen, found, left, np.nonzero(~known)[0], self._options.reach)
        self._match(seen, found, np.nonzero(~sure)[0], np.concatenate([lost, fresh]), self._options.near)
        self._begin(seen, found, left.tolist())
        self._forget()
        return self._report()

    def hold(self, now_s: float) -> list[Track]:
        """As ``update``, where every object is known to be exactly where it was."""
        self._now_s = now_s
        self._state[:, _SEEN] = now_s
        if self._held is None:
            self._state[:, _VX : _VY + 1] = 0.0
            self._held = self._report()
        return self._held

    def rename(self) -> dict[str, str]:
        """New random names for all, old -> new: done once a day, so that nobody can be followed over days."""
        self._held = None
        old = [memory.id for memory in self._memory]
        for memory in self._memory:
            memory.id = self._new_id()
        return dict(zip(old, (memory.id for memory in self._memory), strict=True))

    def expected(self, now_s: float) -> Expected:
        """Where every track should be at ``now_s``, confirmed or not, and where it was detected last."""
        s = self._state
        centre = s[:, :2] + s[:, _VX : _VY + 1] * max(0.0, now_s - self._now_s)
        sure = [memory.hits >= self._options.confirm_hits for memory in self._memory]
        return Expected(
            [memory.key for memory in self._memory],
            _corners(centre, s[:, _W : _H + 1]),
            Detections(
                _corners(s[:, _ZX : _ZX + 2], s[:, _ZX + 2 :]),
                np.full(len(s), self._options.sure, np.float32),
                np.array([memory.label for memory in self._memory], np.int32),
            ),
            np.array(sure, bool),
            np.hypot(s[:, _VX], s[:, _VY]) > _SPEED * s[:, _H],
            s[:, _MOVED] > 0,
        )

    def _predict(self, dt: float) -> None:
        s = self._state
        if not dt or not len(s):
            return
        s[:, :2] += s[:, _VX : _VY + 1] * dt
        q = self._options.agility**2
        s[:, _P] += dt * (2 * s[:, _C] + dt * s[:, _V]) + q * dt**4 / 4
        s[:, _C] += dt * s[:, _V] + q * dt**3 / 2
        s[:, _V] += q * dt**2

    def _match(self, seen: Reals, found: Detections, which: Any, tracks: Any, reach: float) -> tuple[Any, Any]:
        """Give the detections ``which`` to ``tracks``; returns what is left of both."""
        if not len(which) or not len(tracks):
            return which, tracks
        pairs = assign(self._distances(seen[which], found.classes[which], tracks, reach), reach)
        self._correct(seen, found, [(int(tracks[t]), int(which[d])) for t, d in pairs])
        return np.delete(which, [d for _, d in pairs]), np.delete(tracks, [t for t, _ in pairs])

    def _distances(self, seen: Reals, classes: Any, tracks: Any, reach: float) -> Reals:
        """Tracks x detections: distance of the centres and difference of the sizes, in sizes of the object."""
        s = self._state[tracks]
        size = np.maximum(s[:, None, _W : _H + 1], seen[None, :, 2:])
        away = (s[:, None, :2] - seen[None, :, :2]) / size
        ratio = np.abs(s[:, None, _W : _H + 1] - seen[None, :, 2:]) / size
        distance: Reals = np.sqrt((away * away).sum(axis=2)) + 0.5 * ratio.max(axis=2)
        gap = (self._now_s - s[:, _SEEN])[:, None]
        distance /= 1.0 + self._options.wait * np.minimum(gap, 1.0)
        distance[(ratio.max(axis=2) > self._options.alike) & (gap > self._options.coast_s)] = np.inf
        labels = np.array([self._memory[t].label for t in tracks])
        distance += np.where(labels[:, None] == classes[None, :], 0.0, 0.4 * reach)
        return distance

    def _correct(self, seen: Reals, found: Detections, pairs: Pairs) -> None:
        if not pairs:
            return
        tracks = [t for t, _ in pairs]
        which = [d for _, d in pairs]
        s = self._state[tracks]
        z = seen[which]
        noise = s[:, _P] + self._options.jitter**2
        place, speed = s[:, _P] / noise, s[:, _C] / noise
        off = z[:, :2] - s[:, :2]
        s[:, :2] += place[:, None] * off
        s[:, _VX : _VY + 1] += speed[:, None] * off
        s[:, _V] -= speed * s[:, _C]
        s[:, _C] *= 1 - place
        s[:, _P] *= 1 - place
        s[:, _W : _H + 1] += self._options.resize * (z[:, 2:] - s[:, _W : _H + 1])
        s[:, _SEEN] = self._now_s
        s[:, _ZX:] = z
        away = np.abs(_foot(z) - s[:, _BX : _BY + 1]).max(axis=1)
        s[:, _MOVED] = np.maximum(s[:, _MOVED], away > _MOVE * z[:, 3])
        self._state[tracks] = s
        for track, detection in pairs:
            memory = self._memory[track]
            memory.hits += 1
            votes = memory.votes
            votes[found.classes[detection]] += float(found.scores[detection])

    def _begin(self, seen: Reals, found: Detections, which: list[int]) -> None:
        if not which:
            return
        fresh = np.zeros((len(which), _COLUMNS))
        fresh[:, :4] = fresh[:, _ZX:] = seen[which]
        fresh[:, _BX : _BY + 1] = _foot(fresh)
        fresh[:, _P] = self._options.jitter**2
        fresh[:, _V] = _FIRST_SPEED**2
        fresh[:, _SEEN] = self._now_s
        self._state = np.concatenate([self._state, fresh])
        for detection in which:
            self._made += 1
            memory = _Memory(self._new_id(), self._made, self._now_s)
            memory.votes[found.classes[detection]] = float(found.scores[detection])
            self._memory.append(memory)

    def _forget(self) -> None:
        """A track ends when it was not seen for ``lost_s``; one that was never confirmed, much sooner."""
        gap = self._now_s - self._state[:, _SEEN]
        if not (gap > 0).any():
            return
        options = self._options
        keep = [
            lost <= (options.lost_s if memory.hits >= options.confirm_hits else options.coast_s)
            for lost, memory in zip(gap.tolist(), self._memory, strict=True)
        ]
        if not all(keep):
            self._state = self._state[keep]
            self._memory = [memory for memory, stays in zip(self._memory, keep, strict=True) if stays]

    def _report(self) -> list[Track]:
        out = []
        for memory, row in zip(self._memory, self._state.tolist(), strict=True):
            if memory.hits < self._options.confirm_hits or self._now_s - row[_SEEN] > self._options.coast_s:
                continue
            x, y, w, h = row[:4]
            out.append(
                Track(
                    memory.id,
                    CLASSES[memory.label],
                    (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
                    (row[_VX], row[_VY]),
                    memory.born_s,
                    row[_SEEN],
                    row[_SEEN] == self._now_s,
                    (row[_BX], row[_BY]),
                )
            )
        return out


def _foot(rows: Reals) -> Reals:
    """Of rows that begin with centre and size."""
    foot: Reals = rows[:, [_X, _Y]] + rows[:, [_H]] * (0.0, 0.5)
    return foot


def _corners(centre: Reals, size: Reals) -> Floats:
    corners: Floats = np.concatenate([centre - size / 2, centre + size / 2], axis=1).astype(np.float32)
    return corners
