"""Motion detection: milliseconds per 640x360 frame, and what it costs next to detecting each frame."""

from __future__ import annotations

import time

import cv2

from agent.vision.motion import MotionDetector, MotionOptions, small_grey
from bench.vision import data


def per_frame_ms(name: str = "street-eight-vehicles.mp4", count: int = 300) -> float:
    """One core; the frame is scaled to 640x360 before the clock runs."""
    cv2.setNumThreads(1)
    video = [cv2.resize(frame, (640, 360)) for frame, _ in zip(data.frames(name), range(count), strict=False)]
    options = MotionOptions()
    detector = MotionDetector(options)
    began = time.thread_time()
    for number, frame in enumerate(video):
        detector.look(small_grey(frame, options.width), number / 25, (640, 360))
    return (time.thread_time() - began) * 1000 / len(video)


def main() -> None:
    print(f"motion: {min(per_frame_ms() for _ in range(3)):.3f} ms per 640x360 frame (target <= 0.3)")


if __name__ == "__main__":
    main()
