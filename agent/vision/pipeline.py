"""One camera's eyes from frame to result: motion, attention, tracks, rules, view and gauges, in one pure object.

``frame`` takes a frame and its time and returns what happened; it reads no clock and starts nothing, so a video is
replayed faster than real time with exactly the same answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agent.config.scene import SceneSettings
from agent.models.describe import divider_folder, read_model, shipped_folder
from agent.vision.attention import attend
from agent.vision.boxes import Floats, Frame
from agent.vision.detector import Classifier, Detector
from agent.vision.divider import Divider
from agent.vision.finder import BlobFinder, DetectorFinder, Finder
from agent.vision.glow import in_focus
from agent.vision.motion import MotionDetector, MotionOptions, small_grey
from agent.vision.scene import Scene, placed
from agent.vision.tamper.view import ViewWatch
from agent.vision.track import Track, Tracker, TrackerOptions
from agent.vision.water.gauge import WaterGauge
from contract.events import WaterLevel
from contract.types import Body

TimedBody = tuple[float, Body]
_DAY_S = 86400.0
_GHOST_S = 5.0
"""An object that enters has moved by then: half of its height."""


class Seen(NamedTuple):
    """What one frame led to. ``events`` holds (time, body) pairs; ``tracks`` and ``moving`` are for drawing."""

    events: list[TimedBody]
    tracks: list[Track]
    moving: Floats
    detected: bool
    dark: bool
    wrong: tuple[str, ...]


class VisionPipeline:
    """Complete when constructed; ``frame`` per frame, ``end`` once."""

    def __init__(
        self,
        settings: SceneSettings,
        size: tuple[int, int],
        *,
        finder: Finder,
        seed: int | None = None,
        aligned_s: float = 0.0,
        water: Iterable[WaterLevel] = (),
    ) -> None:
        """``seed`` makes track ids repeatable (replay); without it they are random. ``aligned_s``: see ``Scene``.

        ``water``: what the gauges reported before.
        """
        self.size = size
        new_id = ids(seed)
        self._sees_still = finder.sees_still
        self._small = MotionOptions().width
        self._motion = MotionDetector()
        self._tracker = Tracker(TrackerOptions(sure=finder.eye.model.output.sure), new_id)
        self._attention = attend(finder, self._tracker, settings.budget)
        self._scene = Scene(settings, size, new_id, aligned_s)
        place = placed(settings, size)
        known = {body.gauge: body for body in water}
        self._gauges = [WaterGauge(name, each, place, known.get(name)) for name, each in settings.gauge.items()]
        self._view = ViewWatch()
        self._aligned_s = aligned_s
        self._day: float | None = None
        self._tracks: list[Track] = []

    def frame(self, frame: Frame, now_s: float) -> Seen:
        """``frame``: of this camera's size; ``now_s`` only grows."""
        self._new_day(now_s)
        view = self._view.look(frame, now_s)
        known = [track.box for track in self._tracks if self._stays(track, now_s)]
        standing = np.array(known, np.float32).reshape(-1, 4)
        motion = self._motion.look(small_grey(frame, self._small), now_s, self.size, standing)
        there = np.array([track.box for track in self._tracks], np.float32).reshape(-1, 4)
        motion = motion._replace(boxes=in_focus(frame, motion.boxes, there))
        self._tracks, detected = self._attention.frame(frame, motion, now_s) if view.seeing else ([], False)
        events: list[TimedBody] = [(now_s, body) for body in view.events]
        events += self._scene.update(self._tracks, now_s, seeing=view.seeing)
        if view.seeing:
            boxes = [track.box for track in self._tracks]
            for gauge in self._gauges:
                events += [(now_s, body) for body in gauge.look(frame, now_s, boxes, motion.boxes)]
        return Seen(events, self._tracks, motion.boxes, detected, view.dark, view.wrong)

    def align(self, aligned_s: float) -> None:
        """The wall clock was set: windows and days follow it from now on."""
        self._aligned_s = self._scene.aligned_s = aligned_s

    def end(self, now_s: float) -> list[TimedBody]:
        """Close what is open: the last window, incidents."""
        return self._scene.end(now_s)

    def each(self, line: str) -> bool:
        return self._scene.each(line)

    def _stays(self, track: Track, now_s: float) -> bool:
        """Whether a track must not become background. To blobs, what never moves is a ghost: something drove away."""
        return track.moved or self._sees_still or now_s - track.born_s < _GHOST_S

    def _new_day(self, now_s: float) -> None:
        """Every track gets a new random name each day: nobody can be followed over days."""
        day = (now_s + self._aligned_s) // _DAY_S
        if self._day is not None and day != self._day:
            self._scene.rename(self._tracker.rename())
        self._day = day


def ids(seed: int | None) -> Callable[[], str]:
    """A source of 32-bit names that mean nothing."""
    source: random.Random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - replay only
    return lambda: f"{source.getrandbits(32):08x}"


def make_finder(settings: SceneSettings) -> Finder:
    """The finder for the settings' model. ConfigError: the model cannot be used."""
    model = read_model(Path(settings.model) if settings.model else shipped_folder())
    if model.about.task == "classify":
        folder = divider_folder()
        divider = None if folder is None else Divider(folder, settings.threads)
        return BlobFinder(Classifier(model, settings.threads, settings.score), settings.crops_max, divider)
    detector = Detector(model, settings.threads, settings.score)
    classifier = Classifier(read_model(shipped_folder()))
    return DetectorFinder(detector, settings.crops_max, crops=settings.crops == "auto", classifier=classifier)
