"""A candidate model that is asked the same as the one that counts, now and then, on live frames.

Nothing follows from its answers but figures: how far the two agree, and what a look of each takes. It looks once a
second at most and takes a tenth of the time at most, and is gone when its time is over.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from agent.config.scene import CameraSettings
from agent.errors import ConfigError
from agent.models.describe import VISION, describe
from agent.system.resident import resident_bytes
from agent.vision.assign import assign
from agent.vision.boxes import Detections, Floats, Frame, overlaps
from agent.vision.detector import Eye
from agent.vision.finder import Finder, SearchPlaces
from agent.vision.order import CandidateModel
from agent.vision.pipeline import make_finder
from contract.health import ShadowHealth

_EVERY_S, _SHARE = 1.0, 0.1
_TIMES = 200
"""Looks whose times are kept. The first of a model and those that others interrupt take many times as long: medians."""
_SAME = 0.5
"""Overlap from which on two boxes of one class are one object."""
_ROOM_BYTES, _ROOM_TIMES = 24 << 20, 3
"""What must be free of the process's bound before a model is loaded: so much, and so often the size of its file."""


class Shadow:
    """``find`` in place of the one of the model that counts; ``health`` says how it stands."""

    def __init__(self, candidate: CandidateModel, settings: CameraSettings, now: Callable[[], float]) -> None:
        self._now = now
        self._until_s = now() + candidate.for_s
        self._due_s = 0.0
        self._finder: Finder | None = None
        self.health = ShadowHealth(state="running")
        self._scores = np.zeros(2)  # sums, of the model that counts and of the candidate
        self._took_s: deque[tuple[float, float]] = deque(maxlen=_TIMES)
        folder = Path(candidate.folder)
        try:
            described = describe(folder, VISION)
            self.health = ShadowHealth(state="running", model=described.about.sha256)
            needed = _ROOM_BYTES + _ROOM_TIMES * described.path.stat().st_size
        except (ConfigError, OSError):
            self._end("no_model")
            return
        if resident_bytes() + needed > settings.memory_mib << 20:
            self._end("no_memory")
            return
        try:
            self._finder = make_finder(msgspec.structs.replace(settings, model=candidate.folder))
        except ConfigError:
            self._end("misfit")
        except MemoryError:
            self._end("no_memory")

    def find(self, finder: Finder, frame: Frame, places: SearchPlaces) -> Detections:
        """What ``finder`` finds, whose answer counts; now and then the candidate is asked as well."""
        began_s = self._now()
        other = self._finder
        if began_s >= self._until_s and self.health.state == "running":
            self._end("over")
        if self._finder is None or other is None or began_s < self._due_s:
            return finder.find(frame, places)
        # who looks second finds caches warm: they take turns
        order = (finder, other) if self.health.looks % 2 else (other, finder)
        found, took_s = {}, {}
        for each in order:
            at_s = self._now()
            found[each] = each.find(frame, places)
            took_s[each] = self._now() - at_s
        self._due_s = began_s + max(_EVERY_S, sum(took_s.values()) / _SHARE)
        ours, theirs = _sure(found[finder], finder.eye), _sure(found[other], other.eye)
        self._scores += [ours.scores.sum(), theirs.scores.sum()]
        self._took_s.append((took_s[finder], took_s[other]))
        self._count(ours, theirs)
        return found[finder]

    def _count(self, ours: Detections, theirs: Detections) -> None:
        before = self.health
        looks, objects_before = before.looks + 1, before.objects_before + len(ours)
        objects = before.objects + len(theirs)
        self.health = msgspec.structs.replace(
            before,
            looks=looks,
            objects=objects,
            objects_before=objects_before,
            agreed=before.agreed + _agreed(ours, theirs),
            score_before=round(float(self._scores[0]) / max(objects_before, 1), 4),
            score=round(float(self._scores[1]) / max(objects, 1), 4),
            ms_before=round(1000 * median(took_s for took_s, _ in self._took_s), 2),
            ms=round(1000 * median(took_s for _, took_s in self._took_s), 2),
        )

    def _end(self, state: str) -> None:
        """Its memory is free again; the figures stay."""
        self._finder = None
        self.health = msgspec.convert({**msgspec.structs.asdict(self.health), "state": state}, ShadowHealth)


class Shadowed:
    """A finder, and the candidate that may look next to it."""

    def __init__(self, finder: Finder, now: Callable[[], float] = time.monotonic) -> None:
        self.eye = finder.eye
        self.sees_still = finder.sees_still
        self._finder = finder
        self._now = now
        self._shadow: Shadow | None = None

    @property
    def health(self) -> ShadowHealth | None:
        """Of the candidate; None: there is none."""
        return self._shadow.health if self._shadow else None

    def consider(self, candidate: CandidateModel | None, settings: CameraSettings) -> None:
        """Have this candidate look from now on; None: none any more."""
        self._shadow = Shadow(candidate, settings, self._now) if candidate else None

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        shadow = self._shadow
        return self._finder.find(frame, places) if shadow is None else shadow.find(self._finder, frame, places)

    def everything(self, frame: Frame) -> Floats | None:
        return self._finder.everything(frame)


def _sure(found: Detections, eye: Eye) -> Detections:
    """What would begin a track."""
    return found.take(found.scores >= eye.model.output.sure) if len(found) else found


def _agreed(ours: Detections, theirs: Detections) -> int:
    """How many objects both see, in one place and of one class."""
    if not len(ours) or not len(theirs):
        return 0
    apart = 1.0 - overlaps(ours.boxes, theirs.boxes)
    apart[ours.classes[:, None] != theirs.classes[None, :]] = 1.0
    return len(assign(apart, 1.0 - _SAME + 1e-6))
