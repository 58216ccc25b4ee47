"""One connection to PostgreSQL, with the dialect and the errors of ``fleet.store.database``."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import msgspec
import psycopg
from psycopg import ClientCursor, errors
from psycopg.types.json import Json

from contract.birth import Status
from fleet.errors import FleetError
from fleet.store import tables
from fleet.store.database import Sizes, Standby
from fleet.store.partitions import Partitions
from fleet.store.postgres_types import PostgresRow, adapt, named_rows
from fleet.store.server import Server, one_line, parameters

_ALONE = 0x706F6C68
"""Key of an advisory lock: of several processes one changes what is not a message of a pole."""
SCAN_ROWS = 16
"""Rows that are fetched at once of a scan: a packed segment has up to 100 KiB."""
_PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|\?|(?<!:):([a-z_]\w*)|%| INDEXED BY \w+")
_ESCAPES = re.compile(rb"\\(?:u0000|.)", re.DOTALL)
_OF_A_MESSAGE = {"21", "22", "54"}
"""Classes of SQLSTATE of which a value is the cause: two rows with one key, data, a limit (an index entry)."""
_SEGMENT = (
    "COPY segment (pole, epoch, first, last, count, lane, t0, t1, received, body, age, kinds) "
    "FROM STDIN (FORMAT BINARY)"
)
_SEGMENT_TYPES = ("text", "text", *["int8"] * 3, "text", *["float8"] * 3, "bytea", "float8", "text")
_ALL = "SELECT * FROM {rows}"
_SEEN = ("pole text", "seen float8", "day int8", "bytes int8", "refused int8")
_LATEST = ("series int8", "at float8", "value jsonb", "unit text", "quality text")
_HOUR = (
    "series int8",
    "hour int8",
    "count int8",
    *(f"{name} float8" for name in ("sum", "min", "max", "increase", "x", "y")),
)
_COVER = ("pole text", "epoch text", "first int8", "last int8")
_COVERED = (
    "INSERT INTO covered SELECT pole, epoch, range_agg(int8range(first, last, '[]')) FROM {rows} GROUP BY pole, epoch "
    "ON CONFLICT (pole, epoch) DO UPDATE SET numbers = covered.numbers + excluded.numbers"
)


_numbers = itertools.count()
"""Of scans: two may go on at the same time."""


class PostgresDatabase:
    """One connection; made anew where it was lost, but never within a transaction.

    ``prepare(connection)`` is done with each new one. A reader's transaction lasts as long as it does.
    """

    def __init__(self, where: Server, prepare: Any) -> None:
        self._where = where
        self._prepare = prepare
        self._partitions = Partitions()
        self.session = 0
        self._over = False
        self._warned = ""
        self._pg = self._connected()

    def _connected(self) -> psycopg.Connection[PostgresRow]:
        pg = psycopg.connect(
            **parameters(self._where), autocommit=True, cursor_factory=ClientCursor, row_factory=named_rows
        )
        try:
            adapt(pg)
            pg.add_notice_handler(self._noticed)
            self._prepare(pg)
        except BaseException:
            pg.close()
            raise
        return pg

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warned = notice.message_primary or "the server warns"

    def execute(self, query: str, values: Any = ()) -> Any:
        """A statement without values is taken as it is, and is one statement alone."""
        with _translated():
            if values:
                return self._pg.execute(_said(query), values)
            return psycopg.Cursor(self._pg, row_factory=named_rows).execute(query.encode(), prepare=True)

    def executemany(self, query: str, rows: Iterable[Any]) -> Any:
        with _translated():
            cursor = self._pg.cursor()
            cursor.executemany(_said(query), rows)
            return cursor

    def scan(self, query: str, values: Any = ()) -> Iterator[Any]:
        if self._pg.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:  # the writer, on its own
            yield from self.execute(query, values).fetchall()
            return
        with _translated(), psycopg.ServerCursor(self._pg, f"scan{next(_numbers)}", row_factory=named_rows) as cursor:
            cursor.itersize = SCAN_ROWS
            text = ClientCursor(self._pg).mogrify(_said(query), values) if values else query
            yield from cursor.execute(text.encode())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _translated():
            if self._over:  # a thread that outlives its process's parts must not begin anew
                raise sqlite3.OperationalError("this connection was closed")
            if self._pg.closed or self._pg.broken:
                self._pg.close()
                self._partitions.forget()
                self.session += 1
                try:
                    self._pg = self._connected()
                except FleetError as reason:  # somebody has changed the server meanwhile: no message is the cause
                    raise sqlite3.OperationalError(str(reason)) from None
            try:
                with self._pg.transaction():
                    yield
                    self._warned = ""
            except BaseException:
                self._partitions.forget()
                raise
            if self._warned:  # committed here, and perhaps not on the standby: nothing may rely on it
                raise sqlite3.OperationalError(self._warned)

    def alone(self) -> None:
        self.execute("SELECT pg_advisory_xact_lock(?)", (_ALONE,))

    def wake(self) -> None:
        self.execute("NOTIFY polefleet")

    def put_segments(self, rows: Sequence[tuple[Any, ...]]) -> None:
        with _translated():
            self._partitions.make(self._pg, {(row[5], row[7] if row[10] is None else row[10]) for row in rows})
            with psycopg.Cursor(self._pg) as cursor, cursor.copy(_SEGMENT) as copy:
                copy.set_types(_SEGMENT_TYPES)
                for row in rows:
                    copy.write_row(row)

    def put_seen(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._put(
            f"INSERT INTO pole (pole, seen, day, bytes, refused) {_ALL} {tables.SEEN_CHANGES}",
            _SEEN,
            rows,
        )

    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._put(f"INSERT INTO latest {_ALL} {tables.LATEST_CHANGES}", _LATEST, rows)

    def put_hours(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._put(f"INSERT INTO hour {_ALL} {tables.HOUR_CHANGES}", _HOUR, rows)

    def put_status(self, status: Status, received: float, *, retained: bool) -> None:
        keep = tables.STATUS_KEPT if retained else tables.STATUS
        self.execute(keep, (status.pole, received, status.state, _plain(msgspec.json.encode(status)).decode()))

    def cover(self, rows: Sequence[tuple[str, str, int, int]]) -> None:
        self._put(_COVERED, _COVER, rows)

    def _put(self, query: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        """One statement over all rows, which travel as one JSON text: one value to bind, and none to convert here."""
        if not rows:
            return
        names = [column.split()[0] for column in columns]
        text = _plain(msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])).decode()
        with _translated():
            statement = query.format(rows=f"json_to_recordset(%s) AS rows({', '.join(columns)})")
            psycopg.Cursor(self._pg).execute(statement.encode(), (Json(text, dumps=str),))

    def drop(self, lane: str, before: float) -> tuple[int, int]:
        with _translated():
            return self._partitions.drop(self._pg, lane, before)

    def make_room(self, lane: str, at: float) -> None:
        with _translated():
            self._partitions.make(self._pg, {(lane, at)})

    def said(self, name: str) -> str:
        text = f"(status ->> '{name}')"
        return f"CAST({text} AS double precision)" if name in {"latitude", "longitude"} else text

    def sizes(self) -> Sizes:
        query = (
            "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint FROM pg_class JOIN pg_namespace "
            "ON pg_namespace.oid = relnamespace WHERE nspname IN ('polefleet', 'desk') AND relkind = 'r'"
        )
        return Sizes(bytes=self.execute(query).fetchone()[0], free_bytes=0)

    def standbys(self) -> Sequence[Standby]:
        query = (
            "SELECT application_name, coalesce(state, ''), coalesce(sync_state, '') IN ('sync', 'quorum'), "
            "pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM pg_stat_replication ORDER BY 1"
        )
        return [
            Standby(name=name, state=state, waited_for=waited, lag_bytes=lag)
            for name, state, waited, lag in self.execute(query)
        ]

    def began(self) -> float:
        return float(self.execute("SELECT extract(epoch FROM pg_postmaster_start_time())").fetchone()[0])

    def settle(self) -> None:
        """PostgreSQL writes over row versions that nobody sees any more in its own time (autovacuum)."""

    def close(self) -> None:
        """For good."""
        self._over = True
        self._pg.close()


@lru_cache(maxsize=1000)
def _said(query: str) -> bytes:
    """The statement with psycopg's placeholders."""

    def said(part: re.Match[str]) -> str:
        text = part[0]
        if part[1]:
            return f"%({part[1]})s"
        if text.startswith(" INDEXED"):
            return ""
        return {"?": "%s"}.get(text, text.replace("%", "%%"))

    return _PARTS.sub(said, query).encode()


def _plain(text: bytes) -> bytes:
    """JSON without the character 0, which PostgreSQL does not take."""
    if b"\\u0000" not in text:
        return text
    return _ESCAPES.sub(lambda part: rb"\ufffd" if part[0] == rb"\u0000" else part[0], text)


@contextmanager
def _translated() -> Iterator[None]:
    """What goes wrong, as SQLite would say it. ``OperationalError``: no value of a statement is the cause."""
    try:
        yield
    except psycopg.Error as reason:
        text = one_line(reason)
        if isinstance(reason, errors.QueryCanceled):
            raise sqlite3.OperationalError("interrupted") from None
        state = reason.sqlstate or ("22000" if isinstance(reason, psycopg.DataError) else "")
        if state == "23514":  # the week of a segment was dropped by another process: it is made again
            raise sqlite3.OperationalError(text) from None
        if state[:2] == "23":
            raise sqlite3.IntegrityError(text) from None
        if state[:2] in _OF_A_MESSAGE:
            raise sqlite3.DataError(text) from None
        raise sqlite3.OperationalError(text) from None
