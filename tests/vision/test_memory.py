"""Nothing of a frame gets out: not into the daemon's memory, its disk, or what it sends; and memory stays flat."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import cv2
import numpy as np
import pytest

from agent.vision.boxes import Frame
from agent.vision.launch import ENVIRONMENT
from simulator.ports import free_port
from tests.vision.rtsp import Rtsp
from tests.vision.stage import ROOT, street, with_car, write_video

DAEMON = """
import asyncio, sys
from pathlib import Path
from agent.system.clock import SystemClock, always_synced
from agent.config.scene import CameraSettings, CountingLine, Zone
from agent.config.settings import PoleSettings, StoreSettings, UplinkSettings
from agent.store import open_store
from agent.uplink.sync import Uplink
from contract.birth import Status
from agent.vision.camera import Camera

async def main(video, folder, port):
    clock = SystemClock(always_synced)
    settings = CameraSettings(
        source=video, purpose="a test of privacy", signage="in the test", frame_size=(640, 360), fps=20.0, window_s=1.0,
        line={"gate": CountingLine(a=(320, 190), b=(320, 350), each=True)},
        zone={"road": Zone(points=((0, 190), (640, 190), (640, 350), (0, 350)), park_s=1.0)},
    )
    camera = Camera("gate", settings, clock)
    async with open_store(StoreSettings(path=str(Path(folder) / "pole.db")), clock) as store:
        birth = lambda: Status(pole="p", state="online", at=clock.now().utc)
        link = UplinkSettings(host="127.0.0.1", port=port, plain_text=True)
        uplink = Uplink(link, PoleSettings(id="p"), store, clock, birth, {})
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(uplink.run())
            tasks.create_task(camera.run(store.put))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def marked() -> Iterator[Frame]:
    """A street on which a patch is never seen elsewhere: its pixels are what is looked for."""
    rng = np.random.default_rng(20261123)
    patch = rng.integers(0, 256, (64, 64, 3), np.uint8)
    for number in range(120):
        frame = with_car(street(), -60 + number * 8, 270)
        frame[20:84, 20:84] = patch
        yield frame


def needles(video: Path) -> list[bytes]:
    """Runs of pixels as a decoder gives them (BGR, RGB, grey), and pieces of the compressed frames."""
    capture = cv2.VideoCapture(str(video))
    frame = capture.read()[1]
    rows = [frame[row, 24:40] for row in (30, 50, 70)]
    out = [row.tobytes() for row in rows] + [row[:, ::-1].tobytes() for row in rows]
    out += [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)[row, 24:56].tobytes() for row in (30, 50, 70)]
    data = video.read_bytes()
    out += [data[place : place + 32] for place in range(20_000, len(data) - 64, len(data) // 20)]
    return out


def memory(pid: int) -> Iterator[bytes]:
    """What a process has in its memory, region by region."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith("r") or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                file.seek(start)
                yield file.read(end - start)
            except (OSError, OverflowError):
                continue


def holds(regions: Iterator[bytes], wanted: list[bytes]) -> bool:
    return any(needle in region for region in regions for needle in wanted)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    page = tmp_path / "mosquitto.conf"
    page.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    process = subprocess.Popen(["mosquitto", "-c", str(page)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait()


def test_no_part_of_a_frame_is_in_the_daemons_memory_database_or_messages(tmp_path: Path, broker: int) -> None:
    video = write_video(tmp_path / "marked.avi", marked(), fps=20.0)
    folder = tmp_path / "state"
    folder.mkdir()
    wanted = needles(video)
    daemon = subprocess.Popen([sys.executable, "-c", DAEMON, str(video), str(folder), str(broker)], cwd=ROOT)
    try:
        payloads = asyncio.run(_listen(broker, 4))
        listed = subprocess.run(["pgrep", "-P", str(daemon.pid)], capture_output=True, text=True, check=True)
        child = int(listed.stdout.split()[0])
        assert holds(memory(child), wanted), "the search finds pixels where they are: in the vision process"
        assert not holds(memory(daemon.pid), wanted)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    assert b"crossing" in b"".join(payloads)
    assert not holds(iter(payloads), wanted)
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not holds(iter(files), wanted)
    for data in (*payloads, *files):
        assert b"JFIF" not in data
        assert b"\xff\xd8\xff" not in data
        assert b"\x89PNG" not in data


async def _listen(port: int, count: int) -> list[bytes]:
    """Payloads until ``count`` windows and a crossing have come."""
    payloads: list[bytes] = []
    async with asyncio.timeout(60):
        while True:
            try:
                async with aiomqtt.Client("127.0.0.1", port) as client:
                    await client.subscribe("sp/v2/#", qos=1)
                    async for message in client.messages:
                        data = bytes(message.payload)
                        payloads.append(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
                        joined = b"".join(payloads)
                        if joined.count(b"counts") >= count and b"crossing" in joined:
                            return payloads
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)


CHURN = """
import contextlib, sys, cv2
from agent.errors import Retry
from agent.vision.capture import newest, video
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from agent.system.resident import resident_bytes
cv2.setNumThreads(1)
sizes = []
source, limits = Source(sys.argv[1]), StreamLimits(5.0, 5.0, 30.0)
for turn in range(int(sys.argv[2])):
    with contextlib.suppress(Retry):
        if source.live:
            with newest(source, limits) as reader:
                reader.take(5.0)
        else:
            with contextlib.closing(video(source, limits)) as frames:
                next(frames)
    sizes.append(resident_bytes())
print(sizes[len(sizes) // 5], sizes[-1])
"""


def churn(source: str, count: int) -> int:
    """How many bytes a process has grown by after a fifth of ``count`` reconnects."""
    environment = {**os.environ, **ENVIRONMENT}
    command = [sys.executable, "-c", CHURN, source, str(count)]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    early, late = (int(part) for part in run.stdout.split())
    return late - early


LONG = pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(900)])


@pytest.mark.parametrize("count", [60, LONG])
def test_memory_is_flat_over_many_reconnects(tmp_path: Path, count: int) -> None:
    video = write_video(tmp_path / "video.avi", [street()] * 5)
    assert churn(f"file://{video}", count) < 4 * 1024 * 1024


@pytest.mark.parametrize("count", [20, LONG])
def test_memory_is_flat_over_many_reconnects_to_an_rtsp_camera(count: int) -> None:
    with Rtsp("--fps", "100") as camera:
        assert churn(camera.url(), count) < 4 * 1024 * 1024


@pytest.mark.parametrize("count", [60, LONG])
def test_memory_is_flat_over_many_refusals(count: int) -> None:
    with Rtsp("--auth", "digest", "--password", "right") as camera:
        assert churn(camera.url("viewer:wrong@"), count) < 4 * 1024 * 1024
