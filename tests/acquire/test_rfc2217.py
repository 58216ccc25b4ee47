"""Serial ports behind TCP servers: pyserial's own RFC 2217 server as an independent peer, and the codec by itself."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st
from serial.rfc2217 import PortManager

from agent.acquire.rfc2217 import LONGEST, Telnet
from agent.config.settings import LineSettings
from simulator.firmware import Emulated, missing
from tests.firmware.reading import Listener, device

SETTINGS = LineSettings(tcp="127.0.0.1:1", rfc2217=True, baud=19200, parity="even")
CONFIRM = bytes.fromhex("fffa2c6500004b00fff0 fffa2c6608fff0 fffa2c6703fff0 fffa2c6801fff0")


def test_the_greeting_sets_what_the_line_wants() -> None:
    greeting = Telnet(SETTINGS).greeting()
    assert bytes.fromhex("fffa2c0100004b00fff0") in greeting  # 19200
    assert bytes.fromhex("fffa2c0303fff0") in greeting  # even


def test_the_line_is_ready_when_all_is_confirmed() -> None:
    telnet = Telnet(SETTINGS)
    assert telnet.feed(CONFIRM[:-4]) == (b"", b"")
    assert not telnet.ready
    assert telnet.feed(CONFIRM[-4:] + b"data") == (b"data", b"")
    assert telnet.ready
    assert not telnet.refused


def test_another_baud_rate_than_was_asked_for_is_a_refusal() -> None:
    telnet = Telnet(SETTINGS)
    telnet.feed(bytes.fromhex("fffa2c6500002580fff0"))
    assert telnet.refused == "baud rate 19200, it set 9600"


def test_options_that_nobody_offered_are_refused() -> None:
    assert Telnet(SETTINGS).feed(bytes((255, 251, 1, 255, 253, 24))) == (b"", bytes((255, 254, 1, 255, 252, 24)))


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 800), max_size=8))
def test_data_survives_both_ways_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    telnet = Telnet(SETTINGS)
    wire = telnet.encode(data)
    edges = [0, *sorted(cut for cut in cuts if cut < len(wire)), len(wire)]
    came = b"".join(telnet.feed(wire[a:b])[0] for a, b in pairwise(edges))
    assert came == data


@given(st.lists(st.binary(max_size=40), max_size=40))
def test_noise_raises_nothing_and_is_not_hoarded(pieces: list[bytes]) -> None:
    telnet = Telnet(SETTINGS)
    for piece in pieces:
        telnet.feed(b"\xff\xfa" + piece)
    assert len(telnet._rest) < LONGEST + 44


@contextlib.contextmanager
def server(port: str, *, speaks_rfc2217: bool) -> Iterator[tuple[str, serial.Serial]]:
    """A TCP server for ``port``; its address, and the port as it is set."""
    with contextlib.ExitStack() as stack:
        device = stack.enter_context(_Port(port, 2400, timeout=0.02))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(120)
        stop = threading.Event()
        thread = threading.Thread(  # noqa: TID251 - the peer is blocking code
            target=_serve, args=(listener, device, stop, speaks_rfc2217)
        )
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}", device
        finally:
            stop.set()
            thread.join()


class _Port(serial.Serial):
    """A pty as a port: it has no modem lines."""

    cts = dsr = ri = cd = False


class _Link:
    """What a PortManager writes to."""

    def __init__(self, link: socket.socket) -> None:
        self.write = link.sendall


def _serve(listener: socket.socket, device: serial.Serial, stop: threading.Event, speaks: bool) -> None:
    with listener.accept()[0] as link:
        link.settimeout(0.005)
        manager = PortManager(device, _Link(link)) if speaks else None
        while not stop.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                data = link.recv(1000)
                if not data:
                    return
                device.write(b"".join(manager.filter(data)) if manager else data)
            with contextlib.suppress(OSError):
                said = device.read(device.in_waiting)
                link.sendall(b"".join(manager.escape(said)) if manager else said)


@pytest.mark.skipif(bool(missing()), reason="needs a C compiler for the emulated devices")
@pytest.mark.parametrize("speaks_rfc2217", [True, False])
def test_devices_behind_a_serial_server_are_read(*, speaks_rfc2217: bool) -> None:
    with (
        Emulated("field_devices", "line 2400 N", "add tilt_dual 1", "set 0 0 255") as line,
        server(line.port, speaks_rfc2217=speaks_rfc2217) as (address, port),
    ):
        listener = Listener("", device("x", "modbus_rtu", unit=1, profile="tilt_dual"))
        listener.line.update(LineSettings(tcp=address, rfc2217=speaks_rfc2217, baud=2400), listener.devices)
        listener.until(lambda: listener.count("x") >= 4)
        assert port.baudrate == 2400
    assert listener.values("x")["tilt_x"] == 2.55
    assert not listener.codes("x")


def test_a_raw_port_is_distinguished_from_one_that_speaks_rfc2217() -> None:
    master, slave = os.openpty()
    try:
        with server(os.ttyname(slave), speaks_rfc2217=False) as (address, _):
            listener = Listener("", device("x", "modbus_rtu", unit=1, profile="tilt_dual"))
            listener.line.update(LineSettings(tcp=address, rfc2217=True), listener.devices)
            began = time.monotonic()
            listener.until(lambda: listener.codes("x"))
            assert time.monotonic() - began < 60
        assert "Take rfc2217 = true away" in listener.line.health().text
    finally:
        os.close(master)
        os.close(slave)
