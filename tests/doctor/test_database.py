"""A database that a power cut has left in the middle of something is not called damaged; one that is, is."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from agent.doctor.box import Box
from agent.doctor.checks import database
from agent.doctor.run import diagnose
from agent.store.database import new_database
from agent.store.inspection import OK, inspect
from agent.store.pages import frames
from contract.diagnosis import Diagnosis

PAGE = 4096


@pytest.fixture
def cut(tmp_path: Path, chance: random.Random) -> Path:
    """A database and its log after a power cut that came when a checkpoint had written half of its pages."""
    path, log = tmp_path / "pole.db", tmp_path / "pole.db-wal"
    with new_database(path, 4000):
        pass
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "wal_autocheckpoint = 0", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()

    def rows(first: int, last: int) -> None:
        for key in range(first, last):
            row = (key, 0, f"e{key}", f"kind{key % 7}", "gate", key, 1, 1, 1, 0, chance.randbytes(120))
            connection.execute(f"INSERT INTO event VALUES ({', '.join('?' * len(row))})", row)

    connection.execute("BEGIN")
    rows(0, 2000)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = path.read_bytes()
    connection.execute("BEGIN")
    connection.execute("DELETE FROM event WHERE key < 1000")
    rows(2000, 3500)
    connection.execute("COMMIT")
    shutil.copy(log, tmp_path / "log")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    after = path.read_bytes()
    connection.close()
    half = len(before) // PAGE // 2 * PAGE
    path.write_bytes(after[:half] + before[half:])
    (tmp_path / "log").rename(log)
    return path


def looked_at(path: Path) -> Diagnosis:
    settings = path.with_name("poleagent.toml")
    settings.write_text(
        f'[pole]\nid = "a"\n[store]\npath = "{path}"\n[local]\nsocket = "{path.parent}/s"\n', encoding="utf-8"
    )
    return asyncio.run(diagnose(settings, Box(), stopped=True, only=frozenset({"database"})))


def test_half_a_checkpoint_is_no_damage(cut: Path) -> None:
    before = [each.read_bytes() for each in sorted(cut.parent.iterdir())]
    assert inspect(cut) != OK
    found = looked_at(cut)
    assert found.causes == ()
    assert found.checks[0].why_not == ""
    cut.with_name("poleagent.toml").unlink()
    assert [each.read_bytes() for each in sorted(cut.parent.iterdir())] == before


def test_what_is_damaged_with_its_log_as_well_is_named(cut: Path) -> None:
    in_log = {page for page, _, _ in frames(cut.with_name("pole.db-wal"))}
    data = bytearray(cut.read_bytes())
    alone = [page for page in range(2, len(data) // PAGE + 1) if page not in in_log]
    for page in alone:
        data[(page - 1) * PAGE : (page - 1) * PAGE + 64] = b"\x55" * 64
    cut.write_bytes(data)
    assert alone
    assert [cause.name for cause in looked_at(cut).causes] == ["store.damaged"]


def test_without_room_for_a_copy_nothing_is_said_of_it(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MOST_COPIED", PAGE)
    found = looked_at(cut)
    assert found.causes == ()
    assert "log" in found.checks[0].why_not


def test_damage_without_a_log_is_named(cut: Path) -> None:
    cut.with_name("pole.db-wal").unlink()
    assert [cause.name for cause in looked_at(cut).causes] == ["store.damaged"]
