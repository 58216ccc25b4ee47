"""Opening a port, and what a person reads when that fails."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from pathlib import Path

import pytest

from agent.acquire import tty
from agent.acquire.transport import open_transport
from agent.config.settings import LineSettings
from agent.errors import Retry
from simulator.gnss import sentence
from simulator.wire import SimulatedWire
from tests.acquire.rig import Seen, make_line, polling


async def opened(settings: LineSettings) -> None:
    async with open_transport(settings):
        pass


def refusal(settings: LineSettings) -> str:
    with pytest.raises(Retry) as reported:
        asyncio.run(opened(settings))
    return str(reported.value)


def test_a_missing_port_names_the_ports_that_are_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "usb-FTDI_1").touch()
    monkeypatch.setattr(tty, "STABLE_NAMES", (tmp_path,))
    text = refusal(LineSettings(port="/dev/serial/by-id/usb-FTDI_2"))
    assert text.startswith(
        "/dev/serial/by-id/usb-FTDI_2 is not there. Plug the adapter in, or name another port; there"
    )
    assert f"{tmp_path}/usb-FTDI_1" in text


@pytest.mark.fault("a port belongs to another group", "the cure is that of its own group")
@pytest.mark.parametrize(
    ("mode", "group", "cure"),
    [
        (0o660, 4242, "It belongs to the group 4242: add pat to it (sudo adduser pat 4242)"),
        (0o600, 4242, "Its group 4242 may not read and write it: give the group access by a udev rule"),
        (0o660, 77, "check DeviceAllow of the service"),
    ],
)
def test_a_port_without_permission_says_what_to_do_about_its_own_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, group: int, cure: str
) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    port.chmod(mode)
    real = port.stat()
    fields = [*real]
    fields[5] = group
    monkeypatch.setattr(os, "getgroups", lambda: [77])
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result(fields))
    monkeypatch.setenv("USER", "pat")
    assert cure in tty._sentence(str(port), errno.EACCES)


@pytest.mark.skipif(os.getuid() == 0, reason="root may open everything")
def test_a_port_that_may_not_be_opened(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()
    port.chmod(stat.S_IWUSR)
    assert "may not be opened. " in refusal(LineSettings(port=str(port)))


@pytest.mark.fault("a port is in use, by the agent or another program", "the sentence says how to free it")
def test_a_port_that_another_program_has_says_so() -> None:
    wire = SimulatedWire([])

    async def twice() -> None:
        async with open_transport(LineSettings(port=wire.path)):
            await opened(LineSettings(port=wire.path))

    with pytest.raises(Retry, match="is in use by another program"):
        asyncio.run(twice())
    wire.close()


def test_a_device_that_is_no_serial_port() -> None:
    assert "Check that it is a serial port" in refusal(LineSettings(port="/dev/null"))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:1"])
def test_a_refused_connection_says_what_to_check(address: str) -> None:
    text = refusal(LineSettings(tcp=address))
    assert text.startswith(f"{address}: ")
    assert text.endswith("Check its address, power and cable.")


def test_what_came_before_the_port_was_opened_is_thrown_away() -> None:
    wire = SimulatedWire([])

    async def tell() -> bytes:
        os.write(wire._master, b"stale")
        async with open_transport(LineSettings(port=wire.path)) as port:
            os.write(wire._master, b"fresh")
            return await port.receive(1.0)

    assert asyncio.run(tell()) == b"fresh"
    wire.close()


def test_a_pause_is_exact_to_less_than_a_millisecond() -> None:
    wire = SimulatedWire([])

    async def tell() -> float:
        loop = asyncio.get_running_loop()
        late = []
        async with open_transport(LineSettings(port=wire.path)) as port:
            for _ in range(50):
                began = loop.time()
                await port.pause(0.00175)
                late.append(loop.time() - began - 0.00175)
        return sorted(late)[len(late) // 5]  # a busy machine spoils some

    assert -0.0005 < asyncio.run(tell()) < 0.001
    wire.close()


def test_a_recording_is_played_as_if_the_device_were_there(tmp_path: Path) -> None:
    record = tmp_path / "gnss.nmea"
    record.write_bytes(sentence("GNGGA,083000.50,2232.59260,N,11403.25920,E,1,09,0.9,21.4,M,-2.8,M,,") * 3)

    async def tell() -> Seen:
        seen = Seen()
        line = make_line(LineSettings(port=str(record)), '[device.gnss]\ndriver = "nmea"\nline = "a"\n')
        async with polling(line, seen):
            await seen.until(lambda: seen.states("gnss"))
        return seen

    seen = asyncio.run(tell())
    assert seen.values("gnss", "altitude") == [21.4] * 3
    assert not seen.faults("gnss")
