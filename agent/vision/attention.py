"""When a model looks, and what the tracker is given where it does not.

A detector looks at what moves, ``budget`` times a second at most; between looks blobs carry the tracks, so that looks
are saved and frames never are. What stands is looked at now and then, and the whole frame is swept for what stood
there before anybody looked. A classifier of blobs costs next to nothing: it names every blob of every frame.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from agent.vision.boxes import NOTHING, Detections, Frame, intersections, join
from agent.vision.finder import Finder, SearchPlaces
from agent.vision.motion import Motion
from agent.vision.rest import Resting
from agent.vision.track import Expected, Track, Tracker


class AttentionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds."""

    first_sweep_s: float = 1.0
    """Between sweeps during the first ``first_s``: five of five groups that stood from the start were found so ..."""
    sweep_s: float = 10.0
    """... and later: one inference, .4 % of a core of a small box with a detector of 40 ms."""
    first_s: float = 6.0
    doubt_s: float = 1.0
    """Between looks at what stands and was missed last time."""


class Attended(NamedTuple):
    """The tracks now, and whether the model looked at this frame."""

    tracks: list[Track]
    looked: bool


class Attention(Protocol):
    """``frame`` takes each frame in which the camera sees; times only grow."""

    def frame(self, frame: Frame, motion: Motion, now_s: float) -> Attended: ...


class DetectorAttention:
    """For a model that finds objects by itself, moving or not."""

    def __init__(
        self, finder: Finder, tracker: Tracker, budget: float, options: AttentionOptions | None = None
    ) -> None:
        """``budget``: looks per second at most."""
        self._finder = finder
        self._tracker = tracker
        self._every_s = 1 / budget
        self._options = options or AttentionOptions()
        self._resting = Resting(finder.eye.model.output.sure)
        self._began_s: float | None = None
        self._due_s = self._swept_s = self._looked_s = float("-inf")

    def frame(self, frame: Frame, motion: Motion, now_s: float) -> Attended:
        self._began_s = now_s if self._began_s is None else self._began_s
        expected = self._tracker.expected(now_s)
        self._resting.frame(expected, motion.boxes, now_s)
        looks = self._due(expected, motion, now_s)
        sweeps = now_s - self._swept_s >= self._sweep_every(now_s) - _SLACK_S
        found = NOTHING
        if looks or sweeps:
            found = self._look(frame, motion, expected, now_s, sweeps=sweeps)
        held = self._resting.held(found)
        if not looks and not sweeps and not len(motion.boxes) and len(held) == len(expected.keys):
            return Attended(self._tracker.hold(now_s), looked=False)
        return Attended(self._tracker.update(join([found, held]), now_s, motion.boxes), looks or sweeps)

    def _due(self, expected: Expected, motion: Motion, now_s: float) -> bool:
        """Something moves, or may have left; what stands and was missed is asked for again, with more patience."""
        awake = len(motion.boxes) > 0 or self._resting.unseen or not expected.confirmed.all()
        if not awake:
            return self._resting.doubted and now_s - self._looked_s >= self._options.doubt_s
        return now_s >= self._due_s - _SLACK_S

    def _look(self, frame: Frame, motion: Motion, expected: Expected, now_s: float, *, sweeps: bool) -> Detections:
        self._looked_s = now_s
        self._due_s = max(self._due_s + self._every_s, now_s + self._every_s / 2)
        found = self._finder.find(
            frame, SearchPlaces(motion.boxes, expected.boxes[expected.confirmed], expected.last.boxes[:0])
        )
        self._resting.look(found, now_s)
        if sweeps:
            self._swept_s = now_s
            self._resting.sweep(found, motion.boxes)
        return found

    def _sweep_every(self, now_s: float) -> float:
        assert self._began_s is not None
        first = now_s - self._began_s < self._options.first_s
        return self._options.first_sweep_s if first else self._options.sweep_s


class BlobAttention:
    """For a classifier, whose only eyes are blobs: what stands is a blob still, since the background leaves it out.

    After a change of light everything becomes background: what stood then is asked for at its place.
    """

    def __init__(self, finder: Finder, tracker: Tracker) -> None:
        self._finder = finder
        self._tracker = tracker
        self._anchored: set[int] = set()

    def frame(self, frame: Frame, motion: Motion, now_s: float) -> Attended:
        expected = self._tracker.expected(now_s)
        if motion.everywhere:
            self._anchored = set(expected.keys)
        self._anchored &= set(expected.keys)
        if not len(motion.boxes) and not len(expected.keys):
            return Attended(self._tracker.hold(now_s), looked=False)
        near = np.zeros(len(expected.keys), bool)
        if len(motion.boxes) and len(near):
            near = np.asarray((intersections(expected.last.boxes, motion.boxes) > 0).any(axis=1), bool)
        anchored = np.array([key in self._anchored for key in expected.keys], bool) & ~near
        places = SearchPlaces(motion.boxes, expected.boxes[near], expected.last.boxes[anchored], motion.mask)
        found = self._finder.find(frame, places)
        return Attended(self._tracker.update(found, now_s, motion.boxes), looked=True)


def attend(finder: Finder, tracker: Tracker, budget: float) -> Attention:
    """The way of looking that suits the finder's model."""
    return DetectorAttention(finder, tracker, budget) if finder.sees_still else BlobAttention(finder, tracker)


_SLACK_S = 0.001
"""Times of frames are rounded somewhere on their way."""
