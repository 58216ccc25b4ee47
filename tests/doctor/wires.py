"""Lines with simulated devices for one plan: ptys that know their baud rate, and serial servers that speak RFC 2217."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import struct
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import serial

from simulator.modbus import Numbered, Slave
from simulator.wire import SimulatedWire
from tests.doctor.plan import Wire

IAC, SB, SE, COM = 255, 250, 240, 44
_PARITY = {"none": 1, "odd": 2, "even": 3}


class TruthfulSlave(Slave):
    """Receives nothing of what is sent at another speed; ``receives`` is 'well', 'garbled' or 'nothing'."""

    def __init__(self, unit: int, chance: random.Random, noise: float, receives: Callable[[], str]) -> None:
        super().__init__(f"unit {unit}", unit, Numbered())
        self._chance, self._noise, self._receives = chance, noise, receives

    def receive(self, data: bytes) -> bytes:
        how = self._receives()
        if how == "nothing":
            return b""
        answer = super().receive(data)
        if how == "garbled":
            self._received = b""
            return self._chance.randbytes(self._chance.randrange(4, 12)) if len(data) >= 8 else b""
        if answer and self._chance.random() < self._noise:
            spoilt = bytearray(answer)
            spoilt[self._chance.randrange(len(spoilt))] ^= 0x41
            return bytes(spoilt)
        return answer


@contextlib.asynccontextmanager
async def line(wire: Wire, link: Path, chance: random.Random) -> AsyncIterator[str]:
    """The port, or HOST:PORT of the serial server."""
    if wire.server:
        async with _server(wire, chance) as address:
            yield address
        return
    bus: SimulatedWire | None = None

    def receives() -> str:
        assert bus is not None
        speed = termios.tcgetattr(bus._master)[4]
        return "well" if speed == getattr(termios, f"B{wire.baud}") else "garbled"

    slaves = [TruthfulSlave(unit, chance, wire.noise, receives) for unit in wire.units]
    for slave in slaves:
        slave.behaviour = wire.behaviour.get(slave.unit, "ok")  # type: ignore[assignment]
    bus = SimulatedWire(list(slaves), link=link, echo=wire.echo)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(bus.close)
        if wire.held:
            stack.enter_context(serial.Serial(str(link), exclusive=True))
        _change(wire, link)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        task = group.create_task(bus.run())
        stack.callback(task.cancel)
        yield str(link)


def _change(wire: Wire, link: Path) -> None:
    tty = link.resolve()
    tty.chmod(wire.mode)
    os.chown(tty, *wire.owner)
    if wire.there in {"missing", "unplugged", "no port"}:
        link.unlink()
        if wire.there == "unplugged":
            link.symlink_to("/dev/ttyUSB97")
        elif wire.there == "no port":
            link.symlink_to("/dev/null")


@contextlib.asynccontextmanager
async def _server(wire: Wire, chance: random.Random) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = _Port(wire)
        slaves = [TruthfulSlave(unit, chance, wire.noise, port.receives) for unit in wire.units]
        for slave in slaves:
            slave.behaviour = wire.behaviour.get(slave.unit, "ok")  # type: ignore[assignment]
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                plain, reply = port.feed(data)
                if wire.echo:
                    reply += plain
                for slave in slaves:
                    answer = slave.receive(plain) if plain else b""
                    if slave.behaviour != "silent":
                        reply += answer.replace(b"\xff", b"\xff\xff")
                writer.write(reply)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    if wire.there == "refuses":
        server.close()
        yield address
        return
    try:
        yield address
    finally:
        server.close()


class _Port:
    """The serial port of a server as its client has set it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._baud, self._parity = 0, 0
        self._rest = b""

    def receives(self) -> str:
        if self._baud != self._wire.baud:
            return "garbled"
        return "well" if self._parity == _PARITY[self._wire.parity] else "nothing"

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Bytes for the line, and what goes back to the client."""
        data, plain, reply, at = self._rest + data, b"", b"", 0
        while at < len(data):
            if data[at] != IAC:
                plain, at = plain + data[at : at + 1], at + 1
            elif data[at + 1 : at + 2] == b"\xff":
                plain, at = plain + b"\xff", at + 2
            elif data[at + 1 : at + 2] == bytes([SB]):
                end = data.find(bytes([IAC, SE]), at)
                if end < 0:
                    break
                reply += self._set(data[at + 2 : end])
                at = end + 2
            elif len(data) - at >= 3:
                at += 3
            else:
                break
        self._rest = data[at:]
        return plain, reply

    def _set(self, command: bytes) -> bytes:
        code, value = command[1], command[2:].replace(b"\xff\xff", b"\xff")
        if code == 1:
            (self._baud,) = struct.unpack(">I", value)
        elif code == 3:
            self._parity = value[0]
        return bytes([IAC, SB, COM, code + 100]) + command[2:] + bytes([IAC, SE])
