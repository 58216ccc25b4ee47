"""A stop that Python 3.11 has swallowed."""

from __future__ import annotations

import asyncio


def stop_if_asked() -> None:
    """Raises CancelledError where this task was cancelled and nothing has raised it.

    That happens where the cancellation comes in the moment in which what was waited for is there (``wait_for``), or a
    link is lost (``TaskGroup``): both tell the other thing, and the stop would wait for the next time-out.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
