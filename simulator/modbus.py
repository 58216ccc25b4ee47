"""Simulated Modbus slaves: RTU on a ``SimulatedWire``, TCP behind ``serve_tcp``."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from agent.checksum import crc16_modbus
from simulator.wire import Behaviour

REQUEST = struct.Struct(">BBHH")
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, DEVICE_FAILURE = 1, 2, 4
READ_BITS = (1, 2)
READ_WORDS = (3, 4)


class Bank(Protocol):
    """The registers of a slave."""

    def read(self, function: int, address: int, count: int) -> list[int] | None:
        """Raw values, 0..65535 each, or None where one of them does not exist."""


class Numbered:
    """Each register returns how often it has been read, so that a lost reading is a hole in its numbers.

    Holding registers count in 16 bits and wrap. Input registers count in pairs of 32 bits, high word first: read both
    words of a pair at once.
    """

    def __init__(self, count: int = 100) -> None:
        self.count = count
        self.reads: Counter[tuple[int, int]] = Counter()

    def read(self, function: int, address: int, count: int) -> list[int] | None:
        if function not in READ_WORDS or address + count > self.count:
            return None
        if function == 3:
            self.reads.update((3, number) for number in range(address, address + count))
            return [self.reads[3, number] & 0xFFFF for number in range(address, address + count)]
        self.reads.update((4, number // 2) for number in range(address, address + count) if number % 2 == 0)
        counts = ((self.reads[4, number // 2], number) for number in range(address, address + count))
        return [(value >> (0 if number % 2 else 16)) & 0xFFFF for value, number in counts]


class Values:
    """Registers that are computed when they are read: ``{(function, address): value}``; negative ones wrap."""

    def __init__(self, registers: Mapping[tuple[int, int], Callable[[], float]]) -> None:
        self._registers = dict(registers)

    def read(self, function: int, address: int, count: int) -> list[int] | None:
        keys = [(function, number) for number in range(address, address + count)]
        if not any(key in self._registers for key in keys):
            return None
        return [round(self._registers.get(key, float)()) & 0xFFFF for key in keys]  # holes read as 0


class Slave:
    """One Modbus slave with its unit address."""

    period_s: float | None = None

    def __init__(self, name: str, unit: int, bank: Bank, *, delay_s: float = 0.0) -> None:
        self.name = name
        self.unit = unit
        self.bank = bank
        self.delay_s = delay_s
        self.behaviour: Behaviour = "ok"
        self.asked = 0
        self._received = b""

    def speak(self, now_s: float) -> bytes:  # noqa: ARG002 - a slave never speaks by itself
        return b""

    def receive(self, data: bytes) -> bytes:
        """Frames may come in pieces; what is no request to this unit is skipped byte by byte."""
        self._received = (self._received + data)[-256:]
        while len(self._received) >= 8:
            frame = self._received[:8]
            if crc16_modbus(frame):
                self._received = self._received[1:]
                continue
            self._received = self._received[8:]
            if frame[0] == self.unit:
                return self._frame(self.answer(frame[1:6]))
        return b""

    def answer(self, question: bytes) -> bytes:
        """The answer's function code and data (the PDU) to those of a question."""
        self.asked += 1
        _, function, address, count = REQUEST.unpack(b"\0" + question)
        if self.behaviour == "exception":
            return bytes((function | 0x80, DEVICE_FAILURE))
        if function not in READ_BITS + READ_WORDS:
            return bytes((function | 0x80, ILLEGAL_FUNCTION))
        values = self.bank.read(function, address, count)
        if values is None:
            return bytes((function | 0x80, ILLEGAL_ADDRESS))
        if function in READ_BITS:
            packed = sum((value & 1) << place for place, value in enumerate(values))
            data = packed.to_bytes((count + 7) // 8, "little")
        else:
            data = struct.pack(f">{count}H", *values)
        return bytes((function, len(data))) + data

    def _frame(self, pdu: bytes) -> bytes:
        unit = self.unit + 1 if self.behaviour == "wrong_address" else self.unit
        body = bytes((unit,)) + pdu
        crc = crc16_modbus(body) ^ (0x5555 if self.behaviour == "bad_crc" else 0)
        frame = body + crc.to_bytes(2, "little")
        return frame[: len(frame) // 2] if self.behaviour == "half_frame" else frame


@contextlib.asynccontextmanager
async def serve_tcp(slaves: list[Slave], port: int = 0) -> AsyncIterator[int]:
    """Modbus TCP on the loopback, yields the port; behaves badly as far as a byte stream can."""
    units = {slave.unit: slave for slave in slaves}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                transaction, _, length, unit = struct.unpack(">HHHB", await reader.readexactly(7))
                question = await reader.readexactly(length - 1)
                slave = units.get(unit)
                if slave is None or slave.behaviour == "silent":
                    continue
                pdu = slave.answer(question)
                await asyncio.sleep(slave.delay_s + (1.5 if slave.behaviour == "slow" else 0.0))
                address = unit + 1 if slave.behaviour == "wrong_address" else unit
                frame = struct.pack(">HHHB", transaction, 0, len(pdu) + 1, address) + pdu
                writer.write(frame[: len(frame) // 2] if slave.behaviour == "half_frame" else frame)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield server.sockets[0].getsockname()[1]
