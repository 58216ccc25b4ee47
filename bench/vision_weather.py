"""Weather and light before a real street: motion and false objects where nothing moves, and vehicles counted in it.

Rain, snow and exposure are drawn; the shipped classifier names what moves, so what motion lets through is counted.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.random import Generator

from agent.config.scene import CountingLine, SceneSettings, Zone
from agent.vision.boxes import Frame
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data
from contract.events import Crossing, Incident, Tamper

STREET = "street-eight-vehicles.mp4"
VIEWS = ("pets09-s2l1.mp4", STREET)
TRUTH = 8
VIDEO_FPS, FPS = 24.013, 10.0
CALM_S, WEATHER_S = 10, 40
Weather = Callable[[Frame, float, Generator], Frame]


class Result(NamedTuple):
    """Share of the frames with motion, objects that were followed, crossings, and incidents and tampers."""

    moving: float
    objects: int
    crossings: int
    alarms: int


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


def night(frame: Frame, _: float, rng: Generator) -> Frame:
    """Infrared light: grey, brightest in the middle, dim, and with the noise of a long gain."""
    height, width = frame.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    lit = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) * (0.15 + 0.35 * np.exp(-(x * x + y * y))) + 8
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (3, 3), 0) * 8
    return cv2.cvtColor(np.clip(lit + grain, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def insects(each_s: float) -> Weather:
    """Before an infrared lens: one every so many seconds, out of focus, overexposed, in a fluttering curve."""

    def fly(frame: Frame, now_s: float, rng: Generator) -> Frame:
        out = night(frame, now_s, rng).astype(np.float32)
        height, width = out.shape[:2]
        glow = np.zeros((height, width), np.float32)
        for number in range(int((now_s - 3.0) / each_s), int(now_s / each_s) + 1):
            own = np.random.default_rng(abs(number))
            age = (now_s - number * each_s) / own.uniform(0.4, 2.5)
            if not 0 <= age <= 1:
                continue
            ends = own.uniform(-0.1, 1.1, (3, 2)) * (width, height)
            radius, beat = own.uniform(0.01, 0.07) * width, own.uniform(6, 20)
            for part in (age, age + 0.02, age + 0.04):  # it moves while the shutter is open
                at = (1 - part) ** 2 * ends[0] + 2 * part * (1 - part) * ends[1] + part**2 * ends[2]
                at = at + 0.4 * radius * np.sin(beat * part * 6 + np.array((0.0, 1.0)))
                axes = (int(radius * own.uniform(0.5, 1.0)) + 1, int(radius * own.uniform(0.3, 0.8)) + 1)
                turn = own.uniform(0, 180)
                cv2.ellipse(glow, (int(at[0]), int(at[1])), axes, turn, 0, 360, float(own.uniform(120, 255)), -1)
        glow = cv2.GaussianBlur(glow, (0, 0), 0.008 * width)
        return np.clip(out + glow[..., None], 0, 255).astype(np.uint8)

    return fly


def web(frame: Frame, now_s: float, rng: Generator) -> Frame:
    """Threads of a web before an infrared lens, swaying in gusts, with something that hangs and turns in it."""
    out = night(frame, now_s, rng).astype(np.float32)
    height, width = out.shape[:2]
    glow = np.zeros((height, width), np.float32)
    own = np.random.default_rng(8)
    gust = np.sin(now_s * 1.3) * np.sin(now_s * 0.37)
    for _ in range(9):
        one, other = own.uniform(0, 1, 2) * width, own.uniform(0, 1, 2) * height
        sway = gust * own.uniform(0.01, 0.05) * width * np.sin(now_s * own.uniform(2, 6) + own.uniform(0, 6))
        middle = (one.mean() + sway, other.mean() + 0.6 * sway)
        line = np.array([(one[0], other[0]), middle, (one[1], other[1])], np.int32)
        cv2.polylines(
            glow, [line], isClosed=False, color=float(own.uniform(60, 160)), thickness=int(own.integers(2, 7))
        )
    hang = (int(width * (0.6 + 0.03 * gust)), int(height * (0.4 + 0.02 * np.sin(now_s * 2))))
    cv2.ellipse(glow, hang, (width // 40, width // 60), now_s * 40 % 360, 0, 360, 220.0, -1)
    glow = cv2.GaussianBlur(glow, (0, 0), 0.006 * width)
    return np.clip(out + glow[..., None], 0, 255).astype(np.uint8)


def fog(density: float) -> Weather:
    """Banks that drift: the far half more than the near one."""

    def drift(frame: Frame, now_s: float, _: Generator) -> Frame:
        height, width = frame.shape[:2]
        own = np.random.default_rng(5).normal(0, 1, (6, 12)).astype(np.float32)
        banks = cv2.resize(np.roll(own, int(now_s // 4), axis=1), (width, height), interpolation=cv2.INTER_CUBIC)
        after = cv2.resize(np.roll(own, int(now_s // 4) + 1, axis=1), (width, height), interpolation=cv2.INTER_CUBIC)
        part = now_s % 4 / 4
        thick = (
            density * (1 - 0.5 * np.linspace(0, 1, height)[:, None]) * (1 + 0.2 * ((1 - part) * banks + part * after))
        )
        thick = np.clip(thick, 0, 0.97)[..., None]
        return (frame * (1 - thick) + 195 * thick).astype(np.uint8)

    return drift


CASES: dict[str, Weather] = {
    "nothing": lambda frame, _, __: frame,
    "infrared night": night,
    "insects, one in 2 s": insects(2.0),
    "insects, three in 1 s": insects(0.33),
    "web in the wind": web,
    "fog banks .6": fog(0.6),
    "fog banks .85": fog(0.85),
    "rain, 300 drops": rain(300),
    "rain, 800 drops": rain(800),
    "snow, 150 flakes": snow(150, 2),
    "snow, 200 large flakes": snow(200, 5),
    "exposure x1.4": exposure(1.4),
    "exposure x0.6": exposure(0.6),
    "shaken by 3 px": shake(3),
}


AT_NIGHT = {case for case in CASES if case.startswith(("infrared", "insects", "web"))}


def still(name: str, case: str, fps: float, model: str) -> Result:
    """Nobody is there: the median of a video, with noise."""
    weather, before = CASES[case], night if case in AT_NIGHT else CASES["nothing"]
    view = data.still(list(data.frames(name)))
    lines = {"across": CountingLine(a=(0.0, 0.6), b=(1.0, 0.6)), "along": CountingLine(a=(0.5, 0.0), b=(0.5, 1.0))}
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    ways = {f"{x} {y}": Zone(points=whole, way=(x, y), park_s=10.0) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))}
    scene = SceneSettings(line=lines, zone=ways, model=model)
    pipeline = VisionPipeline(scene, view.shape[1::-1], finder=make_finder(scene), seed=1)
    rng, moving, objects, crossings, alarms = np.random.default_rng(1), 0, set(), 0, 0
    for number in range(int((CALM_S + WEATHER_S) * fps)):
        now_s = number / fps
        frame = (weather if now_s >= CALM_S else before)(view, now_s, rng)
        noisy = np.clip(frame + rng.normal(0, 2, view.shape), 0, 255).astype(np.uint8)
        seen = pipeline.frame(noisy, now_s)
        moving += now_s >= CALM_S and len(seen.moving) > 0
        objects |= {track.id for track in seen.tracks}
        crossings += sum(isinstance(body, Crossing) for _, body in seen.events)
        alarms += sum(isinstance(body, Incident | Tamper) and body.phase == "begin" for _, body in seen.events)
    return Result(moving / (WEATHER_S * fps), len(objects), crossings, alarms)


def street(weather: Weather, model: str) -> tuple[int, int]:
    """Vehicles counted down and up the street."""
    line = {"road": CountingLine(a=(150, 230), b=(600, 230))}
    scene = SceneSettings(frame_size=(640, 352), line=line, model=model)
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help="those that begin so")
    parser.add_argument("--model", default="shipped", choices=["shipped", "coco-ssd", "yolox-nano"])
    parser.add_argument("--fps", type=float, default=5.0, help="of what is still")
    options = parser.parse_args()
    chosen = [case for case in CASES if case.startswith(tuple(options.cases))]
    print("nobody there: frames with motion / objects / crossings / incidents and tampers (target 0);")
    print(f"{STREET}: of {TRUTH} and 0\n")
    print(f"{'':26}" + "".join(f"{name.removesuffix('.mp4'):>30}" for name in VIEWS) + f"{'counted':>12}")
    with tempfile.TemporaryDirectory() as made:
        model = "" if options.model == "shipped" else str(data.model(options.model, Path(made)))
        for case in chosen:
            rows = [still(name, case, options.fps, model) for name in VIEWS]
            cells = "".join(f"{it.moving:>14.0%} /{it.objects:3} /{it.crossings:3} /{it.alarms:3} " for it in rows)
            down, up = street(CASES[case], model)
            print(f"{case:26}{cells:>60}{down:>8} / {up}", flush=True)


if __name__ == "__main__":
    main()
