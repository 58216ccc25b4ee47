"""The database file, while no daemon has it open."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.store.database import migrations
from agent.store.inspection import OK, Inspection
from agent.store.pages import commits_after
from agent.system.aside import aside
from agent.system.regular import open_regular

LIMIT_S = 13.0
INSPECT_S = 12.0
"""SQLite reads 30 to 100 MB/s of a card; what is not read by then is not judged."""
LOOK_S = 0.1
MOST_COPIED = 128 << 20
"""Bytes; a card reads as many in 2 to 4 s."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if not pole.dead:
        return say.OPEN_BY_AGENT()
    if pole.limited:
        return pole.limited
    return await _judged(pole.database, tell)


async def _judged(path: Path, tell: Tell) -> str:
    version, wrong = await aside(lambda: _version(path), "database")
    if version < 0:
        return say.NONE_YET()
    if version > len(migrations()):
        tell("version.store", say.SCHEMA_NEWER(file=path, schema=version, known=len(migrations())), "database")
        return ""
    try:
        async with asyncio.timeout(INSPECT_S):
            verdict: str | None = wrong or await _verdict(path)
            if verdict not in {"", OK} and await aside(lambda: commits_after(_log(path), 0) > 0, "log"):
                verdict = await _with_log(path)
    except TimeoutError:
        return say.TOO_LARGE(seconds=INSPECT_S)
    if verdict is None:
        return say.LOG_HOLDS_CHANGES(file=path)
    if verdict and verdict != OK:
        tell("store.damaged", f"{path}: {verdict}", "database")
    return ""


async def _verdict(path: Path) -> str:
    """As ``Inspection.verdict``."""
    inspection = Inspection(path)
    verdict = None
    try:
        while True:
            verdict = inspection.verdict()
            if verdict is not None:
                return verdict
            await asyncio.sleep(LOOK_S)
    finally:
        if verdict is None:
            inspection.stop()


async def _with_log(path: Path) -> str | None:
    """The same of a copy that has taken in the log; None where there is no room for one.

    Without its log a file that a power cut has caught in the middle of a checkpoint looks damaged, and is whole.
    """
    with TemporaryDirectory(prefix="poleagent-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "copy.db"
        wrong = await aside(lambda: _copied(path, copy), "copy")
        return wrong if wrong is None else wrong or await _verdict(copy)


def _copied(path: Path, copy: Path) -> str | None:
    """``copy`` is the file with its log in it; what SQLite has against that, and None where it is too large."""
    try:
        with open_regular(path) as data, open_regular(_log(path)) as log:
            size = os.fstat(data.fileno()).st_size + os.fstat(log.fileno()).st_size
            if size > min(MOST_COPIED, shutil.disk_usage(copy.parent).free // 2):
                return None
            for source, target in ((data, copy), (log, _log(copy))):
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file)
        connection = sqlite3.connect(copy)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError as reason:
        return None if isinstance(reason, sqlite3.OperationalError) else str(reason)
    except OSError:
        return None
    return ""


def _log(path: Path) -> Path:
    return Path(f"{path}-wal")


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
