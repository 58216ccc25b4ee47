"""Addresses of a name, asked in a thread that nobody has to wait for.

asyncio's own ``getaddrinfo`` runs in a pool whose threads are joined at the end: behind a name server that does not
answer, stopping the agent would take as long as the resolver's time-outs, some 10 s and more.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

Found = list[tuple[Any, Any, int, str, Any]]
"""As ``socket.getaddrinfo`` has it: family, kind, protocol, name, address."""


async def addresses(host: str, port: int) -> Found:
    """Where to reach ``host`` over TCP; raises ``OSError`` (``socket.gaierror``). Cancelled, it leaves its thread."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def tell(found: Found, error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    def ask() -> None:
        found: Found = []
        error: Exception | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            error = exc if isinstance(exc, OSError) else OSError(f"{host!r} is no name")
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, found, error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()  # noqa: TID251 - see above: a pool is waited for
    return await answer
