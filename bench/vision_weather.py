"""Weather and light before a real street: motion and false objects where nothing moves, and vehicles counted in it.

Rain, snow and exposure are drawn; the shipped classifier names what moves, so what motion lets through is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator

from agent.config.scene import CountingLine, SceneSettings
from agent.vision.boxes import Frame
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data
from contract.events import Crossing

STREET = "street-eight-vehicles.mp4"
VIEWS = ("pets09-s2l1.mp4", STREET)
TRUTH = 8
VIDEO_FPS, FPS = 24.013, 10.0
CALM_S, WEATHER_S = 10, 40
Weather = Callable[[Frame, float, Generator], Frame]


class Result(NamedTuple):
    """Share of the frames with motion, objects that were followed, crossings."""

    moving: float
    objects: int
    crossings: int


def rain(count: int) -> Weather:
    def fall(frame: Frame, _: float, rng: Generator) -> Frame:
        height, width = frame.shape[:2]
        drops = np.zeros((height, width), np.uint8)
        for x, y in rng.integers((0, 0), (width, height), (count, 2)).tolist():
            cv2.line(drops, (x, y), (x + 3, y + 20), 100, 1, cv2.LINE_AA)
        return cv2.add(frame, cv2.merge([drops] * 3))

    return fall


def snow(count: int, largest: int) -> Weather:
    def fall(frame: Frame, _: float, rng: Generator) -> Frame:
        out = frame.copy()
        for x, y in rng.integers((0, 0), out.shape[1::-1], (count, 2)).tolist():
            cv2.circle(out, (x, y), int(rng.integers(1, largest + 1)), (235, 235, 235), -1, cv2.LINE_AA)
        return out

    return fall


def exposure(gain: float) -> Weather:
    def jump(frame: Frame, now_s: float, _: Generator) -> Frame:
        return np.clip(frame * (gain if now_s % 20 < 10 else 1.0), 0, 255).astype(np.uint8)

    return jump


def shake(pixels: float) -> Weather:
    def sway(frame: Frame, _: float, rng: Generator) -> Frame:
        by = np.array([[1, 0, rng.normal(0, pixels)], [0, 1, rng.normal(0, pixels)]], np.float32)
        return cv2.warpAffine(frame, by, frame.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)

    return sway


CASES: dict[str, Weather] = {
    "nothing": lambda frame, _, __: frame,
    "rain, 300 drops": rain(300),
    "rain, 800 drops": rain(800),
    "snow, 150 flakes": snow(150, 2),
    "snow, 200 large flakes": snow(200, 5),
    "exposure x1.4": exposure(1.4),
    "exposure x0.6": exposure(0.6),
    "shaken by 3 px": shake(3),
}


def still(name: str, weather: Weather, fps: float = 5.0) -> Result:
    """Nobody is there: the median of a video, with noise."""
    view = data.still(list(data.frames(name)))
    lines = {"across": CountingLine(a=(0.0, 0.6), b=(1.0, 0.6)), "along": CountingLine(a=(0.5, 0.0), b=(0.5, 1.0))}
    scene = SceneSettings(line=lines)
    pipeline = VisionPipeline(scene, view.shape[1::-1], finder=make_finder(scene), seed=1)
    rng, moving, objects, crossings = np.random.default_rng(1), 0, set(), 0
    for number in range(int((CALM_S + WEATHER_S) * fps)):
        now_s = number / fps
        frame = weather(view, now_s, rng) if now_s >= CALM_S else view
        noisy = np.clip(frame + rng.normal(0, 2, view.shape), 0, 255).astype(np.uint8)
        seen = pipeline.frame(noisy, now_s)
        moving += now_s >= CALM_S and len(seen.moving) > 0
        objects |= {track.id for track in seen.tracks}
        crossings += sum(isinstance(body, Crossing) for _, body in seen.events)
    return Result(moving / (WEATHER_S * fps), len(objects), crossings)


def street(weather: Weather) -> tuple[int, int]:
    """Vehicles counted down and up the street."""
    scene = SceneSettings(frame_size=(640, 352), line={"road": CountingLine(a=(150, 230), b=(600, 230))})
    finder, rng = make_finder(scene), np.random.default_rng(1)
    pipeline: VisionPipeline | None = None
    counted, due_s = [0, 0], 0.0
    for number, frame in enumerate(data.frames(STREET)):
        now_s = number / VIDEO_FPS
        if now_s + 1e-6 < due_s:
            continue
        due_s += 1 / FPS
        pipeline = pipeline or VisionPipeline(scene, frame.shape[1::-1], finder=finder, seed=1)
        for _, body in pipeline.frame(weather(frame, now_s, rng), now_s).events:
            if isinstance(body, Crossing):
                counted[body.direction < 0] += 1
    return counted[0], counted[1]


def main() -> None:
    print(f"nobody there: frames with motion / objects / crossings (target 0); {STREET}: of {TRUTH} and 0\n")
    print(f"{'':26}" + "".join(f"{name.removesuffix('.mp4'):>26}" for name in VIEWS) + f"{'counted':>12}")
    for case, weather in CASES.items():
        rows = [still(name, weather) for name in VIEWS]
        cells = "".join(f"{row.moving:>14.0%} /{row.objects:3} /{row.crossings:3} " for row in rows)
        down, up = street(weather)
        print(f"{case:26}{cells:>52}{down:>8} / {up}", flush=True)


if __name__ == "__main__":
    main()
