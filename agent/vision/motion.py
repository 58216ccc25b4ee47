"""Motion on a small grey picture: what differs from the background by more than this place's own noise.

Pure and cheap (bench/vision_motion.py). Three things keep it quiet where nothing moves: a gain that takes out the
camera's exposure, a noise level per pixel that learns leaves, rain and infrared noise, and the rule that a change of
most of the picture is a change of light, not motion. All rates are in seconds, so skipped pictures change nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import msgspec
import numpy as np

from agent.vision.boxes import Bytes, Floats, Picture


class MotionOptions(msgspec.Struct, frozen=True, kw_only=True):
    width: int = 160
    """Of the small picture; its height follows."""
    least: float = 10.0
    """Grey levels that are never motion."""
    noise: float = 3.5
    """Times the usual difference of this pixel that are never motion."""
    area: float = 0.0008
    """Least size of what moves, as a share of the picture."""
    learn_s: float = 10.0
    """Time constant of the background where nothing moves."""
    absorb_s: float = 60.0
    """The same where something moves: so long until what stays becomes background."""
    everywhere: float = 0.55
    """A larger share of the picture is a change of light or a shaken camera."""
    settle_s: float = 1.0
    """After such a change everything is learnt quickly for so long."""


_SHADOW = (0.5, 0.97)
"""A shadow under open sky leaves this much of the light."""


_JUMP_S = 10.0
_REST_S = 0.25
"""A picture in which nothing differs teaches something so often."""
_HELD = np.float32(0.05)
"""How much more slowly the background takes in what is held."""


class Motion(NamedTuple):
    """``boxes`` (n x 4) in picture pixels, largest first; ``everywhere`` tells that the light or the view changed."""

    boxes: Floats
    share: float
    everywhere: bool


def small_grey(picture: Picture, width: int) -> Bytes:
    """The picture in grey, ``width`` wide. Four pixels make one and the others are skipped: a fifth of the time."""
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    grey: Bytes = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    return grey


class MotionDetector:
    """``look`` takes small grey pictures of one size and their times, which only grow."""

    def __init__(self, options: MotionOptions | None = None) -> None:
        self._options = options or MotionOptions()
        self._back: Floats | None = None
        self._noise: Floats
        self._now_s = 0.0
        self._quick_until_s = 0.0
        self._jump = 0.0
        self._learnt_s = 0.0
        self._kernel = np.ones((3, 3), np.uint8)

    def look(self, grey: Bytes, now_s: float, size: tuple[int, int], held: Floats | None = None) -> Motion:
        """``size``: width and height of the picture that the boxes are for.

        ``held`` (n x 4): objects that are known to stand there and must not become background.
        """
        image = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
        if self._back is None or self._back.shape != image.shape:
            self._back = image
            self._noise = np.full_like(image, 2.0)
            self._now_s = self._learnt_s = now_s
            self._quick_until_s = now_s + self._options.settle_s
            return Motion(np.empty((0, 4), np.float32), 0.0, everywhere=False)
        dt = max(0.0, now_s - self._now_s)
        self._now_s = now_s
        matched = self._exposed(image, dt)
        off = cv2.absdiff(image, matched)
        limit = cv2.max(self._noise * np.float32(self._options.noise), self._options.least * (1 + 3 * self._jump))
        mask: Bytes = cv2.compare(off, limit, cv2.CMP_GT)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, self._kernel)
        share = cv2.countNonZero(mask) / mask.size
        if share > self._options.everywhere:
            self._back = image
            self._learnt_s = now_s
            self._quick_until_s = now_s + self._options.settle_s
            return Motion(np.empty((0, 4), np.float32), share, everywhere=True)
        slow = [] if held is None else (held / (np.array(size * 2) / (image.shape[::-1] * 2))).astype(int).tolist()
        if share or self._jump > 0.01 or now_s - self._learnt_s >= _REST_S:
            self._learn(image, matched, (off, mask), now_s - self._learnt_s, slow)
            self._learnt_s = now_s
        if not share:
            return Motion(np.empty((0, 4), np.float32), 0.0, everywhere=False)
        return Motion(self._boxes(_without_shadow(image, matched, mask), size), share, everywhere=False)

    def _exposed(self, image: Floats, dt: float) -> Floats:
        """The background at this picture's exposure: the gain that most pixels agree on.

        A jump is remembered for some seconds, since highlights that were cut off follow no gain.
        """
        assert self._back is not None
        ratio = (image[::4, ::4] + 1.0) / (self._back[::4, ::4] + 1.0)
        middle = ratio.size // 2  # np.median does the same at three times the price
        gain = float(np.partition(ratio, middle, axis=None)[middle])
        self._jump = max(abs(gain - 1), self._jump * float(np.exp(-dt / _JUMP_S)))
        if 0.98 < gain < 1.02:
            return self._back
        matched: Floats = np.minimum(self._back * np.float32(gain), np.float32(255.0))
        return matched

    def _learn(
        self, image: Floats, matched: Floats, differs: tuple[Floats, Bytes], dt: float, slow: list[list[int]]
    ) -> None:
        off, mask = differs
        options = self._options
        quick = self._now_s < self._quick_until_s
        still = -np.expm1(-dt / (0.3 if quick else options.learn_s))
        moving = -np.expm1(-dt / (1.0 if quick else options.absorb_s))
        grown = cv2.dilate(mask, self._kernel)
        rate = cv2.LUT(grown, _table(still, moving))
        for x1, y1, x2, y2 in slow:
            rate[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1] *= _HELD
        self._back = matched + rate * (image - matched)
        # a passing object must not make its road noisy: what moves teaches the noise at the slow rate
        calm = -np.expm1(-dt / (options.learn_s / 2))
        noisier = cv2.LUT(mask, _table(calm, moving))
        for x1, y1, x2, y2 in slow:
            noisier[max(0, y1) : y2 + 1, max(0, x1) : x2 + 1] *= _HELD
        self._noise += noisier * (off - self._noise)

    def _boxes(self, mask: Bytes, size: tuple[int, int]) -> Floats:
        """What hangs together, after gaps of a few pixels are closed (a car's windows, a person's legs)."""
        closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, self._kernel, iterations=2)
        _, _, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8, ltype=cv2.CV_16U)
        stats = stats[1:]
        stats = stats[stats[:, cv2.CC_STAT_AREA] >= self._options.area * mask.size]
        stats = stats[np.argsort(-stats[:, cv2.CC_STAT_AREA], kind="stable")]
        corners = np.concatenate([stats[:, :2], stats[:, :2] + stats[:, 2:4]], axis=1).astype(np.float32)
        scale = np.array((size[0] / mask.shape[1], size[1] / mask.shape[0]) * 2, np.float32)
        boxes: Floats = corners * scale
        return boxes


def _without_shadow(image: Floats, matched: Floats, mask: Bytes) -> Bytes:
    """The mask less what is only darker: a shadow dims what is there and brings no structure of its own."""
    ratio = image / (matched + 1.0)
    texture = cv2.absdiff(image, cv2.blur(image, (3, 3)))
    before = cv2.absdiff(matched, cv2.blur(matched, (3, 3))) * ratio
    dimmed = cv2.inRange(ratio, _SHADOW[0], _SHADOW[1])
    same = cv2.compare(cv2.absdiff(texture, before), 2.5, cv2.CMP_LT)
    hard: Bytes = mask & ~(dimmed & same)
    return hard


def _table(off: float, on: float) -> Floats:
    """A look-up table from a mask of 0 and 255 to two rates."""
    table = np.full(256, off, np.float32)
    table[255] = on
    return table
