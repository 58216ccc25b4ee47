"""Raw values that mean no value: those that a row lists, and those that look as if they did. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from agent.api import FaultCode, Value
from drivers import _sentences_modbus as say
from drivers._lines import NINES
from drivers._registers import BITS, FLOATS, SIGNED, Register
from drivers._wire import Missing, ordered, signed, wire_format


def missing_step(register: Register, *, field: bool) -> Callable[..., Value] | None:
    """Raw values that mean no value: of the whole register, or of its ``field`` of bits where they fit into that."""
    if register.type in FLOATS | {"string"}:
        none = frozenset() if field else _codes(register)
    else:
        none = _patterns(register, field=field)
    if not none:
        return None

    def check(raw: Value) -> Value:
        if raw in none:
            raise Missing(FaultCode.NOT_AVAILABLE, say.RAW_VALUE_DEVICE_NO(raw=raw))
        return raw

    return check


def _patterns(register: Register, *, field: bool) -> frozenset[Value]:
    """The numbers that the codes of an integer are, read as its steps read them by then."""
    most = _field(register)
    size = BITS[register.type]
    found: set[Value] = set()
    for code in register.missing:
        value = int(code)
        if not field:
            found.update(_digits(register, value))
        if (most is not None and value <= most) != field:
            continue
        if register.type.startswith("sm") and value < 0:
            value = (1 << (size - 1)) - value
        if field:
            found.add(signed(value % 256, 8) if register.type == "i8" else value)
        else:
            value %= 1 << size
            found.add(signed(value, size) if register.type in {"i16", "i32", "i48", "i64"} else value)
    return frozenset(found)


def _digits(register: Register, code: int) -> Iterator[Value]:
    """The bits of the decimal digits of ``code``, where it is no BCD number itself: 9999 is 9999h, 0x9999 as well."""
    if register.type.startswith("bcd") and not f"{code:x}".isdecimal():
        bits = int(str(code), 16)
        if bits < 1 << BITS[register.type]:
            yield bits


def _field(register: Register) -> int | None:
    """The highest value of the part of the register that counts; None where all of it does."""
    if register.type in {"u8", "i8"}:
        return 0xFF
    if register.mask is None and not register.shift:
        return None
    mask = (1 << BITS[register.type]) - 1 if register.mask is None else register.mask
    return mask >> register.shift


def _codes(register: Register) -> frozenset[Value]:
    """Codes of a text, or of a float, where a whole number may be meant as the number or as its bits."""
    if register.type == "string":
        return frozenset(register.missing)
    code, size = (">f", 4) if register.type == "f32" else (">d", 8)
    found: set[Value] = set()
    for value in register.missing:
        if not isinstance(value, str) and (abs(value) < 3.4e38 or size == 8):
            found.add(struct.unpack(code, struct.pack(code, value))[0])
        if isinstance(value, int) and 0 <= value < 1 << 8 * size:
            found.add(struct.unpack(code, value.to_bytes(size, "big"))[0])
    return frozenset(found)


CODED = {
    **{f"{kind}{size}": size for kind in "ui" for size in (16, 32, 48, 64)},
    **{f"m10k{size}": size for size in (32, 48, 64)},
    "sm16": 16,
    "sm32": 32,
    "f32": 32,
    "f64": 64,
}


def _nines(kind: str, size: int) -> Iterator[int]:
    """The bits of ``NINES`` in a type that can hold them."""
    for number in NINES:
        if kind in FLOATS:
            yield int.from_bytes(struct.pack(">f" if size == 32 else ">d", number), "big")
        elif kind in SIGNED and -number < 1 << (size - 1):
            yield (1 << (size - 1)) - number if kind.startswith("sm") else number % (1 << size)


def suspects(register: Register) -> tuple[frozenset[Value | bytes], frozenset[Value | bytes]]:
    """What ``wire_format`` yields for 8000h, 7FFFh, FFFFh and -9999 where nobody says what they mean.

    First those that are suspicious at once: the lowest of a signed type, the highest of any, -9999. The others are it
    where they stay.
    """
    size = CODED.get(register.type, 0)
    if (
        not size
        or register.missing
        or register.labels
        or register.numbers
        or register.mask is not None
        or register.shift
    ):
        return frozenset(), frozenset()
    patterns: tuple[int, ...] = ((1 << size) - 1, 1 << (size - 1), (1 << (size - 1)) - 1)
    ends = patterns[1:] if register.type in SIGNED else patterns[:1]
    if register.type.startswith("sm"):  # 8000h is a zero
        patterns = ends = (patterns[0], patterns[2])
    if register.type in FLOATS:  # not a number, and the largest, are no values anyway
        patterns = ends = ()
    nines = tuple(_nines(register.type, size))
    ends, patterns = ends + nines, patterns + nines
    code = wire_format(register)

    def seen(pattern: int) -> Value | bytes:
        raw = ordered(pattern.to_bytes(size // 8, "big"), register.order)
        value: Value | bytes = struct.unpack(">" + code, raw)[0]
        return value

    return frozenset(map(seen, ends)), frozenset(map(seen, patterns))
