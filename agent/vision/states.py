"""The numbers of one track: where it is, how fast, how sure, and what was seen of it last.

A Kalman filter of constant velocity whose noise is in object heights: one covariance serves both axes, and it means
the same near and far, and at 2 or 25 frames per second. In plain Python: a frame has some ten tracks, and for so few
a call of numpy costs more than what it computes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.vision.boxes import Floats

Reals = NDArray[np.float64]
Row = tuple[float, float, float, float]
"""A box as centre and size: x, y, width, height."""
_MOVE = 0.5
"""An object has moved once it was seen so many of its longer sides from where it began."""
_FIRST_SPEED = 1.5
"""Deviation of a new object's velocity, in heights per second."""


class Spread(NamedTuple):
    """What ``dt`` seconds of unknown motion add to the covariance: of place, of place with velocity, of velocity."""

    dt: float
    place: float
    both: float
    speed: float

    @classmethod
    def over(cls, dt: float, agility: float) -> Spread:
        """``agility``: noise of the motion, in heights/s**2."""
        q = agility**2
        return cls(dt, q * dt**4 / 4, q * dt**3 / 2, q * dt**2)


class State:
    """``x``, ``y``: the centre; ``p``, ``c``, ``v``: covariance of place and velocity; ``box``: what was seen last.

    ``seen_s``, ``named_s``: when it was seen last, and by a detector; ``moved``: whether it has ever; ``foot``: where
    it began.
    """

    __slots__ = ("box", "c", "foot", "h", "moved", "named_s", "p", "seen_s", "v", "vx", "vy", "w", "x", "y")

    def __init__(self, box: Row, now_s: float, jitter: float) -> None:
        """``jitter``: noise of a box, in heights."""
        self.box = box
        self.x, self.y, self.w, self.h = box
        self.vx = self.vy = self.c = 0.0
        self.p, self.v = jitter**2, _FIRST_SPEED**2
        self.seen_s = self.named_s = now_s
        self.moved = False
        self.foot = self.x, self.y + self.h * 0.5

    def predict(self, spread: Spread) -> None:
        dt = spread.dt
        self.x += self.vx * dt
        self.y += self.vy * dt
        self.p += dt * (2 * self.c + dt * self.v) + spread.place
        self.c += dt * self.v + spread.both
        self.v += spread.speed

    def correct(self, box: Row, now_s: float, noise: float, resize: float) -> None:
        """It was seen as ``box``; ``noise``: the box's variance; ``resize``: share of its size that is taken over."""
        x, y, w, h = self.box = box
        total = self.p + noise
        place, speed = self.p / total, self.c / total
        off_x, off_y = x - self.x, y - self.y
        self.x += place * off_x
        self.y += place * off_y
        self.vx += speed * off_x
        self.vy += speed * off_y
        self.v -= speed * self.c
        self.c *= 1 - place
        self.p *= 1 - place
        self.w += resize * (w - self.w)
        self.h += resize * (h - self.h)
        self.seen_s = now_s
        if not self.moved:
            from_x, from_y = self.foot
            self.moved = max(abs(x - from_x), abs(y + h * 0.5 - from_y)) > _MOVE * max(w, h)


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
