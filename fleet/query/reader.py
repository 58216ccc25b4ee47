"""Read-only connections to the platform's database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleet.errors import NoSuch

LONGEST_S = 30.0
"""A question that takes longer is given up: a page waits no longer, and the log of writes must not grow for it."""
_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write. Raises ``NoSuch`` where there is no database."""
    if not path.is_file():
        raise NoSuch(f"{path} is not there: has `polefleet serve` run in this folder?")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA query_only = ON")
        until = time.monotonic() + LONGEST_S
        connection.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS)
        yield connection
    finally:
        connection.close()
