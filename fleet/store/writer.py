"""The one thread that writes to the platform's store, for all parts that do."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from fleet.errors import FleetError
from fleet.store.cells import MAIN
from fleet.store.database import Database
from fleet.store.intake import MOST_BYTES
from fleet.store.server import Where
from fleet.store.sqlite import FleetStore, open_store

T = TypeVar("T")


class StoreWriter:
    """Runs what it is given on the store's thread, one after the other; made by ``open_writer``."""

    def __init__(self, store: FleetStore, thread: ThreadPoolExecutor) -> None:
        self._store = store
        self._thread = thread

    async def call(self, use: Callable[[FleetStore], T]) -> T:
        """``use(store)``; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, use, self._store)

    async def settle(self) -> None:
        """As ``Database.settle``."""
        await self.call(lambda store: store.database.settle())

    async def do(self, change: Callable[[Database], T]) -> T:
        """``change(db)`` in a transaction of its own: all of it is on disk when this returns, or nothing is."""
        return await self.call(lambda store: store.change(change))


@asynccontextmanager
async def open_writer(where: Where, most_bytes: int = MOST_BYTES, cell: str = MAIN) -> AsyncIterator[StoreWriter]:
    """The store at ``where``, for the poles of a cell; made where there is none.

    Raises ``FleetError`` where it cannot be used.
    """
    with ThreadPoolExecutor(1, "store") as thread:
        loop = asyncio.get_running_loop()
        opened = open_store(where, most_bytes, cell)
        try:
            store = await loop.run_in_executor(thread, opened.__enter__)
        except (sqlite3.Error, ValueError) as reason:
            raise FleetError(f"{where} cannot be used: {reason}") from reason
        try:
            yield StoreWriter(store, thread)
        finally:
            await loop.run_in_executor(thread, opened.__exit__, None, None, None)
