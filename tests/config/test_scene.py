"""A scene in a file of its own is checked as the settings are: each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.load import read_scene
from agent.config.problem import SettingsError
from agent.config.scene import SceneSettings

LINE = "[line.gate]\na = [0.1, 0.5]\nb = [0.9, 0.5]\n"
ZONE = "[zone.road]\npoints = [[0, 0], [1, 0], [1, 1]]\n"
GAUGE = "[gauge.kerb]\nmarks = [[0.5, 0.9, 0.0], [0.5, 0.5, 0.3]]\n"


def test_a_scene_is_what_stands_under_a_camera(tmp_path: Path) -> None:
    page = tmp_path / "scene.toml"
    page.write_text("fps = 5\n" + LINE + ZONE + GAUGE, encoding="utf-8")
    scene = read_scene(page)
    assert isinstance(scene, SceneSettings)
    assert (scene.fps, list(scene.line), list(scene.zone), list(scene.gauge)) == (5, ["gate"], ["road"], ["kerb"])


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("[line.gate]\na = [0, 0]\n", ":1: [line.gate] needs 'b'"),
        ("[lne.gate]\n", ":1: this file has no option 'lne'; did you mean 'line'?"),
        ("frame_size = [0, 0]\n", ":1: frame_size: expected the width and the height"),
        (LINE.replace("0.9", "0.1"), ":1: [line.gate] its ends are the same point"),
        (LINE.replace("0.9", "300"), ":3: [line.gate] b: the point [300, 0.5] lies outside of a frame of 1 x 1"),
        ("fps = 9\n" + LINE.replace("0.9", "nan"), ":4: [line.gate] b"),
        (LINE + 'labels = ["car"]\n', ":4: [line.gate] labels: expected person, vehicle, two_wheeler, found 'car'"),
        (ZONE.replace("[1, 1]", "[0.5, 0]"), ":2: [zone.road] points: nothing is inside"),
        (ZONE + "way = [0, 0]\n", ":3: [zone.road] way: [0, 0] is no direction"),
        (GAUGE.replace("0.3]", "-1.0]"), ":2: [gauge.kerb] marks: expected heights that grow"),
        (GAUGE.replace("[0.5, 0.5,", "[0.5, 0.9,"), ":2: [gauge.kerb] marks: two marks lie at the same point"),
        (GAUGE + "wet_m = 0.2\n", ": [gauge.kerb] flood_m: expected more than wet_m = 0.2"),
    ],
)
def test_each_mistake_is_reported_with_its_line(text: str, reported: str, tmp_path: Path) -> None:
    page = tmp_path / "scene.toml"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read_scene(page)
    assert f"{page}{reported}" in str(raised.value) or (reported.startswith(": ") and reported[2:] in str(raised.value))


def test_bytes_that_are_no_text_and_a_file_that_is_not_there_are_reported(tmp_path: Path) -> None:
    (tmp_path / "scene.toml").write_bytes(b"\xc4")
    with pytest.raises(SettingsError, match="byte 0xC4 is not UTF-8 text"):
        read_scene(tmp_path / "scene.toml")
    with pytest.raises(SettingsError, match=r"none\.toml"):
        read_scene(tmp_path / "none.toml")


def test_what_lies_in_a_conf_d_next_to_it_is_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.toml").write_text("[pole]\nid = 'x'\n", encoding="utf-8")
    (tmp_path / "scene.toml").write_text(LINE, encoding="utf-8")
    assert list(read_scene(tmp_path / "scene.toml").line) == ["gate"]
