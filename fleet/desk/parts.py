"""What each process of a platform with roles says of its parts, so that the pages of another one can show it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Never

import msgspec

from fleet.desk.file import DeskFile
from fleet.errors import FleetError

EVERY_S = 10.0
_PUT = (
    "INSERT INTO part VALUES (?, ?, ?, ?) ON CONFLICT (cell, part) DO UPDATE SET at = excluded.at, body = excluded.body"
)


async def keep_saying(
    desk: DeskFile, cell: str, health: Callable[[], Mapping[str, object]], now: Callable[[], datetime]
) -> Never:
    """Says it for ever; ends by cancellation only. It has a connection of its own: a commit that hangs is said too."""
    while True:
        rows = [(cell, part, now().timestamp(), msgspec.json.encode(each).decode()) for part, each in health().items()]
        with contextlib.suppress(sqlite3.Error, FleetError):  # who reads the table sees that nothing is said
            await asyncio.to_thread(_say, desk, rows)
        await asyncio.sleep(EVERY_S)


def forget_all(desk: DeskFile) -> None:
    """For a platform of one process: what others said before is of parts that do not run any more."""
    with desk.change() as db:
        db.execute("DELETE FROM part")


def _say(desk: DeskFile, rows: list[tuple[str, str, float, str]]) -> None:
    with desk.change() as db:
        db.executemany(_PUT, rows)
