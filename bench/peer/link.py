"""A TCP proxy between one side and the broker that counts the bytes it carries upstream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Link:
    """``upstream``: bytes of TCP payload from the side to the broker: whole MQTT packets, no IP and TCP headers."""

    def __init__(self, broker: int) -> None:
        self._broker = broker
        self.port = 0
        self.upstream = 0
        self.downstream = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._broker)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, back, up=True))
                group.create_task(self._copy(there, writer, up=False))
        finally:
            for end in (writer, back):
                end.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if up:
                    self.upstream += len(data)
                else:
                    self.downstream += len(data)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()


@contextlib.asynccontextmanager
async def linked(broker: int) -> AsyncIterator[Link]:
    """A link on a free port until the end of the block."""
    link = Link(broker)
    server = await asyncio.start_server(link.carry, "127.0.0.1", 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
