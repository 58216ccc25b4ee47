"""A virtual water gauge: the height up to which a wall no longer shows what it showed when it was dry.

``strip`` judges one look; here is what takes time. Water stays: the answer is the median of many looks, and tracks and
what passes are left out. Water rises slowly: what is deep from one look to the next is believed only once it moves like
water or ripples. Water outlasts this process: a gauge that begins after that does not take all it sees as dry.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from agent.config.scene import Gauge
from agent.vision.boxes import Floats, Frame
from agent.vision.strip import DryLook, Edge, Look, Strip, edge
from contract.events import WaterLevel

State = Literal["dry", "wet", "flooded", "unknown"]
_EVERY_S = 1.0
_LOOKS = 15
"""Looks of which the median is taken."""
_FIRST = 10
"""Looks that make the dry reference."""
_LEARN_S = 900.0
_LOST_S = 120.0
_PASSING_S = 5.0
"""What moves before the strip for longer does not pass: it may be the water."""
_SURE = {"dry": 0.3, "wet": 0.3, "flooded": 0.4}
_FLOOD_S = 15.0
"""A flood is reported when it was seen for so long, in addition to the half of ``_LOOKS`` that the median takes."""
_RISE_M_S = 0.01
"""No street fills faster: 60 cm in a minute."""
_LEAP_M = 0.08
"""Error of two looks."""
_RIPPLED_S = 60.0
"""What came at once and ripples for so long is water all the same: a burst main."""
_STEADY_S = 600.0
"""What lay under water when the gauge began, looks different since and does not stir for so long is dry."""


class WaterGauge:
    """``look`` with frames, times, the boxes of what is tracked and of what moves; reports changes only."""

    def __init__(
        self,
        name: str,
        settings: Gauge,
        place: Callable[[tuple[float, float]], tuple[float, float]],
        known: WaterLevel | None = None,
    ) -> None:
        """``known``: what this gauge reported last of dry, wet and flooded, in this process or the one before."""
        self.name = name
        self._settings = settings
        self._strip = Strip([place((x, y)) for x, y, _ in settings.marks], [height for _, _, height in settings.marks])
        self._flood = self._strip.row_at(settings.flood_m)
        self._dry = DryLook()
        self._last_s = float("-inf")
        self._good_s: float | None = None
        self._edges: deque[Edge] = deque(maxlen=_LOOKS)
        self._reported: WaterLevel | None = None
        self._under = 0
        """Rows that were under water when the gauge began."""
        if known is not None and known.depth_m and known.state in ("wet", "flooded"):
            self._reported = known
            self._under = max(2, self._strip.row_at(known.depth_m))
        self._steady_s = 0.0
        self._moving_s: float | None = None
        self._flood_since_s: float | None = None
        self._level: tuple[float, float] | None = None
        self._leapt: tuple[float, float] | None = None
        """From where to where the level leapt."""
        self._rippled_s = 0.0

    def look(
        self,
        frame: Frame,
        now_s: float,
        before: Sequence[Sequence[float]] = (),
        moving: Sequence[Sequence[float]] | Floats = (),
    ) -> list[WaterLevel]:
        if now_s - self._last_s < _EVERY_S:
            return []
        step_s = min(now_s - self._last_s, 10.0)
        self._last_s = now_s
        if self._good_s is None:
            self._good_s = now_s
        if any(self._strip.hidden(box) for box in before) or self._passed(moving, now_s):
            return self._report_if_lost(now_s)
        cut = self._strip.cut(frame)
        if self._dry.looks < _FIRST:
            self._dry.learn(cut)
            return []
        look = self._dry.see(cut)
        now = edge(look, self._flood, self._under)
        if self._under and now.row <= self._under + 2:
            return self._still_under(look, now_s, step_s)
        self._edges.append(now)
        if now.row == 0 and now.confidence > 0.5:
            self._dry.learn(cut, step_s / _LEARN_S)
        return self._report(now_s, step_s)

    def _passed(self, moving: Sequence[Sequence[float]] | Floats, now_s: float) -> bool:
        if not any(self._strip.hidden(box) for box in moving):
            self._moving_s = None
            return False
        if self._moving_s is None:
            self._moving_s = now_s
        return now_s - self._moving_s < _PASSING_S

    def _still_under(self, look: Look, now_s: float, step_s: float) -> list[WaterLevel]:
        """Water stood here when the gauge began, and has not risen: what was reported holds while it looks the same."""
        changed = float(look.off[: self._under].mean())
        if changed < -0.2:
            self._good_s, self._steady_s = now_s, 0.0
            return []
        stirs = float(np.median(look.ripple[: self._under])) > 1.5
        self._steady_s = 0.0 if stirs or changed < 0 else self._steady_s + step_s
        if self._steady_s >= _STEADY_S:
            self._under, self._dry = 0, DryLook()
            self._edges.clear()
        return self._report_if_lost(now_s)

    def _report(self, now_s: float, step_s: float) -> list[WaterLevel]:
        if len(self._edges) < _LOOKS // 2:
            return []
        rows = np.array([each.row for each in self._edges])
        row = int(np.median(rows))
        spread = float(np.median(np.abs(rows - row))) / self._strip.rows
        confidence = float(np.median([each.confidence for each in self._edges])) * max(0.0, 1 - 8 * spread)
        depth = 0.0 if row == 0 else max(0.0, float(self._strip.heights[min(row, self._strip.rows - 1)]))
        state: State = "dry"
        if depth >= self._settings.wet_m:
            state = "flooded" if depth >= self._settings.flood_m else "wet"
        if confidence < _SURE[state]:
            return self._report_if_lost(now_s)
        if self._leaps(depth, now_s, step_s):
            return self._report_if_lost(now_s)
        self._good_s = now_s
        last = self._reported
        if not self._held(state, now_s):
            return []
        if last is not None and last.state == state and abs(depth - (last.depth_m or 0.0)) < self._settings.step_m:
            return []
        return self._say(state, round(depth, 3), confidence)

    def _held(self, state: State, now_s: float) -> bool:
        """A flood must last before it is reported."""
        if state != "flooded":
            self._flood_since_s = None
            return True
        if self._flood_since_s is None:
            self._flood_since_s = now_s
        return now_s - self._flood_since_s >= _FLOOD_S or (
            self._reported is not None and self._reported.state == "flooded"
        )

    def _leaps(self, depth: float, now_s: float, step_s: float) -> bool:
        """Whether the level came to be there faster than water rises, and does not behave like water since."""
        before, then_s = self._level or (depth if self._under else 0.0, now_s)
        self._level = (depth, now_s)
        if depth - before > _LEAP_M + _RISE_M_S * (now_s - then_s):
            self._leapt = (self._leapt[0] if self._leapt else before, depth)
            self._rippled_s = 0.0
        if self._leapt is None:
            return False
        low, high = self._leapt
        rippling = sum(each.ripples for each in self._edges) > len(self._edges) // 2
        self._rippled_s = self._rippled_s + step_s if rippling else 0.0
        if depth <= low + _LEAP_M / 2 or abs(depth - high) > _LEAP_M or self._rippled_s >= _RIPPLED_S:
            self._leapt = None
        return self._leapt is not None

    def _report_if_lost(self, now_s: float) -> list[WaterLevel]:
        """Nothing can be said for long: said once."""
        if self._good_s is None or now_s - self._good_s < _LOST_S:
            return []
        if self._reported is not None and self._reported.state == "unknown":
            return []
        return self._say("unknown", None, 0.0)

    def _say(self, state: State, depth_m: float | None, confidence: float) -> list[WaterLevel]:
        body = WaterLevel(gauge=self.name, state=state, depth_m=depth_m, confidence=round(min(1.0, confidence), 2))
        self._reported = body
        return [body]
