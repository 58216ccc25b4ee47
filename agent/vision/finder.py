"""What is in the picture, by either kind of model, for the places that motion and tracks point to.

``DetectorFinder`` looks at crops (or the whole) with a detector. ``BlobFinder`` takes the moving blobs themselves as
boxes and asks a small classifier what they are: far cheaper, and it works straight from above.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from agent.vision.boxes import NOTHING, Detections, Floats, Picture, areas, intersections, join, suppress
from agent.vision.crops import CropOptions, packed, plan, tiles, uncut
from agent.vision.detector import Classifier, Detector, Eye, Region

_INSIDE = 0.9
"""A box of which more lies in a better one of its class is a part of it."""
_HINT = 0.15
"""Score from which on something may be an object."""


class Places(NamedTuple):
    """Where to look: blobs that move, objects expected there, objects at rest that are due, and whether to search.

    ``whole``: at the whole picture as well, since the one before is long ago.
    """

    moving: Floats
    expected: Floats
    resting: Floats
    search: bool
    whole: bool = False


class Finder(Protocol):
    eye: Eye
    sees_still: bool
    """Whether it finds what does not move."""

    def find(self, picture: Picture, places: Places) -> Detections:
        """Detections in picture pixels."""

    def everything(self, picture: Picture) -> Floats | None:
        """The boxes (n x 4) of all that may be an object, wherever it is and however unsure; None: it cannot tell."""


class DetectorFinder:
    """Crops round what moves and what is expected; ``limit`` of them per picture, the others take turns."""

    sees_still = True

    def __init__(self, detector: Detector, limit: int, *, crops: bool, options: CropOptions | None = None) -> None:
        self.eye: Eye = detector
        self._detector = detector
        self._limit = limit
        self._crops = crops
        self._options = options or CropOptions()
        self._turn = 0
        self._tile = 0

    def find(self, picture: Picture, places: Places) -> Detections:
        size = (picture.shape[1], picture.shape[0])
        parts = []
        for together in packed(self._regions(places, size), size):
            seen = self._detector.look(picture, together)
            parts += [uncut(each, region, size) for each, region in zip(seen, together, strict=True)]
        if len(parts) == 1:
            return parts[0]
        return suppress(join(parts), self._detector.model.about.output.overlap, _INSIDE)

    def everything(self, picture: Picture) -> Floats | None:
        size = (picture.shape[1], picture.shape[0])
        regions = tiles(size, max(self._detector.model.about.input.size) // 2)
        return join([self._detector.look(picture, [region], _HINT)[0] for region in regions]).boxes

    def _regions(self, places: Places, size: tuple[int, int]) -> list[Region]:
        whole: Region = (0, 0, *size)
        if not self._crops:
            return [whole]
        side = max(self._detector.model.about.input.size)
        regions = plan(inside(np.concatenate(places[:3]), size), size, side, self._options)
        crops = [each for each in regions if each != whole]
        large = [whole] if places.whole or len(crops) < len(regions) else []
        if len(crops) > self._limit:
            start = self._turn % len(crops)
            self._turn += self._limit
            crops = (crops + crops)[start : start + self._limit]
        regions = large + crops
        if places.search:
            all_tiles = tiles(size, side // 2)
            regions.append(all_tiles[self._tile % len(all_tiles)])
            self._tile += 1
        return regions


class BlobFinder:
    """Moving blobs, joined or divided by what is expected, and named by a classifier."""

    sees_still = False

    def __init__(self, classifier: Classifier, limit: int) -> None:
        self.eye: Eye = classifier
        self._classifier = classifier
        self._limit = limit

    def find(self, picture: Picture, places: Places) -> Detections:
        size = (picture.shape[1], picture.shape[0])
        boxes = inside(np.concatenate([_as_expected(places), places.resting]), size)[: self._limit * 4]
        found = []
        for box in boxes:
            shares = self._classifier.name(picture, box)
            best = int(shares.argmax())
            if shares[best] >= self._classifier.least:
                found.append(Detections(box[None], shares[best : best + 1], np.array([best], np.int32)))
        return suppress(join(found), 0.5, _INSIDE) if found else NOTHING

    def everything(self, picture: Picture) -> Floats | None:  # noqa: ARG002 - it sees only what moves
        return None


def inside(boxes: Floats, size: tuple[int, int]) -> Floats:
    """The parts of the boxes that lie in the picture, where they are more than specks."""
    edges = np.array(size * 2, np.float32)
    kept: Floats = np.clip(boxes, 0, edges)
    return kept[(kept[:, 2] - kept[:, 0] >= 4) & (kept[:, 3] - kept[:, 1] >= 4)]


def _as_expected(places: Places) -> Floats:
    """Blobs as objects: pieces of one expected object are joined, one blob over several is divided among them."""
    blobs, expected = places.moving, places.expected
    if not len(blobs) or not len(expected):
        return blobs
    shared = intersections(blobs, expected)
    in_expected = shared / np.maximum(areas(blobs), 1.0)[:, None]
    under_blob = shared / np.maximum(areas(expected), 1.0)[None, :]
    out, used = [], np.zeros(len(blobs), bool)
    large = np.nonzero((under_blob > 0.5).sum(axis=1) > 1)[0]
    used[large] = True
    for column, box in enumerate(expected):
        pieces = np.nonzero((in_expected[:, column] > 0.6) & ~used)[0]
        if (under_blob[large, column] > 0.5).any():
            out.append(box)
        elif len(pieces) > 1 or (len(pieces) == 1 and areas(blobs[pieces])[0] < 0.5 * areas(box[None])[0]):
            hull = np.concatenate([blobs[pieces, :2].min(axis=0), blobs[pieces, 2:].max(axis=0)])
            out.append(hull if len(pieces) > 1 else (box + hull) / 2)
            used[pieces] = True
    return np.concatenate([blobs[~used], np.array(out, np.float32).reshape(-1, 4)])
