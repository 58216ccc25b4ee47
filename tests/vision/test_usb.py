"""USB cameras by V4L2: our own process over an emulated camera that can misbehave."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from pathlib import Path

import pytest

from agent.vision.usb import why_closed
from tests.vision.test_camera import settings, watched
from tests.vision.usb import LASTING, NUMBERED, UsbCamera

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

LOOK = """
import json, statistics, time
from itertools import pairwise
from agent.vision.capture import newest
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from tests.vision.rtsp import age_ms
with newest(Source({source!r}), StreamLimits(5.0, 3.0, {fps}, {size})) as reader:
    reader.take(3.0)
    times = [(reader.take(3.0), time.monotonic())[1] for _ in range(16)]
    rate = 1 / statistics.median(b - a for a, b in pairwise(times))
    for _ in range(10):
        time.sleep(1.0)
        late = reader.take(3.0).frame
        if age_ms(late) < 700:
            break
    code = reader._stream.close.__self__.mode.code.to_bytes(4, "little").decode()
print(json.dumps([list(late.shape[1::-1]), code, rate, age_ms(late)]))
"""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> UsbCamera:
    return UsbCamera(tmp_path_factory.mktemp("usb"))


@pytest.mark.parametrize(
    ("fault", "fps", "size", "gives"),
    [
        ("", 30, None, ([640, 480], "YUYV")),
        ("", 5, (1280, 720), ([1280, 720], "YUYV")),
        ("", 15, (1280, 720), ([1280, 720], "MJPG")),
        ("mjpg-only", 15, (640, 480), ([640, 480], "MJPG")),
        ("yuyv-only", 15, (1280, 720), ([1280, 720], "YUYV")),
        ("", 15, (1920, 1080), ([1280, 720], "MJPG")),
    ],
)
def test_a_camera_is_asked_for_the_size_and_the_rate_and_for_jpeg_where_that_is_needed(
    camera: UsbCamera, fault: str, fps: int, size: tuple[int, int] | None, gives: tuple[list[int], str]
) -> None:
    camera.fault(fault)
    shape, code, rate, age_ms = json.loads(camera.run(LOOK.format(source=LASTING, fps=fps, size=size)))
    if fault != "mjpg-only":  # its frames are a file of the large size
        assert shape == gives[0]
    assert code == gives[1]
    assert rate > 0.6 * min(fps, 10 if fault == "yuyv-only" else 30)
    assert code == "MJPG" or age_ms < 700, "a busy reader gets fresh frames"


@pytest.mark.fault(
    "the USB bus has no bandwidth left (ENOSPC)", "JPEG and then a smaller size are tried; else it is named"
)
@pytest.mark.parametrize(("fault", "size"), [("crowded", [1280, 720]), ("tight", [640, 480])])
def test_on_a_bus_without_bandwidth_jpeg_and_a_smaller_size_are_tried(
    camera: UsbCamera, fault: str, size: list[int]
) -> None:
    camera.fault(fault)
    code = (
        "from agent.vision.source import Source; from agent.vision.stream.live import StreamLimits;"
        f"stream = Source({LASTING!r}).stream(StreamLimits(5.0, 3.0, 5.0, (1280, 720)));"
        "mode = stream.close.__self__.mode;"
        "print(next(filter(None, stream.frames())).bgr().shape, list(mode.size), mode.code.to_bytes(4, 'little'))"
    )
    reported = camera.run(code).strip()
    assert reported.endswith(f"{size} b'MJPG'"), reported


def test_a_frame_is_not_lost_for_want_of_a_buffer(camera: UsbCamera) -> None:
    camera.fault("")
    code = (
        "from agent.vision.source import Source; from agent.vision.stream.live import StreamLimits;"
        f"print(next(filter(None, Source({NUMBERED!r}).stream(StreamLimits(5.0, 3.0, 30.0)).frames())).bgr().shape)"
    )
    assert camera.run(code).strip() == "(480, 640, 3)"
    assert camera.queued > 1, "with one buffer every other frame would be missed"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("denied", f"this user may not open {NUMBERED}: put it into the group video"),
        ("busy", f"{NUMBERED} is in use by another program"),
        ("nodata", f"{NUMBERED} gives no frames"),
        ("gone", f"there is no {NUMBERED}; no camera is plugged in"),
        ("full", f"the USB bus has no bandwidth left for {NUMBERED}, even for small JPEG: plug it into another port"),
    ],
)
def test_why_a_camera_does_not_open_is_said(
    camera: UsbCamera, monkeypatch: pytest.MonkeyPatch, fault: str, says: str
) -> None:
    camera.fault(fault)
    for name, value in camera.environment.items():
        monkeypatch.setenv(name, value)

    async def story() -> None:
        async with watched(settings(NUMBERED), confined=False) as it:
            await it.until(lambda: it.states() == ["no_signal"], "it cannot be opened")
            assert it.camera.health().text.startswith(says)

    asyncio.run(story())


def test_a_missing_camera_is_reported_with_those_that_are_there(tmp_path: Path) -> None:
    assert why_closed("/dev/nowhere", tmp_path) == "there is no /dev/nowhere; no camera is plugged in"
    (tmp_path / "video2").touch()
    assert why_closed("/dev/nowhere", tmp_path).endswith(f"; plugged in: {tmp_path}/video2")
    by_id = tmp_path / "v4l/by-id"
    by_id.mkdir(parents=True)
    for name in ("usb-Cam-video-index0", "usb-Cam-video-index1"):
        (by_id / name).touch()
    assert why_closed("/dev/nowhere", tmp_path).endswith(f"; plugged in: {by_id}/usb-Cam-video-index0")


def test_a_file_that_is_no_camera_is_reported(tmp_path: Path) -> None:
    assert why_closed("/dev/null") == "/dev/null is no camera"


@pytest.mark.parametrize("fault", ["stall", "gone"])
def test_a_camera_that_stalls_or_is_unplugged_is_noticed_in_time_and_comes_back(
    camera: UsbCamera, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    camera.fault("")
    for name, value in camera.environment.items():
        monkeypatch.setenv(name, value)

    async def story() -> None:
        async with watched(settings(LASTING), confined=False) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")
            camera.fault(fault)
            began_s = time.monotonic()
            await it.until(lambda: it.states()[-1] == "no_signal", "it is noticed")
            assert time.monotonic() - began_s < 30, "the limit is 1 s"
            await it.until(lambda: it.camera.health().reconnects >= 2, "it tries again")
            again = {"stall": "the stream sent no frame for 1 s", "gone": f"there is no {LASTING}"}[fault]
            assert it.camera.health().text.startswith(again), "it was closed before it was opened again"
            camera.fault("")
            await it.until(lambda: it.states()[-1] == "ok", "it sees again")
            assert it.camera.health().restarts == 0

    asyncio.run(story())
