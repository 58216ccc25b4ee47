"""Files and disks that never answer take no longer than their limit, and hide nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from agent.doctor import bundle, pole
from agent.doctor.box import Box
from agent.doctor.bundle import write_bundle
from agent.doctor.checks import disk
from agent.doctor.checks import settings as settings_check
from agent.doctor.run import diagnose

TEXT = '[pole]\nid = "a"\n[store]\npath = "{folder}/pole.db"\n[local]\nsocket = "{folder}/s"\n'
PATIENCE_S = 120.0
"""Far more than a diagnosis and a bundle may take together, also on a busy machine."""


def doctor(folder: Path) -> subprocess.CompletedProcess[str]:
    """As a technician calls it, with a bundle."""
    command = [sys.executable, "-m", "agent.cli", "doctor", "--settings", str(folder / "poleagent.toml")]
    return subprocess.run(
        [*command, "--socket", str(folder / "s"), "--bundle", str(folder / "bundle.zip")],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["poleagent.toml", "conf.d/more.toml", "pole.db", "password"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "conf.d").mkdir()
    more = f'[uplink]\nhost = "x"\nusername = "u"\npassword_file = "{tmp_path}/password"\n'
    (tmp_path / "poleagent.toml").write_text(TEXT.format(folder=tmp_path) + more, encoding="utf-8")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    done = doctor(tmp_path)
    assert done.returncode == 1, done.stderr
    with zipfile.ZipFile(tmp_path / "bundle.zip") as packed:
        assert {"diagnosis.json", "settings/poleagent.toml.json", "events.json"} <= set(packed.namelist())


def test_a_disk_that_does_not_answer_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(TEXT.format(folder=tmp_path / "state"), encoding="utf-8")
    never = threading.Event()
    stat, exists, is_dir = Path.stat, Path.exists, Path.is_dir

    def alive(path: Path) -> Path:
        if path in {file, tmp_path / "state"}:
            never.wait()
        return path

    monkeypatch.setattr(Path, "stat", lambda path, **more: stat(alive(path), **more))
    monkeypatch.setattr(Path, "exists", lambda path, **more: exists(alive(path), **more))
    monkeypatch.setattr(Path, "is_dir", lambda path, **more: is_dir(alive(path), **more))
    for module in (disk, settings_check):
        monkeypatch.setattr(module, "LIMIT_S", 0.2)
    monkeypatch.setattr(pole, "SETTINGS_S", 0.2)
    monkeypatch.setattr(pole, "TABLE_S", PATIENCE_S)
    monkeypatch.setattr(bundle, "READ_S", 0.2)
    found = asyncio.run(diagnose(file, Box(), stopped=True, only=frozenset({"settings", "disk"})))
    assert [cause.name for cause in found.causes] == ["doctor.unfinished"] * 2
    monkeypatch.setattr(bundle, "table_of", lambda _: never.wait())
    write_bundle(tmp_path / "bundle.zip", found, file, None)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as packed:
        assert packed.namelist() == ["diagnosis.json"]
