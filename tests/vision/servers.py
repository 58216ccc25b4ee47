"""Cameras of the network, good and bad, on loopback: MJPEG over HTTP, and servers that accept and stay silent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence

import cv2

from agent.vision.boxes import Frame
from tests.vision.auth import challenge, welcome


class Mjpeg:
    """An MJPEG camera. ``pause`` makes it go silent with the connection open; ``drop`` closes every connection.

    ``auth`` is what it asks for, ``chunked`` and ``bare`` (no lengths) how it sends, ``damage`` gets the number and the
    bytes of each frame.
    """

    def __init__(self, frames: Sequence[Frame], fps: float) -> None:
        self._parts = [cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames]
        self._fps = fps
        self._open: set[asyncio.StreamWriter] = set()
        self.paused = False
        self.port = 0
        self.connections = 0
        self.scheme = "http"
        self.auth = ""
        self.chunked = False
        self.refusals = 0
        self.refuses = "401 Unauthorized"
        """What answers a wrong password; what asks for one is 401."""
        self.answer = b""
        """What it sends in place of a stream."""
        self.part = "--part\r\nContent-Type: image/jpeg\r\n"
        """The head of each frame, but for its length."""
        self.whole_type = "multipart/x-mixed-replace; boundary=part"
        self.bare = False
        self.damage: Callable[[int, bytes], bytes] = lambda _, data: data

    @property
    def url(self) -> str:
        return f"{self.scheme}://viewer:s3cret-word@127.0.0.1:{self.port}/video.mjpg"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await reader.readuntil(b"\r\n\r\n")
            if self.auth and not welcome(self.auth, asked.decode(), "viewer", "s3cret-word"):
                shown = b"Authorization" in asked
                self.refusals += shown
                status = self.refuses if shown else "401 Unauthorized"
                writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n".encode())
                writer.write(challenge(self.auth).encode() + b"\r\n")
            elif self.answer:
                writer.write(self.answer)
                await writer.drain()
            else:
                await self._show(writer)
        self._open.discard(writer)
        writer.close()

    async def _show(self, writer: asyncio.StreamWriter) -> None:
        how = b"Transfer-Encoding: chunked\r\n" if self.chunked else b""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {self.whole_type}\r\n".encode() + how + b"\r\n")
        place = 0
        while not writer.is_closing():
            if not self.paused:
                data = self.damage(place, self._parts[place % len(self._parts)])
                place += 1
                length = "" if self.bare else f"Content-Length: {len(data)}\r\n"
                part = f"{self.part}{length}\r\n".encode() + data + b"\r\n"
                writer.write(b"%x\r\n%s\r\n" % (len(part), part) if self.chunked else part)
                await writer.drain()
            await asyncio.sleep(1 / self._fps)

    def drop(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()


@contextlib.asynccontextmanager
async def mjpeg(frames: Sequence[Frame], fps: float = 15.0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Mjpeg]:
    camera = Mjpeg(frames, fps)
    camera.scheme = "https" if tls else "http"
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0, ssl=tls)
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
