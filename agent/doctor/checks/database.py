"""The database file, while no daemon has it open."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.store.database import migrations
from agent.store.inspection import OK, Inspection
from agent.system.aside import aside

LIMIT_S = 13.0
INSPECT_S = 12.0
"""SQLite reads 30 to 100 MB/s of a card; what is not read by then is not judged."""
LOOK_S = 0.1


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if not pole.dead:
        return say.OPEN_BY_AGENT()
    if pole.limited:
        return pole.limited
    path = pole.database
    version, wrong = await aside(lambda: _version(path), "database")
    if version < 0:
        return say.NONE_YET()
    if version > len(migrations()):
        tell("version.store", say.SCHEMA_NEWER(file=path, schema=version, known=len(migrations())), "database")
        return ""
    verdict = wrong or await _verdict(path)
    if verdict is None:
        return say.TOO_LARGE(seconds=INSPECT_S)
    if verdict and verdict != OK:
        tell("store.damaged", f"{path}: {verdict}", "database")
    return ""


async def _verdict(path: Path) -> str | None:
    """As ``Inspection.verdict``; None where it takes too long."""
    inspection = Inspection(path)
    verdict = None
    try:
        for _ in range(round(INSPECT_S / LOOK_S)):
            verdict = inspection.verdict()
            if verdict is not None:
                return verdict
            await asyncio.sleep(LOOK_S)
    finally:
        if verdict is None:
            inspection.stop()
    return None


def _version(path: Path) -> tuple[int, str]:
    """The number of its schema, -1 where there is no such file, and what is wrong; nothing of it is changed."""
    if not path.is_file():
        return -1, ""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0]), ""
        finally:
            connection.close()
    except sqlite3.DatabaseError as reason:
        return 0, "" if isinstance(reason, sqlite3.OperationalError) else str(reason)
