"""The file as SQLite sees it: how it is opened, brought to today's schema, and measured."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from agent.store import sentences as say
from agent.store.budget import PAGE, Budget
from agent.store.pages import commits_after
from agent.store.room import ballast, claim_log, lay_out_log, sync_folder
from agent.store.trouble import Broken

APPLICATION_ID = 0x706F6C65  # "pole"
SUFFIXES = ("", "-wal", "-shm", "-journal")
"""What belongs to a database file ``name``, next to it."""
_LOCK_AT, _LOCK_BYTES = 0x40000000, 512
"""Where SQLite locks a file (sqlite.org/fileformat2.html, 1.4: the lock-byte page; os.h: PENDING_BYTE and on)."""
_FLOCK = struct.Struct("hhqqi")
"""struct flock of fcntl(2): type, whence, start, length, pid."""


class Newer(Broken):
    """The file was made by a later version of the agent."""


@cache
def migrations() -> tuple[str, ...]:
    """The schema files, in order: file N brings a database from version N-1 to N."""
    folder = files("agent.store") / "schema"
    return tuple(
        entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".sql")
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; on disk (FULL) when the block is left."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # the first error is the one that counts; closing rolls back as well
            connection.execute("ROLLBACK")
        raise


@contextmanager
def new_database(path: Path, pages: int) -> Iterator[sqlite3.Connection]:
    """A database with today's schema, under construction: nobody may look at it before the block is left.

    Then it is whole and on disk, and its maker gives it its proper name.
    """
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in (f"page_size = {PAGE}", f"max_page_count = {pages}", "journal_mode = OFF", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        migrate(connection)
        yield connection
    finally:
        connection.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def connect(path: Path, budget: Budget) -> sqlite3.Connection:
    """Open or make the database. Raises ``sqlite3.Error`` or ``OSError``; ``Broken`` where it must be set aside.

    The lock is exclusive from the first read to the end of the process: two writers could lose commits (SQLite before
    3.51.3), and a curious visitor with the sqlite3 program would be one. It also spares the shared-memory file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if commits_after(Path(f"{path}-wal"), 0):  # SQLite would take it for the log of the new file
            path.touch()
            raise Broken(say.DATABASE_FILE_GONE_LOG())
        maiden = path.with_name(path.name + ".new")
        with new_database(maiden, budget.pages) as new:  # with free pages, for a disk that others fill on the first day
            new.execute("INSERT INTO state VALUES ('room', zeroblob(?))", (budget.wal,))
            new.execute("DELETE FROM state")
        maiden.rename(path)
        sync_folder(path.parent)
    if path.stat().st_size == 0:  # never by us: SQLite would take it for a new one, and nobody would notice
        raise Broken(say.DATABASE_FILE_EMPTY())
    claim_log(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0, cached_statements=64)
    try:
        connection.text_factory = bytes  # a damaged text must not raise before its checksum was compared
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "journal_mode = WAL",
            "synchronous = FULL",
            "temp_store = MEMORY",
            "cache_size = -1024",
            "wal_autocheckpoint = 0",  # the session checkpoints, so that it knows where a log begins
            f"journal_size_limit = {budget.wal}",
            f"max_page_count = {budget.pages}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        lay_out_log(path, budget.wal)
        migrate(connection)
    except UnicodeDecodeError as error:  # a name in the schema, or SQLite's own complaint about one
        connection.close()
        raise Broken(say.SCHEMA_DAMAGED_2()) from error
    except BaseException:
        connection.close()
        raise
    return connection


def held(path: Path) -> bool:
    """Whether another process holds SQLite's lock on the file: the daemon does as long as it runs. Takes no lock.

    Not for a process that has the file open itself: closing it here would end its locks. OSError: it cannot be asked.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _LOCK_AT, _LOCK_BYTES, 0)
        return bool(_FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))[0] != fcntl.F_UNLCK)
    finally:
        os.close(handle)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step one transaction. Raises ``Newer`` or ``Broken``."""
    version = number(connection, "PRAGMA user_version")
    steps = migrations()
    if version > len(steps):
        raise Newer(say.DATABASE_SCHEMA_VERSION_AGENT(version=version, steps=len(steps)))
    if version and number(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise Broken(say.FILE_SOME_OTHER_PROGRAMS())
    try:
        for index in range(version, len(steps)):
            with transaction(connection):
                for statement in statements(steps[index]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {index + 1}")
        for table in ("meta", "event", "ring", "ring_data", "restamp", "state", "epoch"):
            connection.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608  names of ours
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # a table is missing, or there where it should not be
            raise Broken(say.SCHEMA_DAMAGED(error=error)) from error
        raise


def statements(script: str) -> Iterator[str]:
    """The statements of a schema file; ``executescript`` would commit the transaction around them."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def number(connection: sqlite3.Connection, query: str, parameters: tuple[Any, ...] = ()) -> int:
    """The one number a query gives; 0 for NULL."""
    (value,) = connection.execute(query, parameters).fetchone()
    return int(value or 0)


def used_pages(connection: sqlite3.Connection) -> int:
    """Pages that hold something."""
    return number(connection, "PRAGMA page_count") - number(connection, "PRAGMA freelist_count")


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def inode_of(path: Path) -> int | None:
    """None where there is no file."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def files_size(path: Path) -> int:
    """Bytes of the database with everything that belongs to it."""
    return size_of(ballast(path)) + sum(size_of(Path(f"{path}{suffix}")) for suffix in SUFFIXES)
