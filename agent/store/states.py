"""What stages keep over a restart (``save_state``), in the table ``state``: one row, or parts where it is large."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from agent.config.settings import MIB
from agent.store.budget import PAGE, Budget


class States:
    """Over one connection. ``write`` belongs inside a transaction of the caller's, which stays within the log.

    The parts of a large state go on disk one transaction at a time, next to those of the state before; the last one
    makes them the state. So a power cut in between leaves the state before. Rows: ``NAME`` is a whole state, ``NAME/``
    says which parts are one (``GENERATION COUNT``), ``NAME/GENERATION/INDEX`` is a part. The parts before stay until
    they are written over in turn: SQLite writes zeros over what is deleted, which is as much again.
    """

    def __init__(self, connection: sqlite3.Connection, budget: Budget) -> None:
        self._db = connection
        self._part = part_bytes(budget)
        self._next = 0  # the part of the first large state that comes next
        self._generation = 0

    def need(self, states: Mapping[str, bytes]) -> int:
        """Bytes that the next ``write`` adds to the database for a part."""
        return self._part if any(len(value) > self._part for value in states.values()) else 0

    def write(self, states: Mapping[str, bytes]) -> list[str]:
        """All that are small, and a part of one that is large; returns the names of those that are whole on disk."""
        done = [name for name, value in states.items() if len(value) <= self._part]
        for name in done:
            self._forget(f"{name}/")
            self._put(name, states[name])
        large = next((name for name, value in states.items() if len(value) > self._part), None)
        if large is not None and self._write_part(large, states[large]):
            done.append(large)
        return done

    def _write_part(self, name: str, value: bytes) -> bool:
        if self._next == 0:
            current = self._parts(name)
            self._generation = 1 - current[0] if current else 0
        begin = self._next * self._part
        self._put(f"{name}/{self._generation}/{self._next}", value[begin : begin + self._part])
        self._next += 1
        if begin + self._part < len(value):
            return False
        self._put(f"{name}/", f"{self._generation} {self._next}".encode())
        self._delete(name)
        while self._delete(f"{name}/{self._generation}/{self._next}"):  # of a larger one
            self._next += 1
        self._next = 0
        return True

    def load(self, name: str) -> bytes | None:
        """The state; None where there is none, or a part of it is missing."""
        whole_row, current = self._get(name), self._parts(name)
        if whole_row is not None or current is None:  # a version that knows no parts may have written it since
            return whole_row
        generation, count = current
        parts: list[bytes] = []
        for index in range(count):
            part = self._get(f"{name}/{generation}/{index}")
            if part is None:
                return None
            parts.append(part)
        return b"".join(parts)

    def _parts(self, name: str) -> tuple[int, int] | None:
        """Generation and number of the parts of a state that is kept in parts."""
        generation, _, count = (self._get(f"{name}/") or b"").partition(b" ")
        return (
            (int(generation), int(count)) if generation in {b"0", b"1"} and count.isdigit() and len(count) < 4 else None
        )

    def _get(self, name: str) -> bytes | None:
        record = self._db.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return None if record is None else bytes(record[0])

    def _put(self, name: str, value: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def _delete(self, name: str) -> bool:
        return self._db.execute("DELETE FROM state WHERE name = ?", (name,)).rowcount > 0

    def _forget(self, folder: str) -> None:
        """Delete the row of this name, which ends with a slash, and all below it."""
        self._db.execute("DELETE FROM state WHERE name >= ? AND name < ?", (folder, folder[:-1] + "0"))


def part_bytes(budget: Budget) -> int:
    """The largest part: half of the log, within which a commit must stay, but 1 MiB in any case."""
    return max(MIB, budget.wal // 2)


def most_bytes(budget: Budget) -> int:
    """The largest state: as much as four logs and no more than an eighth of the database, since two lie in it; one
    part in any case.
    """
    return max(part_bytes(budget), min(4 * budget.wal, budget.pages * PAGE // 8))
