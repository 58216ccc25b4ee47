"""From the bytes of registers to the value of a row. Pure."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping

from agent.api import FaultCode, Value
from drivers import _sentences_modbus as say
from drivers._codes import missing_step
from drivers._registers import BITS, Register
from drivers._wire import CODES, Missing, ordered, signed

MODULO = 10_000
LARGEST = 1e15
"""Nothing measured is larger. Devices without a value send the largest single (3.4e38), 1e38, 9.91e37 (SCPI) or
9.97e36; in another order of bytes a number may be of any size."""
SMALLEST = {"f32": 2.0**-126, "f64": 2.0**-1022}
"""A single or double below it is not normalised: that is what 21.5 or 230 is in another order of bytes."""
PADDING = b"\0 \xff"


Step = Callable[..., Value]


def converter(register: Register) -> Callable[[Value | bytes], Value] | None:
    """From what ``wire_format`` yields to the value; None where it already is the value. May raise ``Missing``."""
    steps = [
        step
        for step in (
            _raw(register),
            missing_step(register, field=False),
            _number(register),
            _bits(register),
            missing_step(register, field=True),
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
        raise Missing(FaultCode.NOT_AVAILABLE, say.EMPTY_TEXT())
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
    return {"f32": _f32, "f64": _f64}.get(kind)


def _bcd(raw: int) -> int:
    digits = f"{raw:x}"
    if not digits.isdecimal():
        raise Missing(FaultCode.OUT_OF_RANGE, say.X_NO_BCD_NUMBER(digits=digits))
    return int(digits)


def _modulo(raw: int, words: int) -> int:
    """Registers from -9999 to 9999, the first the highest."""
    value = 0
    for number in range(words - 1, -1, -1):
        digits = signed(raw >> 16 * number & 0xFFFF, 16)
        if abs(digits) >= MODULO:
            raise Missing(FaultCode.OUT_OF_RANGE, say.NO_REGISTER_MODULO(digits=digits))
        value = value * MODULO + digits
    return value


def _f64(raw: float) -> float:
    _measured(raw, SMALLEST["f64"])
    return raw


def _measured(raw: float, smallest: float) -> None:
    """Raises ``Missing`` for what no sensor has measured."""
    if math.isfinite(raw):
        if abs(raw) > LARGEST:
            raise Missing(FaultCode.OUT_OF_RANGE, say.NO_MEASUREMENT_BUT_WHAT(raw=raw))
        if 0 < abs(raw) < smallest:
            raise Missing(FaultCode.OUT_OF_RANGE, say.NO_MEASUREMENT_BUT_ORDER(raw=raw))
        return
    if math.isnan(raw):
        raise Missing(FaultCode.NOT_AVAILABLE, say.NOT_NUMBER_DEVICE_NO())
    raise Missing(FaultCode.OUT_OF_RANGE, "infinite")


def _f32(raw: float) -> float:
    """The shortest decimal that is the same single: 23.4 and not 23.399999618530273."""
    _measured(raw, SMALLEST["f32"])
    for digits in (6, 7, 8):
        short = float(f"{raw:.{digits}g}")
        if struct.unpack("f", struct.pack("f", short))[0] == raw:
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


def _scaled(register: Register) -> Step | None:
    if register.labels:
        return _named(register.labels, "label")
    if register.numbers:
        return _named(register.numbers, "number")
    plain = register.type == "string" or (register.scale == 1.0 and register.offset == 0.0)
    scale = None if plain else linear(register.scale, register.offset)
    if not register.four_quadrant:
        return scale
    return lambda raw: _quadrant(scale(raw) if scale else raw)


def _named(names: Mapping[str, Value], what: str) -> Step:
    meanings = {int(raw): meaning for raw, meaning in names.items()}

    def mean(raw: int) -> Value:
        meaning = meanings.get(raw)
        if meaning is None:
            raise Missing(FaultCode.OUT_OF_RANGE, say.RAW_VALUE_NO(raw=raw, what=what))
        return meaning

    return mean


def _quadrant(value: Value) -> float:
    """Past 1 the current leads, which the sign of the reactive power tells too: 1.2 is 0.8 leading, -1.2 is -0.8."""
    number = float(value)
    if not -2 <= number <= 2:
        raise Missing(FaultCode.OUT_OF_RANGE, say.NO_POWER_FACTOR(number=number))
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
