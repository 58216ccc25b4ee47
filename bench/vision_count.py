"""Counting end to end, from the film's pixels to the counts: each line beside its truth, and the total error."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import msgspec

from agent.config.settings import CountingLine, SceneSettings
from agent.types import Crossing
from agent.vision.pipeline import Pipeline, make_finder
from bench.vision import data

FPS = {"pets09-s2l1": 10.0, "tud-campus": 25.0, "street-eight-vehicles": 24.013, "cars-from-above": 12.5}


class Result(NamedTuple):
    """One line: what was counted, plus and minus, beside the truth."""

    film: str
    line: str
    plus: int
    minus: int
    true_plus: int
    true_minus: int


def scenes() -> dict[str, tuple[SceneSettings, dict[str, tuple[int, int]]]]:
    """Film -> its scene and, per line, the true plus and minus."""
    page = json.loads((data.data() / "video/truth/line_crossings.json").read_text(encoding="utf-8"))
    out = {}
    for film, lines in page.items():
        name = film.removesuffix(".mp4")
        rows: dict[str, CountingLine] = {}
        truth: dict[str, tuple[int, int]] = {}
        for line, it in lines.items():
            label = "person" if "plus" in it else "vehicle"
            ends = (it["a"], it["b"]) if "a" in it else ((0, 216), (768, 216))
            rows[line] = CountingLine(a=tuple(ends[0]), b=tuple(ends[1]), labels=(label,))
            truth[line] = (it.get("plus", it.get("down", it.get("count"))), it.get("minus", it.get("up", 0)))
        size = {"pets09-s2l1": (480, 360), "tud-campus": (640, 480), "street-eight-vehicles": (640, 352)}
        out[name] = (SceneSettings(picture=size.get(name, (768, 432)), line=rows), truth)
    return out


def count(film: str, scene: SceneSettings, model: str, fps: float | None = None) -> tuple[dict[str, list[int]], float]:
    """[plus, minus] of each line, and the seconds that the pipeline took. ``fps`` skips pictures down to that rate."""
    scene = msgspec.structs.replace(scene, model=model)
    cv2.setNumThreads(1)
    finder = make_finder(scene)
    pipeline: Pipeline | None = None
    counted: dict[str, list[int]] = {line: [0, 0] for line in scene.line}
    spent, due = 0.0, 0.0
    for frame, picture in enumerate(data.pictures(f"{film}.mp4")):
        now_s = frame / FPS[film]
        if fps is not None and now_s + 1e-6 < due:
            continue
        due += 1 / fps if fps is not None else 0
        began = time.perf_counter()
        if pipeline is None:
            pipeline = Pipeline(scene, (picture.shape[1], picture.shape[0]), finder=finder, seed=1)
        for _, body in pipeline.frame(picture, now_s).told:
            if isinstance(body, Crossing):
                counted[body.line][body.direction < 0] += 1
        spent += time.perf_counter() - began
    return counted, spent


def main(wanted: list[str]) -> None:
    print(f"{'film':24}{'line':16}{'model':12}{'counted +/-':>14}{'truth +/-':>12}")
    wrong = total = 0
    with tempfile.TemporaryDirectory() as spot:
        for film, (scene, truth) in scenes().items():
            if wanted and film not in wanted:
                continue
            model = "" if film == "cars-from-above" else str(data.model("coco-ssd", Path(spot)))
            counted, spent = count(film, scene, model)
            for line, (plus, minus) in truth.items():
                got = counted[line]
                name = Path(model).name or "crops"
                print(f"{film:24}{line:16}{name:12}{got[0]:8} /{got[1]:4}{plus:8} /{minus:2}")
                wrong += abs(got[0] - plus) + abs(got[1] - minus)
                total += plus + minus
            print(f"{'':24}{spent:.1f} s")
    print(f"total error {wrong} of {total} = {100 * wrong / max(total, 1):.1f} % (target <= 8 %)")


if __name__ == "__main__":
    main(sys.argv[1:])
