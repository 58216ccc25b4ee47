"""The daemon: runs, answers, goes on, and is the version that is installed."""

from __future__ import annotations

from agent import VERSION
from agent.control.client import NotAllowed, NotRunning
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand

MANY_STARTS = 3
"""Restarts by systemd after which it is no single accident."""
EPISODES = {"alert", "anomaly", "incident"}
"""What begins and ends out in the world: no fault of the pole."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    status, refused = pole.status, pole.refused
    if status is not None:
        if status.version != VERSION:
            tell("version.running", say.OTHER_RUNS(running=status.version, installed=VERSION), "agent")
        for part in status.stale:
            tell("daemon.stuck", say.NO_PROGRESS(part=part), "agent")
        for one in status.episodes:
            if one.kind not in EPISODES:
                tell("alert.open", f"{one.kind} of {one.source}: {one.text.get('en', '')}", "open")
        return ""
    if isinstance(refused, NotAllowed):
        tell("daemon.closed", str(refused), "agent")
    elif not isinstance(refused, NotRunning):
        tell("daemon.mute", str(refused), "agent")
    elif not (pole.stopped and pole.dead):
        _unheard(pole, str(refused), tell)
    return ""


def _unheard(pole: PoleAtHand, reading: str, tell: Tell) -> None:
    """Nobody is at the socket."""
    unit = pole.unit
    reading = reading if pole.dead else say.NOBODY_ANSWERS()
    state = f"{unit['ActiveState']} ({unit.get('SubState', '')})" if unit.get("ActiveState") else ""
    starts = int(unit["NRestarts"]) if unit.get("NRestarts", "").isdecimal() else 0
    if starts >= MANY_STARTS and unit.get("ActiveState") != "active":
        ended = say.ENDED_WITH(result=unit.get("Result", ""), status=unit.get("ExecMainStatus", ""))
        tell("daemon.restarting", say.STARTED_AGAIN(starts=starts, ended=ended), "agent")
    elif pole.held:
        tell("daemon.mute", say.HOLDS_DATABASE(reading=reading, file=pole.database), "agent")
    else:
        name = "daemon.stopped" if pole.dead else "daemon.mute"
        tell(name, say.SYSTEMD_SAYS(state=state, reading=reading) if state else reading, "agent")
