"""Modbus registers as rows: what stands where, and how its bits become a value. Pure.

Modbus Application Protocol V1.1b3, section 4.3 (data model) and 4.4 (big-endian words). Vendors disagree about the
order of words in wider numbers; it is written as for the value 0xAABBCCDD: ``abcd`` high word first (the rule),
``cdab`` low word first, ``badc`` and ``dcba`` the same with the bytes of each word swapped.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Literal

from agent.api import QUANTITIES, Annotated, FaultCode, Meta, Options, Quantity, Unit, Value

NumberType = Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "bit", "bool", "string"]
FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
WORDS = {
    "u16": 1,
    "i16": 1,
    "bit": 1,
    "bcd16": 1,
    "u32": 2,
    "i32": 2,
    "f32": 2,
    "bcd32": 2,
    "u64": 4,
    "i64": 4,
    "f64": 4,
}
CODES = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}


class Register(Options, frozen=True, kw_only=True):
    """One value of a device: a register, several of them, or some bits of one."""

    address: Annotated[int, Meta(ge=0, le=65535, description="address on the wire, from 0 (register 40001 is 0)")]
    quantity: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="what it measures")]
    function: Annotated[
        Literal["holding", "input", "coil", "discrete"], Meta(description="the table in the device that holds it")
    ] = "holding"
    type: Annotated[NumberType, Meta(description="number format; 'bool' for a coil or discrete input")] = "u16"
    order: Annotated[
        Literal["abcd", "dcba", "badc", "cdab"], Meta(description="order of the bytes of 0xAABBCCDD on the wire")
    ] = "abcd"
    length: Annotated[int, Meta(ge=1, le=60, description="registers of a string")] = 1
    bit: Annotated[
        Annotated[int, Meta(ge=0, le=15)] | None,
        Meta(description="number of the bit for type 'bit', 0 is the lowest"),
    ] = None
    mask: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="bits of an integer that count")] = None
    shift: Annotated[int, Meta(ge=0, le=63, description="places to the right after the mask")] = 0
    scale: Annotated[float, Meta(description="value = raw * scale + offset")] = 1.0
    offset: Annotated[float, Meta(description="value = raw * scale + offset")] = 0.0
    labels: Annotated[dict[str, str] | None, Meta(description="names of an enumeration: { 0 = 'off', 1 = 'on' }")] = (
        None
    )
    missing: Annotated[tuple[int, ...], Meta(description="raw values that mean: no value")] = ()
    unit: Annotated[Unit | None, Meta(description="UCUM unit of the value, default the quantity's")] = None
    text: Annotated[str, Meta(max_length=120, description="one line for people")] = ""

    @property
    def words(self) -> int:
        """Registers (or coils) that it covers."""
        return self.length if self.type == "string" else WORDS.get(self.type, 1)

    @property
    def measures(self) -> Quantity:
        known = QUANTITIES.get(self.quantity)
        unit = self.unit or (known.unit if known else Unit.ONE)
        return Quantity(self.quantity, unit, self.text or (known.text if known else f"register {self.address}"))


class Missing(Exception):
    """The register holds no value: why, for the fault."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code = code


def problems(register: Register) -> Sequence[str]:
    """What is wrong with a row, one sentence each."""
    bits = register.function in {"coil", "discrete"}
    known = QUANTITIES.get(register.quantity)
    integer = register.type not in {"f32", "f64", "bool", "string", "bit"}
    found = []
    if bits != (register.type == "bool"):
        found.append("type: 'bool' goes with function 'coil' or 'discrete', and nothing else does")
    if (register.bit is not None) != (register.type == "bit"):
        found.append('bit: give the bit\'s number together with type = "bit", and only there')
    if (register.mask is not None or register.shift or register.missing) and not integer:
        found.append(f"type: mask, shift and missing are for integers, not for '{register.type}'")
    if not all(label.removeprefix("-").isdecimal() and label.isascii() for label in register.labels or ()):
        found.append("labels: the keys are raw integers")
    if register.labels and register.type in {"f32", "f64", "string"}:
        found.append(f"labels: they are for integers, not for '{register.type}'")
    if known and register.unit not in {None, known.unit}:
        found.append(f"unit: {register.quantity} is told in {known.unit.value}; convert it with scale and offset")
    if register.address + register.words > 65536:
        found.append("address: it ends past 65535")
    return found


def wire_format(register: Register) -> str:
    """The ``struct`` code of its raw bytes; what is not big-endian is taken as bytes and turned round later."""
    if register.type == "string":
        return f"{register.length * 2}s"
    if register.order == "abcd":
        return CODES.get(register.type, "H" if register.words == 1 else "I")
    return f"{register.words * 2}s"


def converter(register: Register) -> Callable[[Value | bytes], Value] | None:
    """From what ``wire_format`` yields to the value; None where it already is the value. May raise ``Missing``."""
    steps = [
        step
        for step in (_turned(register), _number(register), _bits(register), _missing(register), _scaled(register))
        if step
    ]
    if not steps:
        return None
    if len(steps) == 1:
        return steps[0]

    def convert(raw: Value | bytes) -> Value:
        for step in steps:
            raw = step(raw)
        return raw  # type: ignore[return-value]  # bytes never pass the first steps

    return convert


Step = Callable[..., Value]


def _turned(register: Register) -> Step | None:
    if register.order == "abcd" or register.type == "string":
        return None
    swap_bytes = register.order in {"badc", "dcba"}
    swap_words = register.order in {"cdab", "dcba"}
    code = ">" + CODES.get(register.type, "H" if register.words == 1 else "I")

    def turn(raw: bytes) -> Value:
        words = [raw[at : at + 2] for at in range(0, len(raw), 2)]
        if swap_bytes:
            words = [word[::-1] for word in words]
        if swap_words:
            words.reverse()
        value: Value = struct.unpack(code, b"".join(words))[0]
        return value

    return turn


def _number(register: Register) -> Step | None:
    return _NUMBERS.get(register.type)


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("ascii", "replace").strip()


def _bcd(raw: int) -> int:
    digits = f"{raw:x}"
    if not digits.isdecimal():
        raise Missing(FaultCode.OUT_OF_RANGE, f"0x{digits} is no BCD number")
    return int(digits)


def _finite(raw: float) -> float:
    if math.isfinite(raw):
        return raw
    if math.isnan(raw):
        raise Missing(FaultCode.NOT_AVAILABLE, "not a number: the device has no value")
    raise Missing(FaultCode.OUT_OF_RANGE, "infinite")


def _f32(raw: float) -> float:
    """The shortest decimal that is the same single: 23.4 and not 23.399999618530273."""
    _finite(raw)
    for digits in (6, 7, 8):
        short = float(f"{raw:.{digits}g}")
        if abs(short) < 3.4e38 and struct.unpack("f", struct.pack("f", short))[0] == raw:
            return short
    return float(f"{raw:.9g}")


_NUMBERS: dict[str, Step] = {"string": _text, "bcd16": _bcd, "bcd32": _bcd, "f32": _f32, "f64": _finite}


def _bits(register: Register) -> Step | None:
    if register.type == "bit":
        place = register.bit or 0
        return lambda raw: raw >> place & 1
    if register.mask is None and not register.shift:
        return None
    mask = -1 if register.mask is None else register.mask
    shift = register.shift
    return lambda raw: (raw & mask) >> shift


def _missing(register: Register) -> Step | None:
    none = frozenset(register.missing)
    if not none:
        return None

    def check(raw: int) -> int:
        if raw in none:
            raise Missing(FaultCode.NOT_AVAILABLE, f"raw value {raw}: the device has no value")
        return raw

    return check


def _scaled(register: Register) -> Step | None:
    if register.labels:
        labels = {int(raw): label for raw, label in register.labels.items()}

        def name(raw: int) -> str:
            label = labels.get(raw)
            if label is None:
                raise Missing(FaultCode.OUT_OF_RANGE, f"raw value {raw} has no label")
            return label

        return name
    if register.type == "string" or (register.scale == 1.0 and register.offset == 0.0):
        return None
    return _linear(register.scale, register.offset)


def _linear(scale: float, offset: float) -> Step:
    """Decimal scales are divisions (234 / 10 is 23.4, 234 * 0.1 is not); whole numbers stay whole numbers."""
    inverse = round(1 / scale) if 0 < abs(scale) < 1 else 0
    if offset == 0 and inverse and math.isclose(inverse * scale, 1.0, rel_tol=1e-12):
        return lambda raw: raw / inverse
    if scale.is_integer() and offset.is_integer():
        factor, addend = int(scale), int(offset)
        return lambda raw: raw * factor + addend
    return lambda raw: round(raw * scale + offset, 9)
