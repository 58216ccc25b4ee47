"""A camera under the running daemon: its events reach the platform like any sensor's, its frames do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from demo.rig import Rig
from tests.soak.stories import assert_whole, tell, until
from tests.vision.rtsp import Rtsp
from tests.vision.stage import drive, write_video

CAMERA = """
[camera.gate]
source = "{video}"
purpose = "counting cars at the gate"
signage = "sign at the pole"
frame_size = [640, 360]

[camera.gate.line.road]
a = [320, 180]
b = [320, 359]
each = true
"""


def test_a_car_that_crosses_is_reported_to_the_platform_and_the_camera_stands_in_the_status(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(110))

    async def story(rig: Rig) -> None:
        rig.settings.write_text(rig.settings.read_text() + CAMERA.format(video=video))
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["crossing"]), 60.0)
        (camera,) = (await rig.daemon.status()).cameras
        assert (camera.name, camera.size) == ("gate", (640, 360))
        rig.write_settings()
        answer = await rig.daemon.reload()
        assert "camera.gate changed" in answer.applied
        assert (await rig.daemon.status()).cameras == ()

    assert_whole(tell(tmp_path, story))
    state = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"JFIF" not in state
    assert b"IHDR" not in state


STREAM = """
[camera.gate]
source = "{url}"
password_file = "{secret}"
purpose = "counting cars at the gate"
signage = "sign at the pole"
"""


def test_a_refused_password_is_reported_and_put_right_and_stands_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wr0ng-word\n")
    secret.chmod(0o600)

    async def story(rig: Rig) -> None:
        with Rtsp("--auth", "digest", "--password", "s3cret-word") as server:
            rig.settings.write_text(rig.settings.read_text() + STREAM.format(url=server.url("viewer@"), secret=secret))
            await rig.daemon.start()
            await until(lambda: bool(rig.platform.kinds["camera_state"]), 60.0)
            status = await rig.daemon.status()
            assert "refuses the user or the password (authentication)" in status.cameras[0].text
            secret.write_text("s3cret-word\n")
            rig.settings.write_text(rig.settings.read_text() + "fps = 5\n")
            await rig.daemon.reload()
            async with asyncio.timeout(60):
                while (status := await rig.daemon.status()).cameras[0].state != "ok":
                    await asyncio.sleep(0.1)
            shown = msgspec.json.encode(status)
            rig.write_settings()
            await rig.daemon.reload()
        assert b"viewer" not in shown
        for word in (b"wr0ng", b"s3cret"):
            assert word not in shown

    assert_whole(tell(tmp_path, story))
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != secret]
    reported = b"".join(path.read_bytes() for path in files)
    assert b"camera gate: ok" in reported, "the log is searched as well"
    assert b"wr0ng" not in reported
    assert b"s3cret" not in reported


RULE = """
[rule.wrong_way]
severity = "warning"
text = { en = "somebody drives the wrong way", zh = "有车辆逆行" }
any = [{ event = "incident", match = { type = "wrong_way" }, within_s = 3600.0 }]
"""
ZONE = """
[camera.gate]
source = "{video}"
loop = false
purpose = "counting cars at the gate"
signage = "sign at the pole"
frame_size = [640, 360]

[camera.gate.zone.road]
points = [[0, 150], [640, 150], [640, 360], [0, 360]]
way = [-1, 0]
"""


def test_a_reload_that_removes_a_camera_ends_its_incidents_once_and_rules_receive_the_ends(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(60))  # it ends while the car is there
    reported: list[tuple[str, str | None]] = []

    async def story(rig: Rig) -> None:
        def ended() -> list[tuple[str, str | None]]:
            said = [(event.type, msgspec.json.decode(event.data)) for event in rig.platform.newest]
            return [(kind.split(".")[1], body["reason"]) for kind, body in said if body.get("phase") == "end"]

        settings = rig.settings.read_text() + RULE
        rig.settings.write_text(settings + ZONE.format(video=video))
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["alert"]), 120.0)
        rig.settings.write_text(settings)
        await rig.daemon.reload()
        await until(lambda: bool(rig.platform.kinds["settings_change"]), 60.0)
        reported.extend(ended())

    assert_whole(tell(tmp_path, story))
    assert sorted(reported) == [("alert", "settings"), ("incident", "settings")]
