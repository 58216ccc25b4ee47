"""Counting end to end, from pixels to counts, by each model at 10 frames per second: each line and its truth.

``--budget 5``: with fewer looks. ``--sizes``: the mean over five sizes of the same frames, since one run is luck: what
changes a pixel changes some counts. ``--shake``: the street's eight at other frame rates and on other lines.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec

from agent.config.scene import CountingLine, SceneSettings, Zone
from agent.vision.pipeline import VisionPipeline, make_finder
from bench.vision import data
from bench.vision.crossings import Crossings, Truth, compare
from contract.events import Crossing, Incident

MODELS = ("shipped", "coco-ssd", "yolox-nano")
FPS = {"pets09-s2l1": 10.0, "tud-campus": 25.0, "street-eight-vehicles": 24.013, "cars-from-above": 12.5}


CASES = {"rox-crosswalk": 11.028}
"""Clips that lie with the cases, and their frames per second."""
RATES = FPS | CASES
SIZES = (0.8, 0.9, 1.0, 1.13, 1.25)


class Line(NamedTuple):
    """One counting line, for one label."""

    settings: CountingLine
    truth: Truth


def scenes() -> dict[str, tuple[SceneSettings, dict[str, Line]]]:
    """Video -> its scene and its lines."""
    page = json.loads((data.data() / "video/truth/line_crossings.json").read_text(encoding="utf-8"))
    sizes = {"pets09-s2l1": (480, 360), "tud-campus": (640, 480), "street-eight-vehicles": (640, 352)}
    out = {}
    for video, lines in page.items():
        name = video.removesuffix(".mp4")
        rows = {}
        for line, it in lines.items():
            label = "person" if "plus" in it else "vehicle"
            ends = (it["a"], it["b"]) if "a" in it else ((0, 216), (768, 216))
            fps = FPS[name]
            at = [(frame / fps, way) for frame, _, way in it["events"]] if "events" in it else None
            at = [(frame / fps, 1) for frame in it["frames"]] if "frames" in it else at
            truth = Truth(it.get("plus", it.get("down", it.get("count"))), it.get("minus", it.get("up", 0)), at)
            rows[line] = Line(CountingLine(a=tuple(ends[0]), b=tuple(ends[1]), labels=(label,)), truth)
        out[name] = _scene(sizes.get(name, (768, 432)), rows)
    if data.clip("rox-crosswalk.mp4").exists():
        walk, road = ((400, 120), (400, 330)), ((330, 110), (330, 210))
        out["rox-crosswalk"] = _scene(
            (640, 352),
            {
                "walk": Line(CountingLine(a=walk[0], b=walk[1], labels=("person",)), Truth(2, 5)),
                "walk, riders": Line(CountingLine(a=walk[0], b=walk[1], labels=("two_wheeler",)), Truth(2, 1)),
                "road, riders": Line(CountingLine(a=road[0], b=road[1], labels=("two_wheeler",)), Truth(2, 0)),
            },
        )
    return out


def _scene(size: tuple[int, int], lines: dict[str, Line]) -> tuple[SceneSettings, dict[str, Line]]:
    width, height = size
    whole = Zone(points=((0, 0), (width, 0), (width, height), (0, height)), park_s=10)
    rows = {name: line.settings for name, line in lines.items()}
    return SceneSettings(frame_size=size, line=rows, zone={"whole": whole}), lines


class Counted(NamedTuple):
    """``lines``: of each line the time and direction of each crossing; ``seconds`` that the pipeline took."""

    lines: dict[str, list[tuple[float, int]]]
    parking: int
    seconds: float


def count(video: str, scene: SceneSettings, model: str, fps: float | None = None, size: float = 1.0) -> Counted:
    """``fps`` skips frames down to that rate; ``size``: of what is looked at, in that of the video."""
    scene = msgspec.structs.replace(scene, model=model)
    cv2.setNumThreads(1)
    finder = make_finder(scene)
    pipeline: VisionPipeline | None = None
    counted: dict[str, list[tuple[float, int]]] = {line: [] for line in scene.line}
    spent, due, parking = 0.0, 0.0, 0
    for number, frame in enumerate(data.frames(f"{video}.mp4")):
        now_s = number / RATES[video]
        if fps is not None and now_s + 1e-6 < due:
            continue
        due += 1 / fps if fps is not None else 0
        image = frame if size == 1 else cv2.resize(frame, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        began = time.perf_counter()
        if pipeline is None:
            pipeline = VisionPipeline(scene, (image.shape[1], image.shape[0]), finder=finder, seed=1)
        for at_s, body in pipeline.frame(image, now_s).events:
            if isinstance(body, Crossing):
                counted[body.line].append((at_s, body.direction))
            parking += isinstance(body, Incident) and body.phase == "begin"
        spent += time.perf_counter() - began
    return Counted(counted, parking, spent)


def shaken(settings: SceneSettings) -> SceneSettings:
    """The street's line at five heights; all eight vehicles drive over each of them, downwards."""
    lines = {f"{y}": CountingLine(a=(150, y), b=(600, y), labels=("vehicle",)) for y in (200, 215, 230, 245, 260)}
    return msgspec.structs.replace(settings, line=lines)


def shake(models: list[str], spot: Path) -> None:
    video = "street-eight-vehicles"
    scene = shaken(scenes()[video][0])
    print(f"{video}: counted down / up at a line at y = ...; truth 8 / 0")
    print(f"{'model':12}{'fps':>5}{''.join(f'{y:>8}' for y in scene.line)}{'seconds':>9}")
    for name in models:
        model = "" if name == "shipped" else str(data.model(name, spot))
        for fps in (5, 8, 12, 24):
            counted = count(video, scene, model, fps)
            row = "".join(f"{'{} /{}'.format(*both(each)):>8}" for each in counted.lines.values())
            print(f"{name:12}{fps:5}{row}{counted.seconds:9.1f}", flush=True)


def both(crossings: Crossings) -> tuple[int, int]:
    """How many went in each direction."""
    return sum(way > 0 for _, way in crossings), sum(way < 0 for _, way in crossings)


def measure(name: str, options: argparse.Namespace, spot: Path, size: float = 1.0) -> tuple[Counter[str], Counter[str]]:
    """A model over all videos: of each label the missed, false and turned crossings together, and the true ones."""
    model = "" if name == "shipped" else str(data.model(name, spot))
    print(f"{name} at {options.fps:g} frames/s, {options.budget:g} looks/s, {size:g} of the size")
    print(f"{'video':24}{'line':16}{'counted +/-':>14}{'truth +/-':>12}{'missed':>8}{'false':>7}{'turned':>8}")
    wrong: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for video, (scene, lines) in scenes().items():
        counted = count(video, msgspec.structs.replace(scene, budget=options.budget), model, options.fps, size)
        for title, line in lines.items():
            truth, (plus, minus), off = (
                line.truth,
                both(counted.lines[title]),
                compare(line.truth, counted.lines[title]),
            )
            row = f"{video:24}{title:16}{plus:8} /{minus:4}{truth.plus:8} /{truth.minus:2}"
            print(row, f"{off.missed:7}{off.false:7}{off.turned:8}")
            for label in line.settings.labels:
                wrong[label] += sum(off)
                total[label] += truth.plus + truth.minus
        print(f"{'':24}{counted.seconds:.1f} s, parking of 10 s: {counted.parking}", flush=True)
    return wrong, total


def report(name: str, options: argparse.Namespace, spot: Path) -> None:
    runs = [measure(name, options, spot, size) for size in (SIZES if options.sizes else (1.0,))]
    for label, total in runs[0][1].items():
        each = [wrong[label] for wrong, _ in runs]
        mean = sum(each) / len(each)
        spread = f" (mean of {each})" if options.sizes else ""
        print(f"{name}, {label}: {mean:g} wrong of {total}: {100 * mean / total:.1f} %{spread}")
    print(flush=True)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--budget", type=float, default=SceneSettings().budget)
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--shake", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as spot:
        if options.shake:
            shake(options.models, Path(spot))
        else:
            for name in options.models:
                report(name, options, Path(spot))


if __name__ == "__main__":
    main(sys.argv[1:])
