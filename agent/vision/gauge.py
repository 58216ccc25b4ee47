"""A virtual water gauge: the line up to which a wall no longer looks as it did when it was dry.

A strip along the drawn line is compared with its dry look, colour by colour, at the same exposure. Water covers the
strip from below, so the best place of the edge is where most of what changed lies below and most of what did not lies
above. Water stays: the answer is the median of many looks, and people and cars before the strip are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import dist
from typing import Literal

import cv2
import numpy as np

from agent.bodies import WaterLevel
from agent.config.scene import Gauge
from agent.vision.boxes import Floats, Picture

State = Literal["dry", "wet", "flooded", "unknown"]
_ROWS = 96
_HALF = 4
"""Pixels to either side of the line."""
_EVERY_S = 1.0
_LOOKS = 15
"""Looks of which the median is taken."""
_FIRST = 10
"""Looks that make the dry reference."""
_LEARN_S = 900.0
_CHANGED = 2.5
"""Times the strip's own noise that are a change."""
_LOST_S = 120.0


class WaterGauge:
    """``look`` with pictures, times and the boxes of what is tracked; tells changes only."""

    def __init__(self, name: str, settings: Gauge, place: Callable[[tuple[float, float]], tuple[float, float]]) -> None:
        self.name = name
        self._settings = settings
        spots = [place((x, y)) for x, y, _ in settings.marks]
        heights = [height for _, _, height in settings.marks]
        along = np.concatenate([[0.0], np.cumsum([dist(a, b) for a, b in pairwise(spots)])])
        steps = np.linspace(0, along[-1], _ROWS)
        self._x = np.interp(steps, along, [x for x, _ in spots]).astype(np.float32)
        self._y = np.interp(steps, along, [y for _, y in spots]).astype(np.float32)
        self._heights = np.interp(steps, along, heights)
        self._dry: Floats | None = None
        self._noise: Floats = np.full((_ROWS, 1), 4.0, np.float32)
        self._learnt = 0
        self._last_s = float("-inf")
        self._good_s: float | None = None
        self._edges: deque[tuple[float, float]] = deque(maxlen=_LOOKS)
        self._told: WaterLevel | None = None

    def look(self, picture: Picture, now_s: float, before: Sequence[tuple[float, ...]] = ()) -> list[WaterLevel]:
        if now_s - self._last_s < _EVERY_S:
            return []
        step = min(now_s - self._last_s, 10.0)
        self._last_s = now_s
        if self._good_s is None:
            self._good_s = now_s
        if any(self._hidden(box) for box in before):
            return self._tell_if_lost(now_s)
        strip = self._strip(picture)
        if self._dry is None or self._learnt < _FIRST:
            self._learn(strip, 1 / (self._learnt + 1))
            return []
        row, confidence = self._edge(strip)
        self._edges.append((float(row), confidence))
        if row == 0 and confidence > 0.5:
            self._learn(strip, step / _LEARN_S)
        return self._tell(now_s)

    def _strip(self, picture: Picture) -> Floats:
        """Mean colour of each row of the strip, and its roughness across: rows x 4, lowest row first."""
        across = np.arange(-_HALF, _HALF + 1, dtype=np.float32)
        x = self._x[:, None] + across[None, :]
        y = np.repeat(self._y[:, None], len(across), axis=1)
        patch = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        strip: Floats = np.concatenate([patch.mean(axis=1), patch.std(axis=1).mean(axis=1, keepdims=True)], axis=1)
        return strip

    def _learn(self, strip: Floats, rate: float) -> None:
        if self._dry is None:
            self._dry = strip
        else:
            off = np.abs(strip - self._dry * _exposure(strip, self._dry)).max(axis=1, keepdims=True)
            self._noise = self._noise + max(rate, 0.02) * (off - self._noise)
            self._dry = self._dry + rate * (strip - self._dry)
        self._learnt += 1

    def _edge(self, strip: Floats) -> tuple[int, float]:
        """The row up to which water stands (0 = none), and how clearly, from 0 to 1."""
        assert self._dry is not None
        matched = self._dry * _exposure(strip[_ROWS // 2 :], self._dry[_ROWS // 2 :])
        limit = _CHANGED * np.maximum(self._noise[:, 0], 3.0)
        off = np.clip(np.abs(strip - matched).max(axis=1) / limit, 0, 2) - 1  # -1 = as dry, +1 = clearly changed
        gain = np.concatenate([[0.0], np.cumsum(off)])
        total = gain - (gain[-1] - gain)  # what changed below, less what changed above
        row = int(total.argmax())
        return row, max(0.0, float(total[row]) / _ROWS)

    def _hidden(self, box: tuple[float, ...]) -> bool:
        x1, y1, x2, y2 = box
        inside = (self._x > x1 - _HALF) & (self._x < x2 + _HALF) & (self._y > y1) & (self._y < y2)
        return bool(inside.any())

    def _tell(self, now_s: float) -> list[WaterLevel]:
        if len(self._edges) < _LOOKS // 2:
            return []
        rows = np.array([row for row, _ in self._edges])
        row = float(np.median(rows))
        spread = float(np.median(np.abs(rows - row))) / _ROWS
        confidence = float(np.median([each for _, each in self._edges])) * max(0.0, 1 - 8 * spread)
        if confidence < 0.3:
            return self._tell_if_lost(now_s)
        self._good_s = now_s
        depth = 0.0 if row == 0 else float(self._heights[min(int(row), _ROWS - 1)])
        depth = max(0.0, depth)
        state: State = "dry"
        if depth >= self._settings.wet_m:
            state = "flooded" if depth >= self._settings.flood_m else "wet"
        told = self._told
        if told is not None and told.state == state and abs(depth - (told.depth_m or 0.0)) < self._settings.step_m:
            return []
        return self._say(state, round(depth, 3), confidence)

    def _tell_if_lost(self, now_s: float) -> list[WaterLevel]:
        """Nothing can be said for long: said once."""
        if self._good_s is None or now_s - self._good_s < _LOST_S:
            return []
        if self._told is not None and self._told.state == "unknown":
            return []
        return self._say("unknown", None, 0.0)

    def _say(self, state: State, depth_m: float | None, confidence: float) -> list[WaterLevel]:
        body = WaterLevel(gauge=self.name, state=state, depth_m=depth_m, confidence=round(min(1.0, confidence), 2))
        self._told = body
        return [body]


def _exposure(strip: Floats, dry: Floats) -> float:
    """The gain between the two that most rows agree on; the upper half is nearly always dry."""
    return float(np.median((strip[:, :3] + 2.0) / (dry[:, :3] + 2.0)))
