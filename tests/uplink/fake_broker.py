"""A broker of a few lines that misbehaves on command: what mosquitto cannot be made to say, it says."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable

ACCEPT_5 = b"\x20\x03\x00\x00\x00"
ACCEPT_3 = b"\x20\x02\x00\x00"


def accept(level: int) -> bytes:
    return ACCEPT_5 if level == 5 else ACCEPT_3


class FakeBroker:
    """``connack(level)`` answers CONNECT (None: closes without a word).

    ``puback(topic, payload)`` gives the reason code for a message (None: no PUBACK at all).
    """

    def __init__(self) -> None:
        self.connack: Callable[[int], bytes | None] = accept
        self.puback: Callable[[str, bytes], int | None] = lambda _topic, _payload: 0
        self.levels: list[int] = []
        self.taken: list[tuple[str, bytes]] = []
        self.waiting = 0
        self.most_waiting = 0
        self.delay_s = 0.0
        self.port = 0
        self.greeting = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._talk(reader, writer, tasks)
        except* (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tasks: asyncio.TaskGroup) -> None:
        level = 0
        while True:
            kind, body = await packet(reader)
            match kind >> 4:
                case 1:
                    level = body[2 + body[1]]
                    self.levels.append(level)
                    answer = self.connack(level)
                    if answer is None:
                        return
                    writer.write(answer + self.greeting)
                    if answer not in (ACCEPT_3, ACCEPT_5) and answer[3] != 0:
                        return
                case 3:
                    tasks.create_task(self._publish(writer, level, body))
                case 8:
                    extra = b"\x00" if level == 5 else b""
                    writer.write(b"\x90" + bytes([3 + len(extra)]) + body[:2] + extra + b"\x01")
                case 12:
                    writer.write(b"\xd0\x00")
                case 14:
                    return
            await writer.drain()

    async def _publish(self, writer: asyncio.StreamWriter, level: int, body: bytes) -> None:
        length = int.from_bytes(body[:2])
        topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
        mid, payload = rest[:2], rest[2:]
        if level == 5:
            payload = payload[1 + payload[0] :]  # properties of less than 128 bytes
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        self.waiting -= 1
        code = self.puback(topic, payload)
        if code is None:
            return
        if code < 128:
            self.taken.append((topic, payload))
        writer.write(b"\x40\x04" + mid + struct.pack("BB", code, 0) if level == 5 else b"\x40\x02" + mid)

    def events(self, lane: str) -> list[bytes]:
        return [payload for topic, payload in self.taken if topic.endswith(f"/{lane}")]


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The first byte and the rest of one MQTT control packet."""
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return kind, await reader.readexactly(length)


@contextlib.asynccontextmanager
async def fake_broker() -> AsyncIterator[FakeBroker]:
    broker = FakeBroker()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    try:
        yield broker
    finally:
        server.close()
        await asyncio.sleep(0)
