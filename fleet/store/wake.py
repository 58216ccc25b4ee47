"""Another process has something for this one: a word by way of PostgreSQL (NOTIFY), which may get lost without harm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Never

import psycopg

from fleet.store.server import Server, parameters

AGAIN_S = 5.0
"""Pause after a lost connection; what was said meanwhile is found with the next look."""


async def listen(where: Server, woken: Callable[[], None]) -> Never:
    """Calls ``woken`` after each ``Database.wake`` of any process. Ends by cancellation only."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**parameters(where), autocommit=True) as pg:
                await pg.execute("LISTEN polefleet")
                woken()
                async for _ in pg.notifies():
                    woken()
        except psycopg.Error:
            await asyncio.sleep(AGAIN_S)
