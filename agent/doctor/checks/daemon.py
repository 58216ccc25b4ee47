"""The daemon: runs, answers, goes on, and is the version that is installed."""

from __future__ import annotations

from agent import VERSION
from agent.control.client import NotAllowed, NotRunning
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
            tell("version.running", f"{status.version} runs, {VERSION} is installed", "agent")
        for part in status.stale:
            tell("daemon.stuck", f"{part} makes no progress", "agent")
        for one in status.episodes:
            if one.kind not in EPISODES:
                tell("alert.open", f"{one.kind} of {one.source}: {one.text.get('en', '')}", "open")
        return ""
    if isinstance(refused, NotAllowed):
        tell("daemon.closed", str(refused), "agent")
    elif not isinstance(refused, NotRunning):
        tell("daemon.mute", str(refused), "agent")
    elif not pole.stopped:
        _dead(pole, str(refused), tell)
    return ""


def _dead(pole: PoleAtHand, reading: str, tell: Tell) -> None:
    unit = pole.unit
    state = f"{unit['ActiveState']} ({unit.get('SubState', '')})" if unit.get("ActiveState") else ""
    starts = int(unit["NRestarts"]) if unit.get("NRestarts", "").isdecimal() else 0
    if starts >= MANY_STARTS and unit.get("ActiveState") != "active":
        ended = f"it ended with {unit.get('Result', '')}, exit status {unit.get('ExecMainStatus', '')}"
        tell("daemon.restarting", f"systemd has started it {starts} times again; {ended}", "agent")
    else:
        tell("daemon.stopped", f"systemd: {state}; {reading}" if state else reading, "agent")
