"""A zone: who is in it, and the rules that ask how long, how many, how still and which way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, exp, radians

from agent.config.scene import Zone
from agent.vision.incidents import GONE_S, Broken, Incidents, Why
from agent.vision.track import Track
from contract.events import Incident, ZoneCount

Point = tuple[float, float]
PERSON, VEHICLE, TWO_WHEELER = "person", "vehicle", "two_wheeler"
_HIDDEN_S = 10.0
"""The same for what is told to be parked: a bus may stop before it."""
_STILL = 0.25
"""A vehicle stands while it stays within this part of its own size ..."""
_DRIVES_OFF = 0.5
"""... and once it is told to be parked, within this."""
_STEADY_S = 1.0
"""Its place is the mean over so long: a box jitters by a tenth of its size, and now and then by more."""
_CREEP_S = 60.0
"""The place where it stands follows it so slowly that only what creeps is followed."""
_SURE = 1.5
"""A visitor takes another label when it has borne it so many times longer."""


class _Visit:
    """One track's stay. ``inside`` is debounced; ``mean`` is its steadied place, ``anchor`` where it rests."""

    __slots__ = (
        "anchor",
        "borne_s",
        "changed_s",
        "entered_s",
        "inside",
        "label",
        "last_s",
        "mean",
        "still_s",
        "wrong_s",
    )

    def __init__(self, now_s: float) -> None:
        self.inside = False
        self.changed_s: float | None = None
        self.entered_s = now_s
        self.last_s = now_s
        self.label = ""
        self.borne_s: dict[str, float] = {}
        self.mean: Point | None = None
        self.anchor: Point = (0.0, 0.0)
        self.still_s = now_s
        self.wrong_s: float | None = None

    def named(self, label: str, dt: float) -> None:
        """The label that it bore longest; a flicker, or one that flips, changes nothing."""
        borne = self.borne_s[label] = self.borne_s.get(label, 0.0) + dt
        if borne >= _SURE * self.borne_s.get(self.label, 0.0):
            self.label = label


class Area:
    """``update`` with the tracks of each picture; ``close`` once per window."""

    def __init__(self, name: str, settings: Zone, place: Callable[[Point], Point], new_id: Callable[[], str]) -> None:
        self.name = name
        self._settings = settings
        self._corners = [place(point) for point in settings.points]
        self._way = _unit(settings.way)
        self._visits: dict[str, _Visit] = {}
        self._incidents = Incidents(name, new_id)
        self._crowd_s: float | None = None
        self._integral: dict[str, float] = {}
        self._most: dict[str, int] = {}
        self._now_s: float | None = None
        self._counted_s = 0.0

    def update(self, tracks: Sequence[Track], now_s: float) -> list[Incident]:
        self._count(now_s)
        for track in tracks:
            if track.seen:  # where an object is only expected to be, it breaks no rule and occupies nothing
                self._visit(track, now_s)
        self._visits = {name: visit for name, visit in self._visits.items() if self._may_return(name, visit, now_s)}
        broken = {**self._loitering(now_s), **self._parking(now_s), **self._wrong_way(now_s), **self._crowding(now_s)}
        return self._incidents.report(broken, self._visits.keys(), now_s)

    def rename(self, names: Mapping[str, str]) -> None:
        """See ``Scene.rename``. An incident that is open goes on; its end names the track as its beginning did."""
        self._visits = {names.get(name, name): visit for name, visit in self._visits.items()}
        self._incidents.rename(names)

    def end(self, now_s: float) -> list[Incident]:
        """Close every incident that is open."""
        return self._incidents.end(now_s)

    def close(self, now_s: float) -> list[ZoneCount]:
        self._count(now_s)
        spent = max(self._counted_s, 1e-6)
        rows = [
            ZoneCount(zone=self.name, label=label, mean=round(self._integral.get(label, 0.0) / spent, 3), max=most)
            for label, most in sorted(self._most.items())
        ]
        self._integral.clear()
        self._counted_s = 0.0
        self._most = self._inside()
        return rows

    def _heeded(self) -> list[tuple[str, _Visit]]:
        """Who is inside, of the labels that are asked for."""
        labels = self._settings.labels
        return [(name, it) for name, it in self._visits.items() if it.inside and (not labels or it.label in labels)]

    def _may_return(self, name: str, visit: _Visit, now_s: float) -> bool:
        return now_s - visit.last_s <= (_HIDDEN_S if name in self._incidents.of("parking") else GONE_S)

    def _inside(self) -> dict[str, int]:
        present: dict[str, int] = {}
        for _, visit in self._heeded():
            if self._now_s is None or self._now_s - visit.last_s <= GONE_S:
                present[visit.label] = present.get(visit.label, 0) + 1
        return present

    def _count(self, now_s: float) -> None:
        step = 0.0 if self._now_s is None else min(max(0.0, now_s - self._now_s), 2.0)
        self._now_s = now_s
        self._counted_s += step
        for label, count in self._inside().items():
            self._integral[label] = self._integral.get(label, 0.0) + step * count
            self._most[label] = max(self._most.get(label, 0), count)

    def _visit(self, track: Track, now_s: float) -> None:
        visit = self._visits.get(track.id)
        if visit is None:
            visit = self._returned(track, now_s) or _Visit(track.born_s)
            self._visits[track.id] = visit
        step_s, visit.last_s = max(0.0, now_s - visit.last_s), now_s
        visit.named(track.label, min(step_s, GONE_S))
        self._settle(visit, track, now_s)
        self._rest(visit, track, now_s, step_s)
        if self._way is not None:
            self._heed(visit, track, self._way, now_s)

    def _settle(self, visit: _Visit, track: Track, now_s: float) -> None:
        """In or out once it has been so for ``settle_s``, so that a foot on the edge is one visit."""
        if contains(self._corners, track.foot) == visit.inside:
            visit.changed_s = None
            return
        if visit.changed_s is None:
            visit.changed_s = now_s
        if now_s - visit.changed_s >= self._settings.settle_s:
            visit.inside = not visit.inside
            visit.entered_s = visit.changed_s
            visit.changed_s = None

    def _returned(self, track: Track, now_s: float) -> _Visit | None:
        """The stay that a new track goes on with: that of a parked vehicle which was hidden in this very place."""
        for name in self._incidents.of("parking"):
            visit = self._visits.get(name)
            if visit is None or not 0 < now_s - visit.last_s <= _HIDDEN_S:
                continue
            if _apart(_centre(track), visit.anchor) <= _STILL * _size(track):
                self.rename({name: track.id})
                return visit
        return None

    def _rest(self, visit: _Visit, track: Track, now_s: float, dt: float) -> None:
        """Since when it has not moved. A box's centre is steadier than its foot, and a parked car has no step."""
        if visit.mean is None:
            visit.mean = visit.anchor = _centre(track)
            visit.still_s = track.born_s
            return
        visit.mean = _towards(visit.mean, _centre(track), dt / _STEADY_S)
        allowed = _DRIVES_OFF if track.id in self._incidents.of("parking") else _STILL
        if _apart(visit.mean, visit.anchor) > allowed * _size(track):
            visit.anchor, visit.still_s = visit.mean, now_s
        else:
            visit.anchor = _towards(visit.anchor, visit.mean, dt / _CREEP_S)

    def _heed(self, visit: _Visit, track: Track, way: Point, now_s: float) -> None:
        """Since when it drives against the allowed direction; standing still is neither wrong nor right."""
        speed = (track.velocity[0] ** 2 + track.velocity[1] ** 2) ** 0.5
        if speed < 0.15 * track.height:
            return
        along = (track.velocity[0] * way[0] + track.velocity[1] * way[1]) / speed
        if along > _cosine(self._settings.way_angle):
            visit.wrong_s = None
        elif visit.wrong_s is None:
            visit.wrong_s = now_s

    def _loitering(self, now_s: float) -> Broken:
        limit = self._settings.loiter_s
        if limit is None:
            return {}
        return {
            ("loitering", name): _rule(visit.entered_s, visit)
            for name, visit in self._heeded()
            if visit.label == PERSON and now_s - visit.entered_s >= limit
        }

    def _parking(self, now_s: float) -> Broken:
        limit = self._settings.park_s
        if limit is None:
            return {}
        out: Broken = {}
        for name, visit in self._heeded():
            since = max(visit.entered_s, visit.still_s)
            if visit.label in (VEHICLE, TWO_WHEELER) and now_s - since >= limit:
                out["parking", name] = _rule(since, visit)
        return out

    def _wrong_way(self, now_s: float) -> Broken:
        return {
            ("wrong_way", name): _rule(visit.wrong_s, visit)
            for name, visit in self._heeded()
            if visit.wrong_s is not None and now_s - visit.wrong_s >= self._settings.way_s
        }

    def _crowding(self, now_s: float) -> Broken:
        limit = self._settings.crowd
        count = self._inside().get(PERSON, 0)
        if limit is None or count < limit:
            self._crowd_s = None
            return {}
        if self._crowd_s is None:
            self._crowd_s = now_s
        if now_s - self._crowd_s < self._settings.crowd_s:
            return {}
        return {("crowding", ""): Why(self._crowd_s, now_s, PERSON, count)}


def _rule(began_s: float, visit: _Visit) -> Why:
    return Why(began_s, visit.last_s, visit.label, 1)


def _centre(track: Track) -> Point:
    x1, y1, x2, y2 = track.box
    return (x1 + x2) / 2, (y1 + y2) / 2


def _size(track: Track) -> float:
    x1, y1, x2, y2 = track.box
    return max(x2 - x1, y2 - y1)


def _apart(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(one: Point, other: Point, share: float) -> Point:
    """``share``: seconds that passed, of the seconds that the mean is over."""
    rate = 1 - exp(-share)
    return one[0] + rate * (other[0] - one[0]), one[1] + rate * (other[1] - one[1])


def contains(corners: Sequence[Point], point: Point) -> bool:
    """Whether a polygon holds a point: the parity of edges that a ray to the right meets."""
    x, y = point
    held = False
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            held = not held
    return held


def _unit(way: Point | None) -> Point | None:
    if way is None:
        return None
    length = (way[0] ** 2 + way[1] ** 2) ** 0.5
    return (way[0] / length, way[1] / length) if length else None


def _cosine(degrees: float) -> float:
    return cos(radians(degrees))
