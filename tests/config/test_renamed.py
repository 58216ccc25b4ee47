"""A renamed option keeps its old name for one version."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config import load, renamed
from agent.config.problem import SettingsError
from tests.config.fakes import DRIVERS

TEXT = """[pole]
id = "p1"
[line.mast]
port = "/dev/serial/by-id/x"
speed = 4800
"""
SPEED: dict[tuple[str, ...], str] = {("line", "*", "speed"): "baud"}


def settings(folder: Path, text: str) -> Path:
    (folder / "poleagent.toml").write_text(text)
    return folder / "poleagent.toml"


def test_the_old_name_works_and_the_new_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "rename", lambda table: renamed.rename(table, SPEED))
    file = settings(tmp_path, TEXT)
    assert load.load(file, DRIVERS).lines["mast"].baud == 4800
    (warning,) = load.check(file, DRIVERS)
    assert str(warning) == f"{file}:5: warning: [line.mast] speed: is now called 'baud'; this version takes both"


def test_the_frame_size_of_a_camera_keeps_its_old_name(tmp_path: Path) -> None:
    signage = '[camera.gate]\nsource = "rtsp://192.168.1.64/1"\npurpose = "counts"\nsignage = "here"\n'
    file = settings(tmp_path, f'[pole]\nid = "p1"\n{signage}picture = [640, 480]\n')
    assert load.load(file, DRIVERS).cameras["gate"].frame_size == (640, 480)
    (warning,) = load.check(file, DRIVERS)
    assert str(warning) == (
        f"{file}:7: warning: [camera.gate] picture: is now called 'frame_size'; this version takes both"
    )


def test_the_frame_size_of_a_scene_in_its_own_file_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = tmp_path / "scene.toml"
    page.write_text("picture = [640, 480]\n", encoding="utf-8")
    assert load.read_scene(page).frame_size == (640, 480)
    assert [record.message for record in caplog.records] == [
        f"{page}:1: warning: picture: is now called 'frame_size'; this version takes both"
    ]


def test_both_names_at_once_are_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "rename", lambda table: renamed.rename(table, SPEED))
    file = settings(tmp_path, TEXT + "baud = 9600\n")
    with pytest.raises(SettingsError, match="speed: is the old name of 'baud', which stands here too; keep that one"):
        load.load(file, DRIVERS)


def test_shapes_that_are_none_are_left_to_those_who_know_them() -> None:
    for table in ({"line": 3}, {"line": {"mast": 3}}, {"line": {"mast": {"other": 1}}}, {}):
        assert list(renamed.rename(dict(table), SPEED)) == []
