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
from collections.abc import Hashable, Sequence

from agent.api import Annotated, Codec, Driver, FaultCode, Item, Mark, Meta, Stamp, crc16_modbus
from drivers import _explain
from drivers import _sentences_modbus as say
from drivers import _sentences_options as about
from drivers._block import RegisterBlock
from drivers._modbus import ModbusOptions, check, measured, writes
from drivers._table import RegisterTable

LONGEST = 1024
LONGEST_ANSWER = 255
HEADER = struct.Struct(">HHHB")
SPARE = 8
"""Bytes by which gateways count an answer too long: the checksum of RTU, a byte of an exception, their own header."""
SERIAL = say.ANSWER_MODBUS_RTU_SERVER()
NOT_REPEATED = say.IF_GATEWAY_NEVER_REPEATS()


class TcpOptions(ModbusOptions, frozen=True, kw_only=True):
    """Give ``profile``, ``registers``, or both."""

    match_transaction: Annotated[
        bool,
        Meta(description=about.FALSE_GATEWAY_DOES_NOT()),
    ] = True


class Tcp(Codec):
    """One unit behind one connection."""

    def __init__(self, device: str, options: TcpOptions) -> None:
        self._unit = options.unit
        self._writes = writes(options)
        self._match = options.match_transaction
        self._table = RegisterTable(device, options)
        self._block: RegisterBlock | None = None
        self._transaction = 0
        self._received = b""

    def ask(self, step: int) -> bytes:
        self._received = b""
        self._block = self._table.at(step)
        if self._block is None:
            return b""
        self._transaction = (self._transaction + 1) & 0xFFFF
        question = self._block.question
        return HEADER.pack(self._transaction, 0, 1 + len(question), self._unit) + question

    @property
    def waiting(self) -> bool:
        return self._block is not None

    @property
    def writes(self) -> bool:
        return self._writes

    @property
    def mark(self) -> Mark | None:
        """The transaction number names the question, where the gateway repeats it."""
        block = self._block or self._table.block(0)
        if self._match or block is None:
            return None
        return Mark(self._unit, block.head, block.question[0] | 0x80)

    def answers_in(self, data: bytes) -> Sequence[Hashable]:
        """Of a gateway that does not repeat the number: function and length, or the function of a refusal."""
        found: list[Hashable] = []
        at = 0
        while at + 9 <= len(data):
            _, protocol, length, unit = HEADER.unpack_from(data, at)
            if protocol or not 3 <= length <= LONGEST_ANSWER or at + 6 + length > len(data):
                at += 1
                continue
            if unit == self._unit:
                found.append(data[at + 7] if data[at + 7] & 0x80 else data[at + 7 : at + 9])
            at += 6 + length
        return found

    @property
    def pause_s(self) -> float:
        return self._table.pause_s

    @property
    def missing_bytes(self) -> int:
        return max(0, 7 + len(self._block.head) + self._block.bytes - len(self._received)) if self._block else 0

    def raw(self) -> dict[str, bytes]:
        return self._table.raw()

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        block = self._block
        if block is None:
            return ()
        if not data:
            self._block = None
            return self._silence(block, now)
        self._received = received = (self._received + data)[-LONGEST:]
        for at in range(len(received) - 8):
            transaction, protocol, length, unit = HEADER.unpack_from(received, at)
            if protocol or unit != self._unit or (self._match and transaction != self._transaction):
                continue
            body, most = received[at + 7 :], 1 + len(block.head) + block.bytes
            if body[0] == block.question[0] | 0x80 and 2 <= length <= 3 + SPARE:
                self._block = None
                return self._table.refused(block, body[1], now)
            if body.startswith(block.head) and most <= length <= most + SPARE and len(body) >= most - 1:
                self._block = None
                return self._table.decoded(block, body[len(block.head) : most - 1], now)
        return ()

    def _silence(self, block: RegisterBlock, now: Stamp) -> list[Item]:
        who, received = f"unit {self._unit}", self._received
        if not received:
            return self._table.failed(block, FaultCode.NO_ANSWER, say.DOES_NOT_ANSWER_2(who=who), now)
        if len(received) >= 9:
            transaction, protocol, _, unit = HEADER.unpack_from(received)
            if protocol == 0 and unit != self._unit:
                text = say.ASKED_UNIT_ANSWERED_2(who=who, unit=unit)
                return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now)
            if protocol == 0 and transaction != self._transaction:
                text = say.ANSWER_TRANSACTION_QUESTION_HAD(
                    who=who, transaction=transaction, transaction_2=self._transaction
                )
                return self._table.failed(block, FaultCode.WRONG_DEVICE, text, now, NOT_REPEATED)
        text = say.BYTES_CAME_NO_WHOLE_3(who=who, received=len(received))
        serial = received[0] == self._unit and crc16_modbus(received) == 0
        return self._table.failed(block, FaultCode.BAD_FRAME, text, now, SERIAL if serial else "")


DRIVER = Driver(
    name="modbus_tcp",
    summary=say.MODBUS_TCP_DEVICES_GATEWAYS(),
    options=TcpOptions,
    codec=Tcp,
    quantities=measured,
    sample={"unit": 1, "profile": "weather_six"},
    check=check,
    every_s=1.0,
    explain=_explain.explain,
    network=True,
    checksum=False,  # TCP has one
    label=lambda options: f"unit {options.unit}",
)
