"""Addresses of a name; asyncio's own ``getaddrinfo`` would keep a stop waiting for the resolver's time-outs."""

from __future__ import annotations

import socket
from typing import Any

from agent.system import sentences as say
from agent.system.aside import aside

Found = list[tuple[Any, Any, int, str, Any]]
"""As ``socket.getaddrinfo`` has it: family, kind, protocol, name, address."""


async def addresses(host: str, port: int) -> Found:
    """Where to reach ``host`` over TCP; raises ``OSError`` (``socket.gaierror``). Cancelled, it leaves its thread."""

    def ask() -> Found:
        try:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as exc:
            raise OSError(say.NO_NAME(host=host)) from exc

    return await aside(ask, "resolve")
