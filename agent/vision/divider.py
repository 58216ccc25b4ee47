"""A region of what moves -> the objects in it, by a tiny net that has learnt groups."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from agent.errors import ConfigError
from agent.models.describe import describe
from agent.models.interpreter import Interpreter
from agent.vision import sentences as say
from agent.vision.boxes import NOTHING, Bytes, Detections, Floats, Frame, suppress
from contract.model import CLASSES

_ROOM = 1.25
"""Side of what is shown to the net, in longer sides of the region."""
_LEAST = 16.0
LEAST = 0.3
"""Least score of an object."""
_REACH = 4.0
"""Cells that lie between the two ends of what is said of where an object's middle is."""
_ONE, _INSIDE = 0.6, 0.95
"""Objects of one class that overlap by more, or of which more lies in a better one, are one."""
_KERNEL = np.ones((3, 3), np.uint8)


def region_of(frame: Frame, mask: Bytes, box: Floats, side: int) -> tuple[Bytes, tuple[int, int, int]]:
    """``side`` x ``side`` x 4: the square round ``box`` in BGR and what moves in it; the square: x, y, its side."""
    height, width = frame.shape[:2]
    x1, y1 = min(max(float(box[0]), 0.0), width - 1.0), min(max(float(box[1]), 0.0), height - 1.0)
    x2, y2 = min(max(float(box[2]), x1 + 1.0), width), min(max(float(box[3]), y1 + 1.0), height)
    edge = round(max(_LEAST, max(x2 - x1, y2 - y1) * _ROOM))
    x, y = round((x1 + x2 - edge) / 2), round((y1 + y2 - edge) / 2)
    left, top, right, bottom = max(0, x), max(0, y), min(width, x + edge), min(height, y + edge)
    part = cv2.copyMakeBorder(
        frame[top:bottom, left:right], top - y, y + edge - bottom, left - x, x + edge - right, cv2.BORDER_REPLICATE
    )
    image = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA if edge > side else cv2.INTER_LINEAR)
    across, down = mask.shape[1] / width, mask.shape[0] / height
    step = edge / side
    place = np.array([[step * across, 0, (x + step / 2) * across - 0.5], [0, step * down, (y + step / 2) * down - 0.5]])
    moving = cv2.warpAffine(mask, place, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.dstack([image, moving]), (x, y, edge)


class Divider:
    """``look`` finds the objects in one region of what moves."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """ConfigError: the model in ``folder`` is not as its description says, or of another form."""
        described = describe(folder, ("divide",))
        self._net = Interpreter(described.path, threads)
        size = described.about.input.size if described.about.input else (0, 0)
        outputs = {out.shape[-1]: at for at, out in enumerate(self._net.outputs) if len(out.shape) == 4}
        if self._net.input.shape != (1, *size, 4) or size[0] != size[1] or set(outputs) != {len(CLASSES), 4}:
            raise ConfigError(
                say.DOES_NOT_FIT_MODEL(
                    path=described.path, shape=list(self._net.input.shape), height=size[1], width=size[0], channels=4
                )
            )
        self._net.prove()
        self._side = size[0]
        self._heat, self._box = outputs[len(CLASSES)], outputs[4]

    def look(self, frame: Frame, mask: Bytes, box: Floats) -> Detections:
        """The objects in the region ``box`` (4), in frame pixels. ``mask``: what moves in the whole frame."""
        image, (x, y, edge) = region_of(frame, mask, box, self._side)
        found = self.read(image)
        boxes = found.boxes * np.float32(edge) + np.array([x, y, x, y], np.float32)
        return Detections(boxes, found.scores, found.classes)

    def read(self, image: Bytes) -> Detections:
        """``image``: as ``region_of`` gives it; boxes come as shares of its side."""
        values = self._net.run(image[None])
        heat, shape = values[self._heat][0], values[self._box][0]
        best = heat.max(axis=2)
        rows, columns = np.nonzero((best >= cv2.dilate(best, _KERNEL)) & (best >= LEAST))
        if not len(rows):
            return NOTHING
        said = shape[rows, columns]
        centre = (np.stack([columns, rows], axis=1) + 0.5 + (said[:, :2] - 0.5) * _REACH) / len(heat)
        boxes = np.concatenate([centre - said[:, 2:] / 2, centre + said[:, 2:] / 2], axis=1).astype(np.float32)
        classes = heat[rows, columns].argmax(axis=1).astype(np.int32)
        return suppress(Detections(boxes, best[rows, columns], classes), _ONE, _INSIDE)
