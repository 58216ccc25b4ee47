"""The clock: never set, fallen back, kept by nobody."""

from __future__ import annotations

from agent.config.settings import ClockSettings
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.status.advice import MOST_OFFSET_S
from agent.system.aside import aside
from agent.system.clock import BUILT
from contract.words import span

BACK_S = 3600.0
"""A file may be younger than now by so much: a fast clock that was put right by NTP has left it so."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    now = pole.box.clock.now()
    if now.utc < BUILT:
        tell(
            "clock.unset",
            say.CLOCK_SAYS(now=now.utc, built=BUILT),
            "clock",
        )
        return ""
    for device in pole.status.devices if pole.status is not None else ():
        for last in device.last:
            if last.quantity == "clock_offset" and isinstance(last.value, float) and abs(last.value) > MOST_OFFSET_S:
                tell("clock.off", say.CLOCK_OFF(offset=-last.value, device=device.name), "clock")
    youngest = await aside(
        lambda: max((file.stat().st_mtime for file in pole.state.glob("*") if file.is_file()), default=0.0), "clock"
    )
    if (ahead_s := youngest - now.utc.timestamp()) > BACK_S:
        tell("clock.behind", say.FILES_FROM_FUTURE(folder=pole.state, span=span(ahead_s)), "clock")
    clock = pole.part("clock", ClockSettings) or ClockSettings()
    if not now.synced and clock.trust == "kernel":
        tell("clock.unsynced", say.NOT_SYNCHRONISED(), "clock")
    return ""
