"""Starts a vision process, receives what it prints, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Sequence

from agent.system.child import command
from agent.vision.privacy import plain

_LINE_BYTES = 4096
_TEXT = 200
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "OPENCV_LOG_LEVEL": "ERROR",
}
"""Of the vision process. With more arenas each reconnect's thread would keep memory of its own."""


async def launch(door: socket.socket) -> Process:
    """A process that waits for its order; it inherits ``door``."""
    return await asyncio.create_subprocess_exec(
        *command("agent.vision.child"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        pass_fds=(door.fileno(),),
        env={**os.environ, **ENVIRONMENT},
    )


class Noise:
    """The last line of a process's standard error, without secrets and addresses: it may say why it died."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self.last = ""

    async def read(self, process: Process) -> None:
        """Until the process closes it."""
        assert process.stderr is not None
        rest = b""
        while data := await process.stderr.read(_LINE_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[:_LINE_BYTES]
            self._note(lines)
        self._note([rest])

    def _note(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self.last = plain(text, self._secrets)[:_TEXT]


def kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
