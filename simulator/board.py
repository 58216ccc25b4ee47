"""Our sensor board as a program, the same bytes as the firmware (docs/board-protocol.md): for demo and tests."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from agent.checksum import crc16_modbus
from agent.cobs import cobs_decode, cobs_encode
from simulator.wire import Behaviour

VERSION = 1
SAMPLE, DESCRIPTOR, REPLY, LOG = 0x01, 0x02, 0x03, 0x04
GET_DESCRIPTOR, SET_PERIOD, IDENTIFY, SELF_TEST, TIME_SYNC, PING = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
ARGUMENT = {GET_DESCRIPTOR: 0, SET_PERIOD: 2, IDENTIFY: 1, SELF_TEST: 0, TIME_SYNC: 8, PING: 0}  # bytes
OK, UNKNOWN_COMMAND, BAD_ARGUMENT, FAILED = 0, 1, 2, 4
NOT_AVAILABLE = -0x8000_0000
DESCRIPTOR_EVERY_S = 10.0

# quantity code, decimal exponent, lowest and highest raw value, the value at a time in seconds
Channel = tuple[int, int, int, int, Callable[[float], float]]
CHANNELS: tuple[Channel, ...] = (
    (1, -2, -4000, 12500, lambda s: 31 + 4 * math.sin(s / 900) + 0.3 * math.sin(s / 7)),  # cabinet_temperature
    (2, 0, 0, 1, lambda s: 1 if s % 600 > 588 else 0),  # door: open 12 s of ten minutes
    (3, 0, 0, 1, lambda _: 0),  # smoke
    (4, -3, 0, 160000, lambda s: 0.05 + 0.04 * math.sin(s * 3) ** 2),  # vibration
    (5, -3, 0, 20000, lambda s: 0.62 + 0.02 * math.sin(s / 40)),  # lamp_current
)


def frame(payload: bytes) -> bytes:
    """``payload`` as it goes over the wire."""
    return cobs_encode(payload + crc16_modbus(payload).to_bytes(2, "little")) + b"\0"


class Board:
    """Samples each ``period_s``, a descriptor at boot, every 10 s and on request; answers commands."""

    delay_s = 0.0

    def __init__(self, name: str, *, serial: bytes = b"POLE0001", period_s: float = 0.1) -> None:
        self.name = name
        self.behaviour: Behaviour = "ok"
        self.period_s: float | None = period_s
        self.commands: list[int] = []  # types of what was received, the last 100
        self.samples = 0
        self.unwell: dict[int, int] = {}  # channel -> what its self-test says
        self.lamp_s = 0  # seconds of blinking that were asked for
        self._serial = serial
        self._sequence = 0
        self._booted_s: float | None = None
        self._now_s = 0.0
        self._unix_offset_ms = 0  # unix time at boot; 0 = not set
        self._described_s = 0.0
        self._received = b""

    def receive(self, data: bytes) -> bytes:
        *frames, self._received = (self._received + data).split(b"\0")
        self._received = self._received[-300:]
        return b"".join(map(self._command, frames))

    def speak(self, now_s: float) -> bytes:
        said = b""
        self._now_s = now_s
        if self._booted_s is None:
            self._booted_s = now_s
        if self._described_s == 0.0 or now_s - self._described_s >= DESCRIPTOR_EVERY_S:
            self._described_s = now_s
            said = self._descriptor()
        raw = [round(value(now_s) / 10**exponent) for _, exponent, _, _, value in CHANNELS]
        self.samples += 1
        said += self._message(SAMPLE, struct.pack(f"<I{len(raw)}i", self._uptime_ms(), *raw))
        return self._spoilt(said)

    def _descriptor(self) -> bytes:
        period_ms = round((self.period_s or 0.1) * 1000)
        head = struct.pack("<H8sHB", 0x0100, self._serial, period_ms, len(CHANNELS))
        return self._message(DESCRIPTOR, head + b"".join(struct.pack("<Bbii", *row[:4]) for row in CHANNELS))

    def _command(self, encoded: bytes) -> bytes:
        payload = cobs_decode(encoded)
        if payload is None or len(payload) < 5 or crc16_modbus(payload) or payload[0] != VERSION:
            return b""
        kind, sequence, argument = payload[1], payload[2], payload[3:-2]
        self.commands = [*self.commands[-99:], kind]
        if kind == GET_DESCRIPTOR:
            return self._descriptor()
        status, data = UNKNOWN_COMMAND, b""
        if kind in ARGUMENT:
            right = len(argument) == ARGUMENT[kind]
            status, data = self._carry_out(kind, int.from_bytes(argument, "little")) if right else (BAD_ARGUMENT, b"")
        return self._message(REPLY, bytes((sequence, kind, status)) + data)

    def _carry_out(self, kind: int, argument: int) -> tuple[int, bytes]:
        """Status and data of the reply."""
        if kind == SET_PERIOD:
            if not 20 <= argument <= 60000:
                return BAD_ARGUMENT, b""
            self.period_s = argument / 1000
        elif kind == IDENTIFY:
            self.lamp_s = argument
        elif kind == SELF_TEST:
            results = bytes(self.unwell.get(channel, 0) for channel in range(len(CHANNELS)))
            return FAILED if any(results) else OK, results
        else:
            uptime_ms = self._uptime_ms()
            if kind == TIME_SYNC:
                self._unix_offset_ms = argument - uptime_ms
            return OK, struct.pack("<IQ", uptime_ms, self._unix_offset_ms and self._unix_offset_ms + uptime_ms)
        return OK, b""

    def _uptime_ms(self) -> int:
        return int((self._now_s - (self._booted_s or 0.0)) * 1000) & 0xFFFF_FFFF

    def _message(self, kind: int, rest: bytes) -> bytes:
        payload = bytes((VERSION, kind, self._sequence)) + rest
        self._sequence = (self._sequence + 1) & 0xFF
        return frame(payload)

    def _spoilt(self, said: bytes) -> bytes:
        if self.behaviour == "bad_crc":
            return said[:-2] + bytes((said[-2] ^ 0x01 or 0x02, 0))
        return said[: len(said) // 2] if self.behaviour == "half_frame" else said
