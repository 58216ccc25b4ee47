"""A frame into a model's input and the model's boxes back into the frame."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from agent.vision.boxes import Floats, Frame
from contract.model import Fit


class Placed(NamedTuple):
    """Where a region of the frame lies in the input: input = (frame - origin) * scale + shift, per axis."""

    origin: tuple[float, float]
    scale: tuple[float, float]
    shift: tuple[float, float]

    def back(self, boxes: Floats) -> Floats:
        """Boxes in input pixels -> boxes in frame pixels."""
        scale = np.array(self.scale * 2, np.float32)
        shift = np.array(self.shift * 2, np.float32)
        origin = np.array(self.origin * 2, np.float32)
        placed: Floats = (boxes - shift) / scale + origin
        return placed


def fit(region: Frame, origin: tuple[int, int], size: tuple[int, int], how: Fit, pad: int) -> tuple[Frame, Placed]:
    """Scale ``region``, whose top left corner lies at ``origin`` of the frame, to ``size`` (width, height)."""
    height, width = region.shape[:2]
    if how == "stretch":
        scaled = cv2.resize(region, size, interpolation=_kernel(size[0] / width))
        return scaled, Placed(origin, (size[0] / width, size[1] / height), (0.0, 0.0))
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    scaled = cv2.resize(region, inner, interpolation=_kernel(scale))
    left, top = (0, 0) if how == "letterbox-top-left" else ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
    canvas = np.full((size[1], size[0], 3), pad, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = scaled
    return canvas, Placed(origin, (inner[0] / width, inner[1] / height), (float(left), float(top)))


def _kernel(scale: float) -> int:
    """Area averaging only where it is needed: it is several times slower than a bilinear look-up."""
    return cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
