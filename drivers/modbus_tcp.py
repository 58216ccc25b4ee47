"""Modbus TCP: registers of a device or gateway on the network.

Modbus Messaging on TCP/IP V1.0b, section 3.1.3. The transaction number tells a late answer from the one we wait for:

    question    TT TT 00 00 LL LL UU FF AA AA CC CC
    answer      TT TT 00 00 LL LL UU FF NN DD ...
    exception   TT TT 00 00 00 03 UU FF+80 EE

    TT  transaction, counts up with each question
    LL  bytes after it
    UU  unit behind a gateway; FF AA CC NN DD EE as in Modbus RTU
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from agent.api import Codec, Driver, Fault, FaultCode, Item, Stamp
from drivers._modbus import Block, ModbusOptions, blocks, check, measured

LONGEST = 1024
HEADER = struct.Struct(">HHHB")


class Tcp(Codec):
    """One unit behind one connection."""

    def __init__(self, device: str, options: ModbusOptions) -> None:
        self._unit = options.unit
        self._blocks = blocks(device, options)
        self._block: Block | None = None
        self._transaction = 0
        self._heard = b""

    def ask(self, step: int) -> bytes:
        self._heard = b""
        self._block = self._blocks[step] if step < len(self._blocks) else None
        if self._block is None:
            return b""
        self._transaction = (self._transaction + 1) & 0xFFFF
        return HEADER.pack(self._transaction, 0, 6, self._unit) + self._block.question

    @property
    def waiting(self) -> bool:
        return self._block is not None

    @property
    def missing_bytes(self) -> int:
        return max(0, 9 + self._block.bytes - len(self._heard)) if self._block else 0

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        block = self._block
        if block is None:
            return ()
        if not data:
            self._block = None
            return (self._silence(block, now),)
        heard = self._heard + data
        self._heard = heard[-LONGEST:]
        head = HEADER.pack(self._transaction, 0, 3 + block.bytes, self._unit) + bytes((block.function, block.bytes))
        at = heard.find(head)
        if 0 <= at <= len(heard) - len(head) - block.bytes:
            self._block = None
            return block.decode(heard[at + len(head) : at + len(head) + block.bytes], now)
        head = HEADER.pack(self._transaction, 0, 3, self._unit) + bytes((block.function | 0x80,))
        at = heard.find(head)
        if 0 <= at < len(heard) - len(head):
            self._block = None
            return (block.refused(heard[at + len(head)], now),)
        return ()

    def _silence(self, block: Block, now: Stamp) -> Fault:
        who = f"unit {self._unit}"
        if not self._heard:
            return block.fault(FaultCode.NO_ANSWER, f"{who} does not answer", now)
        if len(self._heard) >= 9:
            transaction, protocol, _, unit = HEADER.unpack_from(self._heard)
            if protocol == 0 and (transaction != self._transaction or unit != self._unit):
                text = f"{who} was asked; unit {unit} answered question {transaction}, not {self._transaction}"
                return block.fault(FaultCode.WRONG_DEVICE, text, now)
        text = f"{who}: {len(self._heard)} bytes came, no whole answer"
        return block.fault(FaultCode.BAD_FRAME, text, now)


DRIVER = Driver(
    name="modbus_tcp",
    summary="Modbus TCP devices and gateways, by register table or device profile",
    options=ModbusOptions,
    codec=Tcp,
    quantities=measured,
    sample={"unit": 1, "profile": "weather_six"},
    check=check,
    every_s=1.0,
    network=True,
    label=lambda options: f"unit {options.unit}",
)
