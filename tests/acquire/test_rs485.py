"""RS-485 direction by the kernel: what its UART driver is reported, and what a person reads where it cannot."""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from agent.acquire.transport import open_transport
from agent.config.settings import LineSettings
from agent.errors import Retry
from simulator.wire import SimulatedWire

ENABLED, RTS_ON_SEND = 1, 2  # linux/serial.h
OPEN = """
import sys
from agent.acquire.tty import open_serial
from agent.config.settings import LineSettings
from agent.errors import Retry
try:
    open_serial(LineSettings(port=sys.argv[1], rs485=True)).close()
except Retry as reason:
    sys.exit(str(reason))
"""


@pytest.fixture(scope="module")
def uart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes a port a UART with an RS-485 driver."""
    if shutil.which("cc") is None:
        pytest.skip("a C compiler makes the UART")
    library = tmp_path_factory.mktemp("uart") / "rs485_uart.so"
    source = Path(__file__).with_suffix("").with_name("rs485_uart.c")
    subprocess.run(["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def opened(uart: Path, how: str, reported: Path) -> tuple[int, str]:
    """Open a port in a process where the UART behaves as ``how`` says: its exit code, and what it said."""
    wire = SimulatedWire([])
    extra = {"LD_PRELOAD": str(uart), "RS485_UART": how, "RS485_FILE": str(reported)}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, wire.path],
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    wire.close()
    return done.returncode, done.stderr


def test_the_kernel_is_asked_to_drive_the_line_while_it_sends_and_only_then(uart: Path, tmp_path: Path) -> None:
    assert opened(uart, "takes", tmp_path / "reported") == (0, "")
    assert struct.unpack("8I", (tmp_path / "reported").read_bytes()) == (ENABLED | RTS_ON_SEND, *[0] * 7)


def test_a_driver_that_says_yes_and_does_nothing_is_found_out(uart: Path, tmp_path: Path) -> None:
    code, said = opened(uart, "ignores", tmp_path / "reported")
    assert code == 1
    assert "cannot switch an RS-485 driver (Operation not supported): take rs485 = true away" in said


def test_a_port_without_such_a_driver_says_what_to_do() -> None:
    wire = SimulatedWire([])

    async def tell() -> None:
        async with open_transport(LineSettings(port=wire.path, rs485=True)):
            pass

    with pytest.raises(Retry, match=r"cannot switch an RS-485 driver .*take rs485 = true away"):
        asyncio.run(tell())
    wire.close()
