"""Crowding: so many persons at once, for so long."""

from __future__ import annotations

from collections.abc import Iterator

from agent.vision.rules.rule import PERSON, Inside, Violation, ZoneRule


def _violated(inside: Inside) -> Iterator[Violation]:
    zone, crowded_s = inside.zone, inside.crowded_s
    if crowded_s is not None and inside.now_s - crowded_s >= zone.crowd_s:
        yield Violation("", crowded_s, inside.now_s, PERSON, inside.present(PERSON))


RULE = ZoneRule("crowding", "`crowd_s` after the last of them entered", _violated)
