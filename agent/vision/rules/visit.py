"""One track's stay in a zone: since when, as what, how still, and which way."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from math import cos, hypot, radians
from statistics import fmean

from agent.config.scene import Zone
from agent.vision.rules.geometry import Box, Point, away, moved, size, towards
from agent.vision.track import Track

_SURE = 1.5
"""A visitor takes another label when it has borne it so many times longer."""
_STEADY_S = 2.0
"""Its place is the mean over so long: a box jitters by a tenth of its size, and now and then by more."""
_STILL, _STILL_LONG, _LONG_S = 0.12, 0.25, 60.0
"""A vehicle stands while it stays within the first part of its own size, and within the second once so long passed:
what rolls at the pace of a queue is not still, and a mean wanders."""
_DRIVES_OFF = 0.5
"""Once it parks, it may stray so far."""
_CREEP_S = 60.0
"""The place where it stands follows it so slowly that only what creeps is followed."""
_WAY = 0.2
"""An object goes some way when, within ``way_s``, its mean box of the last third lies so many of its sizes from that of
the first third ..."""
_WAY_HALF = 0.05
"""... and from that of the second, in the same direction ..."""
_LEAP = 0.6
"""... and no single step was such a part of it: a track that jumps to another object leaps; ..."""
_LONG, _WAY_LONG = 2, 0.3
"""... and, once it was seen for so many times ``way_s``, so many of its sizes in all of that: in a group a track slides
to a neighbour and back. Chosen on PETS among five pairs: there five of 85 beginnings were false, and now one of 70."""
_STEPS = 24
"""Boxes that are remembered per ``way_s``."""


class Visit:
    """``see`` with each frame in which the track is seen. ``inside`` is debounced; ``wrong_s``: see ``Way``."""

    def __init__(self, track: Track, zone: Zone) -> None:
        self.inside = False
        self.label = ""
        self.entered_s = self.last_s = track.born_s
        self.box = track.box
        self.rest = Standing(track)
        self.way = Way(zone) if zone.way is not None else None
        self._changed_s: float | None = None
        self._borne_s: dict[str, float] = {}

    def see(self, track: Track, now_s: float, *, within: bool, settle_s: float, parked: bool) -> None:
        """``within``: whether its foot is in the zone now; ``settle_s``: it must be so long to count."""
        step_s, self.last_s, self.box = max(0.0, now_s - self.last_s), now_s, track.box
        self._name(track.label, min(step_s, 3.0))
        self._settle(now_s, settle_s, within=within)
        self.rest.see(track, now_s, step_s, parked=parked)
        if self.way is not None:
            self.way.see(track.box, now_s)

    def _name(self, label: str, step_s: float) -> None:
        """The label that it bore longest; a flicker, or one that flips, changes nothing."""
        borne = self._borne_s[label] = self._borne_s.get(label, 0.0) + step_s
        if borne >= _SURE * self._borne_s.get(self.label, 0.0):
            self.label = label

    def _settle(self, now_s: float, settle_s: float, *, within: bool) -> None:
        """In or out once it has been so for ``settle_s``, so that a foot on the edge is one visit."""
        if within == self.inside:
            self._changed_s = None
            return
        if self._changed_s is None:
            self._changed_s = now_s
        if now_s - self._changed_s >= settle_s:
            self.inside, self.entered_s, self._changed_s = within, self._changed_s, None


class Standing:
    """``still_s``: since when it has not moved; ``anchor``: the box where it rests."""

    def __init__(self, track: Track) -> None:
        self.still_s = track.born_s
        self.anchor = self._mean = track.box

    def see(self, track: Track, now_s: float, step_s: float, *, parked: bool) -> None:
        self._mean = towards(self._mean, track.box, step_s / _STEADY_S)
        spent = min(1.0, (now_s - self.still_s) / _LONG_S)
        allowed = _DRIVES_OFF if parked else _STILL + (_STILL_LONG - _STILL) * spent
        if away(self.anchor, self._mean) > allowed:
            self.anchor, self.still_s = self._mean, now_s
        else:
            self.anchor = towards(self.anchor, self._mean, step_s / _CREEP_S)


class Way:
    """``wrong_s``: since when it goes against the allowed direction; None where it does not, or stands."""

    def __init__(self, zone: Zone) -> None:
        assert zone.way is not None
        self._way = _unit(zone.way)
        self._within = cos(radians(zone.way_angle))
        self._over_s = zone.way_s
        self._past: deque[tuple[float, Box]] = deque()
        self._before: deque[tuple[float, Box]] = deque()
        self._since_s: float | None = None
        self.wrong_s: float | None = None

    def see(self, box: Box, now_s: float) -> None:
        """Judges the last ``way_s``, and twice as much."""
        past = self._past
        if past and now_s - past[-1][0] > max(self._over_s, 1.0):  # it was hidden: what came back may be another
            past.clear()
            self._before.clear()
            self._since_s = self.wrong_s = None
        if not past or now_s - past[-1][0] >= self._over_s / _STEPS:
            past.append((now_s, box))
        while len(past) > 1 and now_s - past[1][0] >= self._over_s:
            self._before.append(past.popleft())
        while len(self._before) > 1 and now_s - self._before[1][0] >= _LONG * self._over_s:
            self._before.popleft()
        began_s = past[0][0]
        if now_s - began_s < self._over_s:
            return
        if not self._wrong([it for _, it in past]):
            self._since_s = self.wrong_s = None
            return
        if self._since_s is None:
            self._since_s = began_s
        if self.wrong_s is None and self._goes_on(now_s):
            self.wrong_s = self._since_s

    def _wrong(self, boxes: list[Box]) -> bool:
        third = max(1, len(boxes) // 3)
        first, last = _mean(boxes[:third]), _mean(boxes[-third:])
        middle = _mean(boxes[third:-third] or boxes)
        large = max(map(size, boxes))
        if not self._against(first, last, _WAY * large):
            return False
        if not (self._against(first, middle, _WAY_HALF * large) and self._against(middle, last, _WAY_HALF * large)):
            return False
        whole = hypot(*moved(boxes[0], boxes[-1]))
        return all(hypot(*moved(a, b)) <= _LEAP * whole for a, b in pairwise(boxes))

    def _goes_on(self, now_s: float) -> bool:
        """Also over the longer time; what was seen for less than that is believed."""
        if not self._before or now_s - self._before[0][0] < _LONG * self._over_s:
            return True
        boxes = [it for _, it in [*self._before, *self._past]]
        third = max(1, len(boxes) // 3)
        return self._against(_mean(boxes[:third]), _mean(boxes[-third:]), _WAY_LONG * max(map(size, boxes)))

    def _against(self, then: Box, now: Box, least: float) -> bool:
        dx, dy = moved(then, now)
        length = hypot(dx, dy)
        return length >= least and (dx * self._way[0] + dy * self._way[1]) / length <= self._within


def _mean(boxes: list[Box]) -> Box:
    a, b, c, d = (fmean(side) for side in zip(*boxes, strict=True))
    return a, b, c, d


def _unit(way: Point) -> Point:
    length = hypot(*way) or 1.0
    return way[0] / length, way[1] / length
