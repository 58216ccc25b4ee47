"""A real RTSP camera as a process, our own or GStreamer's, and a link that can be cut without a word to anybody."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import pytest

from agent.vision.boxes import Frame
from tests.vision.stage import ROOT

_PYTHON = "/usr/bin/python3"
_BITS = 24
_FOLDER = Path(__file__).parent
_COMMANDS = {
    "own": [sys.executable, "-m", "tests.vision.rtsp_server"],
    "gstreamer": [_PYTHON, str(_FOLDER / "rtsp_gstreamer.py")],
}
_PROBE = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(not all(map(Gst.ElementFactory.find, ("x264enc", "rtph264pay", "jpegenc"))))
"""


def _here() -> bool:
    probe = [_PYTHON, "-c", _PROBE]
    return Path(_PYTHON).exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0


HERE = _here()
needs_gstreamer = [
    pytest.mark.skipif(not HERE, reason="GStreamer's RTSP server is not installed"),
    pytest.mark.long,  # its 300 packages are installed by `make test-long` only
]
MAKES = ["own", pytest.param("gstreamer", marks=needs_gstreamer)]


class Rtsp:
    """The camera's process. It may be killed, and another started in its place."""

    def __init__(self, *options: str, port: int = 0, make: str = "own") -> None:
        command = [*_COMMANDS[make], "--port", str(port), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def url(self, user: str = "", port: int = 0, path: str = "stream") -> str:
        return f"rtsp://{user}127.0.0.1:{port or self.port}/{path}"

    def tell(self, command: str) -> None:
        """``pause``, ``go`` or ``size W H``."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def age_ms(frame: Frame) -> int:
    """How long ago a frame was made, by the bar code in its upper quarter."""
    height, width = frame.shape[:2]
    spots = frame[height // 8, [(2 * bit + 1) * width // (2 * _BITS) for bit in range(_BITS)]]
    born = sum(1 << bit for bit, spot in enumerate(spots) if spot.mean() > 128)
    return (time.monotonic_ns() // 1_000_000 - born) % (1 << _BITS)


class Link:
    """Passes bytes on until ``cut``; then it swallows them, and both ends believe that it stands."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._open: list[asyncio.StreamWriter] = []
        self.cut = False
        self.port = 0
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open += [writer, far_writer]
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self.cut:
                    writer.write(data)
                    await writer.drain()
        writer.close()

    def close(self) -> None:
        for writer in self._open:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def link(to: int) -> AsyncIterator[Link]:
    between = Link(to)
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        between.close()
        server.close()
