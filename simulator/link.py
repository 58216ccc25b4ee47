"""The link to the platform, with its faults: a TCP proxy that can turn into a black hole, reset, refuse or crawl.

It counts what passes, so bytes upstream are measured where a cellular bill would count them: TCP payload.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Literal

CHUNK = 16 * 1024
Mode = Literal["up", "black hole", "refuse"]


class SimulatedLink:
    """Forwards ``port`` of the loopback to ``target``; what it does with bytes follows ``mode`` at once.

    ``black hole``: connections stay, new ones are accepted, nothing passes in either direction, no error is signalled.
    ``refuse``: nobody listens; connections that stood are reset. ``bytes_per_s`` paces the way up, None = unpaced.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self._up = asyncio.Event()
        self._up.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.mode: Mode = "up"
        self.port = 0
        self.bytes_up = 0
        self.bytes_down = 0
        self.connections = 0
        self.bytes_per_s: int | None = None

    async def set(self, mode: Mode) -> None:
        """Change what the link does. Coming back ``up`` resets what hung in a black hole, as a real network does."""
        self.mode = mode
        if mode == "black hole":
            self._up.clear()
            return
        if mode == "refuse":
            await self._stop_listening()
            self.reset()
        else:
            if not self._up.is_set():
                self.reset()
            self._up.set()
            if self._server is None:
                await self._listen()

    def reset(self) -> None:
        """Every connection ends with a TCP reset."""
        for writer in tuple(self._writers):
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await self._up.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._writers.discard(writer)
            writer.transport.abort()
            return
        self._writers.add(far_writer)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer, up=True))
                group.create_task(self._pump(far_reader, writer, up=False))
        finally:
            self._writers -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._up.wait()
                if writer.is_closing():
                    return  # reset meanwhile: what fell into the black hole is gone
                if up:
                    self.bytes_up += len(data)
                    if self.bytes_per_s:
                        await asyncio.sleep(len(data) / self.bytes_per_s)
                else:
                    self.bytes_down += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def open_link(target: int) -> AsyncIterator[SimulatedLink]:
    """A link to ``target`` (a port of the loopback), up; closed with all its connections on leaving."""
    link = SimulatedLink(target)
    await link._listen()  # noqa: SLF001 - completes what it makes
    try:
        yield link
    finally:
        await link._stop_listening()  # noqa: SLF001
        link.reset()
        link._up.set()  # noqa: SLF001
        await asyncio.sleep(0)
