"""Motion detection: milliseconds per 640x360 frame, and what it costs next to detecting each frame."""

from __future__ import annotations

import time

import cv2

from agent.vision.motion import MotionDetector, MotionOptions, small_grey
from bench.vision import data


def per_picture_ms(name: str = "street-eight-vehicles.mp4", count: int = 300) -> float:
    """One core; the frame is scaled to 640x360 before the clock runs."""
    cv2.setNumThreads(1)
    film = [cv2.resize(picture, (640, 360)) for picture, _ in zip(data.pictures(name), range(count), strict=False)]
    options = MotionOptions()
    detector = MotionDetector(options)
    began = time.thread_time()
    for frame, picture in enumerate(film):
        detector.look(small_grey(picture, options.width), frame / 25, (640, 360))
    return (time.thread_time() - began) * 1000 / len(film)


def main() -> None:
    print(f"motion: {min(per_picture_ms() for _ in range(3)):.3f} ms per 640x360 picture (target <= 0.3)")


if __name__ == "__main__":
    main()
