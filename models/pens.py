"""Points and colours for what is drawn for training."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator


def point(xy: object) -> tuple[int, int]:
    x, y = xy  # type: ignore[misc]
    return int(x), int(y)  # type: ignore[has-type]


def colour(rng: Generator) -> tuple[int, int, int]:
    """Most clothes and cars are nearly grey."""
    grey = rng.uniform(5, 245)
    spread = 6 if rng.random() < 0.55 else 60
    b, g, r = np.clip(grey + rng.normal(0, spread, 3), 0, 255)
    return int(b), int(g), int(r)


def dark_tone(rng: Generator) -> tuple[int, int, int]:
    level = int(rng.uniform(5, 90))
    return level, level, level


def skin_tone(rng: Generator) -> tuple[int, int, int]:
    light = rng.uniform(0.35, 1.0)
    return int(150 * light), int(180 * light), int(225 * light)


def shade(colour: tuple[int, ...], by: float) -> tuple[int, int, int]:
    b, g, r = (int(min(255, part * by)) for part in colour)
    return b, g, r
