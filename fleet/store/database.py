"""What the platform needs of a database, and the one dialect of SQL that both of its stores speak (docs/adr/0027).

Statements have ``?`` or ``:name`` for values and keep to what SQLite and PostgreSQL share. Where they cannot, there is
a method here, a view of the two schemas (``every``, ``said``, ``listed``, ``model``, and ``coverage`` in PostgreSQL),
or one of the functions ``max``, ``min`` and ``instr`` of SQLite, which the schema of PostgreSQL defines.
Errors are those of ``sqlite3``: ``OperationalError`` where no statement is the cause, such as a full disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import msgspec

from contract.birth import Status
from fleet.store import tables


class ResultRows(Protocol):
    """What a statement gives; a row is read by position, and by name where the connection reads for pages."""

    @property
    def rowcount(self) -> int: ...

    @property
    def description(self) -> Any:
        """A sequence for each column, its name first; None where there are none."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes on the disk, and those of them that are free to be used again."""

    bytes: int
    free_bytes: int


class Standby(msgspec.Struct, frozen=True, kw_only=True):
    """A server that follows this one, and how much of the log it has not replayed; None where this user may not ask."""

    name: str
    state: str
    waited_for: bool
    lag_bytes: int | None = None


class Database(Protocol):
    """One connection. Every method raises ``sqlite3.Error``."""

    @property
    def session(self) -> int:
        """Another number once the connection was made anew: the server may be another one, and know less."""

    def execute(self, query: str, values: Any = (), /) -> ResultRows: ...

    def executemany(self, query: str, rows: Iterable[Any], /) -> ResultRows: ...

    def scan(self, query: str, values: Any = ()) -> Iterator[Any]:
        """The rows one by one, however many there are; other statements may come in between."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of it is on disk at the end, or nothing where an exception ends it."""

    def alone(self) -> None:
        """Until the transaction ends no other process is in a part that begins so."""

    def wake(self) -> None:
        """Once the transaction has ended well, other processes look for what there is to do."""

    def put_segments(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of ``tables.SEGMENT``."""

    def put_seen(self, rows: Sequence[tuple[str, float, int, int, int]]) -> None:
        """Pole, when it was seen, and its day as ``Intake`` counts it."""

    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of the table ``latest``; of a series the newest stays."""

    def put_hours(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows of the table ``hour``, added to what is there."""

    def put_status(self, status: Status, received: float, *, retained: bool) -> None:
        """The status of a pole; of the broker's copy (``retained``) not the time at which the pole was seen.

        It is kept as it was read: a number as the pole wrote it may be none that a question can read.
        """

    def cover(self, rows: Sequence[tuple[str, str, int, int]]) -> None:
        """Pole, epoch, first, last: ranges that are known from now on, in place of those that lie in them."""

    def drop(self, lane: str, before: float) -> tuple[int, int]:
        """Segments, and their events, that went at once of what is older; the rest is to be deleted by row."""

    def make_room(self, lane: str, at: float) -> None:
        """A segment is about to be moved to the time ``at``."""

    def said(self, name: str) -> str:
        """An expression: a text or a number of the column ``status`` of a pole."""

    def sizes(self) -> Sizes: ...

    def standbys(self) -> Sequence[Standby]:
        """Empty where nothing follows, and in a file."""

    def began(self) -> float:
        """When the server started; 0 for a file."""

    def settle(self) -> None:
        """What was deleted leaves the files, as far as the database does that."""

    def close(self) -> None: ...


class SqliteDatabase(sqlite3.Connection):
    """A SQLite file."""

    session = 0

    def scan(self, query: str, values: Any = ()) -> Iterator[Any]:
        return self.execute(query, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self.in_transaction:  # SQLite ends it by itself where the disk is full
                self.execute("ROLLBACK")
            raise

    def alone(self) -> None:
        """Who writes to a file is alone."""

    def wake(self) -> None:
        """There is nobody else."""

    def put_segments(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.executemany(tables.SEGMENT, rows)

    def put_seen(self, rows: Sequence[tuple[str, float, int, int, int]]) -> None:
        self.executemany(tables.SEEN, rows)

    def put_latest(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.executemany(tables.LATEST, rows)

    def put_hours(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.executemany(tables.HOUR, rows)

    def put_status(self, status: Status, received: float, *, retained: bool) -> None:
        keep = tables.STATUS_KEPT if retained else tables.STATUS
        self.execute(keep, (status.pole, received, status.state, msgspec.json.encode(status)))

    def cover(self, rows: Sequence[tuple[str, str, int, int]]) -> None:
        self.executemany("DELETE FROM coverage WHERE pole = ? AND epoch = ? AND first BETWEEN ? AND ?", rows)
        self.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?)", rows)

    def drop(self, lane: str, before: float) -> tuple[int, int]:  # noqa: ARG002  # a file has no partitions
        return 0, 0

    def make_room(self, lane: str, at: float) -> None:
        """A file has room at all times."""

    def said(self, name: str) -> str:
        return f"CASE WHEN json_valid(CAST(status AS TEXT)) THEN json_extract(CAST(status AS TEXT), '$.{name}') END"

    def sizes(self) -> Sizes:
        pages, size, free = (
            int(self.execute(f"PRAGMA main.{name}").fetchone()[0])
            for name in ("page_count", "page_size", "freelist_count")
        )
        return Sizes(bytes=pages * size, free_bytes=free * size)

    def standbys(self) -> Sequence[Standby]:
        return ()

    def began(self) -> float:
        return 0.0

    def settle(self) -> None:
        """Brings the log of writes into the file and empties it; where somebody reads, the next commit does so."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
