"""A cell of the platform to be killed: a broker and an ingest in processes of their own, and other roles next to it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from fleet.store.cells import MAIN
from simulator.ports import free_port
from tests.uplink.support import MOSQUITTO, answers


class Child:
    """A program that is killed and started again."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> bool:
        """Does nothing while it runs; whether it has been started."""
        if self._process is not None and self._process.poll() is None:
            return False
        self._process = await asyncio.to_thread(subprocess.Popen, self._command)
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Stage:
    """``path`` is the platform's folder, which says where its store is."""

    def __init__(self, path: Path, cell: str = MAIN) -> None:
        self.path = path
        self.port = free_port()
        self._disk = path / f"broker-{cell}"
        settings = path / f"{cell}.conf"
        settings.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {self._disk}/\n"
        )
        assert MOSQUITTO
        self._broker = Child([MOSQUITTO, "-c", str(settings)])
        self._ingest = Child([sys.executable, "-m", "tests.fleet.ingest_child", str(path), str(self.port), cell])

    async def start(self) -> None:
        self._disk.mkdir(exist_ok=True)
        if await self._broker.start():
            await answers(self.port, 120)
        await self._ingest.start()

    def kill_ingest(self) -> None:
        """Its broker goes on, and keeps what comes."""
        self._ingest.kill()

    def kill_broker(self) -> None:
        """Its ingest goes on; its disk stays, with what the ingest has not taken."""
        self._broker.kill()

    def lose_broker(self) -> None:
        """With all that it has on its disk."""
        self.kill_broker()
        shutil.rmtree(self._disk, ignore_errors=True)

    def kill(self) -> None:
        """The machine is gone, and its disk."""
        self.kill_ingest()
        self.lose_broker()


@contextlib.asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    made = Stage(folder)
    try:
        yield made
    finally:
        made.kill()
