"""The desk's own SQLite file. The ingest's stays with its one writer; this one has its own."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from threading import Lock

from fleet.errors import FleetError
from fleet.store.database import Database, SqliteDatabase
from fleet.store.server import Server, Where, driver

FILE = "desk.db"
VERSIONS = ("desk.sql", "v2.sql", "v3.sql", "v4.sql")
"""What makes each version out of the one before it."""


class DeskFile:
    """Made by ``open_desk``. Any thread may use it; changes happen one after the other."""

    def __init__(self, where: Where, connection: Database) -> None:
        self.where = where
        self._db = connection
        self._lock = Lock()

    @contextmanager
    def change(self) -> Iterator[Database]:
        """A transaction: all of it is on disk at the end, or nothing where an exception ends it."""
        with self._lock, self._db.transaction():
            yield self._db

    def settle(self) -> None:
        """As ``Database.settle``."""
        with self._lock:
            self._db.settle()


@contextmanager
def open_desk(where: Where) -> Iterator[DeskFile]:
    """The desk of the platform in a folder or on a server; raises ``FleetError`` where it cannot be used."""
    with _open_file(where / FILE) if isinstance(where, Path) else _open_server(where) as desk:
        yield desk


@contextmanager
def _open_server(where: Server) -> Iterator[DeskFile]:
    driver()
    from fleet.store import postgres_open  # noqa: PLC0415  # psycopg is an extra

    with contextlib.closing(postgres_open.open_desk(where)) as connection:
        yield DeskFile(where, connection)


@contextmanager
def _open_file(path: Path) -> Iterator[DeskFile]:
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=30, factory=SqliteDatabase
        )
    except sqlite3.Error as reason:
        raise FleetError(f"{path} cannot be used: {reason}") from reason
    try:
        connection.row_factory = sqlite3.Row
        _prepare(connection, path)
        yield DeskFile(path, connection)
    finally:
        connection.close()


def _prepare(connection: SqliteDatabase, path: Path) -> None:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number, name in list(enumerate(VERSIONS, 1))[version:]:
            script = resources.files("fleet.desk").joinpath(name).read_text(encoding="utf-8")
            connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.Error as reason:
        raise FleetError(f"{path} cannot be used: {reason}") from reason
    if version > len(VERSIONS):
        raise FleetError(f"{path} is of version {version}, this polefleet knows {len(VERSIONS)}: install a newer one")
