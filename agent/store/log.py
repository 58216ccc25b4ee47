"""The write-ahead log of an open database: how much of it is in force, and which file it belongs to.

SQLite takes any log that is whole in itself, also one of another moment of the same file, and mixes the two in silence.
So the first commit of each log gives it an id and names the log before it. A checkpoint always moves the whole log, and
the id with it: a log belongs to a file that knows its id, or the one before. A log says before it is moved that it is
whole, so that an earlier state of it is not taken for it where the file has all of it.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import msgspec

from agent.store.database import transaction
from agent.store.outbox import newest
from agent.store.pages import FRAME, FRAME_HEADER, WAL_HEADER

_SALTS = slice(16, 24)  # of the log's header
_HEAD = struct.Struct(">8x8s8x")


class Tie(msgspec.Struct, frozen=True):
    """What a database says of its log. ``log`` and ``before`` are empty where an earlier version wrote it.

    ``whole``: nothing was written to that log any more.
    """

    log: str
    before: str
    newest: int
    whole: bool


def tie(connection: sqlite3.Connection) -> Tie:
    """Raises ``sqlite3.Error``, or ``ValueError`` for what nobody wrote."""
    log, before = (_meta(connection, "log") or " ").split(" ")
    return Tie(log, before, newest(connection), log != "" and _meta(connection, "whole") == log)


def _meta(connection: sqlite3.Connection, name: str) -> str:
    record = connection.execute("SELECT CAST(value AS TEXT) FROM meta WHERE name = ?", (name,)).fetchone()
    text = record[0] if record else ""
    return text.decode() if isinstance(text, bytes) else str(text)


def tie_without_log(path: Path) -> Tie | None:
    """As the file says by itself; None where it says nothing. Only while it is not open: locks would end."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return None
    try:
        return tie(connection)
    except (sqlite3.Error, ValueError, TypeError, AttributeError):  # of the middle of a checkpoint, or damaged
        return None
    finally:
        connection.close()


def fits(alone: Tie | None, with_log: Tie) -> bool:
    """Whether the log goes on where the file alone ends, or is in it already."""
    if alone is None:
        return True
    if alone.log == with_log.log:
        return alone.newest <= with_log.newest and alone.whole <= with_log.whole
    return alone.log == with_log.before


class Log:
    """The log of one connection."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = Path(f"{path}-wal")
        self._db = connection
        self._begins = True  # with the next commit
        self._salts = b""
        self._frames = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As ``database.transaction``; the only way to write."""
        with transaction(self._db):
            if self._begins:
                log = f"{token_hex(8)} {tie(self._db).log}"
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('log', ?)", (log,))
            yield
        self._begins = False

    def end(self) -> None:
        """Say that the log is whole, in its last transaction."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('whole', ?)", (tie(self._db).log,))

    def settle(self) -> None:
        """What is left of the log before, after a kill or a failure, is all there will ever be of it."""
        found = tie(self._db)
        if found.log and not found.whole:
            with transaction(self._db):
                self.end()
            self._move("RESTART")

    def checkpoint(self, mode: str = "RESTART") -> tuple[int, int, int]:
        """Move the log into the database, so that it begins anew: whether not all, its frames, those moved."""
        if not self._begins:
            with transaction(self._db):
                self.end()
        return self._move(mode)

    def _move(self, mode: str) -> tuple[int, int, int]:
        busy, frames, moved = self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        self._begins = True
        return busy, frames, moved

    def frames(self) -> int:
        """Frames in force; only new ones are looked at."""
        with self.path.open("rb", buffering=0) as file:
            salts = file.read(WAL_HEADER)[_SALTS]
            if salts != self._salts:
                self._salts, self._frames = salts, 0
            while True:
                file.seek(WAL_HEADER + self._frames * FRAME)
                head = file.read(FRAME_HEADER)
                if len(head) < FRAME_HEADER or _HEAD.unpack(head) != (salts,):
                    return self._frames
                self._frames += 1
