"""Cameras of the network, good and bad, on loopback: MJPEG over HTTP, and servers that accept and stay silent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import cv2

from agent.vision.boxes import Picture


class Mjpeg:
    """An MJPEG camera. ``pause`` makes it go silent with the connection open; ``drop`` closes every connection."""

    def __init__(self, pictures: Sequence[Picture], fps: float) -> None:
        self._parts = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures]
        self._fps = fps
        self._open: set[asyncio.StreamWriter] = set()
        self.paused = False
        self.port = 0
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://viewer:s3cret-word@127.0.0.1:{self.port}/video.mjpg"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=part\r\n\r\n")
            place = 0
            while not writer.is_closing():
                if not self.paused:
                    data = self._parts[place % len(self._parts)]
                    place += 1
                    head = f"--part\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    writer.write(head.encode() + data + b"\r\n")
                    await writer.drain()
                await asyncio.sleep(1 / self._fps)
        self._open.discard(writer)
        writer.close()

    def drop(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()


@contextlib.asynccontextmanager
async def mjpeg(pictures: Sequence[Picture], fps: float = 15.0) -> AsyncIterator[Mjpeg]:
    camera = Mjpeg(pictures, fps)
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        camera.drop()
        server.close()
        camera.drop()


@contextlib.asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """The port of a server that accepts every connection and never says a word."""
    open_: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in open_:
            writer.transport.abort()
        server.close()
