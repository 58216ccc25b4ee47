"""The shape of a rule of zones, and of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from agent.config.scene import Zone
from agent.vision.rules.visit import Visit

PERSON, VEHICLE, TWO_WHEELER = "person", "vehicle", "two_wheeler"
GONE_S = 3.0
"""A visitor that has no track for longer has left: shorter gaps are occlusions."""


class Violation(NamedTuple):
    """Since when, when that was seen last, and by what; ``track`` is empty where a rule is about many."""

    track: str
    began_s: float
    seen_s: float
    label: str
    many: int = 1


class Inside(NamedTuple):
    """Who is in a zone, of the labels that the zone is about, at ``now_s``; ``crowded_s``: since when too many are."""

    zone: Zone
    visits: dict[str, Visit]
    now_s: float
    crowded_s: float | None = None

    def present(self, label: str) -> int:
        """How many of a label were seen within ``GONE_S``."""
        return sum(it.label == label and self.now_s - it.last_s <= GONE_S for it in self.visits.values())


class ZoneRule(NamedTuple):
    """``violated`` only reads: what lasts is kept in the visits. ``hidden_s``: what broke it may be hidden so long.

    ``delay`` says when the incident begins, for docs/vision.md.
    """

    name: str
    delay: str
    violated: Callable[[Inside], Iterable[Violation]]
    hidden_s: float = GONE_S
