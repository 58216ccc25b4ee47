"""From the bytes of registers to the value of a row. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from agent.api import FaultCode, Value
from drivers._registers import BITS, FLOATS, SIGNED, Register

CODES = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d", "bit": "H"}
"""Types that ``struct`` reads; all others are read as bytes."""
MODULO = 10_000
PADDING = b"\0 \xff"


class Missing(Exception):
    """The register holds no value: why, for the fault."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code = code


Step = Callable[..., Value]


def wire_format(register: Register) -> str:
    """The ``struct`` code of its raw bytes; what ``struct`` cannot read is taken as bytes and read later."""
    if register.order == "abcd" and register.type in CODES:
        return CODES[register.type]
    return f"{register.words * 2}s"


def converter(register: Register) -> Callable[[Value | bytes], Value] | None:
    """From what ``wire_format`` yields to the value; None where it already is the value. May raise ``Missing``."""
    steps = [
        step
        for step in (
            _raw(register),
            _missing(register, field=False),
            _number(register),
            _bits(register),
            _missing(register, field=True),
            _scaled(register),
        )
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


def ordered(raw: bytes, order: str) -> bytes:
    """Bytes of registers, high byte of the high word first."""
    if order == "abcd":
        return raw
    words = [raw[at : at + 2] for at in range(0, len(raw), 2)]
    if order in {"badc", "dcba"}:
        words = [word[::-1] for word in words]
    if order in {"cdab", "dcba"}:
        words.reverse()
    return b"".join(words)


def _raw(register: Register) -> Step | None:
    """From bytes to what the manual calls the raw value: a number, or the text."""
    order, kind = register.order, register.type
    if kind == "bool" or (order == "abcd" and kind in CODES):
        return None
    if kind == "string":
        return lambda raw: _text(ordered(raw, order), swapped=order in {"badc", "dcba"})
    code = ">" + CODES[kind] if kind in CODES else ""
    if code:
        return lambda raw: struct.unpack(code, ordered(raw, order))[0]
    minus = kind == "i48"
    return lambda raw: int.from_bytes(ordered(raw, order), "big", signed=minus)


def _text(raw: bytes, *, swapped: bool) -> str:
    """Up to the first NUL after leading ones. A device that swaps bytes swaps the NUL that pads an odd text too."""
    words = [raw[at : at + 2] for at in range(0, len(raw), 2)] if swapped else [raw]
    while words and not words[0].strip(b"\0"):
        words.pop(0)
    end = next((number for number, word in enumerate(words) if b"\0" in word), len(words))
    last = words[end].strip(b"\0").split(b"\0")[0] if end < len(words) else b""
    text = (b"".join(words[:end]) + last).strip(PADDING).decode("ascii", "replace").strip()
    if not text:
        raise Missing(FaultCode.NOT_AVAILABLE, "an empty text")
    return text


def _number(register: Register) -> Step | None:
    kind = register.type
    if kind.startswith("bcd"):
        return _bcd
    if kind.startswith("m10k"):
        words = register.words
        return lambda raw: _modulo(raw, words)
    if kind.startswith("sm"):
        top = 1 << (BITS[kind] - 1)
        return lambda raw: -(raw & ~top) if raw & top else raw
    if kind in {"u8", "i8"}:
        shift = 8 if register.byte == "high" else 0
        return (lambda raw: signed(raw >> shift & 0xFF, 8)) if kind == "i8" else (lambda raw: raw >> shift & 0xFF)
    return {"f32": _f32, "f64": _finite}.get(kind)


def _bcd(raw: int) -> int:
    digits = f"{raw:x}"
    if not digits.isdecimal():
        raise Missing(FaultCode.OUT_OF_RANGE, f"0x{digits} is no BCD number")
    return int(digits)


def _modulo(raw: int, words: int) -> int:
    """Registers from -9999 to 9999, the first the highest."""
    value = 0
    for number in range(words - 1, -1, -1):
        digits = signed(raw >> 16 * number & 0xFFFF, 16)
        if abs(digits) >= MODULO:
            raise Missing(FaultCode.OUT_OF_RANGE, f"{digits} is no register modulo 10,000")
        value = value * MODULO + digits
    return value


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


def _bits(register: Register) -> Step | None:
    if register.type == "bit":
        place = register.bit or 0
        return lambda raw: raw >> place & 1
    if register.mask is None and not register.shift:
        return None
    mask = -1 if register.mask is None else register.mask
    shift = register.shift
    return lambda raw: (raw & mask) >> shift


def _missing(register: Register, *, field: bool) -> Step | None:
    """Raw values that mean no value: of the whole register, or of its ``field`` of bits where they fit into that."""
    if register.type in FLOATS | {"string"}:
        none = frozenset() if field else _codes(register)
    else:
        none = _patterns(register, field=field)
    if not none:
        return None

    def check(raw: Value) -> Value:
        if raw in none:
            raise Missing(FaultCode.NOT_AVAILABLE, f"raw value {raw!r}: the device has no value")
        return raw

    return check


def _patterns(register: Register, *, field: bool) -> frozenset[Value]:
    """The numbers that the codes of an integer are, read as its steps read them by then."""
    most = _field(register)
    size = BITS[register.type]
    found = set()
    for code in register.missing:
        value = int(code)
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


def signed(pattern: int, bits: int) -> int:
    """Two's complement."""
    half = 1 << (bits - 1)
    return (pattern ^ half) - half


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


def _scaled(register: Register) -> Step | None:
    if register.labels:
        labels = {int(raw): label for raw, label in register.labels.items()}

        def name(raw: int) -> str:
            label = labels.get(raw)
            if label is None:
                raise Missing(FaultCode.OUT_OF_RANGE, f"raw value {raw} has no label")
            return label

        return name
    plain = register.type == "string" or (register.scale == 1.0 and register.offset == 0.0)
    scale = None if plain else linear(register.scale, register.offset)
    if not register.four_quadrant:
        return scale
    return lambda raw: _quadrant(scale(raw) if scale else raw)


def _quadrant(value: Value) -> float:
    """Past 1 the current leads, which the sign of the reactive power tells too: 1.2 is 0.8 leading, -1.2 is -0.8."""
    number = float(value)
    if not -2 <= number <= 2:
        raise Missing(FaultCode.OUT_OF_RANGE, f"{number:g} is no power factor")
    return number if -1 <= number <= 1 else round(math.copysign(2.0, number) - number, 9)


def linear(scale: float, offset: float) -> Step:
    """Decimal scales are divisions (234 / 10 is 23.4, 234 * 0.1 is not); whole numbers stay whole numbers."""
    inverse = round(1 / scale) if 0 < abs(scale) < 1 else 0
    if offset == 0 and inverse and math.isclose(inverse * scale, 1.0, rel_tol=1e-12):
        return lambda raw: raw / inverse
    if scale.is_integer() and offset.is_integer():
        factor, addend = int(scale), int(offset)
        return lambda raw: raw * factor + addend
    return lambda raw: round(raw * scale + offset, 9)


CODED = {"u16": 16, "i16": 16, "u32": 32, "i32": 32, "u64": 64, "i64": 64}


def suspects(register: Register) -> tuple[frozenset[Value | bytes], frozenset[Value | bytes]]:
    """What ``wire_format`` yields for 8000h, 7FFFh and FFFFh where nobody says what they mean; the type's ends first.

    The lowest of a signed and the highest of any type are suspicious at once, the others where they stay.
    """
    size = CODED.get(register.type, 0)
    if not size or register.missing or register.labels or register.mask is not None or register.shift:
        return frozenset(), frozenset()
    patterns = ((1 << size) - 1, 1 << (size - 1), (1 << (size - 1)) - 1)
    ends = patterns[1:] if register.type in SIGNED else patterns[:1]
    code = wire_format(register)

    def seen(pattern: int) -> Value | bytes:
        raw = ordered(pattern.to_bytes(size // 8, "big"), register.order)
        value: Value | bytes = struct.unpack(">" + code, raw)[0]
        return value

    return frozenset(map(seen, ends)), frozenset(map(seen, patterns))
