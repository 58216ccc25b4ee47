"""One diagnosis in a process of its own: ``python -m tests.doctor.child SETTINGS FACTS SYNCED``; JSON."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from agent.doctor.box import Box
from agent.doctor.run import diagnose
from agent.system.clock import SystemClock

if __name__ == "__main__":
    settings, facts, synced = sys.argv[1:]
    box = Box(facts=Path(facts), clock=SystemClock(lambda: synced == "1"))
    print(msgspec.json.encode(asyncio.run(diagnose(Path(settings), box, stopped=True))).decode())
