"""The real inputs of POLEAGENT_DATA (or ../shared/data), read as plain values."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from agent.vision.boxes import NOTHING, Detections, Frame
from bench.vision.mot import Boxes
from contract.model import CLASSES

ROOT = Path(__file__).resolve().parents[2]
PETS_SCALE = 0.625  # the truth is in pixels of the original 768x576 frame
COCO = {"person": "person", "bicycle": "two_wheeler", "motorcycle": "two_wheeler"} | dict.fromkeys(
    ("car", "bus", "truck"), "vehicle"
)


def folder() -> Path | None:
    """Where the inputs are, or None."""
    path = Path(os.environ.get("POLEAGENT_DATA") or ROOT.parent / "shared" / "data")
    return path if (path / "video").is_dir() else None


def data() -> Path:
    path = folder()
    if path is None:
        raise SystemExit("the real inputs are missing: set POLEAGENT_DATA")
    return path


def clip(name: str) -> Path:
    """A video of the inputs, or one that lies with the cases next to them; it may be missing."""
    given = data() / "video" / name
    return given if given.exists() else data().parent / "cases/vision" / name


def frames(name: str) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(clip(name)))
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        yield frame


def still(views: Sequence[Frame]) -> Frame:
    """What stands still in a video: its median, in which nobody is."""
    view: Frame = np.median(views[:: max(1, len(views) // 25)], axis=0).astype(np.uint8)
    return view


def truth(name: str, frames: int, scale: float = 1.0) -> list[Boxes]:
    """MOT ground truth; its frame k + 1 is the video's frame k."""
    out: list[Boxes] = [{} for _ in range(frames)]
    for line in (data() / "tracking" / f"{name}.gt.txt").read_text(encoding="ascii").splitlines():
        frame, name_, x, y, w, h, real = (float(part) for part in line.split(",")[:7])
        if real and frame <= frames:
            corners = (x * scale, y * scale, (x + w) * scale, (y + h) * scale)
            out[int(frame) - 1][str(int(name_))] = corners
    return out


def reference(video: str, detector: str) -> list[Detections]:
    """Reference detections of a video, every frame."""
    page = json.loads((data() / "video/reference" / f"{video}.{detector}.json").read_text(encoding="ascii"))
    return [_detections(rows) for rows in page["dets"]]


def public(name: str) -> list[Detections]:
    """MOT15's public detections of a sequence, all of persons."""
    frames: dict[int, list[tuple[object, ...]]] = {}
    for line in (data() / "tracking" / f"{name}.det.txt").read_text(encoding="ascii").splitlines():
        part = line.split(",")
        frames.setdefault(int(part[0]), []).append(("person", float(part[6]), *(float(each) for each in part[2:6])))
    return [_detections(frames.get(frame, [])) for frame in range(1, max(frames) + 1)]


def _detections(rows: list[tuple[object, ...]]) -> Detections:
    kept = [row for row in rows if row[0] in COCO]
    if not kept:
        return NOTHING
    numbers = np.array([row[1:6] for row in kept], np.float32)
    boxes = np.concatenate([numbers[:, 1:3], numbers[:, 1:3] + numbers[:, 3:5]], axis=1)
    classes = np.array([CLASSES.index(COCO[str(row[0])]) for row in kept], np.int32)
    return Detections(boxes, numbers[:, 0], classes)


def model(name: str, into: Path) -> Path:
    """A folder under ``into`` with our description of one of the inputs' models and a copy of its file.

    A link would lead out of the one folder that a vision process may read.
    """
    spot = into / name
    spot.mkdir(parents=True, exist_ok=True)
    page = (ROOT / "models" / name / "model.toml").read_text(encoding="utf-8")
    (spot / "model.toml").write_text(page, encoding="utf-8")
    for file in (data() / "models").iterdir():
        if not (spot / file.name).exists():
            shutil.copyfile(file, spot / file.name)
    return spot
