"""Wrong way: what goes against the zone's direction for ``way_s``; what stands, or jumps, goes no way."""

from __future__ import annotations

from collections.abc import Iterator

from agent.vision.rules.rule import Inside, Violation, ZoneRule


def _violated(inside: Inside) -> Iterator[Violation]:
    for name, visit in inside.visits.items():
        if visit.way is not None and visit.way.wrong_s is not None:
            yield Violation(name, visit.way.wrong_s, visit.last_s, visit.label)


RULE = ZoneRule(
    "wrong_way",
    "`way_s` after it began, and once it went a fifth of its own size; up to `way_s` later where it was there before, "
    "and not at all where it is gone by then or stops again and again",
    _violated,
)
