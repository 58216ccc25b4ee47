"""Cameras in settings files: what is wrong is reported with its place, and what is right is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.load import check, load

GOOD = """
[pole]
id = "p1"

[camera.gate]
source = "rtsp://viewer@10.0.0.5/stream1"
purpose = "counting cyclists at the bridge"
signage = "sign on the pole at 2 m, both sides"
frame_size = [1280, 720]

[camera.gate.line.bridge]
a = [100, 400]
b = [1200, 420]

[camera.gate.zone.stop]
points = [[0, 600], [400, 600], [400, 720], [0, 720]]
park_s = 120
labels = ["vehicle"]

[camera.gate.gauge.kerb]
marks = [[640, 700, 0.0], [640, 600, 0.3]]
"""


def reported(tmp_path: Path, text: str) -> list[str]:
    page = tmp_path / "poleagent.toml"
    page.write_text(text, encoding="utf-8")
    return [str(problem).removeprefix(f"{page}:") for problem in check(page, {})]


def test_a_camera_is_loaded_with_its_scene(tmp_path: Path) -> None:
    page = tmp_path / "poleagent.toml"
    page.write_text(GOOD, encoding="utf-8")
    camera = load(page, {}).cameras["gate"]
    assert camera.line["bridge"].b == (1200, 420)
    assert camera.zone["stop"].park_s == 120
    assert reported(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("b = [1200, 420]", "b = [1300, 420]", "b: the point [1300, 420] lies outside of a frame of 1280"),
        ("frame_size = [1280, 720]", "", "outside of a frame of 1 x 1 (set 'frame_size' to use pixels)"),
        ("b = [1200, 420]", "b = [100, 400]", "[camera.gate.line.bridge] its ends are the same point"),
        ('labels = ["vehicle"]', 'labels = ["car"]', "expected person, vehicle, two_wheeler, found 'car'"),
        ("[640, 600, 0.3]", "[640, 600, -0.3]", "expected heights that grow, the lowest mark first"),
        ("frame_size =", 'model = "models/x"\nframe_size =', "model: expected the full path of a folder with a"),
        ("frame_size =", 'model = "/nowhere"\nframe_size =', "model: there is no /nowhere/model.toml"),
        ("viewer@", "viewer:secret@", "warning: [camera.gate] source: a password stands in the settings"),
        ("rtsp://viewer", "rstp://viewer", "source: expected a device (/dev/v4l/by-id/...), the full path of"),
        ("rtsp://viewer@10.0.0.5/stream1", "video.mp4", "address that begins with rtsp://, rtsps://, http:// or"),
        ("rtsp://viewer@10.0.0.5/stream1", "tcp://10.0.0.5:99?listen=1", "source: expected a device"),
        ("viewer@10.0.0.5/", "viewer:se/cret@10.0.0.5/", "source: a user or password with '/', '?', '#' or '@' as it"),
        ("viewer@10.0.0.5/stream1", "10.0.0.5/stream1?loginpas=secret", "a password seems to stand in the address"),
        ("stream1", "stream1?pwd={password}", "{password} stands in the address, and there is no 'password_file'"),
        ("rtsp://viewer@10.0.0.5/stream1", "/dev/video0", "source: /dev/video0 may be another camera after a restart"),
        ("signage =", "#", "warning: [camera.gate] does not start: it says no signage."),
        ("park_s = 120", "park_for = 120", "[camera.gate.zone.stop] has no option 'park_for'"),
        ("source =", "#", "[camera.gate] needs 'source'"),
        ("frame_size =", 'password_file = "secret"\nframe_size =', "password_file: expected a full path"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_camera_is_reported_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    problems = reported(tmp_path, GOOD.replace(old, new, 1))
    assert any(says in problem for problem in problems), problems
    assert not any("secret@" in problem for problem in problems)
