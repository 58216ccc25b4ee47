"""The parts of one measurement, each a real process: broker, slaves, sides; all end with the block."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiomqtt

from bench.peer.deliveries import Platform
from simulator.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 10.0


@contextlib.asynccontextmanager
async def process(
    command: Sequence[str], log: Path, *, environment: Mapping[str, str] | None = None, talk: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process, with what it says in ``log``; ended by SIGTERM, then SIGKILL, with all its children."""
    pipe = asyncio.subprocess.PIPE if talk else asyncio.subprocess.DEVNULL
    with log.open("wb") as file:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=pipe,
            stdout=asyncio.subprocess.PIPE if talk else file,
            stderr=file,
            cwd=log.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            start_new_session=True,
        )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), STOP_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


@contextlib.asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[int]:
    """A mosquitto on the loopback that keeps nothing on disk; yields its port."""
    port = free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n")
    async with process(["mosquitto", "-c", str(config)], folder / "mosquitto.log"):
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        yield port


class Slave:
    """The far end of a line: its name for settings, and how many values it has given out."""

    def __init__(self, child: asyncio.subprocess.Process, place: str) -> None:
        self._child = child
        self.place = place

    async def produced(self, *, silent: bool = False) -> int:
        """``silent``: from now on it answers nothing, so the number stands."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(b"silent\n" if silent else b"count\n")
        return int(await self._child.stdout.readline())


@contextlib.asynccontextmanager
async def slave(folder: Path, *, registers: int, tcp: bool) -> AsyncIterator[Slave]:
    place = "tcp" if tcp else str(folder / "line")
    command = [sys.executable, "-m", "bench.peer.slave", place, str(registers)]
    async with process(command, folder / "slave.log", talk=True) as child:
        assert child.stdout is not None
        said = (await child.stdout.readline()).decode().strip()
        yield Slave(child, f"127.0.0.1:{said}" if tcp else said)


@contextlib.asynccontextmanager
async def subscriber(port: int, platform: Platform) -> AsyncIterator[None]:
    """Reads everything into ``platform``; answers the peer's question for session limits as its own platform does."""
    limits = '{"maxPayloadSize": 65536, "maxInflightMessages": 100, "rateLimits": {}, "gatewayRateLimits": {}}'
    async with aiomqtt.Client("127.0.0.1", port, max_queued_incoming_messages=0) as client:
        await client.subscribe("v1/#", qos=1)
        await client.subscribe("sp/#", qos=1)
        await client.subscribe("collectd/#", qos=1)

        async def read() -> None:
            async for message in client.messages:
                topic = str(message.topic)
                if topic.startswith("v1/devices/me/rpc/request/"):
                    request = topic.rpartition("/")[2]
                    await client.publish(f"v1/devices/me/rpc/response/{request}", limits, qos=1)
                elif isinstance(message.payload, bytes):
                    platform.take(topic, message.payload)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(read())
            yield
            task.cancel()
