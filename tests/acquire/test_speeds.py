"""Where nobody answers, the line finds out at which speed its devices do, and says so; it goes on as it is set."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.acquire import speeds
from agent.acquire.session import DeviceSession
from agent.acquire.speeds import SpeedSearch
from agent.acquire.transport import Transport
from agent.config.settings import LineSettings
from agent.errors import Retry
from contract.types import FaultCode
from simulator.firmware import Emulated, missing
from simulator.modbus import Numbered, Slave
from simulator.wire import SimulatedWire, running
from tests.acquire.fakes import FakeClock
from tests.acquire.rig import DRIVERS, Seen, make_devices, make_line, polling, slave

pytestmark = pytest.mark.skipif(bool(missing()), reason="needs a C compiler for the emulated devices")

METER = """[device.meter]
driver = "modbus_rtu"
line = "a"
unit = 7
profile = "pzem_004t"
every_s = 0.2
timeout_s = 0.2
"""
WRITTEN = """registers = [{ address = 0, quantity = "count_0" }, { address = 20, quantity = "count_1" }]
read = [{ address = 0, count = 1, write = { address = 9, values = [1] } }]
"""


@pytest.mark.fault("a line is set to another speed than its devices", "the status says at which speed they answer")
def test_a_meter_at_another_speed_is_found_and_read_as_soon_as_the_line_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "AFTER_S", 0.5)

    async def story() -> None:
        with Emulated("field_devices", "line 19200 N", "add pzem_004t 7 4") as wire:
            settings = LineSettings(port=wire.port, baud=9600)
            line, seen = make_line(settings, METER), Seen()
            async with polling(line, seen):
                await seen.until(lambda: "19200" in line.health().text)
                health, (device,) = line.health(), line.devices()
                assert health.state == "down"
                assert health.text == device.advice
                assert device.advice.endswith(
                    "(meter) answers at 19200 baud, parity none: set these for line a, or set the device to those of "
                    "the line."
                )
                assert not seen.readings("meter"), "what came of another speed is no reading"
                line.update(LineSettings(port=wire.port, baud=19200), [*make_devices(METER).values()])
                await seen.until(lambda: seen.readings("meter"))
                await seen.until(lambda: line.health().state == "up")
                assert "19200" not in line.health().text + line.devices()[0].advice

    asyncio.run(asyncio.wait_for(story(), 300))


def test_one_device_that_is_understood_keeps_the_line_from_searching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "AFTER_S", 0.0)

    async def story() -> None:
        wire = SimulatedWire([Slave("one", 1, Numbered(10))], baud=115200)
        text = slave("one", 1, every_s=0.05) + slave("gone", 9, every_s=0.05, timeout_s=0.05)
        line, seen = make_line(LineSettings(port=wire.path, baud=115200), text), Seen()
        async with running(wire), polling(line, seen):
            await seen.until(lambda: seen.faults("gone").count(FaultCode.NO_ANSWER) >= 8)
            opened = line.health().reopened
            await seen.until(lambda: len(seen.values("one")) >= 30)
        assert line.health().reopened == opened == 0

    asyncio.run(asyncio.wait_for(story(), 300))


def test_a_speed_that_the_port_does_not_know_ends_no_search() -> None:
    @asynccontextmanager
    async def opened(settings: LineSettings) -> AsyncIterator[Transport]:
        tried.append((settings.baud, settings.parity))
        raise Retry("the port does not know that")
        yield

    async def story() -> None:
        clock = FakeClock()
        session = DeviceSession(make_devices(METER)["meter"], DRIVERS["modbus_rtu"], clock)
        session.goes_down(FaultCode.NO_ANSWER, "silent", clock.now())
        search = SpeedSearch("a", clock)
        clock.time += speeds.AFTER_S
        settings = LineSettings(port="/dev/ttyS9")
        assert search.due(settings, [session])
        await search.search(settings, [session], opened)
        assert len(tried) == len(speeds.USUAL) - 1
        assert not search.due(settings, [session]), "the next one is some time away"

    tried: list[tuple[int, str]] = []
    asyncio.run(story())


@pytest.mark.parametrize("allowed", [False, True])
def test_a_device_that_is_written_to_is_asked_at_no_other_speed(*, allowed: bool) -> None:
    text = METER.replace('profile = "pzem_004t"', f"allow_writes = {str(allowed).lower()}\n{WRITTEN}")
    clock = FakeClock()
    session = DeviceSession(make_devices(text)["meter"], DRIVERS["modbus_rtu"], clock)
    session.goes_down(FaultCode.NO_ANSWER, "silent", clock.now())
    search = SpeedSearch("a", clock)
    clock.time += speeds.AFTER_S
    assert search.due(LineSettings(port="/dev/ttyS9"), [session]) is not allowed
