"""The plan: which poles are to run which release, and how far a rollout has come. The online key signs it.

Membership is computed on the pole: from its id, from its tags, and from a number that a hash draws for it. A rollout is
an assignment whose reach grows group by group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.release import ReleaseId, Strict

PLAN_ROLE = "rollout"
PLAN_PATH = "rollout/plan.json"
MOST_PLAN_BYTES = 256 * 1024
RolloutState = Literal["running", "paused", "aborted", "done"]
Tag = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")]
GroupName = Annotated[
    str,
    Meta(
        pattern=r"^(tag:[a-z0-9][a-z0-9_-]{0,30}|pole:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|one|evidence|[1-9][0-9]?%|all)$",
        description="poles with a tag; a pole; any one; as many as the evidence allows; a share; all",
    ),
]
Hours = tuple[Annotated[int, Meta(ge=0, le=23)], Annotated[int, Meta(ge=0, le=24)]]
GROUPS: tuple[GroupName, ...] = ("one", "evidence", "10%", "all")


class Rollout(Strict, frozen=True, kw_only=True):
    """How an assignment grows. A pole heeds ``state`` and ``hours``; the rest is the books of who widens it."""

    state: RolloutState = "running"
    why: Annotated[str, Meta(max_length=1000, description="why it was paused or aborted, as a sentence")] = ""
    groups: Annotated[tuple[GroupName, ...], Meta(min_length=1, max_length=32)] = GROUPS
    group: Annotated[int, Meta(ge=0, lt=32, description="index of the one that is open")] = 0
    begun: Annotated[datetime, Meta(tz=True)]
    opened: Annotated[datetime, Meta(tz=True, description="when the group was opened")]
    hours: Annotated[
        Hours | None, Meta(description="first and last hour (exclusive, UTC) in which poles begin and switch")
    ] = None
    soak_s: Annotated[
        int, Meta(ge=0, le=30 * 86_400, description="how long a pole runs it after its trial before it is done")
    ] = 3600
    batch: Annotated[int, Meta(ge=1, le=1000, description="most poles at once that have not said how it went")] = 50
    proof: Annotated[
        str,
        Meta(max_length=100, description="SHA-256 of the weights, or version of the agent, that a pole must name"),
    ] = ""
    fleet: Annotated[int, Meta(ge=0, description="poles of it that the platform knew when it began")] = 0
    forecast: Annotated[
        dict[Annotated[str, Meta(max_length=100)], float],
        Meta(max_length=64, description="what was expected of it before it began, by name"),
    ] = msgspec.field(default_factory=dict)

    def is_open_at(self, now: datetime) -> bool:
        """Whether poles may begin and switch at this hour."""
        if self.hours is None:
            return True
        first, last = self.hours
        return first <= now.hour < last if first < last else now.hour >= first or now.hour < last


class Assignment(Strict, frozen=True, kw_only=True):
    """A release that some poles are to run: of those whose id fits one of ``poles`` a ``share``, and some by name.

    ``share`` counts by a hash of the pole's id and of the release, so it is another part of the fleet each time.
    """

    release: ReleaseId
    poles: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=63)], ...],
        Meta(min_length=1, max_length=2000, description="ids of poles; * and ? stand for any characters"),
    ] = ("*",)
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    tags: Annotated[tuple[Tag, ...], Meta(max_length=32, description="poles with one of them, whatever the share")] = ()
    named: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=63)], ...],
        Meta(max_length=100, description="poles with these ids, whatever the share"),
    ] = ()
    rollout: Rollout | None = None

    def fits(self, pole: str) -> bool:
        """Whether the pole is one of those that this is about."""
        return any(fnmatchcase(pole, pattern) for pattern in self.poles)

    def drawn(self, pole: str) -> float:
        """The pole's number for this release, from 0 to below 1: with a share above it, the pole is in."""
        return int.from_bytes(sha256(f"{self.release}\n{pole}".encode()).digest()[:8], "big") / 2**64

    def holds(self, pole: str, tags: Iterable[str] = ()) -> bool:
        """Whether the pole with this id and these tags is to run it."""
        return self.fits(pole) and (
            self.drawn(pole) < self.share or pole in self.named or not set(self.tags).isdisjoint(tags)
        )


class Plan(Strict, frozen=True, kw_only=True):
    """Which releases are to run where; of several for one kind and name the last that holds for a pole counts."""

    assignments: Annotated[tuple[Assignment, ...], Meta(max_length=1000)] = ()

    def wanted(
        self, pole: str, tags: Iterable[str] = (), runs: Callable[[ReleaseId], bool] = lambda _: False
    ) -> tuple[Assignment, ...]:
        """What a pole is to run: one assignment for each kind and name, in the order of their names.

        An aborted rollout holds for nobody, and a paused one only for a pole that ``runs`` its release.
        """
        tags = tuple(tags)
        chosen = {}
        for each in self.assignments:
            state = each.rollout.state if each.rollout is not None else "running"
            stays = state in {"running", "done"} or (state == "paused" and runs(each.release))
            if stays and each.holds(pole, tags):
                chosen[(each.release.kind, each.release.name)] = each
        return tuple(chosen[key] for key in sorted(chosen))

    def rollout(self, release: ReleaseId) -> Assignment | None:
        """The rollout of a release; None: there is none."""
        return next((each for each in self.assignments if each.release == release and each.rollout is not None), None)
