"""A counting line: an object counts once, when its foot point has gone from one side well to the other.

The foot must pass through the segment itself (not its extension), and come to lie a part of its own size beyond it:
jitter on the line and an object that stops there count nothing, and the direction is that of the whole passage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import dist
from typing import Literal

from agent.config.scene import CountingLine
from agent.vision.track import Track
from contract.events import Crossing, LineCount

Point = tuple[float, float]
_BEYOND = 0.12
"""How far past the line an object must be, in its own heights ..."""
_BEYOND_PIXELS = 2.0
"""... and in pixels."""
_FORGET_S = 10.0


class _Past:
    """What a line knows of one track: the side where it surely was, and where it passed through since."""

    __slots__ = ("last", "last_s", "passed_s", "side")

    def __init__(self, foot: Point, now_s: float, side: int) -> None:
        self.last = foot
        self.last_s = now_s
        self.side = side
        self.passed_s: float | None = None


class LineCounter:
    """``update`` with the tracks of each frame; ``close`` once per window."""

    def __init__(self, name: str, settings: CountingLine, place: Callable[[Point], Point]) -> None:
        self.name = name
        self.settings = settings
        self._a, self._b = place(settings.a), place(settings.b)
        self._length = max(1e-6, dist(self._a, self._b))
        self._past: dict[str, _Past] = {}
        self._plus: Counter[str] = Counter()
        self._minus: Counter[str] = Counter()

    def update(self, tracks: Sequence[Track], now_s: float) -> list[tuple[float, Crossing]]:
        """Crossings with the time at which the foot was on the line."""
        out = []
        for track in tracks:
            if not track.seen or (self.settings.labels and track.label not in self.settings.labels):
                continue  # where an object is only expected to be, it counts nothing
            past = self._past.get(track.id)
            if past is None:  # it was there before it was sure to be an object
                side = self._side(self._off(track.began), track)
                past = self._past[track.id] = _Past(track.began, track.born_s, side)
            crossed = self._step(past, track, now_s)
            if crossed is not None:
                at_s, direction = crossed
                (self._plus if direction > 0 else self._minus)[track.label] += 1
                body = Crossing(line=self.name, label=track.label, direction=direction, track=track.id)
                out.append((at_s, body))
        if len(self._past) > len(tracks):
            self._past = {name: past for name, past in self._past.items() if now_s - past.last_s <= _FORGET_S}
        return out

    def rename(self, names: Mapping[str, str]) -> None:
        """See ``Scene.rename``."""
        self._past = {names.get(name, name): past for name, past in self._past.items()}

    def close(self) -> list[LineCount]:
        labels = sorted(self._plus.keys() | self._minus.keys())
        rows = [LineCount(line=self.name, label=k, plus=self._plus[k], minus=self._minus[k]) for k in labels]
        self._plus.clear()
        self._minus.clear()
        return rows

    def _step(self, past: _Past, track: Track, now_s: float) -> tuple[float, Literal[-1, 1]] | None:
        foot = track.foot
        before, after = self._off(past.last), self._off(foot)
        if (before < 0) != (after < 0):
            share = before / (before - after)
            at = past.last[0] + share * (foot[0] - past.last[0]), past.last[1] + share * (foot[1] - past.last[1])
            if 0 <= self._along(at) <= 1:
                past.passed_s = past.last_s + share * (now_s - past.last_s)
            else:  # went round the end of the line
                past.passed_s, past.side = None, 0
        past.last, past.last_s = foot, now_s
        side = self._side(after, track)
        if not side:
            return None
        was, past.side = past.side, side
        passed_s, past.passed_s = past.passed_s, None
        if was == -side and passed_s is not None:
            return passed_s, side
        return None

    def _side(self, off: float, track: Track) -> Literal[-1, 0, 1]:
        """0: too near to the line to say."""
        if abs(off) < max(_BEYOND_PIXELS, _BEYOND * track.height):
            return 0
        return 1 if off > 0 else -1

    def _off(self, point: Point) -> float:
        """Signed distance in pixels: positive to the right of a->b, as one sees it in the frame."""
        (ax, ay), (bx, by) = self._a, self._b
        return ((bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)) / self._length

    def _along(self, point: Point) -> float:
        (ax, ay), (bx, by) = self._a, self._b
        return ((point[0] - ax) * (bx - ax) + (point[1] - ay) * (by - ay)) / self._length**2
