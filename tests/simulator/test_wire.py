"""The simulated line itself: real ttys, bit time, numbers, and the settings that go with it."""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from pathlib import Path

import pytest

from agent.acquire.line import Line
from agent.acquire.transport import open_transport
from agent.config.settings import LineSettings
from agent.system.clock import SystemClock, always_synced
from contract.types import Fault, Reading
from drivers._modbus import blocks
from drivers.modbus_rtu import RegisterQuestion
from simulator.__main__ import main
from simulator.modbus import Numbered, Slave
from simulator.pole import numbered, numbered_settings, reference_pole, reference_settings
from simulator.wire import SimulatedWire, running
from tests.acquire.rig import DRIVERS, Seen, make_devices, polling
from tests.drivers.test_registers import made


def request(registers: int) -> bytes:
    table = [{"address": number, "quantity": f"q{number}"} for number in range(registers)]
    return RegisterQuestion(1, blocks("x", made(registers=table))[0]).request


@pytest.mark.parametrize(("baud", "registers"), [(9600, 10), (115200, 100)])
def test_a_paced_line_takes_the_time_that_the_bits_take(baud: int, registers: int) -> None:
    async def tell() -> float:
        wire = SimulatedWire([Slave("a", 1, Numbered(), delay_s=0.01)], baud=baud, paced=True)
        async with running(wire), open_transport(LineSettings(port=wire.path, baud=baud)) as port:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await port.send(request(registers))
            received = b""
            while len(received) < 5 + 2 * registers:
                received += await port.receive(1.0)
            return loop.time() - began

    wanted = (8 + 5 + 2 * registers) * 10 / baud + 0.01
    assert wanted - 0.001 < asyncio.run(tell()) < wanted + 0.2, "a busy machine may be late, never early"


def test_each_register_counts_its_own_reads() -> None:
    bank = Numbered(6)
    assert bank.read(3, 0, 2) == [1, 1]
    assert bank.read(3, 1, 2) == [2, 1]
    assert bank.read(4, 0, 4) == [0, 1, 0, 1]
    assert bank.read(4, 0, 2) == [0, 2]
    assert bank.read(3, 5, 2) is None
    bank.reads[4, 0] = 0x12345
    assert bank.read(4, 0, 2) == [1, 0x2346]


def test_the_reference_pole_and_its_settings_fit_together(tmp_path: Path) -> None:
    async def tell() -> list[Seen]:
        clock = SystemClock(always_synced)
        wires = reference_pole(tmp_path)
        wires["numbered"] = numbered(tmp_path, count=20)
        text = reference_settings(tmp_path) + "\n" + numbered_settings(tmp_path, count=20, kind="u32")
        tables = tomllib.loads(text)["line"]
        devices = make_devices(text)
        seen = []
        async with asyncio.TaskGroup() as group, running(*wires.values()):
            tasks = []
            for name, table in tables.items():
                own = [device for device in devices.values() if device.common.line == name]
                line = Line(name, LineSettings(**table), own, DRIVERS, clock)
                seen.append(Seen())
                tasks.append(group.create_task(line.run(seen[-1].emit)))
            for each in seen:
                await each.until(lambda each=each: len(each.items) > 35)
            for task in tasks:
                task.cancel()
        return seen

    seen = asyncio.run(tell())
    readings = [item for each in seen for item in each.items if isinstance(item, Reading)]
    assert not [item for each in seen for item in each.items if isinstance(item, Fault)]
    assert {reading.device for reading in readings} == {"weather", "dust", "level", "tilt", "board", "gnss", "numbered"}
    values = {(reading.device, reading.quantity): reading.value for reading in readings}
    assert -10 < float(values["weather", "temperature"]) < 45
    assert 990 < float(values["weather", "pressure"]) < 1030
    assert 0 < float(values["level", "water_level"]) < 2
    assert abs(float(values["tilt", "tilt_x"])) < 1
    counts = [reading.value for reading in readings if reading.quantity == "count_3"]
    assert counts == list(range(1, len(counts) + 1))


def test_a_line_that_is_unplugged_leaves_no_name_behind(tmp_path: Path) -> None:
    wire = SimulatedWire([], link=tmp_path / "port")
    assert (tmp_path / "port").is_symlink()
    wire.unplug()
    assert not (tmp_path / "port").is_symlink()
    wire.plug()
    descriptor = os.open(tmp_path / "port", os.O_RDWR | os.O_NOCTTY)
    os.close(descriptor)
    wire.close()
    wire.close()


def test_a_wrong_word_on_the_command_line_says_what_would_be_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--misbehave", "tilt=loud"])
    assert "--misbehave tilt=loud: DEVICE=HOW with HOW one of ok, silent" in capsys.readouterr().err


def test_the_program_prints_its_settings_and_serves(tmp_path: Path) -> None:
    async def tell() -> tuple[str, Seen]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "simulator", str(tmp_path), "--numbered", "4", stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout
            text = b""
            async with asyncio.timeout(120):
                while b"count_3" not in text or not text.endswith(b"]\n"):
                    text += await process.stdout.read(4096)
            devices = make_devices(text.decode())
            settings = LineSettings(port=str(tmp_path / "numbered"), baud=115200)
            line, seen = Line("n", settings, [devices["numbered"]], DRIVERS, SystemClock(always_synced)), Seen()
            async with polling(line, seen):
                await seen.until(lambda: len(seen.values("numbered")) > 3)
        finally:
            process.terminate()
            await process.wait()
        return text.decode(), seen

    text, seen = asyncio.run(tell())
    assert "[device.weather]" in text
    assert seen.values("numbered")[:3] == [1, 2, 3]
