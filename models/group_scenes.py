"""Composed scenes for models/train_groups.py: objects cut out of photographs walk over other photographs, in groups.

What moves in them is found by the agent's own motion stage, so that regions and masks are what a pole makes of them;
what is in each region is known, also where one object hides another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from cutouts import CutOut, Material
from numpy.random import Generator

from agent.vision.divider import region_of
from agent.vision.motion import MotionDetector, small_grey

SIDE = 64
FRAMES = 12
"""Composed frames on one background."""
_MIX = {"person": 0.72, "vehicle": 0.1, "two_wheeler": 0.13, "nothing": 0.05}
_SEEN = 0.3
"""Share of an object that must be seen for it to be one."""


class Region(NamedTuple):
    """``image``: SIDE x SIDE x 4, BGR and what moves; ``objects``: n x 6, x1 y1 x2 y2 as shares, label, 1 if seen."""

    image: Any
    objects: Any


def scenes(material: Material, rng: Generator, count: int) -> Iterator[Region]:
    """``count`` views, FRAMES times each."""
    for _ in range(count):
        width = int(rng.choice([320, 400, 480, 560]))
        height = int(width * rng.choice([0.5625, 0.75]))
        back = _view(material.views[rng.integers(len(material.views))], (width, height), rng)
        camera = _Camera(rng)
        motion = MotionDetector()
        for at in range(4):
            motion.look(small_grey(camera.takes(back), 160), 0.4 * at, (width, height))
        tall = float(np.exp(rng.uniform(np.log(26), np.log(0.5 * height))))
        for at in range(FRAMES):
            frame, objects = _composed(back, material.cut, tall, rng)
            frame = camera.takes(frame)
            moved = motion.look(small_grey(frame, 160), 1.5 + 0.1 * at, (width, height))
            if moved.mask is None:
                continue
            for box in moved.boxes[:8]:
                image, window = region_of(frame, moved.mask, box, SIDE)
                yield Region(image, _inside(objects, window))


class _Camera:
    """Light, lens, sensor and encoder: the same for all frames of one scene."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        tone = (np.arange(256) - 128) * rng.uniform(0.5, 1.25) + 128 + rng.normal(0, 12)
        self._tone = np.clip(tone, 0, 255).astype(np.uint8)
        self._grain = np.round(rng.standard_normal((520, 680, 3), np.float32) * rng.uniform(0, 5)).astype(np.int16)
        self._blur = rng.uniform(0.4, 1.2) if rng.random() < 0.5 else 0.0
        self._grey = rng.random() < 0.15
        self._quality = int(rng.integers(30, 92)) if rng.random() < 0.3 else 0

    def takes(self, frame: Any) -> Any:
        out = cv2.GaussianBlur(frame, (5, 5), self._blur) if self._blur else frame
        height, width = out.shape[:2]
        y, x = self._rng.integers(0, (520 - height + 1, 680 - width + 1))
        out = cv2.add(cv2.LUT(out, self._tone), self._grain[y : y + height, x : x + width], dtype=cv2.CV_8U)
        if self._grey:
            out = np.repeat(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
        if self._quality:
            out = cv2.imdecode(cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, self._quality])[1], 1)
        return out


def _view(photo: Any, size: tuple[int, int], rng: Generator) -> Any:
    height, width = photo.shape[:2]
    part = rng.uniform(0.5, 1.0)
    high = min(height, width * size[1] / size[0]) * part
    wide = high * size[0] / size[1]
    x, y = int(rng.uniform(0, width - wide)), int(rng.uniform(0, height - high))
    out = cv2.resize(photo[y : y + int(high), x : x + int(wide)], size, interpolation=cv2.INTER_AREA)
    return out[:, ::-1] if rng.random() < 0.5 else out


class _Thing(NamedTuple):
    """``y``: of its foot; what is farther away comes first."""

    y: float
    x: float
    size: float
    label: str


def _things(size: tuple[int, int], tall: float, rng: Generator) -> list[_Thing]:
    """Groups of one to five, side by side or behind each other."""
    width, height = size
    out = []
    for _ in range(rng.integers(1, 5)):
        x, y = rng.uniform(0, width), rng.uniform(0.25 * height, 1.05 * height)
        own = tall * (0.55 + 0.55 * y / height)
        label = str(rng.choice(list(_MIX), p=list(_MIX.values())))
        for at in range(int(rng.choice([1, 2, 3, 4, 5], p=[0.3, 0.3, 0.2, 0.12, 0.08]))):
            if at and not (label == "two_wheeler" and at < 2):
                label = str(rng.choice(["person", "person", "person", "two_wheeler"]))
            out.append(_Thing(y + rng.normal(0, 0.12) * own * min(at, 1), x, own, label))
            x += float(rng.choice((-1, 1))) * rng.uniform(0.12, 0.75) * own
    return sorted(out)


def _composed(back: Any, cut: dict[str, list[CutOut]], tall: float, rng: Generator) -> tuple[Any, Any]:
    """The frame, and n x 6: corners in pixels, label, share that is seen."""
    height, width = back.shape[:2]
    frame = back.copy()
    owner = np.full((height, width), -1, np.int16)
    rows = []
    for it in _things((width, height), tall, rng):
        cutout = cut[it.label][rng.integers(len(cut[it.label]))] if it.label in cut else _nothing(back, rng)
        own = it.size * (rng.uniform(0.8, 1.5) if it.label == "vehicle" else rng.uniform(0.86, 1.12))
        image, alpha = _sized(cutout, own, rng)
        high, wide = alpha.shape
        left, top = round(it.x - wide / 2), round(it.y - high)
        x1, y1, x2, y2 = max(0, left), max(0, top), min(width, left + wide), min(height, top + high)
        if x2 - x1 < 3 or y2 - y1 < 3:
            continue
        inside = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
        share = alpha[inside].astype(np.float32)[..., None] / 255
        spot = frame[y1:y2, x1:x2]
        spot[:] = (image[inside] * share + spot * (1 - share)).astype(np.uint8)
        owner[y1:y2, x1:x2][share[..., 0] > 0.5] = len(rows)
        rows.append((x1, y1, x2, y2, cutout.label, max(1, int((alpha > 127).sum()))))
    if not rows:
        return frame, np.zeros((0, 6), np.float32)
    objects = np.array(rows, np.float32)
    objects[:, 5] = np.bincount(owner[owner >= 0], minlength=len(rows)) / objects[:, 5]
    return frame, objects[objects[:, 4] >= 0]


def _sized(it: CutOut, high: float, rng: Generator) -> tuple[Any, Any]:
    """In its size, mirrored by chance, and in another light."""
    scale = high / it.image.shape[0]
    size = (max(3, round(it.image.shape[1] * scale * rng.uniform(0.85, 1.15))), max(3, round(high)))
    image = cv2.resize(it.image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha = cv2.resize(it.alpha, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        image, alpha = image[:, ::-1], alpha[:, ::-1]
    light = (image - 128) * rng.uniform(0.5, 1.1) + 128 + rng.normal(0, 25) + rng.normal(0, 5, 3)
    return np.clip(light, 0, 255), alpha


def _nothing(back: Any, rng: Generator) -> CutOut:
    """A patch of the view somewhere else: leaves, a reflection, a shaking pole."""
    height, width = back.shape[:2]
    side = int(rng.uniform(0.1, 0.3) * height)
    x, y = rng.integers(0, width - side), rng.integers(0, height - side)
    alpha = np.zeros((side, side), np.uint8)
    axes = [int(side * rng.uniform(0.15, 0.5)) for _ in range(2)]
    cv2.ellipse(alpha, (side // 2, side // 2), axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    return CutOut(back[y : y + side, x : x + side].copy(), alpha, -1)


def _inside(objects: Any, window: tuple[int, int, int]) -> Any:
    """Of what has its middle in the square: corners as shares of it, label, and whether enough is seen."""
    x, y, side = window
    out = objects.copy()
    out[:, :4] = (objects[:, :4] - np.array([x, y, x, y])) / side
    out[:, 5] = objects[:, 5] >= _SEEN
    centre = (out[:, :2] + out[:, 2:4]) / 2
    return out[((centre > 0.0) & (centre < 1.0)).all(axis=1)]
