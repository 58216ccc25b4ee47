"""Modbus registers as rows: what stands where, and how it becomes a value. drivers/_convert.py does it. Pure.

Modbus Application Protocol V1.1b3, section 4.3 (data model) and 4.4 (big-endian words). Vendors disagree about the
order of words in wider numbers; it is written as for the value 0xAABBCCDD: ``abcd`` high word first (the rule),
``cdab`` low word first, ``badc`` and ``dcba`` the same with the bytes of each word swapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from agent.api import QUANTITIES, Annotated, Meta, Options, Quantity, Unit
from drivers import _sentences_modbus as say
from drivers import _sentences_options as about

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
NumberType = Literal[
    "u16", "i16", "u32", "i32", "u48", "i48", "u64", "i64", "u8", "i8", "sm16", "sm32", "f32", "f64",
    "bcd16", "bcd32", "bcd48", "bcd64", "m10k32", "m10k48", "m10k64", "bit", "bool", "string",
]  # fmt: skip
Order = Literal["abcd", "dcba", "badc", "cdab"]
Space = Literal["holding", "input", "coil", "discrete"]
FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
SIGNED = frozenset({"i8", "i16", "i32", "i48", "i64", "sm16", "sm32"})
FLOATS = frozenset({"f32", "f64"})
NO_NUMBER = frozenset({"bit", "bool", "string"})


BITS: dict[str, int] = {
    **dict.fromkeys(("u8", "i8", "u16", "i16", "sm16", "bcd16", "bit", "bool"), 16),
    **dict.fromkeys(("u32", "i32", "sm32", "f32", "bcd32", "m10k32"), 32),
    **dict.fromkeys(("u48", "i48", "bcd48", "m10k48"), 48),
    **dict.fromkeys(("u64", "i64", "f64", "bcd64", "m10k64"), 64),
}
"""Bits of the registers that a type covers; a string has its own length."""


class Register(Options, frozen=True, kw_only=True):
    """One value of a device: a register, several of them, or some bits of one."""

    address: Annotated[int, Meta(ge=0, le=65535, description=about.ADDRESS_WIRE_FROM_REGISTER())]
    quantity: Annotated[Name, Meta(description=about.WHAT_MEASURES())]
    function: Annotated[Space, Meta(description=about.TABLE_DEVICE_HOLDS())] = "holding"
    type: Annotated[
        NumberType,
        Meta(description=about.NUMBER_FORMAT_U_UNSIGNED()),
    ] = "u16"
    order: Annotated[Order, Meta(description=about.ORDER_BYTES_XAABBCCDD_WIRE())] = "abcd"
    length: Annotated[int, Meta(ge=1, le=60, description=about.REGISTERS_STRING())] = 1
    byte: Annotated[Literal["low", "high"], Meta(description=about.BYTE_REGISTER_U_I())] = "low"
    bit: Annotated[
        Annotated[int, Meta(ge=0, le=15)] | None,
        Meta(description=about.NUMBER_BIT_TYPE_BIT()),
    ] = None
    mask: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description=about.BITS_INTEGER_COUNT())] = None
    shift: Annotated[int, Meta(ge=0, le=63, description=about.PLACES_RIGHT_AFTER_MASK())] = 0
    scale: Annotated[float, Meta(description=about.VALUE_RAW_SCALE_OFFSET())] = 1.0
    offset: Annotated[float, Meta(description=about.VALUE_RAW_SCALE_OFFSET())] = 0.0
    four_quadrant: Annotated[bool, Meta(description=about.POWER_FACTOR_FROM_TELLS())] = False
    times: Annotated[tuple[Name, ...], Meta(description=about.ROWS_WHOSE_VALUES_MULTIPLY())] = ()
    divided_by: Annotated[tuple[Name, ...], Meta(description=about.ROWS_WHOSE_VALUES_DIVIDE())] = ()
    exponent: Annotated[Name | None, Meta(description=about.ROW_HOLDS_POWER_TEN())] = None
    sign: Annotated[Name | None, Meta(description=about.ROW_NOT_WHERE_ONE())] = None
    hidden: Annotated[bool, Meta(description=about.READ_OTHER_ROWS_ONLY())] = False
    labels: Annotated[dict[str, str] | None, Meta(description=about.NAMES_ENUMERATION())] = None
    numbers: Annotated[dict[str, float] | None, Meta(description=about.NUMBERS_RAW_VALUES_STAND())] = None
    missing: Annotated[
        tuple[int | float | str, ...],
        Meta(description=about.RAW_VALUES_MEAN_NO()),
    ] = ()
    unit: Annotated[Unit | None, Meta(description=about.UCUM_UNIT_VALUE_DEFAULT())] = None
    text: Annotated[str, Meta(max_length=120, description=about.ONE_LINE_PEOPLE())] = ""

    @property
    def words(self) -> int:
        """Registers (or coils) that it covers."""
        return self.length if self.type == "string" else BITS[self.type] // 16

    @property
    def measures(self) -> Quantity:
        return _measured(self.quantity, self.unit, self.text or f"register {self.address}", given=bool(self.text))

    @property
    def needs(self) -> tuple[str, ...]:
        """Other rows that its value is made with."""
        return (*self.times, *self.divided_by, *(name for name in (self.exponent, self.sign) if name))


class Sum(Options, frozen=True, kw_only=True):
    """A value that is the sum or difference of rows: ``(plus - minus) * scale + offset``."""

    quantity: Annotated[Name, Meta(description=about.WHAT())]
    plus: Annotated[tuple[Name, ...], Meta(min_length=1, description=about.ROWS_ADDED())]
    minus: Annotated[tuple[Name, ...], Meta(description=about.ROWS_TAKEN_AWAY())] = ()
    scale: Annotated[float, Meta(description=about.FACTOR_SUM())] = 1.0
    offset: Annotated[float, Meta(description=about.WHAT_ADDED_THEN())] = 0.0
    unit: Annotated[Unit | None, Meta(description=about.UCUM_UNIT_VALUE_DEFAULT())] = None
    text: Annotated[str, Meta(max_length=120, description=about.ONE_LINE_PEOPLE())] = ""

    @property
    def measures(self) -> Quantity:
        return _measured(self.quantity, self.unit, self.text or say.SUM_REGISTERS(), given=bool(self.text))

    @property
    def needs(self) -> tuple[str, ...]:
        return (*self.plus, *self.minus)


def _measured(name: str, unit: Unit | None, text: str, *, given: bool) -> Quantity:
    known = QUANTITIES.get(name)
    return Quantity(name, unit or (known.unit if known else Unit.ONE), known.text if known and not given else text)


def problems(register: Register) -> Sequence[str]:
    """What is wrong with a row, one sentence each."""
    kind = register.type
    bits = register.function in {"coil", "discrete"}
    integer = kind not in FLOATS | NO_NUMBER
    found = []
    if bits != (kind == "bool"):
        found.append(say.TYPE_BOOL_GOES_FUNCTION())
    if (register.bit is not None) != (kind == "bit"):
        found.append(say.BIT_GIVE_BITS_NUMBER())
    if (register.mask is not None or register.shift) and not integer:
        found.append(say.TYPE_MASK_SHIFT_INTEGERS(kind=kind))
    elif integer and not _left(register):
        found.append(say.MASK_SHIFT_LEAVE_NOTHING(kind=kind))
    if register.byte != "low" and kind not in {"u8", "i8"}:
        found.append(say.BYTE_ONLY_U_I())
    if (register.needs or register.four_quadrant) and (register.labels or kind in NO_NUMBER):
        found.append(say.TYPE_ONLY_NUMBER_CAN())
    if register.address + register.words > 65536:
        found.append(say.ADDRESS_ENDS_PAST())
    return [*_name_problems(register), *found, *unit_problems(register), *_missing_problems(register)]


def _left(register: Register) -> int:
    """The bits that mask and shift leave of a register of its type."""
    whole = 0xFF if register.type in {"u8", "i8"} else (1 << BITS[register.type]) - 1
    return (whole if register.mask is None else register.mask & whole) >> register.shift


def _name_problems(register: Register) -> Iterator[str]:
    """What is wrong with labels and numbers."""
    for name, names in (("labels", register.labels), ("numbers", register.numbers)):
        if not all(raw.removeprefix("-").isdecimal() and raw.isascii() for raw in names or ()):
            yield say.KEYS_RAW_INTEGERS(name=name)
        if names and register.type in FLOATS | {"string"}:
            yield say.THEY_INTEGERS_NOT(name=name, type=register.type)
    if register.labels and register.numbers:
        yield say.NUMBERS_ROW_EITHER_LABELS()


def unit_problems(row: Register | Sum) -> list[str]:
    found = [] if row.scale else [say.SCALE_NOTHING_LEFT()]
    known = QUANTITIES.get(row.quantity)
    if not known or row.unit in {None, known.unit} or (isinstance(row, Register) and row.hidden):
        return found
    return [*found, say.UNIT_REPORTED_CONVERT_SCALE(quantity=row.quantity, value=known.unit.value)]


def _missing_problems(register: Register) -> Iterator[str]:
    """What of ``missing`` can never stand in the register."""
    kind = register.type
    if register.missing and kind in {"bit", "bool"}:
        yield say.MISSING_NO_VALUE_SPARE(kind=kind)
        return
    size = BITS.get(kind, 0)
    lowest = -(1 << (size - 1)) if kind in SIGNED else 0
    for value in register.missing:
        if isinstance(value, str) != (kind == "string"):
            yield say.MISSING_CANNOT_STAND(value=value, kind=kind)
        elif kind in FLOATS | {"string"}:
            continue
        elif not isinstance(value, int) or not lowest <= value < 1 << size:
            most = f"0x{(1 << size) - 1:X}"
            yield say.MISSING_CANNOT_STAND_HOLDS(value=value, kind=kind, lowest=lowest, most=most)


def reference_problems(rows: Sequence[Register], sums: Sequence[Sum]) -> Iterator[str]:
    """What is wrong with the rows that other rows name, each beginning with the quantity that names it."""
    named = {row.quantity: row for row in rows}
    makers: list[Register | Sum] = [*rows, *sums]
    for each in makers:
        for name in each.needs:
            row = named.get(name)
            if row is None:
                yield say.NO_ROW(quantity=each.quantity, name=name)
            elif row.labels or row.type == "string":
                yield say.NO_NUMBER_3(quantity=each.quantity, name=name)
            elif row.needs and isinstance(each, Register):
                yield say.ITSELF_MADE_OTHER_ROWS(quantity=each.quantity, name=name)
