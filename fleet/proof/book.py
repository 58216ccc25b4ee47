"""What the platform's own check of seals has found, by pole; in a file of its own, which can be made anew any time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from fleet.proof.evidence import ProofFinding
from fleet.proof.judge import PoleProof
from fleet.query.completeness import PoleDays, SealState
from fleet.query.paging import Listed

FILE = "seals.db"
MOST_FINDINGS = 20
"""Of one pole; `polefleet verify` has all."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS checked (after INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pole (
    pole TEXT PRIMARY KEY, at REAL NOT NULL, broken INTEGER NOT NULL, unproven INTEGER NOT NULL, findings TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    pole TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, since REAL NOT NULL, PRIMARY KEY (pole, epoch, seq)
) WITHOUT ROWID;
"""
Name = tuple[str, int]
"""Epoch and number of a seal."""


class SealBook:
    """Each method opens the file for itself: pages, the command line and the watch use it at their own times."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as db, db:
            db.executescript(_SCHEMA)
            yield db

    def states(self, poles: Sequence[str]) -> dict[str, SealState]:
        """Of those of which a seal has come."""
        if not self._path.is_file():
            return {}
        with self._open() as db:
            waiting = {pole for (pole,) in db.execute("SELECT DISTINCT pole FROM waiting")}
            query = "SELECT broken, unproven FROM pole WHERE pole = ?"
            rows = {pole: db.execute(query, (pole,)).fetchone() for pole in poles}
        return {pole: _state(row, waiting=pole in waiting) for pole, row in rows.items() if row or pole in waiting}

    def with_states(self, rows: Listed[PoleDays]) -> Listed[PoleDays]:
        """Each row with what was found of its pole."""
        found = self.states([row.pole for row in rows.items])
        return replace(rows, items=tuple(replace(row, seal=found.get(row.pole, "none")) for row in rows.items))

    def findings(self, pole: str) -> tuple[ProofFinding, ...]:
        if not self._path.is_file():
            return ()
        with self._open() as db:
            row = db.execute("SELECT findings FROM pole WHERE pole = ?", (pole,)).fetchone()
        return msgspec.json.decode(row[0], type=tuple[ProofFinding, ...]) if row else ()

    def after(self) -> int:
        """The newest segment that was looked at."""
        with self._open() as db:
            row = db.execute("SELECT max(after) FROM checked").fetchone()
        return int(row[0] or 0)

    def looked(self, after: int) -> None:
        with self._open() as db:
            db.execute("DELETE FROM checked")
            db.execute("INSERT INTO checked VALUES (?)", (after,))

    def waiting(self) -> dict[str, dict[Name, float]]:
        """Seals whose events have not all come, by pole, and since when."""
        found: dict[str, dict[Name, float]] = {}
        with self._open() as db:
            for pole, epoch, seq, since in db.execute("SELECT pole, epoch, seq, since FROM waiting"):
                found.setdefault(pole, {})[epoch, seq] = since
        return found

    def doubt(self, pole: str, text: str, now: float, name: Name = ("", 0)) -> None:
        """What could not be checked, for a reason of the platform's; a seal of this ``name`` is not looked at again."""
        finding = ProofFinding(pole=pole, epoch=name[0], first=name[1], last=name[1], what="unproven", text=text)
        known = self.findings(pole)
        with self._open() as db:
            db.execute("DELETE FROM waiting WHERE pole = ? AND epoch = ? AND seq = ?", (pole, *name))
            if finding not in known:
                _add(db, pole, (finding,), now)

    def take(self, proof: PoleProof, waits: dict[Name, float], done: Sequence[Name], now: float) -> None:
        """What was found; ``waits`` are seals to be looked at again, ``done`` those that need not be."""
        with self._open() as db:
            if done:
                _add(db, proof.pole, proof.findings, now)
            rows = [(proof.pole, *name) for name in done]
            db.executemany("DELETE FROM waiting WHERE pole = ? AND epoch = ? AND seq = ?", rows)
            later = [(proof.pole, *name, since) for name, since in waits.items()]
            db.executemany("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?)", later)


def _add(db: sqlite3.Connection, pole: str, new: Sequence[ProofFinding], now: float) -> None:
    kinds = [finding.what for finding in new]
    unproven = kinds.count("unproven")
    row = db.execute("SELECT findings FROM pole WHERE pole = ?", (pole,)).fetchone()
    known = msgspec.json.decode(row[0], type=tuple[ProofFinding, ...]) if row else ()
    findings = msgspec.json.encode(tuple(dict.fromkeys((*known, *new)))[:MOST_FINDINGS]).decode()
    order = (
        "INSERT INTO pole VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, "
        "broken = broken + excluded.broken, unproven = unproven + excluded.unproven, findings = excluded.findings"
    )
    db.execute(order, (pole, now, len(kinds) - unproven, unproven, findings))


def _state(row: Any, *, waiting: bool) -> SealState:
    broken, unproven = row or (0, 0)
    return "broken" if broken else "unproven" if unproven else "waiting" if waiting else "verified"
