"""Questions to the daemon over its control socket, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec

from agent.control.client import Client
from agent.system.aside import aside
from contract.requests import Args

T = TypeVar("T")
MOST_AT_ONCE = 4
"""Of the sixteen clients that the daemon takes; a page that is open on three phones leaves room for commands."""


class DaemonDoor:
    """The daemon behind ``socket``."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(self, name: str, kind: type[T], args: Args | None = None, *, wait_s: float = 0.0) -> T:
        """The answer to the command ``name``. AgentError: what it refuses, or why it cannot be asked."""

        def work() -> bytes:
            with Client(self._socket) as client:
                return client.ask(name, args, wait_s=wait_s)

        async with self._turns:
            return msgspec.json.decode(await aside(work, f"ask {name}"), type=kind)
