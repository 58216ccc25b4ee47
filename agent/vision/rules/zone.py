"""A zone: who is in it, how many on average and at most, and the rules that its visitors violate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import hypot

from agent.config.scene import Zone
from agent.vision.rules import zone_rules
from agent.vision.rules.geometry import Box, Point, contains, moved, size
from agent.vision.rules.incidents import Incidents
from agent.vision.rules.rule import GONE_S, PERSON, Inside, Violation
from agent.vision.rules.visit import Visit
from agent.vision.track import Track
from contract.events import Incident, ZoneCount

_HIDDEN_S = 6.0
"""A person who is hidden for so long and comes out close by is the same one; a guess, and stated in docs/vision.md."""
_CLOSE = 0.6
"""Close, in sizes of the box; what parks comes back within ``_SAME_PLACE``."""
_SAME_PLACE = 0.3


class ZoneWatch:
    """``update`` with the tracks of each frame; ``close`` once per window."""

    def __init__(self, name: str, settings: Zone, place: Callable[[Point], Point], new_id: Callable[[], str]) -> None:
        self.name = name
        self._settings = settings
        self._corners = [place(point) for point in settings.points]
        self._rules = zone_rules()
        self._hidden_s = {rule.name: rule.hidden_s for rule in self._rules}
        self._visits: dict[str, Visit] = {}
        self._incidents = Incidents(name, new_id)
        self._crowded_s: float | None = None
        self._integral: dict[str, float] = {}
        self._most: dict[str, int] = {}
        self._now_s: float | None = None
        self._counted_s = 0.0

    def update(self, tracks: Sequence[Track], now_s: float) -> list[Incident]:
        self._count(now_s)
        there = {track.id for track in tracks}
        for track in tracks:
            if track.seen:  # where an object is only expected to be, it violates nothing and occupies nothing
                self._visit(track, there, now_s)
        self._visits = {name: visit for name, visit in self._visits.items() if self._may_return(name, visit, now_s)}
        inside = self._inside(now_s)
        self._crowd(inside, now_s)
        inside = inside._replace(crowded_s=self._crowded_s)
        return self._incidents.report(self._violations(inside), self._visits.keys(), now_s)

    def rename(self, names: Mapping[str, str]) -> None:
        """See ``Scene.rename``. An incident that is open goes on; its end names the track as its begin did."""
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
        self._most = self._present(now_s)
        return rows

    def _violations(self, inside: Inside) -> Iterator[tuple[str, Violation]]:
        for rule in self._rules:
            for it in rule.violated(inside):
                yield rule.name, it

    def _inside(self, now_s: float) -> Inside:
        """Who is inside, of the labels that are asked for."""
        labels = self._settings.labels
        visits = {name: it for name, it in self._visits.items() if it.inside and (not labels or it.label in labels)}
        return Inside(self._settings, visits, now_s)

    def _present(self, now_s: float) -> dict[str, int]:
        inside = self._inside(now_s)
        labels = {visit.label for visit in inside.visits.values()}
        return {label: count for label in labels if (count := inside.present(label))}

    def _crowd(self, inside: Inside, now_s: float) -> None:
        limit = self._settings.crowd
        if limit is None or inside.present(PERSON) < limit:
            self._crowded_s = None
        elif self._crowded_s is None:
            self._crowded_s = now_s

    def _may_return(self, name: str, visit: Visit, now_s: float) -> bool:
        hidden_s = max([GONE_S, *(self._hidden_s[rule] for rule in self._incidents.rules_of(name))])
        return now_s - visit.last_s <= max(hidden_s, _HIDDEN_S if visit.inside else 0.0)

    def _count(self, now_s: float) -> None:
        step = 0.0 if self._now_s is None else min(max(0.0, now_s - self._now_s), 2.0)
        self._now_s = now_s
        self._counted_s += step
        for label, count in self._present(now_s).items():
            self._integral[label] = self._integral.get(label, 0.0) + step * count
            self._most[label] = max(self._most.get(label, 0), count)

    def _visit(self, track: Track, there: set[str], now_s: float) -> None:
        visit = self._visits.get(track.id)
        if visit is None:
            visit = self._returned(track, there, now_s) or Visit(track, self._settings)
            self._visits[track.id] = visit
        visit.see(
            track,
            now_s,
            within=contains(self._corners, track.foot),
            settle_s=self._settings.settle_s,
            parked=track.id in self._incidents.of("parking"),
        )

    def _returned(self, track: Track, there: set[str], now_s: float) -> Visit | None:
        """The visit that a new track goes on with: that of the nearest visitor that was hidden close by."""
        parked = self._incidents.of("parking")
        near: list[tuple[float, str]] = []
        for name, visit in self._visits.items():
            if name in there or not visit.inside or visit.last_s >= now_s:
                continue
            apart = _apart(visit.rest.anchor if name in parked else visit.box, track.box)
            like = name in parked or (visit.label == track.label == PERSON)
            if like and apart <= (_SAME_PLACE if name in parked else _CLOSE):
                near.append((apart, name))
        if not near:
            return None
        name = min(near)[1]
        self.rename({name: track.id})
        return self._visits[track.id]


def _apart(one: Box, other: Box) -> float:
    """The distance of two boxes, in sizes."""
    return hypot(*moved(one, other)) / max(size(one), size(other))
