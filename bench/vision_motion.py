"""Motion detection: milliseconds per 640x360 frame, next to OpenCV's MOG2 with shadows on the same small frames.

The frame is made small within the time of both. CPU seconds of one thread, in turns, the least of seven.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2

from agent.vision.boxes import Bytes, Frame
from agent.vision.motion import MotionDetector, MotionOptions, small_grey
from bench.vision import data

Look = Callable[[Bytes, float], object]
VIDEOS = ("street-eight-vehicles.mp4", "pets09-s2l1.mp4")
TURNS = 7
COUNT = 300


def ours() -> Look:
    detector = MotionDetector()
    return lambda grey, now_s: detector.look(grey, now_s, (640, 360))


def mog2() -> Look:
    subtractor = cv2.createBackgroundSubtractorMOG2(detectShadows=True)
    return lambda grey, _: cv2.connectedComponentsWithStats(subtractor.apply(grey))


def small() -> Look:
    return lambda grey, _: grey


def per_frame_ms(video: list[Frame], make: Callable[[], Look]) -> float:
    look, width = make(), MotionOptions().width
    began = time.thread_time()
    for number, frame in enumerate(video):
        look(small_grey(frame, width), number / 25)
    return (time.thread_time() - began) * 1000 / len(video)


def main() -> None:
    cv2.setNumThreads(1)
    print(f"{'ms per 640x360 frame':28}{'motion':>8}{'MOG2':>8}{'made small alone':>18}   target of motion <= 0.3")
    for name in VIDEOS:
        video = [cv2.resize(frame, (640, 360)) for frame, _ in zip(data.frames(name), range(COUNT), strict=False)]
        turns = [[per_frame_ms(video, make) for make in (ours, mog2, small)] for _ in range(TURNS)]
        mine, peer, alone = (min(times) for times in zip(*turns, strict=True))
        print(f"{name:28}{mine:8.3f}{peer:8.3f}{alone:18.3f}", flush=True)


if __name__ == "__main__":
    main()
