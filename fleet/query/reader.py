"""Read-only connections to the platform's database, with the desk's file attached."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import resources
from pathlib import Path

from fleet.errors import FleetError, NoSuch
from fleet.store.database import Database, SqliteDatabase
from fleet.store.server import Server, Where, driver

LONGEST_S = 30.0
"""A question that takes longer is given up: a page waits no longer, and the log of writes must not grow for it."""
_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""
_VIEWS = """
CREATE TEMP VIEW every AS
SELECT pole, source, id, kind, type, severity, begin, "end", reason, body FROM main.incident
UNION ALL SELECT pole, source, id, kind, type, severity, begin, "end", reason, body FROM desk.noticed;
CREATE TEMP VIEW readable AS SELECT pole, CAST(status AS TEXT) AS status FROM main.pole
WHERE json_valid(CAST(status AS TEXT));
CREATE TEMP VIEW listed AS
SELECT pole, value AS camera FROM readable, json_each(status, '$.cameras') WHERE type = 'text';
CREATE TEMP VIEW modelled AS
SELECT pole, key || ' ' || value AS model FROM readable, json_each(status, '$.models');
"""
"""Incidents as poles reported them and as the platform noticed them; cameras and models that poles say they have."""


@contextmanager
def reading(where: Where, desk: Where | None = None, longest_s: float = LONGEST_S) -> Iterator[Database]:
    """A connection that cannot write, with the desk's tables as ``desk``.

    Raises ``NoSuch`` where there is no database, and ``FleetError`` for a question that takes too long.
    """
    try:
        with _file(where, desk, longest_s) if isinstance(where, Path) else _server(where, longest_s) as db:
            yield db
    except sqlite3.OperationalError as reason:
        if str(reason) != "interrupted":
            raise
        raise FleetError(f"this takes longer than {longest_s:.0f} s: ask for less") from None


def _server(where: Server, longest_s: float) -> AbstractContextManager[Database]:
    driver()
    from fleet.store.postgres_open import open_reader  # noqa: PLC0415  # psycopg is an extra

    return open_reader(where, longest_s)


@contextmanager
def _file(path: Path, desk: Where | None, longest_s: float) -> Iterator[Database]:
    if not path.is_file():
        raise NoSuch(f"{path} is not there: has `polefleet serve` run in this folder?")
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        factory=SqliteDatabase,
    )
    try:
        connection.row_factory = sqlite3.Row
        _attach(connection, desk if isinstance(desk, Path) and desk.is_file() else None)
        until = time.monotonic() + longest_s
        connection.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS)
        yield connection
    finally:
        connection.close()


def _attach(connection: SqliteDatabase, desk: Path | None) -> None:
    connection.execute("ATTACH ? AS desk", (f"{desk.resolve().as_uri()}?mode=ro" if desk else ":memory:",))
    if desk is None:  # nobody has worked on this database: what is the desk's is empty
        schema = resources.files("fleet.desk").joinpath("desk.sql").read_text(encoding="utf-8")
        for statement in re.findall(r"CREATE TABLE (.*?;\n)", schema, flags=re.DOTALL):
            connection.execute(f"CREATE TABLE desk.{statement}")
    connection.executescript(_VIEWS)
    connection.execute("PRAGMA query_only = ON")
