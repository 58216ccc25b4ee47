"""Is the view what it was? Covered, sprayed, defocused, turned away, frozen, blinded; or simply too dark.

The scene's own edges are the witness: where they were for minutes and are no more, something is wrong. What passes
(a bus) moves and is gone within the hold time; what comes slowly (dusk) is learnt; edges are taken relative to the
light, so a lamp that goes on is no alarm. Looked at once a second, whatever the frame rate.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import Literal, NamedTuple

import cv2
import msgspec
import numpy as np

from agent.bodies import Tamper
from agent.vision.boxes import Floats, Picture
from agent.vision.motion import small_grey

What = Literal["covered", "sprayed", "defocused", "turned", "frozen", "blinded"]
_BLOCKS = (8, 6)


class ViewOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds; shares of the picture."""

    every_s: float = 1.0
    hold_s: float = 6.0
    """What is wrong for so long is told."""
    over_s: float = 2.0
    """What is right again for so long ends it."""
    learn_s: float = 120.0
    """The reference is made of looks over so long."""
    accept_s: float = 1800.0
    """A view that is wrong but steady for so long becomes the reference: the camera was aimed anew."""
    frozen_s: float = 6.0
    dark: float = 18.0
    """Mean grey level below which nothing can be told."""


class Look(NamedTuple):
    """What one look measures; see ``measure``."""

    mean: float
    bright: float
    edges: Floats
    map: Floats
    rough: Floats
    crc: int


class View(NamedTuple):
    """The state after a look: events to tell, whether the scene can be judged, and whether it is too dark."""

    events: tuple[Tamper, ...]
    seeing: bool
    dark: bool
    wrong: tuple[What, ...]


class ViewWatch:
    """``look`` with pictures and times; between two looks it returns the last state without events."""

    def __init__(self, options: ViewOptions | None = None) -> None:
        self._options = options or ViewOptions()
        self._reference: Look | None = None
        self._before: Look | None = None
        self._normal: deque[Look] = deque(maxlen=_KEPT)
        self._learnt_s = float("-inf")
        self._last_s = float("-inf")
        self._since: dict[What, float] = {}
        self._good: dict[What, float] = {}
        self._told: dict[What, float] = {}
        self._same_since_s = 0.0
        self._now = View((), seeing=True, dark=False, wrong=())

    def look(self, picture: Picture, now_s: float) -> View:
        if now_s - self._last_s < self._options.every_s:
            return self._now._replace(events=())
        self._last_s = now_s
        look = measure(picture)
        wrong = self._judge(look, now_s)
        events = (*self._starts(wrong, now_s), *self._ends(wrong, now_s))
        self._learn(look, now_s, wrong)
        self._before = look
        dark = look.mean < self._options.dark and "covered" not in self._told
        blind = self._told.keys() & {"covered", "defocused", "turned", "frozen", "blinded"}
        self._now = View(events, seeing=not blind, dark=dark, wrong=tuple(self._told))
        return self._now

    def _judge(self, look: Look, now_s: float) -> dict[What, float]:
        """What is wrong in this look, with the share of the picture that is affected."""
        before, reference = self._before, self._reference
        if before is None or before.crc != look.crc:
            self._same_since_s = now_s
        if now_s - self._same_since_s >= self._options.frozen_s:
            return {"frozen": 1.0}
        if reference is None or len(self._normal) < _FIRST_LOOKS:
            return {}
        return self._compare(look, reference, before)

    def _compare(self, look: Look, reference: Look, before: Look | None) -> dict[What, float]:
        lost = lost_share(look, reference)
        steady = before is not None and _alike(look.rough, before.rough) > _STEADY
        if look.bright > 0.4 and look.bright > reference.bright + 0.3:
            return {"blinded": look.bright}
        if look.mean < self._options.dark:  # by day something covers the lens; at night a lamp may have gone out
            return {"covered": 1.0} if reference.mean > 4 * self._options.dark else {}
        if lost > 0.7:
            known = _alike(look.rough, reference.rough) > 0.75
            return {"defocused" if known else "covered": lost}
        detail = look.edges.mean() > 0.5 * reference.edges.mean()
        if detail and _alike(look.map, reference.map) < _STRANGE and _alike(look.rough, reference.rough) < 0.8:
            return {"turned": 1.0} if steady or "turned" in self._told else {}
        if lost > 0.2 and (steady or "sprayed" in self._told):
            return {"sprayed": lost}
        return {}

    def _starts(self, wrong: dict[What, float], now_s: float) -> list[Tamper]:
        out = []
        for what, share in wrong.items():
            began_s = self._since.setdefault(what, now_s)
            held_s = 0.0 if what == "frozen" else self._options.hold_s
            if what not in self._told and now_s - began_s >= held_s:
                out += [self._end(other, now_s) for other in tuple(self._told)]
                self._told[what] = began_s
                out.append(Tamper(what=what, state="begin", share=round(min(1.0, share), 2)))
        return out

    def _ends(self, wrong: dict[What, float], now_s: float) -> list[Tamper]:
        """What has been right for ``over_s`` is over; a flicker in between starts the hold time anew."""
        out = []
        for what in tuple(self._since):
            if what in wrong:
                self._good.pop(what, None)
                continue
            if now_s - self._good.setdefault(what, now_s) < self._options.over_s:
                continue
            del self._since[what], self._good[what]
            if what in self._told:
                out.append(self._end(what, now_s))
        for what, began_s in tuple(self._told.items()):
            if what == "turned" and now_s - began_s > self._options.accept_s:
                self._reference = None
                self._normal.clear()
                self._since.pop(what, None)
                out.append(self._end(what, now_s))
        return out

    def _end(self, what: What, now_s: float) -> Tamper:
        began_s = self._told.pop(what)
        return Tamper(what=what, state="end", duration_s=round(now_s - began_s, 3))

    def _learn(self, look: Look, now_s: float, wrong: dict[What, float]) -> None:
        """The reference is the median of looks at a view that was right: what passes leaves no trace in it."""
        if wrong or self._since or look.mean < self._options.dark:
            return
        full = len(self._normal) == _KEPT
        if full and now_s - self._learnt_s < self._options.learn_s / _KEPT:
            return
        self._learnt_s = now_s
        self._normal.append(look)
        kept = tuple(self._normal)
        self._reference = Look(
            float(np.median([each.mean for each in kept])),
            float(np.median([each.bright for each in kept])),
            np.median([each.edges for each in kept], axis=0),
            np.median([each.map for each in kept], axis=0),
            np.median([each.rough for each in kept], axis=0),
            look.crc,
        )


_FIRST_LOOKS = 6
_KEPT = 24
"""Looks that make the reference."""
_STEADY = 0.9
_STRANGE = 0.3
"""Correlation of the edges with those of the reference; the same street in wind and traffic stays above 0.7."""
_DETAIL = 0.1
"""Mean edge of a block that is more than a road's grain, of which an encoder makes what it likes."""
_GLARE = 250


def measure(picture: Picture) -> Look:
    """Light, edges per block and as a map (relative to the light), and the picture's rough layout."""
    grey = small_grey(picture, 320)
    mean = float(cv2.mean(grey)[0])
    bright = cv2.countNonZero(cv2.compare(grey, _GLARE - 1, cv2.CMP_GT)) / grey.size
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    edge = cv2.magnitude(dx, dy) / np.float32(mean + 10.0)
    noise = np.float32(0.25)  # what sensor noise leaves everywhere is no edge
    edge = np.maximum(edge - noise, 0)
    edges = cv2.resize(edge, _BLOCKS, interpolation=cv2.INTER_AREA)
    fine = cv2.resize(edge, (64, 36), interpolation=cv2.INTER_AREA)
    rough = cv2.resize(grey, (16, 9), interpolation=cv2.INTER_AREA).astype(np.float32)
    return Look(mean, bright, edges, fine, rough, zlib.crc32(picture[::4, ::4].tobytes()))


def lost_share(look: Look, reference: Look) -> float:
    """Share of the blocks with edges of their own in which most of these are gone."""
    has = reference.edges > max(_DETAIL, 0.25 * float(reference.edges.mean()))
    if has.sum() < 6:
        return 0.0
    return float((look.edges[has] < 0.35 * reference.edges[has]).mean())


def _alike(a: Floats, b: Floats) -> float:
    """Correlation of two small pictures; flat ones are unlike anything."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-3 else 0.0
