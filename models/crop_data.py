"""The samples that models/train_crops.py learns from and is tested on: real crops with rights, and drawn ones.

Labelled photographs come from POLEAGENT_TRAINING (else ../shared/training): folders with ``images`` and ``labels.csv``
(file,x,y,w,h,label,source_image_id,licence,author,raw_label,flags). Videos whose licence allows it come from
POLEAGENT_DATA. What is kept for the test is chosen by the image's own id, or as the end of a video: never at random
over crops, since two crops of one image are alike.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import synthetic
from numpy.random import Generator

ROOT = Path(__file__).resolve().parents[1]
TRAINING = Path(os.environ.get("POLEAGENT_TRAINING") or ROOT.parent / "shared" / "training")
DATA = Path(os.environ.get("POLEAGENT_DATA") or ROOT.parent / "shared" / "data")
LABELS = ("person", "vehicle", "two_wheeler", "background")
BACKGROUND = LABELS.index("background")
KEPT = 96
"""Side in pixels at which a crop is kept before it is changed."""
SETS = {
    "coco-val2017": True,
    "coco-small-train": True,
    "oi-vehicles": False,
    "oi-bicycle-person": False,
    "carla-synthetic": False,
}
"""Sets of photographs; whether all objects of our classes in them are labelled, so that the rest is background."""
DRAWN = {"person": 2500, "vehicle": 3500, "two_wheeler": 3000, "background": 2500}
"""Drawn samples of each label; only they show vehicles from straight above."""
_LEAST = 12
"""Pixels of the shorter side of a box that can be recognised at all."""


class Sample(NamedTuple):
    """One crop: KEPT x KEPT pixels, the index of its label, and the view it is from."""

    image: Any
    label: int
    view: str


class Gathered(NamedTuple):
    """``ids``: the photographs used, for attribution."""

    learn: list[Sample]
    test: list[Sample]
    ids: dict[str, list[str]]


class Video(NamedTuple):
    """A video that may be learnt from: ``keep`` is the first frame of the test."""

    name: str
    view: str
    label: str
    keep: int
    every: int


VIDEOS = (Video("junction", "pole", "vehicle", 350, 5), Video("people-one-by-one", "room", "person", 900, 2))


def gather(rng: Generator) -> Gathered:
    learn: list[Sample] = []
    test: list[Sample] = []
    ids: dict[str, list[str]] = {}
    for name, complete in SETS.items():
        used: set[str] = set()
        for source, samples in photographs(name, rng, complete=complete):
            (test if kept(source) else learn).extend(samples)
            used.add(source)
        ids[name] = sorted(used)
    for video in VIDEOS:
        for number, samples in clips(video, rng):
            if not video.keep - 30 <= number < video.keep:
                (learn if number < video.keep else test).extend(samples)
    empty = [each.image for each in learn if each.label == BACKGROUND and each.view != "drawn"]
    for label, count in DRAWN.items():
        drawn = [Sample(_drawn(label, rng, empty), LABELS.index(label), "drawn") for _ in range(count)]
        learn += drawn[count // 20 :]
        test += drawn[: count // 20]
    return Gathered(learn, test, ids)


def photographs(name: str, rng: Generator, *, complete: bool) -> Iterator[tuple[str, list[Sample]]]:
    """Per image its id and its samples: objects, persons that form one group, and empty places."""
    view = "rendered" if name.startswith("carla") else "photo"
    rows: dict[str, list[dict[str, str]]] = {}
    with (TRAINING / name / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["file"], []).append(row)
    for path, objects in sorted(rows.items()):
        frame = cv2.imread(str(TRAINING / name / "images" / path))
        if frame is None:
            continue
        boxes = [tuple(float(row[side]) for side in "xywh") for row in objects]
        samples = []
        persons = []
        for row, box in zip(objects, boxes, strict=True):
            if row["flags"] or min(box[2:]) < _LEAST or not _shaped(row["label"], box):
                continue
            samples.append(Sample(cut(frame, box, rng), LABELS.index(row["label"]), view))
            if row["label"] == "person":
                persons.append(box)
        samples += [Sample(cut(frame, box, rng), LABELS.index("person"), "group") for box in _groups(persons)]
        if complete:
            samples += [Sample(patch, BACKGROUND, view) for patch in _empty(frame, boxes, rng, 4)]
        yield objects[0]["source_image_id"], samples


def clips(video: Video, rng: Generator) -> Iterator[tuple[int, list[Sample]]]:
    """Per frame its number and its samples."""
    for number, (frame, boxes, unsure) in enumerate(_frames(video)):
        if number % video.every:
            continue
        samples = [Sample(cut(frame, box, rng), LABELS.index(video.label), video.view) for box in boxes]
        patches = _empty(frame, [*boxes, *unsure], rng, 4)
        yield number, samples + [Sample(patch, BACKGROUND, video.view) for patch in patches]


def _frames(video: Video) -> Iterator[tuple[Any, list[Any], list[Any]]]:
    """Each frame with its sure and its unsure objects (x, y, w, h)."""
    if video.name == "junction":
        page = json.loads((DATA / "junction/detections.json").read_text(encoding="utf-8"))
        rows = {row["frame_id"]: row["objects"] for row in page}
        for number, path in enumerate(sorted((DATA / "junction").glob("*.jpg"))):
            frame = cv2.imread(str(path))
            found = [(it["confidence"], _pixels(it["relative_coordinates"], frame)) for it in rows.get(number, [])]
            if found:
                yield (
                    frame,
                    [box for score, box in found if score >= 0.6],
                    [box for score, box in found if score < 0.6],
                )
        return
    page = json.loads((DATA / f"video/reference/{video.name}.ssd_v1_300.json").read_text(encoding="utf-8"))
    capture = cv2.VideoCapture(str(DATA / f"video/{video.name}.mp4"))
    for found in page["dets"]:
        ok, frame = capture.read()
        if ok:
            sure = [tuple(row[2:6]) for row in found if row[0] == video.label and row[1] >= 0.6]
            yield frame, sure, [tuple(row[2:6]) for row in found if tuple(row[2:6]) not in sure]


def cut(frame: Any, box: Any, rng: Generator) -> Any:
    """The square round x, y, w, h with some of its surroundings, as a blob's box would have it."""
    x, y, w, h = box
    half = max(w, h) * rng.uniform(0.52, 0.75)
    cx = x + w / 2 + rng.normal(0, 0.05) * w
    cy = y + h / 2 + rng.normal(0, 0.05) * h
    top, bottom = max(0, int(cy - half)), min(frame.shape[0], int(cy + half) + 2)
    left, right = max(0, int(cx - half)), min(frame.shape[1], int(cx + half) + 2)
    if right - left < 2 or bottom - top < 2:
        return np.zeros((KEPT, KEPT, 3), np.uint8)
    return cv2.resize(frame[top:bottom, left:right], (KEPT, KEPT), interpolation=cv2.INTER_AREA)


def _shaped(label: str, box: Any) -> bool:
    """A person as a street camera sees one: upright and whole, no bust before a lens."""
    return label != "person" or 1.3 <= box[3] / box[2] <= 5


def _groups(persons: list[Any]) -> Iterator[Any]:
    """Boxes over two persons of like size who stand close: one blob to motion."""
    for place, (x, y, w, h) in enumerate(persons):
        for ox, oy, ow, oh in persons[place + 1 :]:
            gap = max(x, ox) - min(x + w, ox + ow)
            if 0.6 < h / oh < 1.7 and gap < 0.3 * min(w, ow) and abs(y + h - oy - oh) < 0.3 * min(h, oh):
                left, top = min(x, ox), min(y, oy)
                yield left, top, max(x + w, ox + ow) - left, max(y + h, oy + oh) - top


def _empty(frame: Any, boxes: Iterable[Any], rng: Generator, count: int) -> Iterator[Any]:
    held = list(boxes)
    for _ in range(count):
        side = rng.uniform(0.06, 0.4) * min(frame.shape[:2])
        x, y = rng.uniform(0, frame.shape[1] - side), rng.uniform(0, frame.shape[0] - side)
        if not any(_near((x, y, side, side), box) for box in held):
            yield cut(frame, (x, y, side, side), rng)


def _near(a: Any, b: Any) -> bool:
    margin = 0.1 * max(b[2:])
    across = a[0] < b[0] + b[2] + margin and b[0] - margin < a[0] + a[2]
    return bool(across and a[1] < b[1] + b[3] + margin and b[1] - margin < a[1] + a[3])


def _pixels(place: Any, frame: Any) -> Any:
    height, width = frame.shape[:2]
    w, h = place["width"] * width, place["height"] * height
    return place["center_x"] * width - w / 2, place["center_y"] * height - h / 2, w, h


def _drawn(label: str, rng: Generator, empty: list[Any]) -> Any:
    return cv2.resize(synthetic.sample(label, rng, empty), (KEPT, KEPT))


def kept(source: str) -> bool:
    """One image of eight is for the test, by its id."""
    return hashlib.sha256(source.encode()).digest()[0] % 8 == 0
