"""A commit that fails for one message must not keep the others from the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from fleet.store.messages import Committed, Inbox, together
from fleet.store.sqlite import FleetStore

_WORLD = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes of which no message is the cause (sqlite.org/rescode.html)."""


def commit(store: FleetStore, messages: Sequence[Inbox]) -> Committed:
    """Stores ``messages``; one that cannot be stored is found by halving and goes to the quarantine.

    Raises ``sqlite3.Error`` where the disk is the cause; then some may be stored, and come again as repeats.
    """
    if not messages:
        return Committed()
    try:
        return store.commit(messages)
    except sqlite3.Error as reason:
        if of_the_world(reason):
            raise
        cause: Exception = reason
    except Exception as reason:  # noqa: BLE001  # whatever it is, the other poles go on
        cause = reason
    if len(messages) == 1:
        return store.refuse(messages[0], f"cannot be stored: {type(cause).__name__}: {cause}")
    half = len(messages) // 2
    return together(commit(store, messages[:half]), commit(store, messages[half:]))


def of_the_world(reason: sqlite3.Error) -> bool:
    """Whether the disk or another process is the cause."""
    code = getattr(reason, "sqlite_errorcode", None)
    return isinstance(reason, sqlite3.OperationalError) if code is None else code & 0xFF in _WORLD
