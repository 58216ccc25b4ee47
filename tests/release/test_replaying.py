"""What a release changes on recorded data, by the agent's own replay in a child."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release.cli import main
from release.packing import pack, put
from tests.release.desks import model_folder, new_desk, settings_folder
from tests.vision.stage import drive, write_video

START = datetime(2026, 1, 1, tzinfo=UTC)


def recorded(path: Path) -> Path:
    """A day of a temperature that leaves its range once."""
    rows = ["timestamp,temperature"]
    for minute in range(0, 1440, 5):
        value = 99.0 if minute == 700 else round(15 + 5 * math.sin(minute / 1440 * math.tau) + minute % 7 / 50, 2)
        rows.append(f"{START + timedelta(minutes=minute)},{value}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_settings_that_look_away_report_less(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = new_desk(tmp_path / "desk")
    put(desk, *pack(settings_folder(tmp_path / "street", "[check]\nenabled = false\n"), desk, None))
    today = tmp_path / "poleagent.toml"
    today.write_text(
        '[pole]\nid = "SZ-1"\n[store]\npath = "/nowhere/pole.db"\n[report]\nwindow_s = 30\n', encoding="utf-8"
    )
    bundle = desk.bundle("settings/street/1.zip")
    words = ["replay", str(bundle), "--readings", str(recorded(tmp_path / "a.csv")), "--settings", str(today)]
    assert main(words) == 0
    assert "sensor_fault: 0 instead of 2" in capsys.readouterr().out
    assert main(["replay", str(bundle)]) == 1
    assert "give --video with --scene" in capsys.readouterr().err


def test_a_model_that_is_sure_of_nothing_counts_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = model_folder(tmp_path / "crops")
    page = (folder / "model.toml").read_text(encoding="utf-8")
    page = page.replace("score = 0.4", "score = 0.999").replace("sure = 0.5", "sure = 0.999")
    (folder / "model.toml").write_text(page, encoding="utf-8")
    desk = new_desk(tmp_path / "desk")
    put(desk, *pack(folder, desk, None))
    bundle = str(desk.bundle("models/crops/1.zip"))
    video = write_video(tmp_path / "drive.avi", drive(110))
    scene = tmp_path / "scene.toml"
    scene.write_text("frame_size = [640, 360]\n[line.gate]\na = [320, 190]\nb = [320, 350]\n", encoding="utf-8")
    assert main(["replay", bundle, "--video", str(video), "--scene", str(scene)]) == 0
    out = capsys.readouterr().out
    assert "crossing: 0 instead of" in out
    assert main(["replay", str(tmp_path / "none.zip"), "--video", str(video), "--scene", str(scene)]) == 1
    assert "none.zip cannot be read: No such file or directory" in capsys.readouterr().err
