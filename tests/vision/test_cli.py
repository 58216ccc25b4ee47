"""What people run: test, draw and replay, on a drawn video."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from agent.cli import main
from agent.errors import ConfigError
from agent.vision import replay
from agent.vision.cli import replay_video, vision_draw, vision_test
from tests.vision.stage import ROOT, drive, street, write_video

SCENE = """
frame_size = [640, 360]
[line.gate]
a = [320, 190]
b = [320, 350]
[zone.road]
points = [[0, 190], [640, 190], [640, 350], [0, 350]]
[gauge.wall]
marks = [[30, 170, 0.0], [30, 60, 0.5]]
"""


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "drive.avi", drive(110))


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.toml"
    path.write_text(SCENE, encoding="utf-8")
    return path


@pytest.mark.fault("replay is ended by SIGTERM or SIGKILL", "the process that decodes for it ends as well")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_replay_that_is_ended_leaves_no_process_behind(how: signal.Signals, tmp_path: Path, scene: Path) -> None:
    video = write_video(tmp_path / "long.avi", [street()] * 10)
    slow = f"""
import sys, time
import agent.vision.replay as replay
def steps(*_, **__):
    print("begun", flush=True)
    time.sleep(600)
    yield
replay.steps = steps
from agent.cli import main
main(["replay", "--video", {str(video)!r}, "--scene", {str(scene)!r}])
"""
    command = subprocess.Popen([sys.executable, "-c", slow], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert command.stdout is not None
    assert command.stdout.readline() == "begun\n"
    listed = subprocess.run(["pgrep", "-P", str(command.pid)], capture_output=True, text=True, check=True)
    child = Path("/proc") / listed.stdout.split()[0]
    command.send_signal(how)
    command.wait()
    command.stdout.close()
    end_s = time.monotonic() + 120
    while child.exists() and (child / "stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end_s
        time.sleep(0.02)  # noqa: TID251


def test_a_camera_test_says_how_fast_it_is_and_what_it_sees(video: Path) -> None:
    text = "\n".join(vision_test(str(video), {}, seconds=20))
    assert "frame           640 x 360" in text
    assert "per second" in text
    assert "vehicle" in text


@pytest.mark.parametrize(
    ("busy_s", "inference_ms", "says"),
    [
        (0.5, 5.0, "looks           10.0 per second"),
        (18.2, 200.0, "set budget = 3.9"),
        (20.0, 5.0, "choose a lower fps"),
    ],
)
def test_a_camera_test_says_what_this_box_can_do_and_what_to_change(
    busy_s: float, inference_ms: float, says: str, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speed = replay.Speed(90, 10.0, busy_s, 90, inference_ms, (640, 360), {})
    monkeypatch.setattr(replay, "measure", lambda *_: speed)
    text = "\n".join(vision_test(str(video), {}))
    assert "90 frames in 10.0 s: 9.0 per second" in text
    assert says in text
    assert all(f"expect          {label}" in text for label in ("person", "vehicle", "two_wheeler"))


def test_replay_tells_the_crossing_as_lines_of_json_and_as_words(video: Path, scene: Path) -> None:
    rows = [json.loads(line) for line in replay_video(video, scene, jsonl=True)]
    assert [row["kind"] for row in rows].count("crossing") == 1
    assert any("crossing" in line and "line=gate" in line for line in replay_video(video, scene))


def test_a_drawing_shows_the_scene_and_hides_who_is_in_it(video: Path, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    (line,) = vision_draw(str(video), {}, out, scene=scene, at_s=5.0)
    assert line == f"{out}: 1 lines, 1 zones, 1 gauges, 1 objects"
    frame: Any = cv2.imread(str(out))
    assert frame.shape == (360, 640, 3)
    changed = np.abs(frame.astype(int) - street()).max(axis=2) > 60
    assert changed[200:340, 318:323].mean() > 0.5, "the line is drawn"


def test_what_is_neither_camera_nor_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a camera of the settings"):
        list(vision_test("gaet", {}))


def test_a_drawing_that_cannot_be_written_says_why(video: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        list(vision_draw(str(video), {}, tmp_path / "no" / "out.png"))


def poleagent(*words: str | Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as people start it: it forks, and here libraries have threads by now."""
    code = f"import sys\nfrom agent.cli import main\n{before}\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_line_replays_a_video(video: Path, scene: Path) -> None:
    replayed = poleagent("replay", "--video", video, "--scene", scene, "--jsonl")
    assert replayed.returncode == 0, replayed.stderr
    assert "crossing" in [json.loads(line)["kind"] for line in replayed.stdout.splitlines()]
    refused = poleagent("replay", "--video", video)
    assert refused.returncode == 78
    assert "needs --scene FILE" in refused.stderr


def test_the_command_line_draws_and_tests_a_video_without_settings(video: Path, scene: Path, tmp_path: Path) -> None:
    none, out = tmp_path / "none.toml", tmp_path / "out.png"
    drawn = poleagent("vision", "draw", video, "--scene", scene, "--out", out, "--settings", none)
    assert drawn.returncode == 0, drawn.stderr
    assert out.is_file()
    tested = poleagent("vision", "test", video, "--seconds", "2", "--settings", none)
    assert tested.returncode == 0, tested.stderr
    assert "per second" in tested.stdout


def test_a_usb_camera_that_is_not_there_is_reported_without_any_settings(tmp_path: Path) -> None:
    tested = poleagent("vision", "test", "/dev/video98", "--settings", tmp_path / "none.toml")
    assert tested.returncode != 0
    assert "there is no /dev/video98; " in tested.stderr


@pytest.mark.parametrize("command", [["vision", "test"], ["vision", "draw", "--out", "x.png"], ["replay", "--video"]])
@pytest.mark.fault("a broken video aborts the decoder", "the command ends with a sentence")
def test_a_video_that_aborts_the_decoder_ends_in_a_sentence(command: list[str], video: Path, scene: Path) -> None:
    abort = "import os\nfrom agent.vision import source\nsource.open_file = lambda *_: os.abort()"
    ended = poleagent(*command, video, "--scene", scene, before=abort)
    assert ended.returncode == 1
    assert re.match(r"the decoder gave up on this video \(SIG[A-Z]+\)", ended.stderr)


@pytest.mark.parametrize("seconds", ["-5", "nan", "x"])
def test_a_time_that_cannot_be_is_refused(seconds: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["vision", "test", "x.mp4", "--seconds", seconds])
    assert f"argument --seconds: {seconds} is n" in capfd.readouterr().err
