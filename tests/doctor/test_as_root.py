"""The doctor runs as root over folders of the daemon's user, who may have put anything there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.doctor.box import Box
from agent.doctor.bundle import write_bundle
from agent.doctor.run import diagnose
from contract.diagnosis import Diagnosis


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A pole without a daemon whose database is in ``state``."""
    (tmp_path / "state").mkdir()
    file = tmp_path / "poleagent.toml"
    file.write_text(
        f'[pole]\nid = "a"\n[store]\npath = "{tmp_path}/state/pole.db"\n[local]\nsocket = "{tmp_path}/s"\n',
        encoding="utf-8",
    )
    return file


def diagnosed(settings: Path, only: str) -> Diagnosis:
    return asyncio.run(diagnose(settings, Box(), stopped=True, only=frozenset({only})))


@pytest.mark.parametrize("link", [False, True])
def test_a_bundle_makes_no_database(settings: Path, tmp_path: Path, *, link: bool) -> None:
    database, elsewhere = tmp_path / "state" / "pole.db", tmp_path / "nologin"
    if link:
        database.symlink_to(elsewhere)
    write_bundle(tmp_path / "bundle.zip", diagnosed(settings, "database"), settings, None)
    assert not database.exists()
    assert not elsewhere.exists()
