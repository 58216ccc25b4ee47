"""Where to look: square crops round what moves and what is tracked, or the whole frame where objects are large.

A detector sees an object best when it fills a good part of its input. A person of 40 pixels in a frame of 1280 is
9 pixels high at 300x300, and gone; in a crop of 120 it is 100 high.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from agent.vision.boxes import Detections, Floats
from agent.vision.detector import Region


class CropOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How large a crop is round an object."""

    room: float = 1.3
    """Side of the crop, in sizes of the object: in a quarter of the input it must still be large."""
    least: float = 0.25
    """Smallest side, in sides of the model's input: more magnification shows nothing new."""
    alike: float = 2.0
    """Objects whose sizes differ by more do not share a crop."""
    share: float = 0.75
    """Part of the crop within which further objects may lie."""
    whole: float = 0.9
    """A crop that would be larger than this share of the frame's shorter side is the whole frame instead."""


def plan(wanted: Floats, size: tuple[int, int], side: int, options: CropOptions) -> list[Region]:
    """Squares that hold every box of ``wanted`` (n x 4) with room round it, largest objects first.

    ``size``: width and height of the frame; ``side``: of the model's input.
    """
    if not len(wanted):
        return []
    longest = np.maximum(wanted[:, 2] - wanted[:, 0], wanted[:, 3] - wanted[:, 1])
    sides = np.maximum(longest * options.room, options.least * side)
    if sides.max() > options.whole * min(size):
        large = sides > options.whole * min(size)
        rest = plan(wanted[~large], size, side, options)
        return [(0, 0, size[0], size[1]), *rest]
    order = np.argsort(-sides, kind="stable").tolist()
    crops: list[Region] = []
    while order:
        first = order.pop(0)
        crop_side = float(sides[first])
        hull = wanted[first].astype(float)
        together = []
        for other in order:
            if sides[other] * options.alike < crop_side:
                continue
            grown = np.concatenate([np.minimum(hull[:2], wanted[other, :2]), np.maximum(hull[2:], wanted[other, 2:])])
            if max(grown[2] - grown[0], grown[3] - grown[1]) <= crop_side * options.share:
                hull = grown
                together.append(other)
        order = [other for other in order if other not in together]
        crops.append(_square(hull, crop_side, size))
    return crops


def tiles(size: tuple[int, int], side: int) -> list[Region]:
    """Overlapping squares that cover the frame, for a search with nothing to go by, behind the whole frame."""
    width, height = size
    edge = min(*size, max(side, min(size) // 2))
    out: list[Region] = [(0, 0, width, height)]
    if edge < 0.9 * max(size):
        for top in _steps(height, edge):
            out.extend((left, top, left + edge, top + edge) for left in _steps(width, edge))
    return out


def packed(regions: list[Region], size: tuple[int, int]) -> list[list[Region]]:
    """What shares an inference: crops in fours, since a quarter of the input still shows them well; a whole none."""
    whole: Region = (0, 0, *size)
    crops = [each for each in regions if each != whole]
    return [[each] for each in regions if each == whole] + [crops[at : at + 4] for at in range(0, len(crops), 4)]


def uncut(found: Detections, region: Region, size: tuple[int, int]) -> Detections:
    """Without what a crop's edge has cut: another crop or the next frame has it whole."""
    slack = 0.01 * (region[2] - region[0])
    low = np.array([region[0] + slack if region[0] > 0 else -1.0, region[1] + slack if region[1] > 0 else -1.0])
    high = np.array(
        [
            region[2] - slack if region[2] < size[0] else np.inf,
            region[3] - slack if region[3] < size[1] else np.inf,
        ]
    )
    keep = np.logical_and((found.boxes[:, :2] > low).all(axis=1), (found.boxes[:, 2:] < high).all(axis=1))
    return found if keep.all() else found.take(keep)


def _square(hull: Sequence[float] | NDArray[np.float64], side: float, size: tuple[int, int]) -> Region:
    edge = int(min(side, *size))
    left = int(min(max((hull[0] + hull[2] - edge) / 2, 0), size[0] - edge))
    top = int(min(max((hull[1] + hull[3] - edge) / 2, 0), size[1] - edge))
    return left, top, left + edge, top + edge


def _steps(length: int, edge: int) -> list[int]:
    """Left edges that cover ``length`` with a quarter of overlap."""
    if length <= edge:
        return [0]
    count = int(np.ceil((length - edge) / (edge * 0.75))) + 1
    return [round(place * (length - edge) / (count - 1)) for place in range(count)]
