"""Memory that is left, and what the kernel has ended for want of it."""

from __future__ import annotations

from agent.doctor import sentences_checks as say
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
        return say.MEMORY_UNKNOWN()
    if free < LEAST_SHARE * whole and free < LEAST_BYTES:
        tell("box.memory", say.MEMORY_LEFT(free=free >> 20, whole=whole >> 20), "box")
    events = pole.box.text(f"sys/fs/cgroup/system.slice/{UNIT}/memory.events")
    killed = next((line.split()[1] for line in events.splitlines() if line.startswith("oom_kill ")), "0")
    if killed != "0":
        tell("box.killed", say.KILLED(count=killed, unit=UNIT), "box")
    return ""
