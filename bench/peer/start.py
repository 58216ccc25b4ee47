"""How long the agent takes from the start of its process to its first reading on disk."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from agent.control.client import Client
from agent.errors import AgentError
from bench.peer import ours
from bench.peer.profiles import Line, Profile
from bench.peer.rig import process, slave
from bench.peer.run import RESULTS
from contract.health import PoleStatus

PATIENCE_S = 20.0


ROUNDS = 3


def first_stored(profile: Profile) -> float:
    """Seconds, the median of three starts, each with a new database."""
    with tempfile.TemporaryDirectory(prefix="peer-start-", dir=RESULTS) as name:
        folders = [Path(name, str(number)) for number in range(ROUNDS)]
        for folder in folders:
            folder.mkdir()
        return statistics.median([asyncio.run(_start(folder, profile)) for folder in folders])


def bare_imports() -> float:
    """Seconds a Python process takes that imports what the daemon imports and ends; the median of as many."""

    def took_s() -> float:
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", "import agent.app, agent.cli"], check=True)
        return time.monotonic() - started

    return statistics.median([took_s() for _ in range(ROUNDS)])


async def _start(folder: Path, profile: Profile) -> float:
    """Seconds until the agent says that an event with a reading is committed; no broker is there.

    Report by exception: the first reading of a quantity is delivered at once, where a window would take its length.
    """
    async with slave(folder, registers=profile.registers, tcp=False) as far:
        # the discard port: nobody answers
        line = Line(broker=9, place=far.place, registers=profile.registers, every_s=profile.every_s)
        file = ours.configure(folder, line, name="start", mode="change")
        started = time.monotonic()
        async with process([sys.executable, "-m", "agent.cli", "run", "--settings", str(file)], folder / "log"):
            while time.monotonic() - started < PATIENCE_S:
                await asyncio.sleep(0.01)
                if _stored(folder / "control.sock"):
                    return time.monotonic() - started
    raise TimeoutError(f"nothing was stored; see {folder}/log")


def _stored(control: Path) -> bool:
    """Whether a reading is committed: the third event, after the agent's own start and the device's "up"."""
    with contextlib.suppress(AgentError, OSError), Client(str(control)) as client:
        status = msgspec.json.decode(client.ask("status"), type=PoleStatus)
        return status.store.committed >= 3
    return False
