"""Counting end to end, from pixels to counts, by each model at 10 frames per second: each line and its truth.

``--budget 5``: with fewer looks. ``--shake``: the street's eight at other frame rates and on other lines.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec

from agent.config.scene import CountingLine, SceneSettings
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data
from contract.events import Crossing

MODELS = ("shipped", "coco-ssd", "yolox-nano")
FPS = {"pets09-s2l1": 10.0, "tud-campus": 25.0, "street-eight-vehicles": 24.013, "cars-from-above": 12.5}


class Result(NamedTuple):
    """One line: what was counted, plus and minus, next to the truth."""

    video: str
    line: str
    plus: int
    minus: int
    true_plus: int
    true_minus: int


def scenes() -> dict[str, tuple[SceneSettings, dict[str, tuple[int, int]]]]:
    """Video -> its scene and, per line, the true plus and minus."""
    page = json.loads((data.data() / "video/truth/line_crossings.json").read_text(encoding="utf-8"))
    out = {}
    for video, lines in page.items():
        name = video.removesuffix(".mp4")
        rows: dict[str, CountingLine] = {}
        truth: dict[str, tuple[int, int]] = {}
        for line, it in lines.items():
            label = "person" if "plus" in it else "vehicle"
            ends = (it["a"], it["b"]) if "a" in it else ((0, 216), (768, 216))
            rows[line] = CountingLine(a=tuple(ends[0]), b=tuple(ends[1]), labels=(label,))
            truth[line] = (it.get("plus", it.get("down", it.get("count"))), it.get("minus", it.get("up", 0)))
        size = {"pets09-s2l1": (480, 360), "tud-campus": (640, 480), "street-eight-vehicles": (640, 352)}
        out[name] = (SceneSettings(frame_size=size.get(name, (768, 432)), line=rows), truth)
    return out


def count(video: str, scene: SceneSettings, model: str, fps: float | None = None) -> tuple[dict[str, list[int]], float]:
    """[plus, minus] of each line, and the seconds that the pipeline took. ``fps`` skips frames down to that rate."""
    scene = msgspec.structs.replace(scene, model=model)
    cv2.setNumThreads(1)
    finder = make_finder(scene)
    pipeline: VisionPipeline | None = None
    counted: dict[str, list[int]] = {line: [0, 0] for line in scene.line}
    spent, due = 0.0, 0.0
    for number, frame in enumerate(data.frames(f"{video}.mp4")):
        now_s = number / FPS[video]
        if fps is not None and now_s + 1e-6 < due:
            continue
        due += 1 / fps if fps is not None else 0
        began = time.perf_counter()
        if pipeline is None:
            pipeline = VisionPipeline(scene, (frame.shape[1], frame.shape[0]), finder=finder, seed=1)
        for _, body in pipeline.frame(frame, now_s).events:
            if isinstance(body, Crossing):
                counted[body.line][body.direction < 0] += 1
        spent += time.perf_counter() - began
    return counted, spent


def shaken(settings: SceneSettings) -> SceneSettings:
    """The street's line at five heights; all eight vehicles drive over each of them, downwards."""
    lines = {f"{y}": CountingLine(a=(150, y), b=(600, y), labels=("vehicle",)) for y in (200, 215, 230, 245, 260)}
    return msgspec.structs.replace(settings, line=lines)


def shake(spot: Path) -> None:
    video = "street-eight-vehicles"
    scene = shaken(scenes()[video][0])
    print(f"{video}: counted down / up at a line at y = ...; truth 8 / 0")
    print(f"{'model':12}{'fps':>5}{''.join(f'{y:>8}' for y in scene.line)}{'seconds':>9}")
    for name in MODELS:
        model = "" if name == "shipped" else str(data.model(name, spot))
        for fps in (5, 8, 12, 24):
            counted, spent = count(video, scene, model, fps)
            row = "".join(f"{f'{plus} /{minus}':>8}" for plus, minus in counted.values())
            print(f"{name:12}{fps:5}{row}{spent:9.1f}", flush=True)


def measure(models: list[str], fps: float, budget: float, spot: Path) -> None:
    """Each model over all videos: missed, false and wrong-direction crossings, of the true ones."""
    for name in models:
        model = "" if name == "shipped" else str(data.model(name, spot))
        print(f"{name} at {fps:g} frames/s, {budget:g} looks/s")
        print(f"{'video':24}{'line':16}{'counted +/-':>14}{'truth +/-':>12}")
        wrong = total = 0
        for video, (scene, truth) in scenes().items():
            counted, spent = count(video, msgspec.structs.replace(scene, budget=budget), model, fps)
            for line, (plus, minus) in truth.items():
                got = counted[line]
                print(f"{video:24}{line:16}{got[0]:8} /{got[1]:4}{plus:8} /{minus:2}")
                wrong += abs(got[0] - plus) + abs(got[1] - minus)
                total += plus + minus
            print(f"{'':24}{spent:.1f} s", flush=True)
        print(f"{name}: {wrong} wrong of {total}: {100 * wrong / max(total, 1):.1f} %\n")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--budget", type=float, default=SceneSettings().budget)
    parser.add_argument("--shake", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as spot:
        if options.shake:
            shake(Path(spot))
        else:
            measure(options.models, options.fps, options.budget, Path(spot))


if __name__ == "__main__":
    main(sys.argv[1:])
