"""What is reported of videos in which nothing is wrong: tamper, parking and wrong way, with the seconds of video.

``python -m bench.vision_false [--model NAME ...] [--frames DIR] [FILE ...]``: the given videos, or the files that are
named. Zones lie over the whole frame, one for each of four directions, so that all that moves goes against some of
them: a wrong way is false where its object stood. Whether what parks stands is judged by eye, from the frames.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import cv2

from agent.config.scene import SceneSettings, Zone
from agent.vision.replay import Step, steps
from agent.vision.rules.geometry import Box, moved, size
from agent.vision.source import Source
from bench.vision import data
from contract.events import Incident, Tamper

WAYS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
PARK_S = 10.0
_STOOD = 0.2
"""An object stood where it went less than such a part of its size in the second before the incident began."""


class FalseReports(NamedTuple):
    """Of one video by one model."""

    seconds: float
    tamper: int
    parking: int
    wrong_way: int
    stood: int
    """Wrong ways of what stood."""


def scene(model: str) -> SceneSettings:
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    zones = {name: Zone(points=corners, way=way) for name, way in WAYS.items()}
    return SceneSettings(model=model, zone={**zones, "whole": Zone(points=corners, park_s=PARK_S)})


def look(path: Path, settings: SceneSettings, folder: Path | None, label: str) -> FalseReports:
    """What was reported of a video; ``folder``: where each parking and each wrong way of what stood is drawn."""
    past: dict[str, list[tuple[float, Box]]] = {}
    counts = {"tamper": 0, "parking": 0, "wrong_way": 0, "stood": 0}
    seconds = 0.0
    for step in steps(Source(str(path)), settings):
        seconds = max(seconds, step.taken.at_s)
        for track in step.seen.tracks:
            past.setdefault(track.id, []).append((step.taken.at_s, track.box))
        for _, body in step.seen.events:
            if isinstance(body, Tamper) and body.phase == "begin":
                counts["tamper"] += 1
                print(f"    {path.name} {label}: {body.type} at {step.taken.at_s:.1f} s", flush=True)
            if not isinstance(body, Incident) or body.phase != "begin":
                continue
            boxes = past.get(body.track or "", [])
            stood = body.type == "wrong_way" and _stood(boxes, step.taken.at_s)
            counts["stood"] += stood
            counts[body.type] += 1
            if body.type == "parking" or stood:
                _draw(step, boxes, folder, f"{path.stem}-{label}-{body.type}-{step.taken.at_s:.1f}-{body.track}")
    return FalseReports(seconds, **counts)


def _stood(boxes: list[tuple[float, Box]], now_s: float) -> bool:
    last = [box for at_s, box in boxes if now_s - at_s <= 1.0]
    dx, dy = moved(last[0], last[-1]) if last else (0.0, 0.0)
    return not last or max(abs(dx), abs(dy)) < _STOOD * size(last[-1])


def _draw(step: Step, boxes: list[tuple[float, Box]], folder: Path | None, name: str) -> None:
    print(f"    {name}", flush=True)
    if folder is None or not boxes or not step.taken.frame.size:
        return
    frame = step.taken.frame.copy()
    x1, y1, x2, y2 = (round(side) for side in boxes[-1][1])
    cv2.rectangle(frame, (x1, y1), (x2, y2), (0, 0, 255), 2)
    cv2.imwrite(str(folder / f"{name}.png"), frame)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--model", nargs="+", default=["shipped"], choices=["shipped", "coco-ssd", "yolox-nano"])
    parser.add_argument("--frames", type=Path)
    options = parser.parse_args()
    files = options.files or sorted((data.data() / "video").glob("*.mp4"))
    print("seconds / tamper / parking / wrong way, of it by what stood")
    with tempfile.TemporaryDirectory() as made:
        for model in options.model:
            folder = "" if model == "shipped" else str(data.model(model, Path(made)))
            rows = []
            for path in files:
                rows.append(it := look(path, scene(folder), options.frames, model))
                print(f"{model:12} {path.name:28} {_line(it)}", flush=True)
            print(f"{model:12} {'all':28} {_line(FalseReports(*map(sum, zip(*rows, strict=True))))}\n", flush=True)


def _line(it: FalseReports) -> str:
    return f"{it.seconds:7.1f} /{it.tamper:3} /{it.parking:3} /{it.wrong_way:4}, {it.stood}"


if __name__ == "__main__":
    main()
