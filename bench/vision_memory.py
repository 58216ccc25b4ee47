"""Memory of the real vision process with one 720p camera, and over a thousand reconnects.

To a file, to an RTSP camera (GStreamer's where it is installed, else our own), and to one that refuses the password.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import msgspec

from agent.config.scene import CameraSettings, CountingLine, Gauge, Zone
from agent.errors import Retry
from agent.system.clock import SystemClock, always_synced
from agent.system.resident import resident_bytes
from agent.vision.boxes import Frame
from agent.vision.camera import Camera
from agent.vision.capture import newest, video
from agent.vision.launch import ENVIRONMENT
from agent.vision.source import Source
from agent.vision.stream.live import StreamLimits
from bench.vision import data
from tests.vision.rtsp import HERE, Rtsp

MIB = 1024 * 1024


def large(name: str, count: int) -> Iterator[Frame]:
    """A video at 1280x720."""
    for frame, _ in zip(data.frames(name), range(count), strict=False):
        yield cv2.resize(frame, (1280, 720))


def clip(path: Path) -> Path:
    """Street frames as H.264 where this OpenCV can write it, else as MPEG-4."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 15, (1280, 720))
    for frame in large("street-eight-vehicles.mp4", 300):
        writer.write(frame)
    writer.release()
    return path


async def resident(settings: CameraSettings, seconds: float) -> int:
    """Most bytes resident of the camera's process."""
    camera = Camera("bench", settings, SystemClock(always_synced))
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, camera.health().memory_bytes)
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as tasks:
        both = tasks.create_task(camera.run(lambda _: None)), tasks.create_task(watch())
        await asyncio.sleep(seconds)
        for task in both:
            task.cancel()
    return most


def reconnects(source: str, count: int) -> tuple[int, int]:
    """Bytes resident after a tenth of ``count`` opens and at the end, in a process with the worker's environment."""
    code = f"from bench.vision_memory import churn; print(*churn({source!r}, {count}))"
    environment = {**os.environ, **ENVIRONMENT}
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    early, late = out.stdout.split()
    return int(early), int(late)


def churn(source: str, count: int) -> tuple[int, int]:
    cv2.setNumThreads(1)
    opened, limits = Source(source), StreamLimits(5.0, 5.0, 15.0)
    early = 0
    for turn in range(count):
        with contextlib.suppress(Retry):
            if opened.live:
                with newest(opened, limits) as reader:
                    reader.take(5.0)
            else:
                with contextlib.closing(video(opened, limits)) as frames:
                    next(frames)
        if turn == count // 10:
            early = resident_bytes()
    return early, resident_bytes()


def report(name: str, source: str, count: int) -> None:
    early, late = (size / MIB for size in reconnects(source, count))
    print(f"{count} reconnects, {name}: {early:.1f} MiB after a tenth, {late:.1f} MiB at the end (target: flat)")


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 1000
    with tempfile.TemporaryDirectory() as spot:
        path = clip(Path(spot) / "street.mp4")
        settings = CameraSettings(
            source=str(path),
            purpose="a benchmark",
            signage="in the laboratory",
            frame_size=(1280, 720),
            fps=15.0,
            line={"road": CountingLine(a=(300, 470), b=(1200, 470))},
            zone={"road": Zone(points=((0, 200), (1280, 200), (1280, 720), (0, 720)))},
            gauge={"wall": Gauge(marks=((100, 600, 0.0), (100, 400, 0.5)))},
        )
        print(f"{'vision process, 1280x720 at 15 per second':44}{'MiB':>8}  target")
        for name in ("", "coco-ssd", "yolox-nano"):
            model = str(data.model(name, Path(spot))) if name else ""
            most = asyncio.run(resident(msgspec.structs.replace(settings, model=model), 25.0))
            if not most:
                raise SystemExit(
                    f"{name or 'shipped classifier'}: the vision process did not run; its message is above"
                )
            print(f"{name or 'shipped classifier':44}{most / MIB:8.0f}  <= 130")
        report("file", f"file://{path}", count)
        make = "gstreamer" if HERE else "own"
        with Rtsp("--fps", "100", make=make) as camera:
            report(f"RTSP ({make})", camera.url(), count)
        with Rtsp("--auth", "digest", "--password", "right", make=make) as camera:
            report("password refused", camera.url("viewer:wrong@"), count)


if __name__ == "__main__":
    main(sys.argv[1:])
