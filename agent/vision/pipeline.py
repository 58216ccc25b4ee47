"""One camera's eyes from picture to result: motion, detection, tracks, rules, view and gauges, in one pure object.

``frame`` takes a picture and its time and returns what is to be told; it reads no clock and starts nothing, so a film
is replayed faster than real time with exactly the same answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.config.scene import SceneSettings
from agent.vision.boxes import CLASSES, NOTHING, Detections, Floats, Picture, intersections, join
from agent.vision.detector import Classifier, Detector
from agent.vision.finder import BlobFinder, DetectorFinder, Finder, Places
from agent.vision.gauge import WaterGauge
from agent.vision.model import read_model, shipped_folder
from agent.vision.motion import MotionDetector, MotionOptions, small_grey
from agent.vision.scene import Scene, placed
from agent.vision.track import Expected, Track, Tracker, TrackerOptions
from agent.vision.view import ViewWatch
from contract.events import WaterLevel
from contract.types import Body

Told = tuple[float, Body]
Which = NDArray[np.bool_]
_DAY_S = 86400.0


class PipelineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How often a detector looks, in seconds."""

    look_s: float = 0.06
    """At what moves, at most: tracks bridge the pictures between, and an object goes no way in so short a time."""
    rare_s: float = 0.15
    """Pictures that lie so far apart are looked at whole as well: what is fast may not lie in the crops."""
    check_s: float = 2.0
    """At an object that was seen to stand still; each time that it is still there the wait trebles ..."""
    check_most_s: float = 300.0
    """... up to this: if it leaves, that is motion."""
    check_person_s: float = 4.0
    """The same for persons, who do not stand like statues for long."""
    search_s: float = 60.0
    """At one more part of the picture, for what stood there before anyone looked."""
    first_search_s: float = 0.5
    """The same during the first ``_FIRST_S`` seconds."""


_FIRST_S = 6.0
_PERSON = CLASSES.index("person")


class _Check:
    """When an object that nothing moves near is looked at next: at once, until it was seen there."""

    __slots__ = ("due_s", "wait_s")

    def __init__(self, now_s: float) -> None:
        self.wait_s = 0.0
        self.due_s = now_s

    def seen(self, now_s: float, first_s: float, most_s: float) -> None:
        """It is at rest there: each wait is thrice the one before."""
        self.wait_s = min(3 * self.wait_s or first_s, most_s)
        self.due_s = now_s + self.wait_s


class Seen(NamedTuple):
    """What one picture led to. ``told`` holds (time, body) pairs; ``tracks`` and ``moving`` are for drawing."""

    told: list[Told]
    tracks: list[Track]
    moving: Floats
    detected: bool
    dark: bool
    wrong: tuple[str, ...]


class Pipeline:
    """Complete when constructed; ``frame`` per picture, ``end`` once."""

    def __init__(
        self,
        settings: SceneSettings,
        size: tuple[int, int],
        *,
        finder: Finder,
        seed: int | None = None,
        aligned_s: float = 0.0,
        options: PipelineOptions | None = None,
        water: Iterable[WaterLevel] = (),
    ) -> None:
        """``seed`` makes track ids repeatable (replay); without it they are random. ``aligned_s``: see ``Scene``.

        ``water``: what the gauges told before.
        """
        self.size = size
        self.finder = finder
        self._options = options or PipelineOptions()
        self._new_id = ids(seed)
        self._small = MotionOptions().width
        self._motion = MotionDetector()
        sure = finder.eye.model.about.output.sure
        self._tracker = Tracker(TrackerOptions(sure=sure), self._new_id)
        self._scene = Scene(settings, size, self._new_id, aligned_s)
        place = placed(settings, size)
        known = {body.gauge: body for body in water}
        self._gauges = [WaterGauge(name, each, place, known.get(name)) for name, each in settings.gauge.items()]
        self._view = ViewWatch()
        self._began_s: float | None = None
        self._searched_s = self._looked_s = float("-inf")
        self._framed_s = 0.0
        self._checks: dict[int, _Check] = {}
        self._quiet_until_s = float("-inf")
        self._aligned_s = aligned_s
        self._day: float | None = None
        self._tracks: list[Track] = []
        self._anchored: set[int] = set()

    def frame(self, picture: Picture, now_s: float) -> Seen:
        """``picture``: of this camera's size; ``now_s`` only grows."""
        if self._began_s is None:
            self._began_s = now_s
        self._new_day(now_s)
        view = self._view.look(picture, now_s)
        standing = np.array([track.box for track in self._tracks], np.float32).reshape(-1, 4)
        motion = self._motion.look(small_grey(picture, self._small), now_s, self.size, standing)
        if view.seeing:
            if motion.everywhere:
                self._anchored = set(self._tracker.expected(now_s).keys)
            found, detected = self._find(picture, motion.boxes, now_s)
            self._framed_s = now_s
            self._tracks = self._tracker.hold(now_s) if found is None else self._tracker.update(found, now_s)
        else:
            detected, self._tracks = False, []
        told: list[Told] = [(now_s, body) for body in view.events]
        told += self._scene.update(self._tracks, now_s, seeing=view.seeing)
        if view.seeing:
            boxes = [track.box for track in self._tracks]
            for gauge in self._gauges:
                told += [(now_s, body) for body in gauge.look(picture, now_s, boxes, motion.boxes)]
        return Seen(told, self._tracks, motion.boxes, detected, view.dark, view.wrong)

    def align(self, aligned_s: float) -> None:
        """The wall clock was set: windows and days follow it from now on."""
        self._aligned_s = self._scene.aligned_s = aligned_s

    def end(self, now_s: float) -> list[Told]:
        """Close what is open: the last window, incidents."""
        return self._scene.end(now_s)

    def each(self, line: str) -> bool:
        return self._scene.each(line)

    def _find(self, picture: Picture, moving: Floats, now_s: float) -> tuple[Detections | None, bool]:
        """Look where something moves and where something should be; what rests is only checked at times.

        None: everything rests, and nothing is due.
        """
        if not len(moving) and now_s < self._quiet_until_s:
            return None, False
        if self.finder.sees_still and now_s - self._looked_s < self._options.look_s:
            return NOTHING, False
        self._quiet_until_s = now_s
        expected = self._tracker.expected(now_s)
        still = self._still(expected, moving)
        known = self._known(expected, still)
        due, resting = self._rest(expected, expected.confirmed & still & known, now_s)
        searching = now_s - self._searched_s >= self._search_every(now_s)
        if (
            not len(moving)
            and not due.any()
            and not searching
            and not (self.finder.sees_still and (known & ~resting).any())
        ):
            if not resting.all():
                return expected.last.take(resting), False
            search_s = self._searched_s + self._search_every(now_s)
            self._quiet_until_s = min([search_s, *(check.due_s for check in self._checks.values())])
            return None, False
        if searching:
            self._searched_s = now_s
        self._looked_s = now_s
        found = self.finder.find(
            picture,
            Places(
                moving,
                expected.boxes[known & ~resting & ~due],
                expected.last.boxes[due],
                searching,
                len(moving) > 0 and now_s - self._framed_s >= self._options.rare_s,
            ),
        )
        missing = _unseen(expected, resting | due, found)
        for place in np.nonzero(due)[0]:
            self._looked(expected, int(place), now_s, rests=not missing[place] and not expected.moves[place])
        return join([found, expected.last.take(missing & resting & ~due)]), True

    def _still(self, expected: Expected, moving: Floats) -> Which:
        """Near which of the objects nothing moves: they are where they were."""
        if not len(expected.keys) or not len(moving):
            return np.ones(len(expected.keys), bool)
        still: Which = np.logical_not((intersections(expected.last.boxes, moving) > 0).any(axis=1))
        return still

    def _known(self, expected: Expected, still: Which) -> Which:
        """Objects that may be believed while nothing moves there.

        Vehicles park; a person that has never moved is a post or a statue. Where blobs are the only eyes, what stands
        is a blob still, since the background leaves out what is tracked; unless a change of light has made it part of
        the background.
        """
        known: Which = np.logical_or(~still, _among(expected.keys, self._anchored))
        if self.finder.sees_still:
            known = np.logical_or(expected.last.classes != _PERSON, expected.moved)
        return known

    def _rest(self, expected: Expected, still: Which, now_s: float) -> tuple[Which, Which]:
        """Of the objects that are ``still``: who is due for a look, and who was seen at rest there.

        What was seen moving last, and is not seen since, has not come to rest: it has left.
        """
        fresh = self._checks
        keys = [key for key, stands in zip(expected.keys, still, strict=True) if stands]
        self._checks = {key: fresh.get(key) or _Check(now_s) for key in keys}
        due = {key for key, check in self._checks.items() if now_s >= check.due_s}
        seen = {key for key, check in self._checks.items() if check.wait_s}
        return _among(expected.keys, due), _among(expected.keys, seen)

    def _looked(self, expected: Expected, place: int, now_s: float, *, rests: bool) -> None:
        """What was not seen to rest is looked for at every picture, until its track ends."""
        key = expected.keys[place]
        if not rests:
            self._checks[key] = _Check(now_s)
            return
        options = self._options
        person = expected.last.classes[place] == _PERSON
        self._checks[key].seen(now_s, options.check_s, options.check_person_s if person else options.check_most_s)

    def _search_every(self, now_s: float) -> float:
        first = self._began_s is not None and now_s - self._began_s < _FIRST_S
        return self._options.first_search_s if first else self._options.search_s

    def _new_day(self, now_s: float) -> None:
        """Every track gets a new random name each day: nobody can be followed over days."""
        day = (now_s + self._aligned_s) // _DAY_S
        if self._day is not None and day != self._day:
            self._scene.rename(self._tracker.rename())
        self._day = day


def _among(keys: list[int], some: set[int]) -> Which:
    return np.array([key in some for key in keys], bool)


def _unseen(expected: Expected, carried: Which, found: Detections) -> Which:
    """Of those ``carried``, the ones that the finder did not find."""
    if not len(found) or not carried.any():
        return carried
    shared = intersections(expected.last.boxes, found.boxes)
    area = np.maximum((expected.last.boxes[:, 2:] - expected.last.boxes[:, :2]).prod(axis=1), 1.0)
    same = expected.last.classes[:, None] == found.classes[None, :]
    again: Which = ((shared > 0.5 * area[:, None]) & same).any(axis=1)
    return carried & ~again


def ids(seed: int | None) -> Callable[[], str]:
    """A source of 32-bit names that mean nothing."""
    source: random.Random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - replay only
    return lambda: f"{source.getrandbits(32):08x}"


def make_finder(settings: SceneSettings) -> Finder:
    """The finder for the settings' model. ConfigError: the model cannot be used."""
    model = read_model(Path(settings.model) if settings.model else shipped_folder())
    if model.about.task == "classify":
        return BlobFinder(Classifier(model, settings.threads, settings.score), settings.crops_max)
    detector = Detector(model, settings.threads, settings.score)
    return DetectorFinder(detector, settings.crops_max, crops=settings.crops == "auto")
