"""Connections to the platform's database in PostgreSQL: its versions, who may write, and how it is opened."""

from __future__ import annotations

import atexit
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from threading import Lock
from typing import Any

import psycopg
from psycopg import errors

from fleet.errors import FleetError, NoSuch
from fleet.store.cells import MAIN
from fleet.store.postgres import PostgresDatabase
from fleet.store.server import CREATE, OLDEST, Server, refusal

VERSIONS = (("postgres.sql", "postgres_desk.sql"), ("postgres_v2.sql",), ("postgres_v3.sql",))
"""What makes each version out of the one before it."""
_WRITER, _MAKER = 0x706F6C65, 0x706F6C66
"""Keys of advisory locks: who writes what poles send, together with the cell; who brings the schemas to this version.

The first alone was what versions before the cells held: they and this one keep each other out.
"""
WAIT_S = 15
"""A writer that was killed may have left a session, which ends once the server sees that nobody is there."""
IDLE = 4
"""Connections of readers that wait for the next question: a new one costs the server a process."""
_PATH = "SET search_path = polefleet, desk, pg_catalog"
_Raw = psycopg.Connection[Any]


def open_writer(where: Server, cell: str = MAIN) -> PostgresDatabase:
    """What writes what poles of a cell send; raises ``FleetError``, also where another process has the cell."""

    def prepare(pg: _Raw) -> None:
        pg.execute("SET synchronous_commit = on")
        pg.execute("SET statement_timeout = 0")
        pg.execute("SET tcp_keepalives_idle = 30")
        pg.execute("SET tcp_keepalives_interval = 10")
        pg.execute("SET tcp_keepalives_count = 3")
        pg.execute(f"SET lock_timeout = '{WAIT_S}s'".encode())
        try:
            pg.execute(f"SELECT pg_advisory_lock_shared({_WRITER})".encode())
            pg.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (_WRITER, cell))
        except errors.LockNotAvailable:
            raise errors.ObjectInUse(f"another polefleet writes as cell {cell} to {where}: stop it first") from None
        pg.execute("SET lock_timeout = 0")
        _prepare(pg, where)  # not before: one of an older version must not find other tables under its hands

    return _opened(where, prepare)


def open_desk(where: Server) -> PostgresDatabase:
    """A connection for what people add; raises ``FleetError``."""
    return _opened(where, lambda pg: _prepare(pg, where))


@contextmanager
def open_reader(where: Server, longest_s: float) -> Iterator[PostgresDatabase]:
    """A connection that cannot write, one of before where one is idle; raises ``FleetError`` and ``NoSuch``."""

    def prepare(pg: _Raw) -> None:
        if _version(pg) is None:
            raise NoSuch(f"{where} has no tables of polefleet: has `polefleet serve` run with it?")
        pg.execute(_PATH)
        pg.execute(f"SET statement_timeout = {int(longest_s * 1000)}".encode())

    db = _readers.take((where, longest_s)) or _begun(_opened(where, prepare))
    try:
        yield db
    finally:
        _readers.give((where, longest_s), db)


def _begun(db: PostgresDatabase) -> PostgresDatabase:
    db.execute("BEGIN READ ONLY")
    db.execute("SELECT 1")  # from here on it cannot be made one that writes
    return db


class IdleReaders:
    """The newest ``IDLE`` connections that have answered a question, of any server. Any thread may take and give."""

    def __init__(self) -> None:
        self._idle: list[tuple[tuple[Server, float], PostgresDatabase]] = []
        self._lock = Lock()

    def take(self, key: tuple[Server, float]) -> PostgresDatabase | None:
        """One whose transaction has begun; None where none is idle, or the server has ended it."""
        with self._lock:
            at = next((at for at, (name, _) in enumerate(self._idle) if name == key), None)
            db = None if at is None else self._idle.pop(at)[1]
        try:
            return db and _begun(db)
        except sqlite3.Error:
            if db is not None:
                db.close()
            return None

    def give(self, key: tuple[Server, float], db: PostgresDatabase) -> None:
        try:
            db.execute("ROLLBACK")
        except sqlite3.Error:
            db.close()
            return
        with self._lock:
            self._idle.append((key, db))
            over = self._idle[:-IDLE]
            del self._idle[:-IDLE]
        for _, each in over:
            each.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, db in idle:
            db.close()


_readers = IdleReaders()
atexit.register(_readers.close)


def _opened(where: Server, prepare: Any) -> PostgresDatabase:
    try:
        return PostgresDatabase(where, prepare)
    except errors.ObjectInUse as reason:
        raise FleetError(str(reason)) from None
    except errors.InsufficientPrivilege as reason:
        raise FleetError(
            f"the store {where} cannot be used: {reason.diag.message_primary}; make polefleet's user its owner: "
            "ALTER DATABASE ... OWNER TO ..."
        ) from None
    except psycopg.Error as reason:
        raise refusal(where, reason) from None


def _prepare(pg: _Raw, where: Server) -> None:
    """Brings the schemas to this version; each step is one transaction."""
    if pg.info.server_version < OLDEST * 10_000:
        raise FleetError(f"{where} is PostgreSQL {pg.info.server_version // 10_000}: polefleet needs {OLDEST} or newer")
    encoding = pg.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise FleetError(f"{where} is encoded in {encoding}, and names need UTF8: make another one with {CREATE}")
    found = _version(pg)
    if found is not None and found > len(VERSIONS):
        raise FleetError(f"{where} is of version {found}, this polefleet knows {len(VERSIONS)}: install a newer one")
    if found != len(VERSIONS):
        with pg.transaction():
            pg.execute(f"SELECT pg_advisory_xact_lock({_MAKER})".encode())
            _bring(pg, _version(pg))
    pg.execute(_PATH)


def _bring(pg: _Raw, found: int | None) -> None:
    if found is None:
        for name in ("polefleet", "desk"):
            pg.execute(f"CREATE SCHEMA {name}".encode())
        pg.execute("CREATE TABLE polefleet.version (number integer NOT NULL)")
        pg.execute("INSERT INTO polefleet.version VALUES (0)")
    pg.execute("SET LOCAL search_path = polefleet, desk, pg_catalog")
    for number, names in list(enumerate(VERSIONS, 1))[found or 0 :]:
        for name in names:
            pg.execute(resources.files("fleet.store").joinpath(name).read_bytes())
        pg.execute("UPDATE polefleet.version SET number = %s", (number,))


def _version(pg: _Raw) -> int | None:
    """None where there are no tables yet."""
    (there,) = pg.execute("SELECT to_regclass('polefleet.version') IS NOT NULL").fetchone() or (False,)
    if not there:
        return None
    (number,) = pg.execute("SELECT number FROM polefleet.version").fetchone() or (0,)
    return int(number)
