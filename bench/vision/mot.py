"""Multiple object tracking metrics on one sequence.

MOTA: Bernardin and Stiefelhagen 2008 (CLEAR MOT): 1 - (misses + false alarms + switches) / objects; pairs of the frame
before are kept while they overlap enough. IDF1: Ristani et al. 2016: the best one-to-one pairing of whole
trajectories, F1 of the detections that it explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agent.vision.assign import assign, solve
from agent.vision.boxes import overlaps

Boxes = dict[str, tuple[float, float, float, float]]
"""Objects of one frame by name: x1, y1, x2, y2."""


class Scores(NamedTuple):
    mota: float
    idf1: float
    misses: int
    false_alarms: int
    switches: int
    objects: int


def score(truth: Sequence[Boxes], reported: Sequence[Boxes], least: float = 0.5) -> Scores:
    misses = false_alarms = switches = objects = reports = 0
    last: dict[str, str] = {}
    shared: dict[tuple[str, str], int] = {}
    lengths: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for real, seen in zip(truth, reported, strict=True):
        names, ids = list(real), list(seen)
        objects += len(names)
        reports += len(ids)
        for count, present in zip(lengths, (names, ids), strict=True):
            for name in present:
                count[name] = count.get(name, 0) + 1
        overlap = _overlaps(real, seen)
        for r, s in zip(*np.nonzero(overlap >= least), strict=True):
            pair = names[r], ids[s]
            shared[pair] = shared.get(pair, 0) + 1
        pairs = _pairs(names, ids, overlap, last, least)
        misses += len(names) - len(pairs)
        false_alarms += len(ids) - len(pairs)
        for name, track in pairs.items():
            switches += last.get(name, track) != track
            last[name] = track
    explained = _explained(shared, lengths)
    mota = 1 - (misses + false_alarms + switches) / max(objects, 1)
    return Scores(mota, 2 * explained / max(objects + reports, 1), misses, false_alarms, switches, objects)


def _overlaps(real: Boxes, seen: Boxes) -> np.ndarray:
    if not real or not seen:
        return np.zeros((len(real), len(seen)))
    return overlaps(np.array(list(real.values()), np.float32), np.array(list(seen.values()), np.float32))


def _pairs(names: list[str], ids: list[str], overlap: np.ndarray, last: dict[str, str], least: float) -> dict[str, str]:
    pairs = {}
    free = overlap.copy()
    for row, name in enumerate(names):
        if last.get(name) in ids:
            column = ids.index(last[name])
            if overlap[row, column] >= least:
                pairs[name] = ids[column]
                free[row, :] = free[:, column] = 0
    pairs.update((names[r], ids[c]) for r, c in assign(1 - free, 1 - least + 1e-9))
    return pairs


def _explained(shared: dict[tuple[str, str], int], lengths: tuple[dict[str, int], dict[str, int]]) -> int:
    names, ids = list(lengths[0]), list(lengths[1])
    if not names or not ids:
        return 0
    worth = [[-float(shared.get((name, track), 0)) for track in ids] for name in names]
    return int(-sum(worth[r][c] for r, c in solve(worth)))


def average_precision(
    truth: Sequence[Boxes], reported: Sequence[Sequence[tuple[float, ...]]], least: float = 0.5
) -> float:
    """Area under the precision-recall curve, all points (PASCAL VOC 2010); ``reported``: (score, x1, y1, x2, y2)."""
    ranked = sorted(((row[0], frame, row[1:]) for frame, rows in enumerate(reported) for row in rows), reverse=True)
    boxes = [np.array(list(frame.values()), np.float32).reshape(-1, 4) for frame in truth]
    used = [np.zeros(len(frame), bool) for frame in boxes]
    hits = np.zeros(len(ranked))
    for place, (_, frame, box) in enumerate(ranked):
        if not len(boxes[frame]):
            continue
        overlap = overlaps(np.array([box], np.float32), boxes[frame])[0]
        best = int(overlap.argmax())
        if overlap[best] >= least and not used[frame][best]:
            used[frame][best] = True
            hits[place] = 1
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(ranked) + 1)
    recall = found / max(sum(len(frame) for frame in boxes), 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * envelope))
