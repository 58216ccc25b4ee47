"""The SQLite file of the platform: its versions, and how it is opened."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

from fleet.store.cells import MAIN
from fleet.store.database import Database, SqliteDatabase
from fleet.store.server import Where, driver

VERSIONS = ("schema.sql", "v2.sql", "v3.sql", "v4.sql", "v5.sql")
"""What makes each version out of the one before it."""


def connect(where: Where, cell: str = MAIN) -> Database:
    """What writes what poles of a cell send; raises what ``connect_file`` raises, and ``FleetError``."""
    if isinstance(where, Path):
        return connect_file(where)
    driver()
    from fleet.store.postgres_open import open_writer  # noqa: PLC0415  # psycopg is an extra

    return open_writer(where, cell)


def connect_file(path: Path) -> SqliteDatabase:
    """The file at ``path``, made or brought to this version; each step is one transaction.

    Raises ``sqlite3.Error``, and ``ValueError`` for a newer version. Every commit is on disk (WAL,
    ``synchronous=FULL``).
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=SqliteDatabase)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # packing moves what an erasure could not find any more
        connection.execute("PRAGMA cache_size = -65536")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        _check(path, version)
        for number, name in list(enumerate(VERSIONS, 1))[version:]:
            script = resources.files("fleet.store").joinpath(name).read_text(encoding="utf-8")
            connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: Path, version: int) -> None:
    if version > len(VERSIONS):
        newest = len(VERSIONS)
        raise ValueError(f"{path} is of version {version}, this polefleet knows {newest}: install a newer one")
