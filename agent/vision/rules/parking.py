"""Parking: a vehicle or a two-wheeler stands in the zone for longer than ``park_s``."""

from __future__ import annotations

from collections.abc import Iterator

from agent.vision.rules.rule import TWO_WHEELER, VEHICLE, Inside, Violation, ZoneRule


def _violated(inside: Inside) -> Iterator[Violation]:
    limit = inside.zone.park_s
    if limit is None:
        return
    for name, visit in inside.visits.items():
        since_s = max(visit.entered_s, visit.rest.still_s)
        if visit.label in (VEHICLE, TWO_WHEELER) and visit.last_s - since_s >= limit:
            yield Violation(name, since_s, visit.last_s, visit.label)


RULE = ZoneRule(
    "parking", "`park_s` after it stood still, up to 3 s later where its box jitters", _violated, hidden_s=10.0
)
