"""Memory that is left, and what the kernel has ended for want of it."""

from __future__ import annotations

from agent.doctor.box import UNIT
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand

LEAST_SHARE = 0.05
LEAST_BYTES = 64 << 20
"""Below both the kernel is about to end processes: the daemon holds 45 MiB and a camera's process 120."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    rows = dict(line.split(":", 1) for line in pole.box.text("proc/meminfo").splitlines() if ":" in line)
    try:
        whole, free = (int(rows[name].split()[0]) << 10 for name in ("MemTotal", "MemAvailable"))
    except (KeyError, ValueError, IndexError):
        return "the kernel does not say how much there is"
    if free < LEAST_SHARE * whole and free < LEAST_BYTES:
        tell("box.memory", f"{free >> 20} of {whole >> 20} MiB are available", "box")
    events = pole.box.text(f"sys/fs/cgroup/system.slice/{UNIT}/memory.events")
    killed = next((line.split()[1] for line in events.splitlines() if line.startswith("oom_kill ")), "0")
    if killed != "0":
        tell("box.killed", f"{killed} processes of {UNIT} since its start (memory.events)", "box")
    return ""
