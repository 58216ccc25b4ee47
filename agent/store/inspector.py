"""The integrity check of one open database, next to its work."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from agent.store import sentences as say
from agent.store.inspection import OK, Inspection
from agent.store.log import Log
from agent.store.trouble import Broken


class Inspector:
    """``roomy``: whether the disk has room for a log that grows while the check runs."""

    def __init__(self, path: Path, db: sqlite3.Connection, log: Log, roomy: Callable[[], bool]) -> None:
        self._path = path
        self._db = db
        self._log = log
        self._roomy = roomy
        self._inspection: Inspection | None = None

    @property
    def patient(self) -> bool:
        """Whether an inspection keeps the log growing, on a disk that has room for that."""
        return self._inspection is not None and self._roomy()

    def stop(self) -> None:
        """Gives up an inspection under way."""
        if self._inspection is not None:
            self._inspection.stop()
            self._inspection = None

    def look(self) -> bool:
        """Begin the check, or look after it; True once it is over. Raises ``Broken``.

        It waits where the disk is full: there the log has to begin anew all the time.
        """
        if self._inspection is None:
            if not self._roomy():
                return False
            self._log.checkpoint()
            self._inspection = Inspection(self._path)
        verdict = self._inspection.verdict()
        if verdict is None:
            return False
        self._inspection = None
        if verdict not in {OK, ""}:
            (answer,) = self._db.execute("PRAGMA quick_check(1)").fetchone()  # the other process may be wrong
            if answer != OK.encode():
                raise Broken(say.INTEGRITY_CHECK_FAILED(answer=answer.decode(errors="replace")))
        return True
