"""A camera for the demo, a process of its own, so that nothing of it weighs on daemon or platform."""

from __future__ import annotations

import asyncio
import contextlib
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

from agent.errors import AgentError
from agent.system.child import command

START_S = 20.0
SETTINGS = """
[camera.street]
source = "http://127.0.0.1:{port}/street.mjpg"
purpose = "counting the demo's cars"
signage = "none: nobody real comes by"
frame_size = [640, 360]
fps = 10

[camera.street.line.middle]
a = [320, 190]
b = [320, 350]
each = true
"""


class Street:
    """``sure`` cars crossed the line before the agent's eyes; ``unsure`` as it connected, or was killed."""

    def __init__(self, port: int) -> None:
        self.settings = SETTINGS.format(port=port)
        self.sure = self.unsure = 0

    async def read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            if json.loads(line)["sure"]:
                self.sure += 1
            else:
                self.unsure += 1


@contextlib.asynccontextmanager
async def drawn_street() -> AsyncIterator[Street]:
    """A street with cars, until the block ends. AgentError: it does not start."""
    process = await asyncio.create_subprocess_exec(*command("simulator.street"), stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            line = await process.stdout.readline()
        if not line:
            raise AgentError("the drawn street did not start")
        street = Street(json.loads(line)["port"])
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(street.read(process.stdout))
            yield street
            reading.cancel()
    finally:
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
