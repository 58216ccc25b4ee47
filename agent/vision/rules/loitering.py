"""Loitering: a person stays in the zone for longer than ``loiter_s``."""

from __future__ import annotations

from collections.abc import Iterator

from agent.vision.rules.rule import PERSON, Inside, Violation, ZoneRule


def _violated(inside: Inside) -> Iterator[Violation]:
    limit = inside.zone.loiter_s
    if limit is None:
        return
    for name, visit in inside.visits.items():
        if visit.label == PERSON and visit.last_s - visit.entered_s >= limit:
            yield Violation(name, visit.entered_s, visit.last_s, visit.label)


RULE = ZoneRule("loitering", "`loiter_s` after the person entered, at once for one who is found later", _violated)
