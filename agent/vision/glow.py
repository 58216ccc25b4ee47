"""Glows right before the lens: insects, threads of a web, drops and flakes that an infrared lamp lights.

They are far out of focus and far brighter than the night behind them. What stands in the scene is in focus: somewhere
its bright parts have an edge of a few pixels, in whatever direction it moves.
"""

from __future__ import annotations

import cv2
import numpy as np

from agent.vision.boxes import Bytes, Floats, Frame, areas, intersections

_WIDTH = 640
"""Pixels of a frame's width at which sharpness is measured: blur grows with the frame, edges in focus do not."""
_MOST = 24
"""Blobs that are judged, largest first; those that follow stay as they are."""
_NIGHT = 120
"""Grey level round a blob up to which it may be a glow."""
_BRIGHTER = 60
"""Grey levels by which a glow is brighter than what is round it."""
_SOFT = 0.2
"""The steepest fiftieth of a glow's slopes, per pixel, as a share of its brightness; a blur of 2 pixels has .2. Chosen
on drawn ones: nine in ten blobs of insects and threads have less, vehicles of a street that was darkened .27 to .64,
and those with drawn headlights and their halos .12 to .7."""
_LIT = 0.3
"""Share of its brightness from which on a pixel belongs to it."""
_OVER = 0.3
"""Share of the smaller of a glow and a known object that they must have in common."""
_ROOM = 0.25
"""How much of its surroundings is looked at, in sizes of the blob."""


def in_focus(frame: Frame, boxes: Floats, known: Floats) -> Floats:
    """Those of ``boxes`` (n x 4, largest first) that are no glows, or may be an object that is ``known`` (m x 4).

    So a glow begins nothing, and headlights that blind the camera end no vehicle.
    """
    if not len(boxes):
        return boxes
    scale = min(1.0, _WIDTH / frame.shape[1])
    sharp = [number >= _MOST or not _glows(_around(frame, box, scale)) for number, box in enumerate(boxes)]
    if all(sharp):
        return boxes
    kept = np.array(sharp)
    if len(known):
        kept |= (intersections(boxes, known) > _OVER * np.minimum(areas(boxes)[:, None], areas(known))).any(axis=1)
    left: Floats = boxes[kept]
    return left


def _around(frame: Frame, box: Floats, scale: float) -> Bytes:
    """A blob with its surroundings, in grey."""
    height, width = frame.shape[:2]
    x1, y1, x2, y2 = box.tolist()
    room = max(8.0 / scale, _ROOM * max(x2 - x1, y2 - y1))
    left, top = max(0, int(x1 - room)), max(0, int(y1 - room))
    part = frame[top : min(height, int(y2 + room)), left : min(width, int(x2 + room))]
    if scale < 1.0:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey: Bytes = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    return grey


def _glows(grey: Bytes) -> bool:
    rim = np.concatenate([grey[:4].ravel(), grey[-4:].ravel(), grey[:, :4].ravel(), grey[:, -4:].ravel()])
    round_it = float(np.median(rim))
    if round_it > _NIGHT:
        return False
    brightness = float(np.percentile(grey, 98)) - round_it
    if brightness < _BRIGHTER:
        return False
    smooth = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    slopes = cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (0, 1)))
    off = (smooth - round_it) / brightness
    lit = slopes[off > _LIT]
    return lit.size > 0 and float(np.percentile(lit, 98)) < _SOFT * brightness
