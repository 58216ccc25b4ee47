"""The simulated link does what its modes say, so that the proofs which stand on it are worth something."""

from __future__ import annotations

import asyncio

import pytest

from simulator.link import SimulatedLink, open_link

LONG_S = 120.0


class Far:
    """The far end: remembers what reached it, answers each chunk with itself."""

    def __init__(self) -> None:
        self.got = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                self.got += data
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()


async def dial(link: SimulatedLink) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def story() -> None:
    far = Far()
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    async with server, open_link(server.sockets[0].getsockname()[1]) as link:
        reader, writer = await dial(link)
        writer.write(b"one")
        assert await asyncio.wait_for(reader.readexactly(3), LONG_S) == b"one"
        assert (link.bytes_up, link.bytes_down) == (3, 3)

        await link.set("black hole")
        writer.write(b"lost")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        await link.set("up")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(1), LONG_S)
        writer.close()

        await link.set("refuse")
        with pytest.raises(OSError, match="Connect call failed"):
            await dial(link)
        await link.set("up")
        reader, writer = await dial(link)
        writer.write(b"two")
        assert await asyncio.wait_for(reader.readexactly(3), LONG_S) == b"two"
        assert far.got == b"onetwo"
        writer.close()


def test_up_then_black_hole_then_reset_then_refused_then_up() -> None:
    asyncio.run(story())
