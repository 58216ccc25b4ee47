"""One step of a rollout: what its poles have said, and what follows. Pure; the same again changes nothing."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from contract.plan import Assignment, Rollout
from contract.standing import PoleSaid, RolloutTally, tally

ENOUGH = 0.9
"""Of a group that is a share: so many of its poles whose messages come must have said how it went."""
_SMALL = ("tag:", "pole:", "one")
_NONE = "no pole of it has begun"


class Decision(NamedTuple):
    """The assignment as it should be now, and why, as a sentence."""

    assignment: Assignment
    why: str


def room(done: int, busy: int, batch: int) -> int:
    """How many more poles may begin: as many at once as have it already and one more, and at most a batch."""
    return max(0, min(batch, 1 + done) - busy)


def decide(current: Assignment, poles: Sequence[PoleSaid], now: datetime, *, onward: bool = False) -> Decision:
    """What is to be published next. ``onward``: a person has the next group opened, whatever is still awaited."""
    rollout = current.rollout
    assert rollout is not None
    if rollout.state != "running":
        return Decision(current, f"it is {rollout.state}" + (f": {rollout.why}" if rollout.why else ""))
    found, known = tally(current, poles, now), sum(current.fits(said.pole) for said in poles)
    if known < ENOUGH * rollout.fleet:
        why = f"the platform knows {known} poles of it and knew {rollout.fleet} when it began; nothing is widened"
        return Decision(current, why)
    if found.weighed.stopped:
        why = f"{found.members['failed']} of {found.ended} poles failed, the most because {found.reasons[0][0]}"
        stopped = replace(rollout, state="paused", why=f"stopped by the evidence: {why}"[:1000])
        return Decision(replace(current, rollout=stopped), why)
    while True:
        wants = waits(current, rollout, poles, found, now)
        if wants and not onward:
            return _widen(replace(current, rollout=rollout), poles, now, found, wants)
        onward = False
        if rollout.group + 1 == len(rollout.groups):
            return Decision(
                replace(current, rollout=replace(rollout, state="done")),
                f"{found.members['done']} poles run it; it is finished",
            )
        rollout = replace(rollout, group=rollout.group + 1, opened=now)
        wider = opened(replace(current, rollout=rollout), poles, now)
        if _held(wider, poles) > _held(current, poles):
            return Decision(wider, f"the group {rollout.groups[rollout.group]} is open")
        current = wider


def waits(current: Assignment, rollout: Rollout, poles: Sequence[PoleSaid], found: RolloutTally, now: datetime) -> str:
    """What the group that is open waits for, as a sentence; empty: the next one may begin."""
    group = rollout.groups[rollout.group]
    ended = found.ended
    if group.startswith(_SMALL):
        if found.busy:
            return f"{found.busy} poles have not said yet how it went"
        return _after_small(replace(current, rollout=rollout), poles, found, now)
    whole = _held(current, poles) == sum(current.fits(said.pole) for said in poles)
    if group == "evidence" and not whole:
        return "" if found.weighed.accepted else _lacking(found)
    if group == "all" and found.busy > found.lost:  # those that went silent are not waited for at the end
        return f"{found.busy - found.lost} poles have not said yet how it went"
    if ended < ENOUGH * (ended + found.busy):
        return f"{ended} of {ended + found.busy} poles have said how it went, and {ENOUGH:.0%} are awaited"
    return "" if found.weighed.accepted or whole else _lacking(found)


def _after_small(current: Assignment, poles: Sequence[PoleSaid], found: RolloutTally, now: datetime) -> str:
    """Poles of the groups before do not speak for this one; past a failure a share is opened by a person."""
    rollout = current.rollout
    assert rollout is not None
    kind, _, name = rollout.groups[rollout.group].partition(":")
    named = {"tag": (), "pole": (name,)}.get(kind, current.named[-1:])
    alone = replace(current, share=0.0, tags=(name,) if kind == "tag" else (), named=named)
    if kind != "one" and not _held(alone, poles):
        return (
            f"no pole that the platform knows is of the group {kind}:{name}; 'rollout widen --next' goes on without it"
        )
    if _held(alone, poles) and not tally(alone, poles, now).ended:
        return _NONE
    following = rollout.groups[rollout.group + 1 : rollout.group + 2]
    failed = found.members["failed"]
    if failed and not following:
        ends = "'rollout abort' takes it back, 'rollout widen --next' ends it as it is"
        return f"{failed} of {found.ended} poles failed; {ends}"
    if failed and not following[0].startswith((*_SMALL, "evidence")):
        return f"{failed} of {found.ended} poles failed; 'rollout widen --next' opens the group {following[0]} anyway"
    return ""


def _lacking(found: RolloutTally) -> str:
    return f"the evidence is not enough ({found.value:+.1f})"


def opened(current: Assignment, poles: Sequence[PoleSaid], now: datetime) -> Assignment:
    """With the poles of the group that is open. Of ``one`` and ``evidence`` a pole, or a batch, whose messages come."""
    rollout = current.rollout
    assert rollout is not None
    group = rollout.groups[rollout.group]
    kind, _, name = group.partition(":")
    if kind == "tag":
        return replace(current, tags=(*current.tags, name))
    if kind == "pole":
        return replace(current, named=(*current.named, name))
    if group == "one":
        return replace(current, named=(*current.named, *(said.pole for said in _next(current, poles, now, 1))))
    if group == "evidence":
        found = tally(current, poles, now)
        return _with_batch(current, poles, now, room(found.members["done"], found.busy, rollout.batch))
    return replace(current, share=1.0 if group == "all" else max(current.share, int(group.rstrip("%")) / 100))


def _widen(current: Assignment, poles: Sequence[PoleSaid], now: datetime, found: RolloutTally, wants: str) -> Decision:
    """The next batch where evidence lacks, past a share as well; a group of one whose pole is silent gets another."""
    rollout = current.rollout
    assert rollout is not None
    group = rollout.groups[rollout.group]
    if group == "one" and wants == _NONE:
        return Decision(opened(current, poles, now), wants)
    grows = group == "evidence" or rollout.group + 1 < len(rollout.groups)
    more = room(found.members["done"], found.busy, rollout.batch) if grows and wants == _lacking(found) else 0
    if not more:
        return Decision(current, wants)
    wider = _with_batch(current, poles, now, more)
    added = _held(wider, poles) - _held(current, poles)
    return Decision(wider, f"{wants}; {added} more poles are let in" if added else wants)


def _with_batch(current: Assignment, poles: Sequence[PoleSaid], now: datetime, count: int) -> Assignment:
    """A share that lets ``count`` more in whose messages come; those before them in the draw that do not, come too."""
    chosen = _next(current, poles, now, count)
    if not chosen:
        return current
    return replace(current, share=min(1.0, math.nextafter(current.drawn(chosen[-1].pole), 2.0)))


def _next(current: Assignment, poles: Sequence[PoleSaid], now: datetime, count: int) -> list[PoleSaid]:
    free = (
        said
        for said in poles
        if said.is_there(now) and current.fits(said.pole) and not current.holds(said.pole, said.tags)
    )
    return heapq.nsmallest(count, free, key=lambda said: current.drawn(said.pole))


def _held(current: Assignment, poles: Sequence[PoleSaid]) -> int:
    return sum(current.holds(said.pole, said.tags) for said in poles)
