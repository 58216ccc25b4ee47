"""Upgrade, write, roll back: an agent that finds a database of a later version delivers all that it holds."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from agent.store.store import open_store
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, reported, settings

ROOT = Path(__file__).resolve().parent.parent.parent
LIFE = Path(__file__).with_name("life.py")
RELEASES = {"0.1": ('VERSION = "0.2.0"', "agent/__init__.py", "^"), "0.2": ("## [0.2.0]", "CHANGELOG.md", "")}
"""Where the history has each release: the commit that brought these words into this file, or the one before."""
LATER = """
ALTER TABLE event ADD COLUMN of_a_later_version TEXT NOT NULL DEFAULT '';
ALTER TABLE ring ADD COLUMN of_a_later_version INTEGER;
CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY, value BLOB) STRICT;
INSERT INTO of_a_later_version VALUES (1, zeroblob(100));
"""


@pytest.mark.fault(
    "A new version of the agent has written the store, and the version before comes back",
    "Every event that waits is delivered under its own name",
)
def test_what_a_later_version_wrote_is_delivered_by_the_version_before(tmp_path: Path) -> None:
    clock = FakeClock()

    async def write() -> list[Row]:
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), number) for number in range(50)])
            await store.flush()
            store.acknowledge([(row.epoch, row.seq) for row in (await store.unsent(Lane.EVENT))[:20]])
        async with open_store(settings(tmp_path), clock, boot) as store:
            return await store.unsent(Lane.EVENT)

    async def read() -> tuple[list[Row], int]:
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), 1000)])
            await store.flush()
            return await store.unsent(Lane.EVENT), store.last_seq

    before = asyncio.run(write())
    with sqlite3.connect(tmp_path / "pole.db", isolation_level=None) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.executescript(LATER)
        database.execute(f"PRAGMA user_version = {version + 1}")
    database.close()
    after, last = asyncio.run(read())
    names = [(row.epoch, row.seq) for row in after]
    assert len(reported(before)) >= 30
    assert {(row.epoch, row.seq, bytes(row.body)) for row in reported(before)} <= {
        (row.epoch, row.seq, bytes(row.body)) for row in after
    }
    assert len(set(names)) == len(names)
    assert last == max(seq for _, seq in names)
    assert len({row.epoch for row in after}) > 1, "what comes then has an epoch of its own"


def released(version: str, folder: Path) -> Path:
    """The code of a release, from the history; skips where this folder has none that reaches so far."""
    words, file, which = RELEASES[version]
    git = ["git", "-C", str(ROOT)]
    if shutil.which("git") is None:
        pytest.skip("needs git")
    log = [*git, "log", "--format=%H", "--reverse", f"-S{words}", "--", file]
    found = subprocess.run(log, capture_output=True, text=True, check=False).stdout.split()
    shallow = [*git, "rev-parse", "--is-shallow-repository"]
    if not found or subprocess.run(shallow, capture_output=True, text=True, check=False).stdout.strip() != "false":
        pytest.skip(f"the history does not reach back to {version}")
    archive = folder / "release.tar"
    what = ["agent", "contract", "tests/__init__.py", "tests/store"]
    subprocess.run([*git, "archive", "-o", str(archive), f"{found[0]}{which}", *what], check=True)
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "release", filter="data")
    return folder / "release"


@pytest.mark.long
@pytest.mark.fault(
    "a database goes from release 0.1 or 0.2 to today's code, back, and forth again, with clean ends or kills",
    "no event is lost, no name stands for two contents",
)
@pytest.mark.parametrize("end", ["clean", "killed"])
@pytest.mark.parametrize("version", RELEASES)
def test_a_real_release_and_today_s_code_lose_nothing_on_each_other_s_database(
    tmp_path: Path, version: str, end: str
) -> None:
    old = released(version, tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    committed: dict[tuple[str, int], str] = {}
    delivered: set[tuple[str, int]] = set()
    numbers: set[int] = set()
    for turn, code in enumerate((old, ROOT, old, ROOT, old, old, ROOT)):
        share = 15 if turn < 6 else 0
        command = [sys.executable, "-P", str(LIFE), str(state), str(turn * 50), "50", str(share), end]
        environment = {**os.environ, "PYTHONPATH": str(code)}
        done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        rows = json.loads(done.stdout)
        waiting = {(epoch, seq): body for epoch, seq, _, body in rows}
        assert len(waiting) == len(rows)
        assert committed.keys() - delivered <= waiting.keys(), (turn, done.stderr)
        for name, body in waiting.items():
            assert committed.setdefault(name, body) == body
        numbers |= {int(json.loads(body)["revision"]) for *_, kind, body in rows if kind == "settings_change"}
        delivered |= {(epoch, seq) for epoch, seq, *_ in rows[:share]}
    assert numbers == set(range(7 * 50))
