"""A camera under the running daemon: its events reach the platform like any sensor's, its pictures do not."""

from __future__ import annotations

from pathlib import Path

from agent.demo.rig import Rig
from tests.soak.stories import assert_whole, tell, until
from tests.vision.stage import drive, write_film

CAMERA = """
[camera.gate]
source = "{film}"
purpose = "counting cars at the gate"
signage = "sign at the pole"
picture = [640, 360]

[camera.gate.line.road]
a = [320, 180]
b = [320, 359]
each = true
"""


def test_a_car_that_crosses_is_told_to_the_platform_and_the_camera_stands_in_the_status(tmp_path: Path) -> None:
    film = write_film(tmp_path / "drive.avi", drive(110))

    async def story(rig: Rig) -> None:
        rig.settings.write_text(rig.settings.read_text() + CAMERA.format(film=film))
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
