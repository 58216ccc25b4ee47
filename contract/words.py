"""What people read: a text in each language, and numbers as people say them; for screens only."""

from __future__ import annotations

from typing import Literal

import msgspec

from contract.types import Value
from contract.units import Unit

Language = Literal["en", "zh"]
Words = dict[str, str]
"""A text by language: ``en`` and ``zh``."""
_SPANS = (("d", 86400), ("h", 3600), ("min", 60))


class Sentence(msgspec.Struct, frozen=True):
    """One sentence in each language; ``{name}`` is filled in. It is a row of a module ``sentences`` of its package."""

    en: str
    zh: str

    def __call__(self, **words: object) -> str:
        """In English, as it travels: on the wire, in the journal, in an exception."""
        return self.en.format(**words)

    def said(self, language: Language, **words: object) -> str:
        return (self.en if language == "en" else self.zh).format(**words)


def both(en: str, zh: str) -> Words:
    return {"en": en, "zh": zh}


def span(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min``, ``3 h 20 min``, ``4 d 2 h``: never more exact than it helps."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for (name, length), (smaller, part) in zip(_SPANS, (*_SPANS[1:], ("s", 1)), strict=True):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {name}" + (f" {rest} {smaller}" if rest and name != "min" else "")
    raise AssertionError(whole)


def measured(value: Value, unit: Unit, *, ascii_only: bool = False) -> str:
    """A value with its unit, as a person would write it."""
    digits = 8 if unit is Unit.DEGREE else 6  # a position to the metre
    number = f"{value:.{digits}g}" if isinstance(value, float) else str(value)
    word = unit.symbol
    if ascii_only and not word.isascii():
        word = str(unit)
    return f"{number} {word}".strip()
