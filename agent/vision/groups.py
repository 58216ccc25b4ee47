"""Blobs as objects: one blob over several expected objects is divided among them, pieces of one object are joined.

Who walks past another is one blob with them for a second or two. Each of them is then looked for in what moves, at its
own size and near where it is expected, the nearest to the camera first. Where they explain too little of the blob, or
it is said to be one thing, they were parts of it (a windscreen and a bonnet), and the blob is the object.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from agent.vision.boxes import Bytes, Floats, areas, intersections

_UNDER = 0.5
"""Share of an expected box that a blob covers, from which on the object is in that blob."""
_PIECE = 0.6
"""Share of a blob that lies in an expected box, from which on it is a piece of that object."""
_AWAY = (0.6, 0.2)
"""How far from its place an object is looked for, in its widths and heights: few are off by more after a frame."""
_STEPS = np.linspace(-1.0, 1.0, 11)
_PULL = 0.15
"""What that distance, squared, is worth in shares of the box that moves: inside a blob all places fit alike."""
_COVER = 0.35
"""A box of which less moves is not there: the object is hidden, and only expected."""
_TAKEN = 0.4
"""What moves and is in the box of somebody nearer to the camera is worth so much to those behind."""
_SLACK = 0.1
"""What moves so close to a box, in its sides, belongs to it."""
_EXPLAINED = 0.6
"""Share of what moves in a blob that the objects in it must explain together."""
_KERNEL = np.ones((3, 3), np.uint8)
IsOne = Callable[[Floats, list[Floats]], bool]
"""Whether a blob, of which several parts are known, is one thing."""


def as_objects(
    blobs: Floats, expected: Floats, mask: Bytes | None, size: tuple[int, int], is_one: IsOne = lambda *_: False
) -> Floats:
    """``blobs`` and ``expected``: n x 4 in pixels of a frame of ``size``; ``mask``: the small mask of what moves."""
    if not len(blobs) or not len(expected):
        return blobs
    shared = intersections(blobs, expected)
    in_expected = shared / np.maximum(areas(blobs), 1.0)[:, None]
    under_blob = shared / np.maximum(areas(expected), 1.0)[None, :] > _UNDER
    out: list[Floats] = []
    used = under_blob.sum(axis=1) > 1
    for row in np.nonzero(used)[0]:
        members = expected[under_blob[row]]
        parts = list(members) if mask is None else _divided(blobs[row], members, mask, size)
        out += [blobs[row]] if len(parts) > 1 and is_one(blobs[row], parts) else parts
    grouped = under_blob[used].any(axis=0)
    for column, box in enumerate(expected):
        pieces = np.nonzero((in_expected[:, column] > _PIECE) & ~used)[0]
        if grouped[column]:
            continue
        if len(pieces) > 1 or (len(pieces) == 1 and areas(blobs[pieces])[0] < 0.5 * areas(box[None])[0]):
            hull = np.concatenate([blobs[pieces, :2].min(axis=0), blobs[pieces, 2:].max(axis=0)])
            out.append(hull if len(pieces) > 1 else (box + hull) / 2)
            used[pieces] = True
    return np.concatenate([blobs[~used], np.array(out, np.float32).reshape(-1, 4)])


def _divided(blob: Floats, members: Floats, mask: Bytes, size: tuple[int, int]) -> list[Floats]:
    """The boxes of the members that are seen in the blob; the blob itself, where they explain too little of it."""
    scale = np.array((mask.shape[1] / size[0], mask.shape[0] / size[1]) * 2, np.float32)
    moving = _alone(mask, blob * scale)
    weight = (moving > 0).astype(np.float32)
    whole = cv2.countNonZero(moving)
    out: list[Floats] = []
    for box in members[np.argsort(-members[:, 3], kind="stable")] * scale:
        place, cover = _placed(box, weight)
        if cover < _COVER:
            continue
        out.append((place / scale).astype(np.float32))
        x1, y1, x2, y2 = _taken(place, moving)
        weight[y1:y2, x1:x2] *= _TAKEN
    return out if cv2.countNonZero(moving) <= (1 - _EXPLAINED) * whole else [blob]


def explained(blob: Floats, objects: Floats, mask: Bytes, size: tuple[int, int]) -> bool:
    """Whether ``objects`` (n x 4) are enough of what moves in the blob to be all of it."""
    scale = np.array((mask.shape[1] / size[0], mask.shape[0] / size[1]) * 2, np.float32)
    moving = _alone(mask, blob * scale)
    whole = cv2.countNonZero(moving)
    for box in objects * scale:
        _taken(box, moving)
    return cv2.countNonZero(moving) <= (1 - _EXPLAINED) * whole


def _taken(box: Floats, moving: Bytes) -> tuple[int, int, int, int]:
    """Takes what belongs to the box out of what moves; returns its corners."""
    x1, y1, x2, y2 = np.maximum(np.rint(box), 0).astype(int).tolist()
    room = max(1, round(_SLACK * (x2 - x1)))
    moving[max(0, y1 - room) : y2 + room, max(0, x1 - room) : x2 + room] = 0
    return x1, y1, x2, y2


def _alone(mask: Bytes, blob: Floats) -> Bytes:
    """What moves in the blob, with its gaps closed as they were when it became one, and nothing else."""
    x1, y1, x2, y2 = np.rint(blob).astype(int).tolist()
    out = np.zeros_like(mask)
    out[y1:y2, x1:x2] = mask[y1:y2, x1:x2]
    return np.asarray(cv2.morphologyEx(out, cv2.MORPH_CLOSE, _KERNEL, iterations=2), np.uint8)


def _placed(box: Floats, weight: Floats) -> tuple[Floats, float]:
    """The place near ``box`` in which most of it moves, and that share."""
    height, width = weight.shape
    x, y = np.meshgrid(_STEPS, _STEPS)
    dx, dy = x * _AWAY[0] * (box[2] - box[0]), y * _AWAY[1] * (box[3] - box[1])
    left, right = (np.clip(np.rint(side + dx), 0, width).astype(int) for side in (box[0], box[2]))
    top, bottom = (np.clip(np.rint(side + dy), 0, height).astype(int) for side in (box[1], box[3]))
    table = cv2.integral(weight)
    inside = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    cover = inside / max(1.0, float(areas(box[None])[0]))
    best = np.unravel_index(int((cover - _PULL * (x * x + y * y)).argmax()), cover.shape)
    place: Floats = box + np.array([dx[best], dy[best]] * 2, np.float32)
    return place, float(cover[best])
