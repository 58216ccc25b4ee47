"""Against somebody else's Modbus: pymodbus's server, on a serial line of two ptys and over TCP."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from agent.config.settings import LineSettings
from contract.types import FaultCode
from simulator.ports import free_port
from tests.acquire.rig import Seen, make_line, polling
from tests.acquire.test_line import story

DEVICE = """[device.peer]
driver = "{driver}"
line = "a"
unit = 7
every_s = 0.1
timeout_s = 0.5
registers = [
  {{ address = 0, quantity = "first" }},
  {{ address = 1, quantity = "temperature", type = "i16", scale = 0.1 }},
  {{ address = 2, quantity = "voltage", type = "f32" }},
  {{ address = 4, quantity = "active_energy", type = "u64" }},
  {{ address = 20, quantity = "second" }},
]
[device.absent]
driver = "{driver}"
line = "a"
unit = 7
every_s = 0.1
registers = [{{ address = 4000, quantity = "nothing" }}]
"""
"""The second asks for a register that the server does not have."""


def context() -> SimDevice:
    energy = 2**53 + 1
    return SimDevice(
        7,
        [
            SimData(0, values=[1234, (-55) & 0xFFFF], datatype=DataType.REGISTERS),
            SimData(2, values=230.5, datatype=DataType.FLOAT32),
            SimData(4, values=energy, datatype=DataType.UINT64),
            SimData(20, values=[77], datatype=DataType.REGISTERS),
        ],
    )


@contextlib.asynccontextmanager
async def serving(server: Any) -> AsyncIterator[None]:
    await server.serve_forever(background=True)
    try:
        yield
    finally:
        await server.shutdown()


async def read_it_all(settings: LineSettings, driver: str) -> None:
    line, seen = make_line(settings, DEVICE.format(driver=driver)), Seen()
    async with polling(line, seen):
        await seen.until(lambda: len(seen.values("peer", "second")) > 5 and len(seen.faults("absent")) > 3, 20)
    values = {reading.quantity: reading.value for reading in seen.readings("peer")}
    assert values == {"first": 1234, "temperature": -5.5, "voltage": 230.5, "active_energy": 2**53 + 1, "second": 77}
    assert not seen.faults("peer")
    assert set(seen.faults("absent")) == {FaultCode.EXCEPTION}
    assert "refuses" in seen.states("absent")[0].text


def test_modbus_tcp() -> None:
    async def tell() -> None:
        port = free_port()
        async with serving(ModbusTcpServer(context(), address=("127.0.0.1", port))):
            await read_it_all(LineSettings(tcp=f"127.0.0.1:{port}"), "modbus_tcp")

    story(tell)


@pytest.mark.skipif(shutil.which("socat") is None, reason="needs socat for a pair of ptys")
def test_modbus_rtu(tmp_path: Path) -> None:
    async def tell() -> None:
        ours, theirs = tmp_path / "ours", tmp_path / "theirs"
        pair = await asyncio.create_subprocess_exec(
            "socat", f"pty,raw,echo=0,link={ours}", f"pty,raw,echo=0,link={theirs}"
        )
        try:
            await exists(ours.exists, theirs.exists)
            server = ModbusSerialServer(context(), framer=FramerType.RTU, port=str(theirs), baudrate=19200)
            async with serving(server):
                await read_it_all(LineSettings(port=str(ours), baud=19200), "modbus_rtu")
        finally:
            pair.terminate()
            await pair.wait()

    story(tell)


async def exists(*conditions: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not all(condition() for condition in conditions):
            await asyncio.sleep(0.01)
