"""The daemon starts during a trial, whatever the disk says of the count of its starts."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from agent.cli import run
from agent.config.problem import SettingsError
from agent.system import slots as slots_module
from agent.system.slots import Slots, Trial
from contract.release import ReleaseId

STREET = ReleaseId(kind="settings", name="street", number=2)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Of a pole with a revision on trial, which says nothing."""
    page = tmp_path / "poleagent.toml"
    page.write_text(f'[pole]\nid = "SZ-1"\n[store]\npath = "{tmp_path}/state/pole.db"\n', encoding="utf-8")
    slots = Slots(tmp_path / "state")
    slots.place(STREET).mkdir(parents=True)
    slots.begin(Trial(release=STREET, before=None))
    slots.switch("settings", "street", 2)
    return page


@pytest.fixture
def full(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(slots_module, "save", refuse)


@pytest.mark.usefixtures("full")
def test_a_disk_that_is_full_during_a_trial_keeps_no_agent_from_starting(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run._first_settings(settings, {}).pole.id == "SZ-1"
    said = capsys.readouterr().err
    assert "this start during the trial of a release cannot be counted: No space left on device" in said


@pytest.mark.usefixtures("full")
def test_settings_on_trial_that_do_not_load_are_taken_back_although_it_cannot_be_written_down(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (Slots(tmp_path / "state").place(STREET) / "settings.toml").write_text("[report]\nwindow = 1\n", encoding="utf-8")
    assert run._first_settings(settings, {}).pole.id == "SZ-1"
    assert "cannot be taken back: No space left on device" in capsys.readouterr().err
    assert Slots(tmp_path / "state").current("settings", "street") is None


@pytest.mark.usefixtures("full")
def test_settings_of_the_pole_that_do_not_load_are_named(settings: Path, tmp_path: Path) -> None:
    settings.write_text("[pole]\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        run._first_settings(settings, {})
