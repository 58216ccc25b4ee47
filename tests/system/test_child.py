"""A child runs our code, whatever lies in the folder one stands in."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from agent.store.inspection import OK
from agent.system.child import ROOT, command


def test_a_child_runs_our_code_and_not_the_folder_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("agent", "msgspec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('not ours')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sqlite3.connect(tmp_path / "a b.db").close()
    child = subprocess.run(command("agent.store.inspection", "a b.db"), capture_output=True, text=True, check=False)
    assert (child.stdout, child.returncode) == (OK, 0), child.stderr


def test_a_child_that_fails_says_so() -> None:
    child = subprocess.run(command("agent.nowhere"), capture_output=True, text=True, check=False)
    assert child.returncode
    assert "agent.nowhere" in child.stderr


def test_a_module_of_ours_is_started_by_the_launcher_or_isolated() -> None:
    for part in ("agent", "demo", "simulator", "fleet", "release"):
        for file in (ROOT / part).rglob("*.py"):
            started = re.search(
                r"(?<!\"-I\", )\"-m\",\s*\"(agent|simulator|demo|fleet)", file.read_text(encoding="utf-8")
            )
            assert not started, file
