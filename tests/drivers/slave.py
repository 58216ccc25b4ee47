"""An emulated Modbus slave: answers each question at once, from tables that a test fills. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from agent.api import Codec, Item, crc16_modbus
from tests.drivers.cases import NOW

TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 23: "holding"}
ILLEGAL_FUNCTION, NO_SUCH_REGISTER, WRONG_COUNT = 1, 2, 3


class Slave:
    """``tables``: of each function's name its registers. ``refuses``: the exception for a read, None = it may be."""

    def __init__(
        self,
        tables: Mapping[str, Mapping[int, int]],
        refuses: Callable[[str, int, int], int | None] = lambda _table, _address, _count: None,
        unit: int = 1,
    ) -> None:
        self.tables = {name: dict(registers) for name, registers in tables.items()}
        self.refuses = refuses
        self.unit = unit
        self.asked: list[tuple[int, int, int]] = []

    def answer(self, request: bytes) -> bytes:
        """What it says to a question of Modbus RTU; nothing to one for another unit."""
        assert crc16_modbus(request) == 0, "a question with a wrong checksum"
        if request[0] != self.unit:
            return b""
        body = bytes((self.unit,)) + self._pdu(request[1:-2])
        return body + crc16_modbus(body).to_bytes(2, "little")

    def _pdu(self, pdu: bytes) -> bytes:
        function, address, count = struct.unpack_from(">BHH", pdu)
        self.asked.append((function, address, count))
        if function == 6:
            self.tables["holding"][address] = count
            return pdu
        if function == 16:
            self._write(address, pdu[6:])
            return pdu[:5]
        if function == 23:
            self._write(struct.unpack_from(">H", pdu, 5)[0], pdu[10:])
        table = TABLES[function]
        registers = self.tables.get(table, {})
        wanted = range(address, address + count)
        refusal = self.refuses(table, address, count)
        if refusal is None and any(number not in registers for number in wanted):
            refusal = NO_SUCH_REGISTER
        if refusal is not None:
            return bytes((function | 0x80, refusal))
        if function <= 2:
            bits = sum(registers[number] << place for place, number in enumerate(wanted))
            data = bits.to_bytes((count + 7) // 8, "little")
        else:
            data = b"".join(registers[number].to_bytes(2, "big") for number in wanted)
        return bytes((function, len(data))) + data

    def _write(self, address: int, data: bytes) -> None:
        for number, (value,) in enumerate(struct.iter_unpack(">H", data)):
            self.tables["holding"][address + number] = value


def a_round(codec: Codec, slave: Slave, size: int = 1000) -> list[Item]:
    """The items of one round, with the answers in pieces of ``size``."""
    items: list[Item] = []
    step = 0
    while request := codec.ask(step):
        answer = slave.answer(request)
        for at in range(0, len(answer), size):
            items += codec.feed(answer[at : at + size], NOW)
        if codec.waiting:
            items += codec.feed(b"", NOW)
        step += 1
    return items
