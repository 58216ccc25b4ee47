"""Releases that were refused, or taken back by the daemon."""

from __future__ import annotations

from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.system.aside import aside
from agent.system.slots import Slots
from agent.update.record import read_record


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.limited:
        return pole.limited
    record, trial = await aside(
        lambda: (read_record(pole.state / "update" / "record.json"), Slots(pole.state).trial()), "updates"
    )
    if trial is not None and trial.failed:
        tell("update.taken_back", f"{trial.release}: {trial.failed}", "update")
    for release, why in list(record.refused.items())[-1:]:
        tell("update.failed", f"{release}: {why}", "update")
    if record.trouble:
        tell("update.failed", record.trouble, "update")
    return ""
