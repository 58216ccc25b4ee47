"""What is in a frame, by either kind of model.

``DetectorFinder`` gives a detector the whole frame; where the model asks for it, crops round what it then missed.
``BlobFinder`` takes the moving blobs themselves as boxes and asks a small classifier what they are: far cheaper, and
it works straight from above.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from agent.vision.boxes import NOTHING, Bytes, Detections, Floats, Frame, areas, intersections, join, suppress
from agent.vision.crops import CropOptions, packed, plan, tiles, uncut
from agent.vision.detector import Classifier, Detector, Eye, Region
from agent.vision.divider import Divider
from agent.vision.gate import gated, least
from agent.vision.groups import as_objects, explained
from agent.vision.overlooked import Overlooked
from agent.vision.riders import Riders
from contract.model import CLASSES

_INSIDE = 0.9
"""A box of which more lies in a better one of its class is a part of it."""
_HINT = 0.15
"""Score from which on something may be an object."""
_SEEN = 0.5
"""A place of which a detection covers so much needs no crop."""
_DIVIDED = 16
"""Blobs of one frame that are divided, the largest first."""
_CLEAR = 0.4
"""Least score of the clearest object in a blob that is divided."""
_SURE = 0.9
"""Share of a vehicle from which on the classifier knows one."""
_VEHICLE = CLASSES.index("vehicle")


class SearchPlaces(NamedTuple):
    """Where something may be: blobs that move, objects expected there, and what stands there; each n x 4."""

    moving: Floats
    expected: Floats
    resting: Floats
    mask: Bytes | None = None


class Finder(Protocol):
    eye: Eye
    sees_still: bool
    """Whether it finds what does not move."""

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        """Detections in frame pixels, with the scores that the tracker is to compare."""

    def everything(self, frame: Frame) -> Floats | None:
        """The boxes (n x 4) of all that may be an object, wherever it is and however unsure; None: it cannot say."""


class DetectorFinder:
    """The whole frame first; then crops of what was missed, ``limit`` at most, the others take turns."""

    sees_still = True

    def __init__(
        self, detector: Detector, limit: int, *, crops: bool = True, classifier: Classifier | None = None
    ) -> None:
        """``crops`` false: never, whatever the model asks for. ``classifier``: what it says of riders and vehicles."""
        self._riders = None if classifier is None else Riders(classifier)
        self._overlooked = None if classifier is None else Overlooked(classifier)
        self.eye: Eye = detector
        self._detector = detector
        self._limit = limit
        room = detector.model.input.crops if crops else 0.0
        self._options = CropOptions(room=room) if room else None
        self._turn = 0

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        found = self._found(frame, places)
        if self._riders is None or self._overlooked is None:
            return found
        moving = inside(places.moving, (frame.shape[1], frame.shape[0]))
        vehicles = self._overlooked.vehicles(frame, found, moving)
        return join([self._riders.named(frame, found, places.moving), vehicles])

    def _found(self, frame: Frame, places: SearchPlaces) -> Detections:
        size = (frame.shape[1], frame.shape[0])
        alone = self._detector.alone
        found = gated(self._detector.look(frame, [(0, 0, *size)], least(alone))[0], places.moving, alone)
        if self._options is None:
            return found
        parts = [found]
        for together in packed(self._missed(found, places, size, self._options), size):
            seen = self._detector.look(frame, together, least(alone))
            parts += [
                gated(uncut(each, region, size), places.moving, alone)
                for each, region in zip(seen, together, strict=True)
            ]
        return suppress(join(parts), self._detector.model.output.overlap, _INSIDE)

    def everything(self, frame: Frame) -> Floats | None:
        size = (frame.shape[1], frame.shape[0])
        regions = tiles(size, max(self._detector.model.input.size) // 2)
        return join([self._detector.look(frame, [region], _HINT)[0] for region in regions]).boxes

    def _missed(
        self, found: Detections, places: SearchPlaces, size: tuple[int, int], options: CropOptions
    ) -> list[Region]:
        """Crops of blobs on which the whole frame showed nothing, and that are no object which is known."""
        wanted = inside(places.moving, size)
        known = np.concatenate([found.boxes, places.expected])
        if len(known) and len(wanted):
            shared = intersections(wanted, known)
            wanted = wanted[(shared < _SEEN * areas(wanted)[:, None]).all(axis=1)]
        whole: Region = (0, 0, *size)
        side = max(self._detector.model.input.size)
        crops = [each for each in plan(wanted, size, side, options) if each != whole]
        if len(crops) > self._limit:
            start = self._turn % len(crops)
            self._turn += self._limit
            crops = (crops + crops)[start : start + self._limit]
        return crops


class BlobFinder:
    """Moving blobs, divided by a model that knows groups or by what is expected, and named by a classifier."""

    sees_still = False

    def __init__(self, classifier: Classifier, limit: int, divider: Divider | None = None) -> None:
        self.eye: Eye = classifier
        self._classifier = classifier
        self._divider = divider
        self._limit = limit

    def find(self, frame: Frame, places: SearchPlaces) -> Detections:
        size = (frame.shape[1], frame.shape[0])
        divided, whole = self._divided(frame, places, size)
        objects = as_objects(
            whole, places.expected, places.mask, size, lambda blob, parts: self._is_one_vehicle(frame, blob, parts)
        )
        room = self._limit * 4
        moved = inside(np.concatenate([objects, divided]), size)
        resting = inside(places.resting, size)[: max(room // 2, room - len(moved))]  # what moves has half of the room
        boxes = np.concatenate([resting, moved])[:room]
        found = []
        for box in boxes:
            shares = self._classifier.name(frame, box)
            best = int(shares.argmax())
            if shares[best] >= self._classifier.least:
                found.append(Detections(box[None], shares[best : best + 1], np.array([best], np.int32)))
        return suppress(join(found), 0.5, _INSIDE) if found else NOTHING

    def _divided(self, frame: Frame, places: SearchPlaces, size: tuple[int, int]) -> tuple[Floats, Floats]:
        """The persons and riders whom the model sees in blobs, and the blobs in which it does not see all."""
        if self._divider is None or places.mask is None:
            return NOTHING.boxes, places.moving
        found, whole = [], np.ones(len(places.moving), bool)
        for at, blob in enumerate(places.moving[:_DIVIDED]):
            seen = within(self._divider.look(frame, places.mask, blob), blob)
            if not len(seen) or seen.scores.max() < _CLEAR or (seen.classes == _VEHICLE).any():
                continue
            if explained(blob, seen.boxes, places.mask, size) and not self._is_vehicle(frame, blob):
                found.append(seen)
                whole[at] = False
        return (suppress(join(found), 0.5, _INSIDE).boxes if found else NOTHING.boxes), places.moving[whole]

    def _is_vehicle(self, frame: Frame, blob: Floats) -> bool:
        """Whether the whole blob looks like one: wheels and windows pass for persons."""
        return bool(self._classifier.name(frame, blob)[_VEHICLE] >= _SURE)

    def _is_one_vehicle(self, frame: Frame, blob: Floats, parts: list[Floats]) -> bool:
        """A car that came in two pieces, which are known since; of two cars each looks like one by itself."""
        return self._is_vehicle(frame, blob) and not all(self._is_vehicle(frame, part) for part in parts)

    def everything(self, frame: Frame) -> Floats | None:  # noqa: ARG002 - it sees only what moves
        return None


def inside(boxes: Floats, size: tuple[int, int]) -> Floats:
    """The parts of the boxes that lie in the frame, where they are more than specks."""
    edges = np.array(size * 2, np.float32)
    kept: Floats = np.clip(boxes, 0, edges)
    return kept[(kept[:, 2] - kept[:, 0] >= 4) & (kept[:, 3] - kept[:, 1] >= 4)]


def within(found: Detections, blob: Floats) -> Detections:
    """What has its middle in the blob: the rest belongs to others."""
    middle = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    return found.take(((middle >= blob[:2]) & (middle <= blob[2:])).all(axis=1))
