"""Registers as bytes: the order of their words, and what ``struct`` makes of them. Pure."""

from __future__ import annotations

from agent.api import FaultCode
from drivers._registers import Register

CODES = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d", "bit": "H"}
"""Types that ``struct`` reads; all others are read as bytes."""


class Missing(Exception):
    """The register holds no value: why, for the fault."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code = code


def wire_format(register: Register) -> str:
    """The ``struct`` code of its raw bytes; what ``struct`` cannot read is taken as bytes and read later."""
    if register.order == "abcd" and register.type in CODES:
        return CODES[register.type]
    return f"{register.words * 2}s"


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


def signed(pattern: int, bits: int) -> int:
    """Two's complement."""
    half = 1 << (bits - 1)
    return (pattern ^ half) - half
