"""Why a pole has a release of a rollout, or has it not: one sentence."""

from __future__ import annotations

from datetime import datetime

from contract.plan import Assignment, Rollout
from contract.standing import PoleSaid, standing


def why(said: PoleSaid, current: Assignment, now: datetime) -> str:
    """``current`` has a rollout."""
    rollout, pole = current.rollout, said.pole
    assert rollout is not None
    how, words = standing(said, current, now)
    if how == "done":
        return f"{pole} has {current.release}: {words['en']}."
    return f"{pole} has not {current.release}: {_reason(said, current, rollout, now) or words['en']}."


def _reason(said: PoleSaid, current: Assignment, rollout: Rollout, now: datetime) -> str:
    """What of the plan keeps it from the pole; empty: nothing, it is about the pole itself."""
    if not current.fits(said.pole):
        return f"the rollout is for {', '.join(current.poles)}"
    if rollout.state == "aborted":
        return f"the rollout was aborted{_because(rollout)}"
    held, begun = current.holds(said.pole, said.tags), said.step is not None
    if not held and not begun:
        group = rollout.groups[rollout.group]
        return f"its turn has not come: the group {group} is open, and it is in {_turn(said, current)}"
    if rollout.state == "paused" and (not begun or (said.step is not None and said.step.outcome == "waits")):
        return f"the rollout is paused{_because(rollout)}"
    if held and not begun and rollout.hours is not None and not rollout.is_open_at(now):
        return f"it is taken from {rollout.hours[0]} to {rollout.hours[1]} o'clock UTC"
    return ""


def _because(rollout: Rollout) -> str:
    return f": {rollout.why}" if rollout.why else ""


def _turn(said: PoleSaid, current: Assignment) -> str:
    """The group in which the pole comes at the latest."""
    rollout = current.rollout
    assert rollout is not None
    for group in rollout.groups[rollout.group + 1 :]:
        kind, _, name = group.partition(":")
        if (kind == "tag" and name in said.tags) or (kind == "pole" and name == said.pole) or group == "all":
            return group
        if group.endswith("%") and current.drawn(said.pole) < int(group.rstrip("%")) / 100:
            return group
    return "none of those that follow, unless a batch of the evidence reaches it"
