"""Boxes in frames: arrays of ``[x1, y1, x2, y2]`` in pixels, float32, one row each.

Coordinates are the frame's, x to the right, y down; ``x2`` and ``y2`` are just past the box.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""float32; numpy's type stubs forget that in every product, so it is said here and not checked."""
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Frame = NDArray[np.uint8]
"""height x width x 3, blue-green-red, as OpenCV gives it."""


class Detections(NamedTuple):
    """What a detector saw: ``boxes`` (n x 4), ``scores`` (n) from 0 to 1, ``classes`` (n): indices of CLASSES."""

    boxes: Floats
    scores: Floats
    classes: Ints

    def take(self, which: Any) -> Detections:
        return Detections(self.boxes[which], self.scores[which], self.classes[which])

    def __len__(self) -> int:
        return len(self.scores)


NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))


def join(parts: list[Detections]) -> Detections:
    if not parts:
        return NOTHING
    if len(parts) == 1:
        return parts[0]
    return Detections(
        np.concatenate([p.boxes for p in parts]),
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.classes for p in parts]),
    )


def intersections(a: Floats, b: Floats) -> Floats:
    """Area that each of ``a`` (n) shares with each of ``b`` (m), n x m."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    side = np.maximum(high - low, np.float32(0.0))
    shared: Floats = side[..., 0] * side[..., 1]
    return shared


def areas(boxes: Floats) -> Floats:
    area: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return area


def overlaps(a: Floats, b: Floats) -> Floats:
    """Intersection over union of each of ``a`` with each of ``b``, n x m."""
    shared = intersections(a, b)
    both: Floats = areas(a)[:, None] + areas(b)[None, :] - shared
    share: Floats = shared / np.maximum(both, 1e-6)
    return share


def suppress(found: Detections, overlap: float, inside: float = 1.1) -> Detections:
    """Keep the best of boxes of one class that overlap (greedy non-maximum suppression).

    A box of which more than ``inside`` lies in a better one of its class goes as well; above 1 that is off. Sources
    of such boxes are crops that cut an object.
    """
    count = len(found)
    if count < 2:
        return found
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes[order]
    classes = found.classes[order]
    shared = intersections(boxes, boxes)
    area = areas(boxes)
    union = area[:, None] + area[None, :] - shared
    least = np.minimum(area[:, None], area[None, :])
    clash = (shared > overlap * union) | (shared > inside * least)
    clash &= classes[:, None] == classes[None, :]
    keep = np.ones(count, bool)
    for row in range(count - 1):
        if keep[row]:
            keep[row + 1 :] &= ~clash[row, row + 1 :]
    return found.take(order[keep])
