"""What models/group_scenes.py composes scenes of: objects cut out of photographs with rights, drawn ones, and views.

GrabCut (Rother et al. 2004) tells an object from the rest of its labelled box. Where that leaves a shape that no whole
person has, the box gets the outline of another person, so that it lends its looks at least. A photograph is for the
test as models/crop_data.py says it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import synthetic
from crop_data import DATA, LABELS, SETS, TRAINING, kept
from numpy.random import Generator

TALLEST = 96
"""Pixels of the longer side at which a cut-out is kept."""
DRAWN = {"person": 250, "vehicle": 150, "two_wheeler": 250}
_TIMES = {"person": 3, "vehicle": 1, "two_wheeler": 5}
"""How often a cut-out with an outline of its own counts: there are some eighty persons and thirty riders."""
_FILLED = {"person": (0.3, 0.85), "vehicle": (0.5, 0.97), "two_wheeler": (0.3, 0.85)}
"""Share of its box that a whole object fills."""
_SHAPE = {"person": (1.5, 4.5), "vehicle": (0.3, 1.4), "two_wheeler": (0.6, 2.6)}
"""Height in widths."""
_RIDDEN = {"motorcycle+rider", "bicycle+rider", "bike", "motobike"}
_LEAST = 40
_VIEWS = 3
"""One photograph of so many is a view, and one of so many with vehicles gives them."""
_ROOM = "people-one-by-one"
_ROOM_KEPT = 900
"""Frames of the room from here on are for the test."""


class CutOut(NamedTuple):
    """``image``: h x w x 3; ``alpha``: h x w, 0 to 255; ``label``: index in LABELS, -1 for nothing."""

    image: Any
    alpha: Any
    label: int


class Material(NamedTuple):
    """``cut``: by label; ``views``: photographs to walk over."""

    cut: dict[str, list[CutOut]]
    views: list[Any]


def gather(rng: Generator) -> tuple[Material, Material]:
    """What is learnt from, and what is for the test."""
    both = Material({label: [] for label in _SHAPE}, []), Material({label: [] for label in _SHAPE}, [])
    lent: list[tuple[Material, Any]] = []
    for at, (source, path, objects) in enumerate(_pages()):
        side, frame = both[kept(source)], cv2.imread(str(path))
        if frame is None:
            continue
        if at % _VIEWS == 1:
            side.views.append(_smaller(frame, 640))
        for image, alpha, label in _photographed(frame, objects, vehicles=at % _VIEWS == 0):
            if alpha is None:
                lent.append((side, image))
            else:
                side.cut[label] += [CutOut(image, alpha, LABELS.index(label))] * _TIMES[label]
    outlines = [each.alpha for each in both[0].cut["person"]]
    for side, image in lent:
        alpha = outlines[rng.integers(len(outlines))]
        side.cut["person"].append(CutOut(image, cv2.resize(alpha, image.shape[1::-1]), LABELS.index("person")))
    for number, it in _room():
        both[number >= _ROOM_KEPT].cut["person"].append(it)
    both[0].views.extend([_median(frames) for frames in _videos()] * 10)
    for label, count in DRAWN.items():
        for side, share in zip(both, (1.0, 0.1), strict=True):
            side.cut[label] += [drawn(label, rng) for _ in range(int(count * share))]
    return both


def drawn(label: str, rng: Generator) -> CutOut:
    """A drawn object; it is where a black and a white background do not show through."""
    state = rng.bit_generator.state
    views = []
    for level in (0, 255):
        rng.bit_generator.state = state
        view = np.full((synthetic.SIDE, synthetic.SIDE, 3), level, np.uint8)
        synthetic.DRAW[label](view, rng)
        views.append(view.astype(np.int16))
    alpha = (255 - np.abs(views[1] - views[0]).max(axis=2)).clip(0, 255).astype(np.uint8)
    alpha[alpha < 128] = 0
    x, y, w, h = cv2.boundingRect(alpha)
    image = views[0].astype(np.uint8)[y : y + h, x : x + w]
    return CutOut(image, alpha[y : y + h, x : x + w], LABELS.index(label))


def _pages() -> Iterator[tuple[str, Path, list[dict[str, str]]]]:
    """Of each photograph of all sets its id, its file and the rows of its objects."""
    for name in SETS:
        rows: dict[str, list[dict[str, str]]] = {}
        with (TRAINING / name / "labels.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                rows.setdefault(row["file"], []).append(row)
        for path, objects in sorted(rows.items()):
            yield objects[0]["source_image_id"], TRAINING / name / "images" / path, objects


def _photographed(frame: Any, objects: list[dict[str, str]], *, vehicles: bool) -> Iterator[tuple[Any, Any, str]]:
    """Image, outline and label; a person without an outline of its own has None."""
    boxes = np.array([[float(row[side]) for side in "xywh"] for row in objects])
    for row, box in zip(objects, boxes, strict=True):
        label = row["label"]
        if not _fits(row, box) or _covered(box, boxes) or (label == "vehicle" and not vehicles):
            continue
        x, y, w, h = box
        if label == "person" and (x < 2 or y < 2 or x + w > frame.shape[1] - 2):
            continue
        cut = _outlined(frame, box, label)
        if cut is not None:
            yield *cut, label
        elif label == "person":
            yield _smaller(frame[int(y) : int(y + h), int(x) : int(x + w)], TALLEST), None, label


def _fits(row: dict[str, str], box: Any) -> bool:
    low, high = _SHAPE[row["label"]]
    if row["label"] == "two_wheeler" and row["raw_label"] not in _RIDDEN:
        return False
    return bool(not row["flags"] and max(box[2:]) >= _LEAST and min(box[2:]) >= 14 and low <= box[3] / box[2] <= high)


def _covered(box: Any, boxes: Any) -> bool:
    """Whether much of another object lies in the box."""
    low = np.maximum(box[:2], boxes[:, :2])
    sides = np.maximum(np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:]) - low, 0)
    return int((sides.prod(axis=1) > 0.35 * box[2:].prod()).sum()) > 1


def _outlined(frame: Any, box: Any, label: str) -> tuple[Any, Any] | None:
    x, y, w, h = box
    room = 0.2 * max(w, h)
    left, top = max(0, int(x - room)), max(0, int(y - room))
    part = frame[top : int(y + h + room), left : int(x + w + room)]
    scale = min(1.0, TALLEST / max(w, h))
    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    inner = [round((x - left) * scale), round((y - top) * scale), round(w * scale), round(h * scale)]
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.setRNGSeed(1)
    try:
        cv2.grabCut(part, mask, inner, np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # nothing is left round the box
        return None
    there = cv2.morphologyEx((mask & 1) * np.uint8(255), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    cut = _largest(part, there)
    if cut is None:
        return None
    height, width = cut[1].shape
    low, high = _FILLED[label]
    whole = height >= 0.85 * inner[3] and width >= 0.6 * inner[2]
    return cut if whole and low <= (cut[1] > 127).mean() <= high else None


def _largest(frame: Any, there: Any) -> tuple[Any, Any] | None:
    """The largest thing of a mask, cut out."""
    count, marks, stats, _ = cv2.connectedComponentsWithStats(there)
    if count < 2:
        return None
    best = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    x, y, w, h = stats[best, :4].tolist()
    alpha = cv2.GaussianBlur(((marks == best) * 255).astype(np.uint8), (3, 3), 0)
    return frame[y : y + h, x : x + w].copy(), alpha[y : y + h, x : x + w]


def _room() -> Iterator[tuple[int, CutOut]]:
    """Who walks alone through a room, cut out by its background where a detector saw one person."""
    page = json.loads((DATA / f"video/reference/{_ROOM}.ssd_v1_300.json").read_text(encoding="utf-8"))["dets"]
    frames = list(_frames(str(DATA / f"video/{_ROOM}.mp4")))
    empty = _median(frames)
    for number, (frame, found) in enumerate(zip(frames, page, strict=False)):
        persons = [row[2:6] for row in found if row[0] == "person" and row[1] >= 0.6]
        if number % 12 or len(persons) != 1:
            continue
        _, _, w, h = persons[0]
        cut = _largest(frame, ((cv2.absdiff(frame, empty).max(axis=2) > 28) * 255).astype(np.uint8))
        if cut is not None and 0.8 < cut[1].shape[0] / h < 1.25 and cut[1].shape[1] < 1.4 * w:
            yield number, CutOut(_smaller(cut[0], TALLEST), _smaller(cut[1], TALLEST), LABELS.index("person"))


def _videos() -> Iterator[list[Any]]:
    yield list(_frames(str(DATA / f"video/{_ROOM}.mp4")))
    yield list(_frames(str(TRAINING / "video/intel_pbc.gif")))
    yield [cv2.imread(str(path)) for path in sorted((DATA / "junction").glob("*.jpg"))[::20]]


def _frames(path: str) -> Iterator[Any]:
    capture = cv2.VideoCapture(path)
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        yield frame


def _median(frames: list[Any]) -> Any:
    return np.median(np.stack(frames[:: max(1, len(frames) // 30)]), axis=0).astype(np.uint8)


def _smaller(image: Any, longest: int) -> Any:
    scale = longest / max(image.shape[:2])
    return image if scale >= 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
