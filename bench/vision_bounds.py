"""Most memory of the real vision process while a camera sends what fills it: the bound is ``memory_mib`` and a tenth.

A JPEG that says it is 16,000 x 16,000; frames of 4K; of another size each; the largest that the bound takes, in kB of
JPEG; a part and a head without an end. By HTTP, as fast as the process takes them; the kernel's own peak (VmHWM).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from agent.config.scene import CameraSettings
from agent.errors import Retry
from agent.system.clock import SystemClock, always_synced
from agent.vision.boxes import Frame
from agent.vision.camera import Camera
from agent.vision.stream.decoder import pixels_in
from bench.vision import data
from tests.vision.servers import Mjpeg, mjpeg

FOR_S = 30.0
MIB = 1024 * 1024
SIZES = ((320, 240), (3840, 2160), (640, 360), (1920, 1080), (4096, 2304), (800, 600), (2560, 1440))


def scene(*sizes: tuple[int, int]) -> list[Frame]:
    frame = next(iter(data.frames("street-eight-vehicles.mp4")))
    return [cv2.resize(frame, size) for size in sizes]


def huge(_: int, jpeg: bytes) -> bytes:
    at = jpeg.index(b"\xff\xc0") + 5  # height and width of the frame header
    return jpeg[:at] + b"\x3e\x80\x3e\x80" + jpeg[at + 4 :]


def endless(_: int, jpeg: bytes) -> bytes:
    return jpeg + bytes(8 * MIB)


def largest(memory_mib: int) -> Frame:
    side = int(pixels_in(memory_mib) ** 0.5) // 64 * 64 - 64
    return np.zeros((side, side, 3), np.uint8)


def cases(memory_mib: int) -> dict[str, tuple[list[Frame], Callable[[Mjpeg], None]]]:
    def damage(how: Callable[[int, bytes], bytes], *, bare: bool = False) -> Callable[[Mjpeg], None]:
        def change(camera: Mjpeg) -> None:
            camera.damage, camera.bare = how, bare

        return change

    def head(camera: Mjpeg) -> None:
        camera.part = "--part\r\n" + "X-Fill: " + "x" * 8 * MIB

    plain = damage(lambda _, jpeg: jpeg)
    return {
        "street, 1280x720": (scene((1280, 720)), plain),
        "16,000 x 16,000": (scene((640, 360)), damage(huge)),
        "4K": (scene((3840, 2160)), plain),
        "another size each": (scene(*SIZES), plain),
        "the largest": ([largest(memory_mib)], plain),
        "parts of 8 MiB without a length": (scene((640, 360)), damage(endless, bare=True)),
        "heads of 8 MiB": (scene((640, 360)), head),
    }


def held_kib() -> int:
    """The most that a child of this process has held so far."""
    most = 0
    for pid in Path("/proc/thread-self/children").read_text().split():
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            most = max([most, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])
    return most


async def peak_mib(frames: list[Frame], change: Callable[[Mjpeg], None], memory_mib: int) -> tuple[float, str]:
    """The most that any process of the camera held in ``FOR_S``, and what was reported last."""
    most = 0
    async with mjpeg(frames, fps=30.0) as server:
        change(server)
        settings = CameraSettings(source=server.url, purpose="a benchmark", signage="here", memory_mib=memory_mib)
        camera = Camera("bench", settings, SystemClock(always_synced))

        async def again() -> None:
            while True:
                try:
                    await camera.run(lambda _: None)
                except Retry as reason:
                    said.append(str(reason))

        said: list[str] = []
        task = asyncio.create_task(again())  # noqa: TID251 - it is ended below, whatever it does
        for _ in range(int(FOR_S * 10)):
            await asyncio.sleep(0.1)
            most = max(most, held_kib())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    health = camera.health()
    return most / 1024, f"{health.state} {said[-1] if said else health.text}".strip()


def main(arguments: list[str]) -> int:
    memory_mib = int(arguments[0]) if arguments else CameraSettings(source="x").memory_mib
    worst = 0.0
    print(f"{'what the camera sends':34}{'MiB, most':>10}   memory_mib = {memory_mib}")
    for name, (frames, change) in cases(memory_mib).items():
        most, said = asyncio.run(peak_mib(frames, change, memory_mib))
        worst = max(worst, most)
        print(f"{name:34}{most:10.0f}   {said[:150]}", flush=True)
    print(f"most: {worst:.0f} MiB, {worst / memory_mib:.2f} of memory_mib (target <= 1.10)")
    return 1 if worst > 1.1 * memory_mib else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
