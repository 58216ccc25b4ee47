"""Work that may block for ever, in a thread that nobody has to wait for.

A pool's threads are joined at the end: behind a name server that does not answer, or a card that died, stopping would
take as long as they do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str) -> T:
    """What ``work`` gives or raises. Cancelled, it leaves its thread, which ends with the process at the latest."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)  # type: ignore[arg-type]  # None only where T has it
        else:
            answer.set_exception(error)

    def do() -> None:
        result: T | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as exc:  # noqa: BLE001 - it is raised where it is awaited
            error = exc
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=do, name=name, daemon=True).start()  # noqa: TID251 - see above: a pool is waited for
    return await answer
