"""The numbers of all tracks as one table: where each is, how fast, how sure, and what was seen of it last.

A Kalman filter of constant velocity whose noise is in object heights: one covariance serves both axes, and it means
the same near and far, and at 2 or 25 frames per second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.vision.boxes import Floats

Reals = NDArray[np.float64]

# columns: centre, size, velocity of the centre; covariance of place and velocity; time when it was seen last, time
# when a detector saw it last, whether it has ever moved, the foot where it began, and the box that was seen last
X, Y, W, H, VX, VY, P, C, V, SEEN, NAMED, MOVED, BX, BY, ZX, ZY, ZW, ZH = range(18)
_COLUMNS = 18
_MOVE = 0.5
"""An object has moved once it was seen so many of its longer sides from where it began."""
_FIRST_SPEED = 1.5
"""Deviation of a new object's velocity, in heights per second."""


class States:
    """One row a track. ``jitter``: noise of a box, in heights; ``agility``: of the motion, in heights/s**2."""

    def __init__(self, jitter: float, agility: float, resize: float) -> None:
        """``resize``: share of a box's size that the row takes over."""
        self.rows: Reals = np.empty((0, _COLUMNS))
        self._jitter = jitter
        self._agility = agility
        self._resize = resize

    def __len__(self) -> int:
        return len(self.rows)

    def predict(self, dt: float) -> None:
        s = self.rows
        if not dt or not len(s):
            return
        s[:, :2] += s[:, VX : VY + 1] * dt
        q = self._agility**2
        s[:, P] += dt * (2 * s[:, C] + dt * s[:, V]) + q * dt**4 / 4
        s[:, C] += dt * s[:, V] + q * dt**3 / 2
        s[:, V] += q * dt**2

    def correct(self, which: list[int], boxes: Reals, now_s: float, *, named: bool, blur: float = 1.0) -> None:
        """Rows ``which`` were seen as ``boxes`` (n x 4, centre and size); ``blur``: times the usual noise."""
        s = self.rows[which]
        noise = s[:, P] + (blur * self._jitter) ** 2
        place, speed = s[:, P] / noise, s[:, C] / noise
        off = boxes[:, :2] - s[:, :2]
        s[:, :2] += place[:, None] * off
        s[:, VX : VY + 1] += speed[:, None] * off
        s[:, V] -= speed * s[:, C]
        s[:, C] *= 1 - place
        s[:, P] *= 1 - place
        s[:, W : H + 1] += self._resize * (boxes[:, 2:] - s[:, W : H + 1])
        s[:, SEEN] = now_s
        if named:
            s[:, NAMED] = now_s
        s[:, ZX:] = boxes
        away = np.abs(foot(boxes) - s[:, BX : BY + 1]).max(axis=1)
        s[:, MOVED] = np.maximum(s[:, MOVED], away > _MOVE * boxes[:, 2:].max(axis=1))
        self.rows[which] = s

    def begin(self, boxes: Reals, now_s: float) -> None:
        """One more row for each of ``boxes`` (n x 4, centre and size)."""
        fresh = np.zeros((len(boxes), _COLUMNS))
        fresh[:, :4] = fresh[:, ZX:] = boxes
        fresh[:, BX : BY + 1] = foot(boxes)
        fresh[:, P] = self._jitter**2
        fresh[:, V] = _FIRST_SPEED**2
        fresh[:, SEEN] = fresh[:, NAMED] = now_s
        self.rows = np.concatenate([self.rows, fresh])

    def keep(self, which: list[bool]) -> None:
        self.rows = self.rows[which]

    def still(self, now_s: float) -> None:
        """Every object was seen, exactly where it was."""
        self.rows[:, SEEN] = now_s
        self.rows[:, VX : VY + 1] = 0.0


def foot(boxes: Reals) -> Reals:
    """The middle of the lower edge of boxes as centre and size."""
    below: Reals = boxes[:, :2] + boxes[:, [3]] * (0.0, 0.5)
    return below


def centred(boxes: Floats) -> Reals:
    """Corners -> centre and size."""
    out = np.empty((len(boxes), 4))
    out[:, :2] = (boxes[:, :2] + boxes[:, 2:]) * 0.5
    out[:, 2:] = boxes[:, 2:] - boxes[:, :2]
    return out


def corners(centre: Any, size: Any) -> Floats:
    """Centre and size -> corners."""
    out: Floats = np.concatenate([centre - size / 2, centre + size / 2], axis=1).astype(np.float32)
    return out
