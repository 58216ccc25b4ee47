"""The strip of wall along a gauge's line, next to its dry look: row by row, is it covered, or only lit otherwise?

Colour alone is no proof: a shadow, sun, rain on the wall and the camera's white balance change it as water does. The
wall's own texture can: under another light it is the same but for a factor, and water hides it or shows another one.
So texture decides where the wall has some, and colour where it has none, and there only if its tone changed as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import dist
from typing import NamedTuple

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from agent.vision.boxes import Floats, Frame

_ROWS = (24, 160)
_HALF = 4
"""Columns to either side of the line."""
_SHIFT = 6
"""Rows and columns by which a shaken or moved camera is followed."""
_WINDOW = 9
"""Rows that are judged together."""
_BLOCK = 12
_CHANGED = 2.5
"""Times the strip's own noise that are a change."""
_RIPPLES = 2.0
"""Times the dry rows' unrest that are ripples: water, or the shadows of leaves."""
_CUT_OFF = 245.0
_WHITE = 205.0
"""Snow, glare: whiter than any water that is not cut off."""


class Edge(NamedTuple):
    """The row up to which the strip is covered (0 = nowhere), how clearly from 0 to 1, and whether that ripples."""

    row: int
    confidence: float
    ripples: bool


class Look(NamedTuple):
    """``off`` per row: -1 = the dry wall, 0 = cannot be judged, +1 = covered. ``changed``: its colour, -1 to 1."""

    off: Floats
    changed: Floats
    ripple: Floats


class Strip:
    """Where the strip lies in the frame: rows from the lowest mark up, a margin of ``_SHIFT`` all round."""

    def __init__(self, spots: Sequence[tuple[float, float]], heights: Sequence[float]) -> None:
        along = np.concatenate([[0.0], np.cumsum([dist(a, b) for a, b in pairwise(spots)])])
        self.rows = int(np.clip(round(float(along[-1])), *_ROWS))
        at = np.linspace(0, along[-1], self.rows)
        step = along[-1] / (self.rows - 1)
        x, y = (np.interp(at, along, [spot[axis] for spot in spots]) for axis in (0, 1))
        self.heights = np.interp(at, along, heights)
        self._x, self._y, self._wide = x, y, _HALF * step
        across = np.arange(-_HALF - _SHIFT, _HALF + _SHIFT + 1) * step
        grid = np.meshgrid(across, np.zeros(self.rows + 2 * _SHIFT))[0]
        self._grid = (
            (_longer(x)[:, None] + grid).astype(np.float32),
            (_longer(y)[:, None] + 0 * grid).astype(np.float32),
        )

    def cut(self, frame: Frame) -> Floats:
        cut: Floats = cv2.remap(frame, *self._grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(
            np.float32
        )
        return cut

    def row_at(self, depth_m: float) -> int:
        return int(np.searchsorted(self.heights, depth_m))

    def hidden(self, box: Sequence[float]) -> bool:
        x1, y1, x2, y2 = box
        inside = (self._x > x1 - self._wide) & (self._x < x2 + self._wide) & (self._y > y1) & (self._y < y2)
        return bool(inside.any())


class DryLook:
    """``learn`` the look of the dry strip, ``see`` what another look has in common with it."""

    def __init__(self) -> None:
        self.looks = 0
        self._dry: Floats = np.empty(0, np.float32)
        self._texture: Floats = np.empty(0, np.float32)
        self._before: Floats | None = None
        self._noise = 0.02
        """Of a pixel's texture, in logarithms of its light ..."""
        self._grain: Floats = np.empty(0, np.float32)
        """... and of a row's mean colour, in grey levels."""
        self._shift = (0.0, 0.0)

    def learn(self, cut: Floats, rate: float = 0.0) -> None:
        """``rate``: how much of the new look is taken; by default each has the same weight."""
        patch = self._aligned(cut) if self.looks else _inner(cut, (0.0, 0.0))
        rate = rate or 1 / (self.looks + 1)
        if not self.looks:
            self._dry = patch
            self._grain = np.full(len(patch), 4.0, np.float32)
        else:
            rows, dry = patch.mean(axis=1), self._dry.mean(axis=1)
            off = np.abs(rows - dry * np.median((rows + 2) / (dry + 2), axis=0)).max(axis=1)
            self._grain = self._grain + max(rate, 0.02) * (off - self._grain)
            unrest = float(np.sqrt(np.mean((_texture(patch) - self._texture) ** 2)))
            self._noise += max(rate, 0.02) * (unrest - self._noise)
            self._dry = self._dry + rate * (patch - self._dry)
        self._texture = _texture(self._dry)
        self.looks += 1

    def see(self, cut: Floats) -> Look:
        patch = self._aligned(cut)
        texture = _texture(patch)
        before, self._before = self._before, texture
        unrest = np.zeros_like(texture) if before is None else texture - before
        noise = max(0.01, self._noise, 1.05 * float(np.median(np.abs(unrest))))
        kept, judged = self._kept(patch, texture, noise)
        changed, toned = self._coloured(patch, kept * judged > 0.5)
        plain = np.where(changed < 0, changed, np.clip(np.minimum(changed, toned), 0, 1))
        off = judged * -kept + (1 - judged) * plain
        moves = np.sqrt(_windowed((unrest**2).mean(axis=1)) / _WINDOW)
        ripple = moves / max(1.5 * self._noise, float(np.median(moves[-len(moves) // 3 :])), 0.01)
        off = np.where((off < 0) & (changed > 0) & (ripple > _RIPPLES), 0, off)
        off = np.where((patch.mean(axis=1).min(axis=1) > _WHITE) & (changed > 0), np.minimum(off, 0), off)
        return Look(off, changed, ripple)

    def _kept(self, patch: Floats, texture: Floats, noise: float) -> tuple[Floats, Floats]:
        """Of each row, whether its texture is the dry one (+1) or not (-1), and whether that can be judged (0 to 1)."""
        seen = (patch.mean(axis=2) < _CUT_OFF).astype(np.float32)
        energy = _windowed((seen * self._texture**2).sum(axis=1)) + 1e-6
        shared = _windowed((seen * self._texture * texture).sum(axis=1))
        own = _windowed((seen * (texture**2 - noise**2)).sum(axis=1))
        alike = shared / np.sqrt(energy * np.maximum(own, 0.25 * energy))
        slope = shared / energy
        error = noise / np.sqrt(energy)
        judged = np.clip((0.3 - error) / 0.15, 0, 1)
        sure = slope[judged > 0.9]
        haze = float(np.clip(np.percentile(sure, 80), 0.6, 1.0)) if len(sure) > _WINDOW else 1.0
        return np.clip((np.minimum(slope / haze, alike) - 0.55) / 0.2, -1, 1), judged

    def _coloured(self, patch: Floats, same: Floats) -> tuple[Floats, Floats]:
        """Whether each row's colour, and its tone alone, are others (-1 to 1).

        Exposure and white balance are those that most rows with the dry texture agree on; without such rows, the upper
        third, which is mostly dry.
        """
        rows, dry = patch.mean(axis=1), self._dry.mean(axis=1)
        ratio = np.log((rows + 4) / (dry + 4))
        ratio = ratio - np.median(ratio[same] if same.sum() >= _WINDOW else ratio[-len(ratio) // 3 :], axis=0)
        limit = _CHANGED * np.maximum(self._grain, 3.0)
        level = rows.mean(axis=1) + 4
        changed = np.abs(ratio).max(axis=1) * level / limit
        tone = np.abs(ratio - ratio.mean(axis=1, keepdims=True)).max(axis=1)
        toned = tone / np.maximum(0.08, 0.8 * limit / level)
        return np.clip(changed, 0, 2) - 1, np.clip(toned, 0, 2) - 1

    def _aligned(self, cut: Floats) -> Floats:
        """The part of ``cut`` in which most blocks of the dry texture are found again."""
        texture = _texture(cut)
        total, weights = np.zeros((2 * _SHIFT + 1, 2 * _SHIFT + 1), np.float32), 1e-6
        for first in range(0, len(self._texture) - _BLOCK + 1, _BLOCK):
            block = self._texture[first : first + _BLOCK]
            weight = max(0.0, float(block.std()) - self._noise)
            if weight > 0:
                around = texture[first : first + _BLOCK + 2 * _SHIFT]
                total += weight * np.maximum(cv2.matchTemplate(around, block, cv2.TM_CCORR_NORMED) - 0.5, 0)
                weights += weight
        total /= weights
        row, column = np.unravel_index(int(total.argmax()), total.shape)
        stay = total[round(self._shift[0]) + _SHIFT, round(self._shift[1]) + _SHIFT]
        if total[row, column] > stay + 0.15:
            self._shift = (_peak(total[:, column], int(row)), _peak(total[row], int(column)))
        return _inner(cut, self._shift)


def edge(look: Look, flood: int, under: int = 0) -> Edge:
    """Where what is covered below meets what is dry above. ``flood``: rows that must be seen for 'dry'.

    Rows below ``under`` are known to be covered.
    """
    off = look.off.copy()
    off[:under] = 1.0
    total = 2 * np.concatenate([[0.0], np.cumsum(off)]) - off.sum()
    row = int(total.argmax())
    if row < 2:
        return Edge(0, max(0.0, min(-float(off.mean()), -float(off[: max(flood, 2)].mean()))), ripples=False)
    if row < len(off) - 2:
        row = max(under, _step(look.changed, row))
    above = -float(off[row:].mean()) if row < len(off) - 2 else 1.0
    ripples = float(np.median(look.ripple[:row])) > _RIPPLES
    return Edge(row, max(0.0, min(float(off[:row].mean()), above)), ripples)


def _step(changed: Floats, row: int) -> int:
    """The row near ``row`` at which the colour changes: texture is judged over windows, colour row by row."""
    reach = _WINDOW // 2
    near = range(max(2, row - reach - 1), min(len(changed) - 2, row + reach + 1) + 1)
    steps = [float(changed[max(0, at - reach) : at].mean() - changed[at : at + reach].mean()) for at in near]
    best = int(np.argmax(steps)) if steps else 0
    return near[best] if steps and steps[best] > 0.5 else row


def _texture(patch: Floats) -> Floats:
    """By what a pixel's light differs from the rows around, as a logarithm: the light and an edge of shade fall out."""
    light = np.log(cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_BGR2GRAY) + 8.0)
    rows = np.pad(light.mean(axis=1), 6, mode="edge")
    texture: Floats = (light - np.median(sliding_window_view(rows, 13), axis=1)[:, None]).astype(np.float32)
    return texture


def _windowed(rows: Floats) -> Floats:
    return np.convolve(rows, np.ones(_WINDOW, np.float32), mode="same")


def _inner(cut: Floats, shift: tuple[float, float]) -> Floats:
    size = (cut.shape[1] - 2 * _SHIFT, cut.shape[0] - 2 * _SHIFT)
    middle = ((cut.shape[1] - 1) / 2 + shift[1], (cut.shape[0] - 1) / 2 + shift[0])
    inner: Floats = cv2.getRectSubPix(cut, size, middle)
    return inner


def _peak(score: Floats, at: int) -> float:
    """Where between its neighbours the best score lies, as a shift."""
    if not 0 < at < len(score) - 1:
        return float(at - _SHIFT)
    low, top, high = (float(each) for each in score[at - 1 : at + 2])
    bend = low - 2 * top + high
    return at - _SHIFT + (0.5 * (low - high) / bend if bend < 0 else 0.0)


def _longer(values: Floats) -> Floats:
    """The line goes on straight beyond its ends."""
    steps = np.arange(1, _SHIFT + 1)
    before = values[0] - steps[::-1] * (values[1] - values[0])
    return np.concatenate([before, values, values[-1] + steps * (values[-1] - values[-2])])
