"""A rollout for people: what it would do, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from contract.plan import Assignment
from contract.sequential import LOWER, UPPER
from contract.standing import STANDINGS, PoleSaid, tally

_WORDS = {
    "done": "run it, proven",
    "failed": "failed",
    "under_way": "under way",
    "waiting": "wait",
    "unknown": "unknown: no messages come",
}


def planned(wanted: Assignment, poles: Sequence[PoleSaid], now: datetime) -> Iterator[str]:
    """Which poles each group is about."""
    rollout = wanted.rollout
    assert rollout is not None
    fleet = [said for said in poles if wanted.fits(said.pole)]
    there = sum(said.is_there(now) for said in fleet)
    yield f"{wanted.release}: {len(fleet)} poles, messages come from {there}"
    for group in rollout.groups:
        kind, _, name = group.partition(":")
        if kind == "tag":
            yield f"  {group}: {sum(name in said.tags for said in fleet)} poles"
        elif kind == "pole":
            yield f"  {group}: {sum(name == said.pole for said in fleet)} poles"
        elif group == "evidence":
            yield (
                f"  {group}: 1, 2, 4, ... poles at once, at most {rollout.batch}, until 112 or more have shown "
                "that it is good, or 3 or more that it is not"
            )
        elif group.endswith("%"):
            share = int(group.rstrip("%")) / 100
            yield f"  {group}: {sum(wanted.drawn(said.pole) < share for said in fleet)} poles"
        else:
            yield f"  {group}: {1 if group == 'one' else len(fleet)} poles"
    hours = f", from {rollout.hours[0]} to {rollout.hours[1]} o'clock UTC" if rollout.hours else ""
    yield f"a pole counts {rollout.soak_s / 3600:g} h after its trial{hours}"
    yield from (f"forecast: {name} {value:g}" for name, value in sorted(rollout.forecast.items()))


def shown(current: Assignment, poles: Sequence[PoleSaid], now: datetime) -> Iterator[str]:
    """How it stands."""
    rollout = current.rollout
    assert rollout is not None
    found = tally(current, poles, now)
    yield f"{current.release}: {rollout.state}" + (f": {rollout.why}" if rollout.why else "")
    groups = (f"[{group}]" if index == rollout.group else group for index, group in enumerate(rollout.groups))
    yield f"  groups: {' '.join(groups)}, since {rollout.opened:%Y-%m-%d %H:%M} UTC"
    yield "  poles: " + ", ".join(f"{found.members[each]} {_WORDS[each]}" for each in STANDINGS)
    yield (
        f"  test: {found.value:+.2f} (good below {LOWER:.2f}); {found.hopeful:+.2f} if all goes well with those under "
        f"way (stops from {UPPER:.2f} on)"
    )
    yield from (f"  {count} failed: {reason}" for reason, count in found.reasons)
