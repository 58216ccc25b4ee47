"""A drawn street for the tests: structure and noise as in a camera's frame, and things that move by a script."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from agent.vision.boxes import Detections, Frame
from agent.vision.track import Track
from contract.model import CLASSES

WIDTH, HEIGHT = 640, 360
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("POLEAGENT_DATA") or ROOT.parent / "shared" / "data")
needs_data = pytest.mark.skipif(
    not (DATA / "video").is_dir(), reason="the real inputs (POLEAGENT_DATA or ../shared/data) are not here"
)


@functools.cache
def street(seed: int = 7, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """Houses with windows, a road with markings, a pavement; no two seeds alike."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), (205, 190, 170), np.uint8)
    horizon = height // 2
    x = 0
    while x < width:
        w = int(rng.integers(50, 110))
        top = int(rng.integers(10, horizon - 60))
        wall = tuple(int(c) for c in rng.integers(60, 190, 3))
        cv2.rectangle(image, (x, top), (x + w, horizon), wall, -1)
        for wx in range(x + 8, x + w - 12, 20):
            for wy in range(top + 8, horizon - 16, 24):
                cv2.rectangle(image, (wx, wy), (wx + 9, wy + 13), tuple(int(c) for c in rng.integers(10, 90, 3)), -1)
        x += w
    cv2.rectangle(image, (0, horizon), (width, height), (95, 95, 95), -1)
    for kerb in (horizon + 12, height - 24):
        cv2.line(image, (0, kerb), (width, kerb), (170, 170, 170), 3)
    for x in range(0, width, 70):
        cv2.line(image, (x, (horizon + height) // 2), (x + 36, (horizon + height) // 2), (235, 235, 235), 3)
    for _ in range(60):
        spot = rng.integers((0, horizon), (width, height))
        cv2.circle(
            image,
            (int(spot[0]), int(spot[1])),
            int(rng.integers(1, 4)),
            tuple(int(c) for c in rng.integers(60, 140, 3)),
            -1,
        )
    return image


class Sensor:
    """Adds what a camera's sensor adds: the same each time that a test runs."""

    def __init__(self, seed: int = 3, strength: float = 2.0) -> None:
        self._rng = np.random.default_rng(seed)
        self._strength = strength
        self._turn = 0
        self._noise: list[Any] = []

    def see(self, image: Frame, light: float = 1.0) -> Frame:
        self._turn += 1
        if not self._noise or self._noise[0].shape != image.shape:
            self._noise = [self._rng.normal(0, self._strength, image.shape).astype(np.float32) for _ in range(7)]
        lit = cv2.addWeighted(image.astype(np.float32), light, self._noise[self._turn % 7], 1.0, 0.0)
        seen: Frame = np.clip(lit, 0, 255).astype(np.uint8)
        return seen


def with_car(image: Frame, x: float, y: float) -> Frame:
    """A copy with a car, its middle at x, y."""
    w, h, colour = 90, 44, (30, 30, 190)
    out = image.copy()
    x1, y1 = int(x - w / 2), int(y - h / 2)
    cv2.rectangle(out, (x1, y1), (x1 + w, y1 + h), colour, -1)
    cv2.rectangle(out, (x1 + w // 5, y1 + 5), (x1 + w // 2, y1 + h // 2), (40, 35, 30), -1)
    cv2.rectangle(out, (x1 + w // 2 + 6, y1 + 5), (x1 + w * 4 // 5, y1 + h // 2), (40, 35, 30), -1)
    for wheel in (0.2, 0.8):
        cv2.circle(out, (int(x1 + w * wheel), y1 + h), h // 5, (15, 15, 15), -1)
    return out


def found(*rows: tuple[str, float, float, float, float, float]) -> Detections:
    """Detections from (label, score, x1, y1, x2, y2)."""
    return Detections(
        np.array([row[2:] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([CLASSES.index(row[0]) for row in rows], np.int32),
    )


def track(
    name: str,
    foot: tuple[float, float],
    *,
    label: str = "person",
    now_s: float = 0.0,
    size: tuple[float, float] = (20, 50),
    velocity: tuple[float, float] = (0, 0),
    born_s: float = 0.0,
    began: tuple[float, float] | None = None,
) -> Track:
    """A confirmed track whose foot point is ``foot``."""
    box = (foot[0] - size[0] / 2, foot[1] - size[1], foot[0] + size[0] / 2, foot[1])
    return Track(name, label, box, velocity, born_s, now_s, seen=True, began=began or foot)


def names() -> Callable[[], str]:
    """Track ids that count up."""
    counter = iter(range(1 << 30))
    return lambda: f"{next(counter):08x}"


def write_video(path: Path, frames: Iterable[Frame], fps: float = 10.0, code: str = "MJPG") -> Path:
    """A video file of the frames."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, size)
            assert writer.isOpened(), f"this OpenCV cannot write {code}"
        writer.write(frame)
    assert writer is not None
    writer.release()
    return path


def drive(frames: int, *, still: int = 10, speed: float = 8.0) -> Iterator[Frame]:
    """An empty street for ``still`` frames, then a car drives through from the left."""
    sensor, empty = Sensor(), street()
    for frame in range(frames):
        x = -60 + (frame - still) * speed
        yield sensor.see(with_car(empty, x, 270) if frame >= still else empty)
