"""The real daemon as a child process: started, asked over its socket, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import msgspec

from agent.control.client import Client
from agent.errors import AgentError
from agent.system.child import command
from contract.health import PoleStatus
from contract.requests import ReloadResult

START_S = 20.0


class Daemon:
    """``poleagent run`` on the settings file ``settings``; its log goes to ``log``."""

    def __init__(self, settings: Path, socket: Path, log: Path) -> None:
        self._settings = settings
        self._socket = socket
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0
        self.environment: dict[str, str] = {}

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it answers; AgentError with the end of its log if it does not."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command("agent.cli", "run", "--settings", str(self._settings)),
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.starts += 1
        for _ in range(int(START_S / 0.05)):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(AgentError, OSError):
                await self.status()
                return
            await asyncio.sleep(0.05)
        raise AgentError(f"the daemon did not start:\n{self.last_words()}")

    async def status(self) -> PoleStatus:
        """What it says of itself; AgentError where it does not answer."""
        return await asyncio.to_thread(self._ask)

    def _ask(self) -> PoleStatus:
        with Client(str(self._socket)) as client:
            return msgspec.json.decode(client.ask("status"), type=PoleStatus)

    async def reload(self) -> ReloadResult:
        """What it says after reading its settings again."""
        return await asyncio.to_thread(self._reload)

    def _reload(self) -> ReloadResult:
        with Client(str(self._socket)) as client:
            return msgspec.json.decode(client.ask("reload"), type=ReloadResult)

    async def kill(self) -> None:
        """As a power cut would, its children with it: no offline message."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """As systemd does; the exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        try:
            return await asyncio.wait_for(process.wait(), START_S)
        except TimeoutError:
            process.kill()
            raise AgentError(f"the daemon did not stop within {START_S:.0f} s") from None

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
