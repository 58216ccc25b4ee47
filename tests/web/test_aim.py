"""Aiming: what is drawn becomes settings that hold, comments stay, and every failure leaves all as it was."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AgentError
from agent.web.aim import replaced
from contract.requests import BackgroundArgs, BackgroundResult, NoArgs, ReloadResult
from tests.web.served import served

CAMERA = """
[camera.gate]
source = "rtsp://192.168.1.64/stream1"  # the gate
purpose = "counts vehicles"
signage = "at the pole"
frame_size = [1280, 720]

# the road
[camera.gate.line.road]
a = [100, 500]
b = [1180, 500]
labels = ["vehicle"]

[camera.gate.zone.kerb]
points = [
  [100, 500],
  [600, 500],
  [600, 700],
]
loiter_s = 120.0

[rule.hot]
text = { en = "hot", zh = "热" }
all = [{ quantity = "cabinet_temperature", above = 65.0 }]
"""
DRAWN = {
    "line": {"road": {"a": [0.25, 0.5], "b": [0.75, 0.5]}},
    "zone": {},
    "gauge": {"wall": {"marks": [[0.5, 0.9, 0], [0.5, 0.5, 0.4]]}},
}


async def put(page: Any, scene: Any, camera: str = "gate") -> Any:
    return await page.ask("POST", "/api/save", {"camera": camera, "scene": scene})


def test_what_is_drawn_is_written_in_pixels_and_the_rest_stays(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(tmp_path, more=CAMERA) as page:
            await page.log_in()
            before = page.settings.read_text()
            scenes = (await page.ask("GET", "/api/scenes")).json
            assert scenes["scenes"]["gate"]["line"]["road"]["a"] == [0.0781, 0.6944]
            assert not scenes["can_undo"]
            reply = await put(page, DRAWN)
            assert reply.status == 200, reply.json
            text = page.settings.read_text()
            gate = tomllib.loads(text)["camera"]["gate"]
            assert gate["line"]["road"] == {"a": [320, 360], "b": [960, 360], "labels": ["vehicle"]}
            assert gate["gauge"]["wall"]["marks"] == [[640, 648, 0.0], [640, 360, 0.4]]
            assert "zone" not in gate
            assert "# the gate" in text
            assert "[rule.hot]" in text
            assert (await page.ask("POST", "/api/undo")).json["scenes"]["gate"]["zone"]["kerb"]
            assert page.settings.read_text() == before
            assert (await page.ask("POST", "/api/undo")).status == 409

    asyncio.run(story())


def test_shares_stay_shares_where_the_camera_has_no_frame_size(tmp_path: Path) -> None:
    async def story() -> None:
        async with served(
            tmp_path, more=CAMERA.replace("frame_size = [1280, 720]\n", "").partition("# the road")[0]
        ) as page:
            await page.log_in()
            assert (await put(page, DRAWN)).status == 200
            gate = tomllib.loads(page.settings.read_text())["camera"]["gate"]
            assert gate["line"]["road"]["a"] == [0.25, 0.5]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("scene", "camera", "status"),
    [
        ({"line": {"road": {"a": [0.5, 0.5], "b": [1.5, 0.5]}}}, "gate", 400),
        ({"line": {"Bad Name": {"a": [0, 0], "b": [1, 1]}}}, "gate", 400),
        ({"line": {'x]\n[pole]\nid="y"': {"a": [0, 0], "b": [1, 1]}}}, "gate", 400),
        ({"zone": {"z": {"points": [[0, 0], [1, 1]]}}}, "gate", 400),
        ({"zone": {"z": {"points": [[0, 0], [0, 0], [0, 0]]}}}, "gate", None),
        ({"gauge": {"g": {"marks": [[0.5, 0.5, 1], [0.5, 0.9, 0]]}}}, "gate", None),
        (DRAWN, "none", 409),
        ({"line": {f"l{n}": {"a": [0, 0], "b": [1, 1]} for n in range(17)}}, "gate", 400),
    ],
)
def test_a_drawing_that_cannot_be_changes_nothing(tmp_path: Path, scene: Any, camera: str, status: int | None) -> None:
    async def story() -> None:
        async with served(tmp_path, more=CAMERA) as page:
            await page.log_in()
            before = page.settings.read_text()
            reply = await put(page, scene, camera)
            if status is None and reply.status == 200:
                return  # the settings allow it
            assert reply.status == (status or reply.status)
            assert reply.json["error"]
            assert page.settings.read_text() == before

    asyncio.run(story())


@pytest.mark.parametrize("dead", [True, False])
def test_a_daemon_that_refuses_or_is_gone_leaves_the_settings_as_they_were(tmp_path: Path, dead: bool) -> None:
    async def refuses(_: NoArgs, __: str) -> ReloadResult:
        return ReloadResult(revision="old", problems=("poleagent.toml:3: no",))

    async def story() -> None:
        async with served(tmp_path, more=CAMERA, agent=not dead, reload=refuses) as page:
            await page.log_in()
            before = page.settings.read_text()
            assert (await put(page, DRAWN)).status >= 400
            assert page.settings.read_text() == before
            assert not (await page.ask("GET", "/api/scenes")).json["can_undo"]

    asyncio.run(story())


@pytest.mark.parametrize(
    "drawn",
    [
        "line = { road = { a = [0, 0], b = [1, 1] } }",
        "line.road.a = [0, 0]\nline.road.b = [1, 1]",
    ],
)
def test_what_is_written_in_another_form_is_left_to_a_person(drawn: str) -> None:
    text = f'[camera.gate]\nsource = "/dev/video0"\n{drawn}\n'
    with pytest.raises(AgentError, match="in the file"):
        replaced(text, "gate", "[camera.gate.zone.z]\npoints = [[0, 0], [1, 0], [1, 1]]\n")


def test_another_camera_with_a_longer_name_is_not_touched() -> None:
    other = '[camera.gate2]\nsource = "x"\n\n[camera.gate2.line.a]\na = [0, 0]\nb = [1, 1]\n'
    text = '[camera.gate]\nsource = "y"\n\n[camera.gate.line.a]\na = [0, 0]\nb = [1, 1]\n\n' + other
    found = tomllib.loads(replaced(text, "gate", ""))
    assert found["camera"]["gate"] == {"source": "y"}
    assert found["camera"]["gate2"]["line"]["a"]


def test_a_background_is_passed_on_and_kept_nowhere(tmp_path: Path) -> None:
    async def background(args: BackgroundArgs, _: str) -> BackgroundResult:
        return BackgroundResult(width=320, height=180, jpeg="AAAA" if args.camera == "gate" else "")

    async def story() -> None:
        async with served(tmp_path, more=CAMERA, background=background) as page:
            assert (await page.ask("POST", "/api/background", {"camera": "gate"})).status == 401
            await page.log_in()
            reply = await page.ask("POST", "/api/background", {"camera": "gate"})
            assert reply.json["jpeg"] == "AAAA"
            assert reply.headers["cache-control"] == "no-store"

    asyncio.run(story())
    assert {path.name for path in tmp_path.iterdir()} <= {"poleagent.toml", "c.sock"}
