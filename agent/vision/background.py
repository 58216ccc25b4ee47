"""A background that shows nobody: the median of many frames without all that is followed, small; for aiming a camera.

A pixel is the median of the samples in which nothing that is followed or looks like an object covered it; one that was
covered in more than half of them becomes grey. Where the model finds nothing that stands still, it is half as wide.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from agent.vision.boxes import Frame
from agent.vision.pipe import Background

SAMPLES = 40
EVERY_S = 1.5
"""A minute in all: who passes, waits at a light or loads a van covers a place for less than half of it."""
WIDTH = 320
COARSE = 160
_LONGEST = 320
"""Pixels in height."""
_GREY = 128
_GROWN = 0.25
_QUALITIES = (70, 50, 30, 15)


class BackgroundMaker:
    """One background on its way."""

    def __init__(self, *, sees_still: bool) -> None:
        self._width = WIDTH if sees_still else COARSE
        self._samples: list[Frame] = []
        self._seen: list[np.ndarray[tuple[int, int], np.dtype[np.bool_]]] = []
        self._next_s = 0.0

    def due(self, at_s: float) -> bool:
        return at_s >= self._next_s

    def add(self, frame: Frame, hide: Sequence[tuple[float, ...]], at_s: float) -> Background | None:
        """Takes in a frame without its boxes ``hide`` (x1, y1, x2, y2); the background once there are enough."""
        self._next_s = at_s + EVERY_S
        height, width = frame.shape[:2]
        scale = min(self._width / width, _LONGEST / height, 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if self._samples and self._samples[0].shape[1::-1] != size:  # the camera sends another size now
            self._samples, self._seen = [], []
        seen = np.ones(size[::-1], np.bool_)
        for x1, y1, x2, y2 in hide:
            grow = _GROWN * max(x2 - x1, y2 - y1)
            left, top = max(0, int((x1 - grow) * scale)), max(0, int((y1 - grow) * scale))
            seen[top : int((y2 + grow) * scale) + 1, left : int((x2 + grow) * scale) + 1] = False
        self._samples.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
        self._seen.append(seen)
        return self._made() if len(self._samples) >= SAMPLES else None

    def _made(self) -> Background:
        out = np.empty_like(self._samples[0])
        for row in range(out.shape[0]):  # row by row: the whole as floats would take 30 MB
            values = np.stack([sample[row] for sample in self._samples]).astype(np.float32)
            seen = np.stack([each[row] for each in self._seen])
            values[~seen] = np.nan
            rare = seen.sum(axis=0) * 2 < len(self._samples)
            values[:, rare] = _GREY
            out[row] = np.nanmedian(values, axis=0).astype(np.uint8)
        for quality in _QUALITIES:
            _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
            text = base64.b64encode(data.tobytes()).decode("ascii")
            if len(text) <= Background.MOST:
                break
        else:
            text = ""
        return Background(width=out.shape[1], height=out.shape[0], jpeg=text)
