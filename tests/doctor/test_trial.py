"""Where the doctor looks for a device elsewhere, it writes to none; what it makes of what the daemon says of one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from agent.api import cobs_encode, crc16_modbus
from agent.config.settings import LineSettings
from agent.doctor.checks import lines
from agent.doctor.checks._trial import LineTrial
from contract.health import DeviceHealth
from contract.types import FaultCode
from drivers._hj212 import packet
from tests.acquire.fakes import FakeClock, FakeTransport
from tests.acquire.rig import DRIVERS, make_devices

WRITTEN = """[device.meter]
driver = "modbus_rtu"
line = "a"
unit = 7
registers = [{{ address = 0, quantity = "count_0" }}, {{ address = 20, quantity = "count_1" }}]
read = [{{ address = 0, count = 1, write = {{ address = 9, values = [1], function = {function} }} }}]
allow_writes = {allowed}
"""


@pytest.mark.fault("a device that must be written to does not answer", "the doctor writes to no other unit or line")
@pytest.mark.parametrize("function", [6, 16, 23])
@pytest.mark.parametrize("allowed", ["false", "true"])
def test_a_device_that_is_written_to_is_looked_for_nowhere_else(allowed: str, function: int) -> None:
    devices = make_devices(WRITTEN.format(allowed=allowed, function=function)).values()
    trial = LineTrial("a", LineSettings(port="/dev/ttyS9"), devices, DRIVERS, FakeClock())
    assert trial.elsewhere(trial.devices[0]) is (allowed == "false")


TALKERS = """[device.board]
driver = "pole_board"
line = "a"

[device.monitor]
driver = "hj212"
line = "a"
"""


def frame(payload: bytes) -> bytes:
    return cobs_encode(payload + crc16_modbus(payload).to_bytes(2, "little")) + b"\0"


def listening() -> tuple[LineTrial, FakeTransport]:
    clock = FakeClock()
    devices = make_devices(TALKERS).values()
    return LineTrial("a", LineSettings(port="/dev/ttyS9"), devices, DRIVERS, clock), FakeTransport(clock)


@pytest.mark.fault("our board is well and no daemon runs", "the doctor asks it what its samples are, and calls it well")
def test_a_board_that_runs_already_is_asked_what_its_samples_are() -> None:
    trial, line = listening()
    line.arrive(*((0.1 * number, frame(bytes((1, 1, number)) + bytes(8))) for number in range(5)))
    asyncio.run(trial._listen(line))
    assert [data for _, data in line.sent] == [frame(bytes((1, 0x10, 0)))]


def test_what_the_doctor_does_not_keep_it_does_not_acknowledge() -> None:
    trial, line = listening()
    head = b"QN=20261123083000000;ST=22;CN=2011;PW=1;MN=A;Flag=5"
    line.arrive((0.1, packet(head + b";CP=&&DataTime=20261123163140;a01001-Rtd=21.5&&")))
    asyncio.run(trial._listen(line))
    assert trial.tallies["monitor"].good
    assert not line.sent


def test_rounds_that_are_left_out_are_no_damage() -> None:
    """Whatever went wrong with the device before."""
    late = DeviceHealth(
        name="roof",
        driver="modbus_rtu",
        line="a",
        state="up",
        since=datetime(2026, 11, 23, tzinfo=UTC),
        missed=50,
        advice="58% are left out",
        faults={FaultCode.BAD_FRAME: 1},
    )
    causes: list[str] = []
    lines._device(late, lambda cause, *_: causes.append(cause))
    lines._device(replace(late, error_share=0.1), lambda cause, *_: causes.append(cause))
    assert causes == ["serial.overload", "serial.damaged"]


MUTE = """[device.roof]
driver = "ascii_line"
line = "a"
pattern = 'T=(?P<temperature>[0-9.]+)'
"""


@pytest.mark.fault("no line that comes fits a device's pattern, and no daemon runs", "the doctor names the device")
def test_a_device_of_which_nothing_can_be_read_is_not_well() -> None:
    clock = FakeClock()
    trial = LineTrial("a", LineSettings(port="/dev/ttyS9"), make_devices(MUTE).values(), DRIVERS, clock)
    line = FakeTransport(clock)
    line.arrive(*((0.1 * number, b"H=1.5\r\n") for number in range(15)))
    asyncio.run(trial._listen(line))
    assert not trial.answers
    causes: list[tuple[str, str]] = []
    lines._nobody(trial, lambda name, reading, about="": causes.append((name, reading)), "line a")
    ((cause, reading),) = causes
    assert cause == "serial.no_value"
    assert "'H=1.5'" in reading


def test_a_value_that_cannot_be_is_no_refusal() -> None:
    """A GNSS receiver whose week counter rolled over refuses nothing, and has no profile."""
    late = DeviceHealth(
        name="sky",
        driver="nmea",
        line="a",
        state="up",
        since=datetime(2026, 11, 23, tzinfo=UTC),
        advice="it reports, but its date cannot be",
        faults={FaultCode.OUT_OF_RANGE: 9},
    )
    causes: list[str] = []
    lines._device(late, lambda cause, *_: causes.append(cause))
    assert causes == ["serial.implausible"]
