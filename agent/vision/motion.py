"""Motion on a small grey frame: what differs from the background by more than this place's own noise.

Pure and cheap (bench/vision_motion.py). Four things keep it quiet where nothing moves: a gain that takes out the
camera's exposure, a noise level per pixel that learns leaves and infrared noise, frames without what is in one of
them only while that happens all over the frame (rain, snow, a shaking pole), and the rule that a change of most of
the frame is a change of light, not motion. All rates are in seconds, so skipped frames change nothing.
"""

from __future__ import annotations

from operator import itemgetter
from typing import NamedTuple

import cv2
import msgspec
import numpy as np

from agent.vision.boxes import Bytes, Floats, Frame
from agent.vision.ghost import apart, heal


class MotionOptions(msgspec.Struct, frozen=True, kw_only=True):
    width: int = 160
    """Of the small frame; its height follows."""
    least: float = 10.0
    """Grey levels that are never motion."""
    noise: float = 3.5
    """Times the usual difference of this pixel that are never motion."""
    area: float = 0.0008
    """Least size of what moves, as a share of the frame."""
    learn_s: float = 10.0
    """Time constant of the background where nothing moves."""
    absorb_s: float = 60.0
    """The same where something moves."""
    stay_s: float = 4.0
    """The same where something came and stays as it is: a lamp's light, a shadow, what nobody holds."""
    everywhere: float = 0.55
    """A larger share of the frame is a change of light or a shaken camera."""
    settle_s: float = 1.0
    """After such a change everything is learnt quickly for so long."""


_SHADOW = (0.5, 0.97)
"""A shadow under open sky leaves this much of the light ..."""
_LAMP = (1.15, 4.0)
"""... and a lamp adds up to this much to it."""
_JUMP_S = 10.0
_MOVES = 254
"""In a mask: what moves; 255 is for what came and stays."""
_REST_S = 0.25
"""A frame in which nothing differs teaches something so often ..."""
_BUSY_S = 0.08
"""... and one in which something does; all rates are in seconds, so more would change nothing but the cost."""
_HELD = np.float32(0.05)
"""How much more slowly the background takes in what is held."""
_CELLS = (16, 9)
"""Parts of the frame in which weather is looked for."""
_BLIP = 10
"""Grey levels by which a drop or a flake differs from the frames before and after."""
_WET, _DRY = 0.32, 0.16
"""Shares of the parts with drops from which on and until weather falls."""
_WEATHER_S = 1.0
_MEASURE_S = 0.1
"""Weather is looked for so often, and learnt and forgotten in the time above."""
_STORM = np.ones((5, 5), np.uint8)
"""Where drops or flakes meet, less than this is left of them."""
_CALMED = 2.0
"""Times the usual difference that are no motion then: what the opening above leaves is no noise."""
_SAME = 0.02
"""A smaller change of exposure is left to the background."""
_ALIKE = 0.003
"""Means that differ by less need no median: what is left is within what is left to the background anyway."""
_ROOM = 4
"""Pixels round what moves that closing gaps may reach."""
_AREA = itemgetter(cv2.CC_STAT_AREA)
_FEW = 100
"""From fewer pixels no exposure can be computed."""
_BRIGHT = 190.0
"""From about here on a colour of a pixel may be cut off."""


class Motion(NamedTuple):
    """``boxes`` (n x 4) in frame pixels, largest first; ``everywhere``: the light or the view changed."""

    boxes: Floats
    share: float
    everywhere: bool
    mask: Bytes | None = None


def small_grey(frame: Frame, width: int) -> Bytes:
    """The frame in grey, ``width`` wide. Four pixels make one and the others are skipped: a fifth of the time."""
    height = max(1, round(frame.shape[0] * width / frame.shape[1]))
    small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR)
    grey: Bytes = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return grey


class Weather:
    """Rain, snow and a shaking camera: what is in one frame only, in many parts of the frame at once.

    While it lasts each pixel is the middle one of the last frames, which is a frame late and holds no drop.
    """

    def __init__(self) -> None:
        self._last: list[Bytes] = []
        self._now_s = 0.0
        self._level = 0.0
        self.falls = False

    def without(self, grey: Bytes, now_s: float) -> Bytes:
        """The frame as it came, or while weather falls, the middle of the last ones."""
        if self._last and self._last[0].shape != grey.shape:
            self._last = []
        self._last = [grey, *self._last[:2]]
        if len(self._last) < 3:
            return grey
        measured = now_s - self._now_s >= _MEASURE_S
        if not (measured or self.falls):
            return grey
        new, now, old = self._last
        low, high = cv2.min(new, old), cv2.max(new, old)
        middle: Bytes = cv2.min(cv2.max(now, low), high)
        if measured:
            self._measure(now, middle, now_s)
        return middle if self.falls else grey

    def _measure(self, now: Bytes, middle: Bytes, now_s: float) -> None:
        blips = cv2.compare(cv2.absdiff(now, middle), _BLIP, cv2.CMP_GT)
        spread = cv2.countNonZero(cv2.resize(blips, _CELLS, interpolation=cv2.INTER_AREA)) / (_CELLS[0] * _CELLS[1])
        self._level += (spread - self._level) * -np.expm1(-(now_s - self._now_s) / _WEATHER_S)
        self._now_s = now_s
        self.falls = self._level > (_DRY if self.falls else _WET)


class MotionDetector:
    """``look`` takes small grey frames of one size and their times, which only grow."""

    def __init__(self, options: MotionOptions | None = None) -> None:
        self._options = options or MotionOptions()
        self._back: Floats | None = None
        self._before: Floats
        self._noise: Floats
        self._now_s = 0.0
        self._quick_until_s = 0.0
        self._jump = 0.0
        self._learnt_s = 0.0
        self._kernel = np.ones((3, 3), np.uint8)
        self._weather = Weather()

    def look(self, grey: Bytes, now_s: float, size: tuple[int, int], held: Floats | None = None) -> Motion:
        """``size``: width and height of the frame that the boxes are for.

        ``held`` (n x 4): objects that are known to stand there and must not become background.
        """
        image = self._weather.without(cv2.GaussianBlur(grey, (3, 3), 0), now_s).astype(np.float32)
        if self._back is None or self._back.shape != image.shape:
            self._back = self._before = image
            self._noise = np.full_like(image, 2.0)
            self._now_s = self._learnt_s = now_s
            self._quick_until_s = now_s + self._options.settle_s
            return Motion(np.empty((0, 4), np.float32), 0.0, everywhere=False)
        dt = max(0.0, now_s - self._now_s)
        self._now_s = now_s
        matched = self._exposed(image, dt)
        off = cv2.absdiff(image, matched)
        times = _CALMED if self._weather.falls else self._options.noise
        limit = cv2.max(self._noise * np.float32(times), self._options.least * (1 + 3 * self._jump))
        slow = [] if held is None else (held / (np.array(size * 2) / (image.shape[::-1] * 2))).astype(int).tolist()
        mask = self._opened(cv2.compare(off, limit, cv2.CMP_GT), slow)
        share = cv2.countNonZero(mask) / mask.size
        if share > self._options.everywhere:
            self._back = image
            self._learnt_s = now_s
            self._quick_until_s = now_s + self._options.settle_s
            return Motion(np.empty((0, 4), np.float32), share, everywhere=True)
        wait_s = _BUSY_S if share or self._jump > 0.01 else _REST_S
        if now_s - self._learnt_s >= wait_s:
            self._learn(image, matched, (off, mask), now_s - self._learnt_s, slow)
            self._learnt_s = now_s
        if not share:
            return Motion(np.empty((0, 4), np.float32), 0.0, everywhere=False)
        hard = _without_light(image, matched, mask)
        return Motion(self._boxes(hard, size), share, everywhere=False, mask=hard)

    @property
    def weather(self) -> bool:
        """Whether rain or snow falls, or the camera shakes."""
        return self._weather.falls

    def _opened(self, mask: Bytes, known: list[list[int]]) -> Bytes:
        """Without specks; while weather falls, without all that is small either, save where an object is known."""
        opened: Bytes = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._kernel)
        if not self._weather.falls:
            return opened
        large: Bytes = cv2.morphologyEx(opened, cv2.MORPH_OPEN, _STORM)
        for x1, y1, x2, y2 in known:
            w, h = (x2 - x1) // 2 + 1, (y2 - y1) // 2 + 1
            near = slice(max(0, y1 - h), y2 + h + 1), slice(max(0, x1 - w), x2 + w + 1)
            large[near] = opened[near]
        return large

    def _exposed(self, image: Floats, dt: float) -> Floats:
        """The background at this frame's exposure: the gain that most pixels agree on.

        Highlights that were cut off follow no gain: what lies between the old and the new exposure is taken as it is.
        """
        assert self._back is not None
        new, old = np.ascontiguousarray(image[::4, ::4]), np.ascontiguousarray(self._back[::4, ::4])
        gain = 1.0
        if abs((cv2.mean(new)[0] + 1.0) / (cv2.mean(old)[0] + 1.0) - 1) > _ALIKE:
            gain = _middle(ratio := cv2.divide(cv2.add(new, 1.0), cv2.add(old, 1.0)))
        if abs(gain - 1) > _SAME / 2:
            gains = [1.0, gain, _middle(ratio[cv2.max(new, old) < _BRIGHT])]
            gain = min(gains, key=lambda each: cv2.norm(new, _scaled(old, each, new), cv2.NORM_L1))
        self._jump = max(abs(gain - 1), self._jump * float(np.exp(-dt / _JUMP_S)))
        return self._back if abs(gain - 1) <= _SAME else _scaled(self._back, gain, image)

    def _learn(
        self, image: Floats, matched: Floats, differs: tuple[Floats, Bytes], dt: float, slow: list[list[int]]
    ) -> None:
        off, mask = differs
        options = self._options
        quick = self._now_s < self._quick_until_s
        still = -np.expm1(-dt / (0.3 if quick else options.learn_s))
        moving = -np.expm1(-dt / (1.0 if quick else options.absorb_s))
        stays = -np.expm1(-dt / (1.0 if quick else options.stay_s))
        slow, holes = apart(image, matched, mask, slow)
        there = cv2.compare(cv2.absdiff(image, self._before), _BLIP, cv2.CMP_LT)
        self._before = image
        grown = cv2.dilate(mask, self._kernel)
        marks = grown & (there | _MOVES)
        for x1, y1, x2, y2 in slow:
            marks[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1] &= _MOVES
        rate = cv2.LUT(marks, _table(still, moving, stays))
        for x1, y1, x2, y2 in slow:
            rate[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1] *= _HELD
        heal(rate, holes)
        self._back = cv2.add(matched, cv2.multiply(rate, cv2.subtract(image, matched)))
        # a passing object must not make its road noisy: what moves teaches the noise at the slow rate
        calm = -np.expm1(-dt / (options.learn_s / 2))
        noisier = cv2.LUT(mask, _table(calm, moving, moving))
        for x1, y1, x2, y2 in slow:
            noisier[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1] *= _HELD
        self._noise = cv2.add(self._noise, cv2.multiply(noisier, cv2.subtract(off, self._noise)))

    def _boxes(self, mask: Bytes, size: tuple[int, int]) -> Floats:
        """What hangs together, after gaps of a few pixels are closed (a car's windows, a person's legs)."""
        x, y, w, h = cv2.boundingRect(mask)
        if not w:
            return np.empty((0, 4), np.float32)
        left, top = max(0, x - _ROOM), max(0, y - _ROOM)
        part = np.ascontiguousarray(mask[top : y + h + _ROOM, left : x + w + _ROOM])
        closed = cv2.morphologyEx(part, cv2.MORPH_CLOSE, self._kernel, iterations=2)
        _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_16U)
        least = self._options.area * mask.size
        large = sorted((it for it in stats[1:].tolist() if it[cv2.CC_STAT_AREA] >= least), key=_AREA, reverse=True)
        corners = [(left + x, top + y, left + x + w, top + y + h) for x, y, w, h, _ in large]
        scale = np.array((size[0] / mask.shape[1], size[1] / mask.shape[0]) * 2, np.float32)
        boxes: Floats = np.array(corners, np.float32).reshape(-1, 4) * scale
        return boxes


def _middle(ratio: Floats) -> float:
    """The median of many; 1 of few. np.median does the same at three times the price."""
    middle = ratio.size // 2
    return float(np.partition(ratio, middle, axis=None)[middle]) if ratio.size > _FEW else 1.0


def _scaled(back: Floats, gain: float, image: Floats) -> Floats:
    """The background at another exposure; highlights as they are, if they lie between the old and the new."""
    if gain == 1:
        return back
    scaled = back * np.float32(gain)
    low, high = cv2.min(scaled, back), cv2.max(scaled, back)
    between = cv2.min(cv2.max(image, low), high)
    out: Floats = cv2.copyTo(between, cv2.compare(high, _BRIGHT, cv2.CMP_GT), scaled)
    return out


def _without_light(image: Floats, matched: Floats, mask: Bytes) -> Bytes:
    """The mask less what is only darker or brighter: a shadow or a lamp brings no structure of its own."""
    x, y, w, h = cv2.boundingRect(mask)
    around = slice(max(0, y - 2), y + h + 2), slice(max(0, x - 2), x + w + 2)
    image, matched = np.ascontiguousarray(image[around]), np.ascontiguousarray(matched[around])
    ratio = cv2.divide(image, matched + 1.0)
    texture = cv2.absdiff(image, cv2.blur(image, (3, 3)))
    before = cv2.multiply(cv2.absdiff(matched, cv2.blur(matched, (3, 3))), ratio)
    lit = cv2.inRange(ratio, *_SHADOW) | cv2.inRange(ratio, *_LAMP)
    same = cv2.compare(cv2.absdiff(texture, before), 2.5, cv2.CMP_LT)
    hard = mask.copy()
    hard[around] = cv2.subtract(hard[around], cv2.bitwise_and(lit, same))
    return hard


def _table(off: float, on: float, stays: float = 0.0) -> Floats:
    """A look-up table to rates, from a mask of 0, _MOVES, and 255 for what came and stays as it is."""
    table = np.full(256, off, np.float32)
    table[_MOVES:] = on, stays
    return table
