"""Motion-gated scores: the detector's own score is the bottleneck, and motion knows something that it does not.

What lies on a moving blob may be less sure, since it was not invented where nothing is; what lies on none must be sure
by itself. The bonus and where it ends are a flat optimum: eleven settings gave the same counts on thirteen videos.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.vision.boxes import Detections, Floats, areas, intersections

BONUS = 0.3
"""Added to the score of what moves, before it is compared with anything."""
LOWER = 0.05
"""With its bonus what moves may still be this much less sure than what stands; it then continues tracks only."""
_IN = 0.7
"""Share of the smaller of two boxes that lies in the larger, from which on the motion is that of the better one."""
_ON = 0.25
"""Share of a box that blobs cover, from which on it moves."""


def least(alone: float) -> float:
    """The score from which on a model is to be read, where ``alone`` is the least score of what stands."""
    return max(0.05, alone - BONUS - LOWER)


def gated(found: Detections, moving: Floats, alone: float) -> Detections:
    """``found`` with the scores that count: more where a blob of ``moving`` (n x 4) is, none below ``alone``."""
    if not len(found):
        return found
    moves = np.zeros(len(found), bool)
    if len(moving):
        moves = intersections(found.boxes, moving).sum(axis=1) >= _ON * areas(found.boxes)
        moves &= ~_explained(found)
    scores = np.where(moves, np.minimum(found.scores + np.float32(BONUS), np.float32(1.0)), found.scores)
    counted = Detections(found.boxes, scores.astype(np.float32), found.classes)
    return counted.take(moves | (found.scores >= alone))


def _explained(found: Detections) -> NDArray[np.bool_]:
    """Which lie in a better one of their class, or hold one: what moves there is that one, a part of it, or a group.

    A group explains nobody in it.
    """
    inside = intersections(found.boxes, found.boxes) > _IN * areas(found.boxes)[:, None]
    better = found.scores[None, :] > found.scores[:, None]
    alike = found.classes[None, :] == found.classes[:, None]
    by = (inside | inside.T) & better & alike
    explained = np.zeros(len(found), bool)
    for at in np.argsort(-found.scores, kind="stable"):
        explained[at] = (by[at] & ~explained).any()
    return explained
