"""What an error of the disk means, and the sentence for the technician."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from agent.store import sentences as say
from contract.words import Sentence

Kind = Literal["full", "broken", "moved", "blocked", "held"]


class Trouble(msgspec.Struct, frozen=True):
    """``kind``: 'full' (room may be made), 'broken' (the file must be set aside), 'moved' (to be opened again),
    'blocked' (only waiting helps), 'held' (so it does, and the connection must be kept meanwhile).
    """

    kind: Kind
    text: str


_VAGUE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}  # of a full quota as well
_OVER_S = 60.0
_log = logging.getLogger(__name__)
_BY_SQLITE: dict[int, tuple[Kind, Sentence]] = {
    sqlite3.SQLITE_FULL: ("full", say.FULL),
    sqlite3.SQLITE_CORRUPT: ("broken", say.DAMAGED),
    sqlite3.SQLITE_NOTADB: ("broken", say.NO_DATABASE),
    sqlite3.SQLITE_CONSTRAINT: ("broken", say.CONTRADICTS),
    sqlite3.SQLITE_READONLY: ("blocked", say.READ_ONLY),
    sqlite3.SQLITE_IOERR: ("blocked", say.DEAD),
    sqlite3.SQLITE_CANTOPEN: ("blocked", say.CANNOT_OPEN),
    sqlite3.SQLITE_BUSY: ("blocked", say.HELD),
    sqlite3.SQLITE_LOCKED: ("blocked", say.HELD),
    sqlite3.SQLITE_PERM: ("blocked", say.FOREIGN),
    sqlite3.SQLITE_AUTH: ("blocked", say.FOREIGN),
    sqlite3.SQLITE_NOLFS: ("blocked", say.TOO_LARGE_A_FILE),
    sqlite3.SQLITE_PROTOCOL: ("blocked", say.HELD),
}
_BY_ERRNO: dict[int, int] = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EPERM: sqlite3.SQLITE_PERM,
    errno.ENOENT: sqlite3.SQLITE_CANTOPEN,
    errno.ENOTDIR: sqlite3.SQLITE_CANTOPEN,
}


class Broken(sqlite3.DatabaseError):
    """The file opens but is not what it should be; ``str()`` says why."""


class Moved(sqlite3.DatabaseError):
    """What belongs to the database is no longer in its place, and all that was committed is in the file again."""


class NoPlace(sqlite3.DatabaseError):
    """The database is no longer in its place, and the disk has no room for another one: only this connection has it."""


def explain(error: sqlite3.Error | OSError, folder: Path) -> Trouble | None:
    """What became of the disk; None where the error is a bug of ours and must be loud."""
    if isinstance(error, Broken):
        return Trouble("broken", str(error))
    if isinstance(error, Moved):
        return Trouble("moved", str(error))
    if isinstance(error, NoPlace):
        return Trouble("held", f"{error}: {say.FULL(folder=folder)}")
    if isinstance(error, OSError):
        code = _code(error)
    else:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the rest of it is detail
        if code in _VAGUE:
            code = _asked(folder) or code
    if code not in _BY_SQLITE:
        return None
    kind, row = _BY_SQLITE[code]
    return Trouble(kind, row(folder=folder))


def _code(error: OSError) -> int:
    return _BY_ERRNO.get(error.errno or 0, sqlite3.SQLITE_IOERR)


def _asked(folder: Path) -> int | None:
    """What the disk says when it is to write a little, and what files say; None where all is well."""
    probe = folder / ".probe"
    try:
        with probe.open("wb", buffering=0) as file:
            file.write(bytes(64 * 1024))
            os.fsync(file.fileno())
    except OSError as error:
        return _code(error)
    finally:
        with suppress(OSError):
            probe.unlink()
    ours = all(os.access(each, os.R_OK | os.W_OK, effective_ids=True) for each in folder.glob("*.db*"))
    return None if ours else sqlite3.SQLITE_PERM


class Spell:
    """Trouble is reported when it begins, and when it has been over for a minute; what comes and goes once."""

    def __init__(self) -> None:
        self._logged: set[str] = set()
        self._well_since: float | None = None

    def bad(self, text: str) -> None:
        self._well_since = None
        if text not in self._logged:
            self._logged.add(text)
            _log.error("the store: %s", text)

    def well(self, now_s: float) -> None:
        """At ``now_s`` of a clock that does not jump nothing is wrong."""
        if not self._logged:
            return
        if self._well_since is None:
            self._well_since = now_s
        elif now_s - self._well_since >= _OVER_S:
            self._logged.clear()
            _log.warning("the store: the disk is in order again")
