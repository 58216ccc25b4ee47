"""One camera as the daemon has it: a process that may hang, crash or lie, and a daemon that lives on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from agent.config.scene import CameraSettings, CountingLine, Gauge
from agent.errors import Retry
from agent.system.clock import SystemClock, always_synced
from agent.vision.camera import Camera
from agent.vision.launch import Noise
from agent.vision.order import Order
from agent.vision.pipe import pack, said
from agent.vision.report import CameraReport
from contract.events import CameraState, Counts, Crossing, Incident, Tamper, WaterLevel
from contract.types import Event, Lane, Stamp
from tests.vision.servers import mjpeg, silent
from tests.vision.stage import DATA, ROOT, Sensor, drive, needs_data, street, write_video

DEADLINE_S = 120.0


class QuickClock(SystemClock):
    """A clock on which, from ``hurry`` on, ten seconds of waiting are one."""

    def __init__(self) -> None:
        super().__init__(always_synced)
        self._hurried_s: float | None = None

    def hurry(self) -> None:
        self._hurried_s = super().monotonic()

    def monotonic(self) -> float:
        now_s = super().monotonic()
        return now_s if self._hurried_s is None else now_s + 9 * (now_s - self._hurried_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds if self._hurried_s is None else seconds / 10)


def settings(source: str | Path, **more: object) -> CameraSettings:
    options = {
        "purpose": "counting vehicles",
        "signage": "on the pole",
        "frame_size": (640, 360),
        "open_s": 2.0,
        "read_s": 1.0,
    }
    lines = {"gate": CountingLine(a=(320, 190), b=(320, 350), each=True)}
    return CameraSettings(source=str(source), line=lines, **{**options, **more})  # type: ignore[arg-type]


class Watched:
    """A camera that runs, with all its events."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.events: list[Event] = []
        self.ended: str | None = None

    def emit(self, events: Sequence[Event]) -> None:
        self.events += events

    def states(self) -> list[str]:
        return [event.body.state for event in self.events if isinstance(event.body, CameraState)]

    async def run(self) -> None:
        try:
            await self.camera.run(self.emit)
        except Retry as exc:
            self.ended = str(exc)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end_s, f"waited in vain until {what}; {self.camera.health()} {self.states()}"
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def watched(
    options: CameraSettings, clock: SystemClock | None = None, *, confined: bool = True, models: str = ""
) -> AsyncIterator[Watched]:
    it = Watched(Camera("gate", options, clock or SystemClock(always_synced), confined=confined, models=models))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(it.run())
        try:
            yield it
        finally:
            task.cancel()
    assert children() == set(), "the vision process must be gone"


def children() -> set[int]:
    listed = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "agent.vision.child"], capture_output=True, text=True, check=False
    )
    return {int(pid) for pid in listed.stdout.split()}


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_video_is_counted_in_a_process_of_its_own_and_events_carry_their_time(tmp_path: Path) -> None:
    async def story() -> None:
        video = write_video(tmp_path / "drive.avi", drive(110))
        async with watched(settings(video, loop=False)) as it:
            await it.until(lambda: it.camera.health().text == "the video has ended", "the video has ended")
            health = it.camera.health()
            assert health.size == (640, 360)
            assert health.frames > 20
            assert health.memory_bytes > 30 * 1024 * 1024
        assert it.states() == ["ok", "no_signal"]
        crossing = next(event for event in it.events if isinstance(event.body, Crossing))
        assert isinstance(crossing.body, Crossing)
        assert (crossing.source, crossing.lane, crossing.body.direction) == ("gate", Lane.EVENT, -1)
        assert abs((SystemClock().now().utc - crossing.at.utc).total_seconds()) < 60
        counts = [event.body for event in it.events if isinstance(event.body, Counts)]
        assert sum(row.minus for body in counts for row in body.lines) == 1, "the stop closed the window"

    asyncio.run(story())


def test_the_daemons_side_loads_no_numpy_no_opencv_no_litert() -> None:
    heavy = "numpy", "cv2", "ai_edge_litert", "sqlite_utils"
    code = f"import sys, agent.vision.camera, agent.vision.cli; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_a_camera_without_purpose_and_sign_starts_no_process_and_says_why_once() -> None:
    async def story() -> None:
        async with watched(settings("/dev/video9", purpose="", signage=""), QuickClock()) as it:
            await it.until(lambda: it.states() == ["refused"], "it is refused")
            assert children() == set()
            assert "PIPL art. 26" in it.camera.health().text
            assert it.camera.health().advice

    asyncio.run(story())


def test_a_model_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path) -> None:
    async def story() -> None:
        video = write_video(tmp_path / "drive.avi", drive(5))
        async with watched(settings(video, model=str(tmp_path / "nowhere"))) as it:
            await it.until(lambda: it.states() == ["refused"], "it is refused")
            assert "model.toml cannot be read" in it.camera.health().text
            assert it.ended is None

    asyncio.run(story())


def test_a_camera_that_is_not_there_is_no_signal_and_its_password_is_in_no_text(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret-word\n")
    (tmp_path / "password").chmod(0o600)

    async def story() -> None:
        source = "rtsp://viewer@127.0.0.1:1/stream"
        async with watched(settings(source, password_file=str(tmp_path / "password"))) as it:
            await it.until(lambda: "no_signal" in it.states(), "there is no signal")
            await it.until(lambda: it.camera.health().reconnects >= 2, "it tries again")
            assert len(children()) == 1
            assert b"s3cret" not in b"".join(map(command_line, children()))
            reported = repr(it.events) + repr(it.camera.health())
            assert "s3cret" not in reported
            assert "viewer" not in reported
            assert "rtsp://127.0.0.1:1/stream" in reported

    asyncio.run(story())


def test_a_server_that_accepts_and_stays_silent_is_given_up_within_its_limit() -> None:
    async def story() -> None:
        async with silent() as port, watched(settings(f"rtsp://127.0.0.1:{port}/stream")) as it:
            await it.until(lambda: it.camera.health().reconnects >= 1, "it gives up")
            assert it.states() == ["no_signal"]
            assert it.camera.health().text.startswith("no answer in time")

    asyncio.run(story())


def test_a_stream_that_falls_silent_or_breaks_comes_back_by_itself() -> None:
    async def story() -> None:
        sensor = Sensor()
        async with mjpeg([sensor.see(street()) for _ in range(5)]) as server, watched(settings(server.url)) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")
            server.paused = True
            await it.until(lambda: it.states() == ["ok", "no_signal"], "silence is noticed")
            server.paused = False
            await it.until(lambda: it.states() == ["ok", "no_signal", "ok"], "it sees again")
            server.drop()
            await it.until(lambda: server.connections >= 3, "it connects anew")
            await it.until(lambda: it.states()[-1] == "ok", "it sees again")
            assert it.camera.health().restarts == 0
            assert "s3cret" not in repr(it.events) + repr(it.camera.health())

    asyncio.run(story())


@needs_data
@pytest.mark.data
def test_a_video_that_aborts_opencv_is_seen() -> None:
    async def story() -> None:
        async with watched(settings(DATA / "video/crashes-opencv.avi")) as it:
            await it.until(lambda: it.camera.health().frames > 60, "it is seen, more than once")
            assert it.states() == ["ok"]
            assert it.camera.health().restarts == 0

    asyncio.run(story())


@pytest.mark.fault(
    "the vision process is killed", "it is reported as killed from outside or out of memory, and no decoder is blamed"
)
@pytest.mark.parametrize(
    ("how", "says"),
    [
        (signal.SIGSEGV, "ended by itself (SIGSEGV"),
        (signal.SIGKILL, "killed from outside, or the box ran out of memory"),
        (signal.SIGTERM, "killed from outside, or the box ran out of memory"),
    ],
)
def test_a_process_that_dies_is_reported_and_can_be_started_again(how: signal.Signals, says: str) -> None:
    async def story() -> None:
        sensor = Sensor()
        async with mjpeg([sensor.see(street()) for _ in range(5)]) as server, watched(settings(server.url)) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")
            os.kill(children().pop(), how)
            await it.until(lambda: it.ended is not None, "its end is noticed")
            assert how.name in str(it.ended)
            assert it.states() == ["ok", "crashed"]
            assert says in it.camera.health().text
            assert ("codec" in it.camera.health().advice) == (how == signal.SIGSEGV)

    asyncio.run(story())


def test_a_process_that_hangs_is_ended() -> None:
    async def story() -> None:
        sensor = Sensor()
        frames = [sensor.see(street()) for _ in range(5)]
        clock = QuickClock()
        async with mjpeg(frames) as server, watched(settings(server.url), clock) as it:
            await it.until(lambda: it.states() == ["ok"], "it sees")
            clock.hurry()
            os.kill(children().pop(), signal.SIGSTOP)
            await it.until(lambda: it.ended is not None, "it is ended")
            assert "hung" in str(it.ended)
            assert it.states() == ["ok", "crashed"]

    asyncio.run(story())


@pytest.mark.parametrize(
    "lie", [b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(5000), b"\x1f\x00\x00\x00" + b'{"type":"frame","data":"AAAAA"}']
)
def test_a_process_that_sends_anything_but_results_is_ended_at_once(
    lie: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "python"
    (tmp_path / "lie").write_bytes(lie)
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'lie'}\nexec sleep 60\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))

    async def story() -> None:
        it = Watched(Camera("gate", settings("/x"), SystemClock(always_synced)))
        await it.run()
        assert it.camera.health().refused == 1
        assert it.ended
        assert all(isinstance(event.body, CameraState) for event in it.events)

    asyncio.run(story())


@pytest.mark.fault("a vision process dies while an incident or tamper is open", "it ends, with restart as its reason")
def test_what_a_process_that_dies_had_begun_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Incident | Tamper] = [
        Incident(id="0a0a0a0a", phase="begin", type="parking", zone="stop", label="vehicle"),
        Incident(id="0b0b0b0b", phase="begin", type="crowding", zone="stop", label="person", count=5),
        Tamper(id="0c0c0c0c", phase="begin", type="covered"),
    ]
    over = msgspec.structs.replace(begun[1], phase="end", reason="over")
    (tmp_path / "said").write_bytes(b"".join(pack(said(body, 1.0)) for body in (*begun, over)))
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'said'}\nkill -9 $$\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))

    async def story() -> None:
        it = Watched(Camera("gate", settings("/x"), SystemClock(always_synced)))
        await it.run()
        ends = [
            event.body for event in it.events if isinstance(event.body, Incident | Tamper) and event.body.phase == "end"
        ]
        assert [(body.id, body.reason) for body in ends] == [
            ("0b0b0b0b", "over"),
            ("0a0a0a0a", "restart"),
            ("0c0c0c0c", "restart"),
        ]
        assert all(body.duration_s > 0 for body in ends[1:])
        assert it.camera.health().tampered == ()
        assert it.states() == ["crashed"]

    asyncio.run(story())


def test_memory_beyond_its_bound_starts_the_process_anew(tmp_path: Path) -> None:
    async def story() -> None:
        video = write_video(tmp_path / "drive.avi", drive(30))
        options = settings(video)

        async with watched(msgspec.structs.replace(options, memory_mib=32)) as it:
            await it.until(lambda: it.ended is not None, "it ends itself")
            assert "used more than 32 MiB" in str(it.ended)

    asyncio.run(story())


def test_the_vision_process_dies_with_its_daemon(tmp_path: Path) -> None:
    video = write_video(tmp_path / "drive.avi", drive(30))
    code = f"""
import asyncio, os
from agent.system.clock import SystemClock, always_synced
from agent.vision.camera import Camera
from agent.vision.launch import Noise
from agent.vision.order import Order
from agent.vision.pipe import pack, said
from tests.vision.test_camera import settings
camera = Camera("gate", settings({str(video)!r}), SystemClock(always_synced))
asyncio.run(camera.run(lambda events: print(events, flush=True)))
"""
    daemon = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    assert "ok" in daemon.stdout.readline()
    listed = subprocess.run(["pgrep", "-P", str(daemon.pid)], capture_output=True, text=True, check=True)
    child = int(listed.stdout.split()[0])
    daemon.kill()
    daemon.wait()
    daemon.stdout.close()
    end_s = time.monotonic() + DEADLINE_S
    while Path(f"/proc/{child}").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end_s
        time.sleep(0.05)  # noqa: TID251


def test_a_moment_in_the_vision_process_gets_the_daemons_time() -> None:
    now = Stamp(datetime(2026, 11, 23, 12, tzinfo=UTC), 1000.0, synced=True)

    class Fixed(SystemClock):
        def now(self) -> Stamp:
            return now

    report = CameraReport("gate", settings("/x"), Fixed(always_synced), ())
    assert report._stamp(990.0) == Stamp(now.utc - timedelta(seconds=10), 990.0, synced=True)
    assert report._stamp(2000.0) == now, "nothing happens in the future"


@pytest.mark.parametrize("place", range(4060, 4096, 5))
def test_a_password_that_is_read_in_two_pieces_is_masked(place: int) -> None:
    async def story() -> None:
        noise = Noise()
        stderr = asyncio.StreamReader()
        stderr.feed_data(b"\n".rjust(place) + b"the end of rtsp://viewer:s3cret-word@10.0.0.5/1")
        stderr.feed_eof()
        await noise.read(SimpleNamespace(stderr=stderr))  # type: ignore[arg-type]
        assert noise.last == "the end of rtsp://***"

    asyncio.run(story())


def test_what_a_gauge_reported_outlives_its_process_and_a_reload_but_not_a_new_drawing() -> None:
    gauge = Gauge(marks=((0.5, 0.8, 0.0), (0.5, 0.5, 0.6)))
    options = CameraSettings(source="x", gauge={"kerb": gauge})
    camera = Camera("gate", options, SystemClock(always_synced))
    flood = WaterLevel(gauge="kerb", state="flooded", depth_m=0.3, confidence=0.9)
    for body in (flood, WaterLevel(gauge="kerb", state="unknown")):
        camera._heed(said(body, 1.0), lambda _: None)
    assert msgspec.json.decode(camera._order(), type=Order).water == (flood,)
    reported: list[Event] = []
    assert camera.leave(msgspec.structs.replace(options, fps=5.0), reported.extend) == (flood,)
    assert reported == []
    redrawn = {"kerb": Gauge(marks=((0.4, 0.8, 0.0), (0.4, 0.5, 0.6)))}
    assert camera.leave(msgspec.structs.replace(options, gauge=redrawn), reported.extend) == ()
    assert camera.leave(None, reported.extend) == ()
    assert [event.body for event in reported] == [WaterLevel(gauge="kerb", state="unknown")] * 2
