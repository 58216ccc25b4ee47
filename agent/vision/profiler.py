"""Histograms of an hour: what the model that counts is given, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agent.vision.boxes import Detections, Floats, Frame
from agent.vision.finder import Finder, SearchPlaces
from contract.events import Profile
from contract.model import CLASSES, MOST_SHARE

HOUR_S = 3600.0
EVERY_S = 1.0
"""Between two looks that are counted: an object that stays counts once a second, whatever the model's rate is."""
BINS = 8
_SIZES = np.array([1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2])
_STEP = 16
"""Every so many pixels each way tell how bright a frame is."""


class Profiler:
    """A finder whose answers are counted. ``now`` is the clock of frames; ``every_s`` how long a profile is."""

    def __init__(self, finder: Finder, now: Callable[[], float], *, every_s: float = HOUR_S) -> None:
        self.eye = finder.eye
        self.sees_still = finder.sees_still
        self._finder = finder
        self._now = now
        self._every_s = every_s
        self._found_s = self._lit_s = float("-inf")
        self._began_s: float | None = None
        self._begin()

    def _begin(self) -> None:
        self._looks = self._objects = 0
        self._counts = {
            "scores": np.zeros(BINS, np.int64),
            "classes": np.zeros(len(CLASSES) + 1, np.int64),
            "sizes": np.zeros(BINS, np.int64),
            "brightness": np.zeros(BINS, np.int64),
        }

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        found = self._finder.find(frame, places)
        now_s = self._now()
        if now_s - self._found_s >= EVERY_S:
            self._found_s = now_s
            self._count(found, frame.shape[0])
        return found

    def everything(self, frame: Frame) -> Floats | None:
        return self._finder.everything(frame)

    def frame(self, frame: Frame, at_s: float) -> Profile | None:
        """Each frame that the pipeline was given; the profile, where its time is over."""
        self._began_s = at_s if self._began_s is None else self._began_s
        if at_s - self._lit_s >= EVERY_S:
            self._lit_s = at_s
            self._looks += 1
            mean = float(frame[::_STEP, ::_STEP].mean())
            self._counts["brightness"][min(BINS - 1, int(mean * BINS / 256))] += 1
        if at_s - self._began_s < self._every_s:
            return None
        made = self.profile(at_s - self._began_s)
        self._began_s = at_s
        self._begin()
        return made

    def profile(self, duration_s: float) -> Profile:
        """What was counted so far."""
        shares: dict[str, Any] = {name: _shares(counts.tolist()) for name, counts in self._counts.items()}
        return Profile(
            model=self.eye.model.about.sha256[:12],
            duration_s=round(duration_s, 1),
            looks=self._looks,
            objects=self._objects,
            **shares,
        )

    def _count(self, found: Detections, height: int) -> None:
        if not len(found):
            return
        self._objects += len(found)
        scores = np.clip((found.scores * BINS).astype(int), 0, BINS - 1)
        sizes = np.digitize((found.boxes[:, 3] - found.boxes[:, 1]) / height, _SIZES)
        named = np.array(self.eye.model.classes)[found.classes]
        classes = np.where(named < 0, len(CLASSES), named)
        for name, places in (("scores", scores), ("sizes", sizes), ("classes", classes)):
            np.add.at(self._counts[name], places, 1)


def _shares(counts: Sequence[int]) -> tuple[int, ...]:
    total = sum(counts)
    return tuple(round(MOST_SHARE * count / total) if total else 0 for count in counts)
