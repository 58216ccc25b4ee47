"""The agent's driver and the board's own C code, over a pty; on the PC and on a Cortex-M3."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from agent.api import cobs_decode
from simulator.firmware import TREE, Emulated, Machine
from tests.firmware.reading import Listener, device

PING_TYPE = 0x15
PING = bytes.fromhex("06011506ae9200")


def test_the_firmwares_own_tests_pass_and_share_our_frames(host: Machine) -> None:
    reported = subprocess.run(["make", "-C", TREE, "test"], capture_output=True, text=True, check=False)
    assert reported.returncode == 0, reported.stderr
    assert "bad frames of it are not" in reported.stdout
    assert reported.stdout.count("random inputs to") == len(list(Path(TREE).glob("fuzz/fuzz_*.c")))


def test_a_board_is_read_without_any_settings(machine: Machine) -> None:
    with Emulated("sensor_board", machine=machine) as board:
        listener = Listener(board.port, device("board", "pole_board"), baud=115200)
        listener.until(lambda: listener.count("board") >= 50)
    values = listener.values("board")
    assert set(values) == {"cabinet_temperature", "door", "smoke", "vibration", "lamp_current"}
    assert 27.0 <= values["cabinet_temperature"] <= 35.0
    assert values["door"] == 0
    assert not listener.codes("board")


def test_the_driver_sets_the_period(host: Machine) -> None:
    with Emulated("sensor_board") as board:
        listener = Listener(board.port, device("board", "pole_board", period_ms=20), baud=115200)
        # Twelve samples; at 100 ms they would take 1.1 s. A busy machine may stretch some of them, not all.
        listener.until(lambda: len(listener.items) > 60 and _span_s(listener.items[-60:]) < 1.0)


def _span_s(items: list[Any]) -> float:
    return float(items[-1].at.boot_s - items[0].at.boot_s)


def test_the_board_gets_the_time_identifies_itself_and_tries_its_sensors(machine: Machine) -> None:
    async def story(listener: Listener) -> None:
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            task = group.create_task(listener.line.run(listener.items.extend))
            assert await listener.line.act("board", "identify") == (True, "its lamp blinks for 30 s")
            tested = await listener.line.act("board", "self_test")
            assert tested.ok
            assert tested.text.count(" well") == 5
            assert (await listener.line.act("board", "start")).ok
            assert await listener.line.once("board")
            task.cancel()

    with Emulated("sensor_board", machine=machine) as board:
        listener = Listener(board.port, device("board", "pole_board"), baud=115200)
        listener.until(lambda: listener.count("board"))  # it has described itself, and got the time
        asyncio.run(story(listener))
        with serial.Serial(board.port, 115200, timeout=0.3) as port:
            port.write(PING)
            assert _time_of(port) == pytest.approx(time.time(), abs=30)


def _time_of(port: serial.Serial) -> float:
    """Unix time by the board's clock, from its reply to a ping."""
    for payload in _payloads(port):
        if payload[1] == 3 and payload[4] == PING_TYPE:
            return int.from_bytes(payload[10:18], "little") / 1000
    raise AssertionError("no reply to the ping")


def _payloads(port: serial.Serial) -> Iterator[bytes]:
    """The payloads that come within two minutes."""
    received, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        *frames, received = (received + bytes(port.read(200))).split(b"\0")
        yield from filter(None, map(cobs_decode, filter(None, frames)))


def test_the_watchdog_restarts_a_hung_board_and_the_third_time_it_only_talks(arm: Machine) -> None:
    with Emulated("sensor_board", machine=arm) as board, serial.Serial(board.port, 115200, timeout=0.3) as port:
        for restart in range(3):
            _frames(port, until=b"watchdog" if restart else b"started")
            board.send("hang")
        text = _frames(port, until=b"safe mode")
        assert b"safe mode after 3 watchdog starts: SET_PERIOD starts samples" in text
        port.reset_input_buffer()
        port.write(PING)
        assert next(_payloads(port))[1] == 3  # the reply, and no sample


def _frames(port: serial.Serial, until: bytes) -> bytes:
    """What comes until a log line says ``until``, for two minutes at most."""
    text, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        text += bytes(port.read(400))
        if until in text:
            return text
    raise AssertionError(f"{until!r} did not come: {text[-100:]!r}")


def test_the_images_need_no_heap_and_fit(arm: Machine) -> None:
    sources = [path.read_text() for path in Path(TREE).glob("*/*.c") if path.parent.name not in {"tests", "fuzz"}]
    assert not any("malloc(" in source for source in sources)
    with Emulated("field_devices", machine=arm):
        reported = subprocess.run(
            ["arm-none-eabi-size", TREE / "build/arm/sensor_board.elf"], capture_output=True, text=True, check=True
        )
    text, data, bss = map(int, reported.stdout.splitlines()[1].split()[:3])
    assert text + data < 16 * 1024
    assert data + bss < 16 * 1024
