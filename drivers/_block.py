"""One question to a Modbus device and how the bytes of its answer become readings. Pure.

Question to read (V1.1b3, 6.1 to 6.4): FF AA AA CC CC, function, address, count; answer: FF NN and NN bytes; exception:
FF+0x80 EE.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agent.api import Fault, FaultCode, Item, Quality, Reading, Stamp, Unit
from drivers import _sentences_modbus as say
from drivers._codes import suspects
from drivers._convert import converter
from drivers._profile import READ_AND_WRITE, ReadWhole, Write, read_question, read_write_question, write_question
from drivers._registers import FUNCTIONS, Register
from drivers._wire import Missing, wire_format

CONSTANT_AFTER = 10
"""Rounds of one suspicious value and no other, from the first on, that make it a code for no value: a choice."""


class SuspectWatch:
    """Counts how often a register reads 8000h, 7FFFh or FFFFh without anybody having said what that means."""

    def __init__(self, register: Register) -> None:
        self.ends, self.codes = suspects(register)
        self.seen = 0

    def look(self, raw: Any, rounds: int) -> tuple[Quality, bool]:
        """What a reading of one of the codes is worth in that round, and whether it is time to say why."""
        self.seen += 1
        constant = self.seen == rounds >= CONSTANT_AFTER
        quality = Quality.UNCERTAIN if constant or raw in self.ends else Quality.GOOD
        return quality, constant and rounds == CONSTANT_AFTER


Field = tuple[Callable[..., Any] | None, str, Unit, frozenset[Any], SuspectWatch]


def _field(row: Register) -> Field:
    watch = SuspectWatch(row)
    return converter(row), row.quantity, row.measures.unit, watch.codes, watch


class RegisterBlock:
    """Neighbouring registers that one question reads. ``fixed``: it is read whole; ``write``: what goes before it."""

    def __init__(self, device: str, rows: Sequence[Register], fixed: ReadWhole | None = None) -> None:
        self._device = device
        self.rows = tuple(rows)
        self.fixed = fixed
        self.function = FUNCTIONS[fixed.function if fixed else rows[0].function]
        self.address = fixed.address if fixed else rows[0].address
        end = max((row.address + row.words for row in rows), default=0)
        self.count = fixed.count if fixed else end - self.address
        self.bytes = (self.count + 7) // 8 if self.function <= 2 else self.count * 2
        table = next(name for name, number in FUNCTIONS.items() if number == self.function)
        self.question = read_question(table, self.address, self.count)
        if fixed and fixed.write and fixed.write.function == READ_AND_WRITE:
            self.question = read_write_question(fixed, fixed.write)
        self.head = bytes((self.question[0], self.bytes))
        """What an answer begins with; ``bytes`` of data follow it."""
        self.quantities = tuple(row.quantity for row in rows)
        self.words = f"{table} {self.address}" + (f"-{self.address + self.count - 1}" * (self.count > 1))
        self.received = b""  # the data of the last answer, for people
        self._rounds = 0
        self._layers: list[tuple[struct.Struct, list[Field]]] = []
        self._bits: list[tuple[int, Field]] = []
        if self.function <= 2:
            self._bits = [(row.address - self.address, _field(row)) for row in rows]
        else:
            self._layers = _layers(self.address, rows)

    def decode(self, data: bytes, now: Stamp) -> list[Item]:
        """Readings from the ``bytes`` of an answer."""
        self.received = data
        self._rounds += 1
        if self._bits:
            number = int.from_bytes(data, "little")
            return self._items([(number >> place & 1, field) for place, field in self._bits], now)
        items: list[Item] = []
        for layout, fields in self._layers:
            items += self._items(zip(layout.unpack_from(data), fields, strict=True), now)
        return items

    def _items(self, pairs: Iterable[tuple[Any, Field]], now: Stamp) -> list[Item]:
        items: list[Item] = []
        device = self._device
        for value, (convert, quantity, unit, codes, watch) in pairs:
            try:
                reported = convert(value) if convert else value
            except Missing as why:
                text = f"{quantity}: {why}"
                items.append(Fault(device=device, code=why.code, text=text, at=now, quantities=(quantity,)))
                continue
            if value not in codes:
                items.append(Reading(device=device, quantity=quantity, value=reported, unit=unit, at=now))
                continue
            quality, tell = watch.look(value, self._rounds)
            items.append(Reading(device=device, quantity=quantity, value=reported, unit=unit, at=now, quality=quality))
            if tell:
                items.append(self._suspicious(quantity, reported, now))
        return items

    def _suspicious(self, quantity: str, value: Any, now: Stamp) -> Fault:
        text = say.READ_NOTHING_ELSE_SINCE(quantity=quantity, value=value)
        advice = say.IF_LIST_RAW_VALUE(quantity=quantity)
        code = FaultCode.NOT_AVAILABLE
        return Fault(device=self._device, code=code, text=text, at=now, quantities=(quantity,), advice=advice)

    def parts(self) -> list[RegisterBlock]:
        """The same in two questions, in more where it reads across holes; itself where that cannot be."""
        atoms: list[list[Register]] = []
        end = -1
        runs = 1
        for row in self.rows:
            if row.address < end:
                atoms[-1].append(row)  # overlapping rows stay together
            else:
                runs += bool(atoms) and row.address > end
                atoms.append([row])
            end = max(end, row.address + row.words)
        if self.fixed or len(atoms) < 2:
            return [self]
        if runs == 1:
            middle = atoms[(len(atoms) + 1) // 2][0].address
            groups = [[row for row in self.rows if row.address < middle]]
            groups.append([row for row in self.rows if row.address >= middle])
        else:
            groups = [[]]
            end = atoms[0][0].address
            for atom in atoms:
                if atom[0].address > end:
                    groups.append([])
                groups[-1] += atom
                end = max(row.address + row.words for row in atom)
        return [RegisterBlock(self._device, group) for group in groups]


def _layers(base: int, rows: Sequence[Register]) -> list[tuple[struct.Struct, list[Field]]]:
    """One ``struct`` for all rows; where rows overlap (bits of one register), as many as it takes."""
    layers = []
    rest = sorted(rows, key=lambda row: row.address)
    while rest:
        layout, at, fields, later = ">", base, [], []
        for row in rest:
            if row.address < at:
                later.append(row)
                continue
            layout += f"{(row.address - at) * 2}x{wire_format(row)}"
            at = row.address + row.words
            fields.append(_field(row))
        layers.append((struct.Struct(layout), fields))
        rest = later
    return layers


class RegisterWrite(RegisterBlock):
    """A write that must go before ``block`` is read; its answer says only that it was done."""

    def __init__(self, device: str, block: RegisterBlock, write: Write) -> None:
        super().__init__(device, (), ReadWhole(address=write.address, count=len(write.values)))
        self.before = block
        self.question = write_question(write)
        self.head = self.question[:5]  # function, address, and the value or the count
        self.bytes = 0
        self.quantities = block.quantities
        self.words = say.WRITING_HOLDING(address=write.address)

    def decode(self, data: bytes, now: Stamp) -> list[Item]:  # noqa: ARG002 - there is none
        return []
