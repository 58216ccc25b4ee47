"""Ghosts of the background: what stood in it from the first frame and drives away leaves a hole like an object.

The outline of what stands there lies in the frame; the outline of a hole lies in the background that still shows what
has left (as Cucchiara et al. 2003, "Detecting moving objects, ghosts, and shadows in video streams", tell them apart).
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from agent.vision.boxes import Bytes, Floats

_SLOPE = 10.0
"""Least slope along the outline that the background alone has, in Sobel's grey levels: less is noise."""
_MORE = 1.5
"""So many times what the frame alone has. On four videos it was 0 to .3 times where an object stood, in two cases of
another fifteen .9 and 1.4, and 2.9 to 61 times in four holes."""
_FEW = 10
"""Pixels of an outline that tell nothing."""
_KERNEL = np.ones((3, 3), np.uint8)


def apart(
    image: Floats, back: Floats, mask: Bytes, boxes: Iterable[list[int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Of ``boxes`` (x1, y1, x2, y2, pixels of ``image``), where the ``mask`` of what differs is: objects, and holes."""
    objects: list[list[int]] = []
    holes: list[list[int]] = []
    for box in boxes:
        x1, y1, x2, y2 = box
        part = slice(max(0, y1 - 2), y2 + 3), slice(max(0, x1 - 2), x2 + 3)
        (holes if _left(image[part], back[part], mask[part]) else objects).append(box)
    return objects, holes


def heal(rate: Floats, holes: Iterable[list[int]]) -> None:
    """Makes the ``rate`` at which the background is learnt such that ``holes`` are gone with the next frame."""
    for x1, y1, x2, y2 in holes:
        rate[max(0, y1 - 2) : y2 + 3, max(0, x1 - 2) : x2 + 3] = 1.0


def _left(image: Floats, back: Floats, mask: Bytes) -> bool:
    if min(mask.shape) < 3:
        return False
    outline = (cv2.dilate(mask, _KERNEL) & ~cv2.erode(mask, _KERNEL)) > 0
    if np.count_nonzero(outline) < _FEW:
        return False
    more = (_slopes(back) - _slopes(image))[outline]
    before, now = float(np.maximum(more, 0).mean()), float(np.maximum(-more, 0).mean())
    return before > max(_MORE * now, _SLOPE)


def _slopes(image: Floats) -> Floats:
    slopes: Floats = cv2.magnitude(cv2.Sobel(image, cv2.CV_32F, 1, 0), cv2.Sobel(image, cv2.CV_32F, 0, 1))
    return slopes
