"""Numbers as people say them: ages, sizes, times and units, for screens only."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from contract.types import Value
from contract.units import Unit

_SPANS = (("d", 86400), ("h", 3600), ("min", 60))


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


def size(count: int) -> str:
    """Bytes in the largest binary unit that leaves at least 1."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "bytes" else f"{amount:.2g} {unit}"
        amount /= 1024
    return f"{amount:.2g} TiB"


def measured(value: Value, unit: Unit, *, ascii_only: bool) -> str:
    """A value with its unit, as a person would write it."""
    digits = 8 if unit is Unit.DEGREE else 6  # a position to the metre
    number = f"{value:.{digits}g}" if isinstance(value, float) else str(value)
    word = unit.symbol
    if ascii_only and not word.isascii():
        word = str(unit)
    return f"{number} {word}".strip()


def local(moment: datetime) -> str:
    """In the box's own time zone, with its offset."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def pad(text: str, columns: int) -> str:
    """Filled with blanks to ``columns``; text that is longer is cut in its middle, where names differ least."""
    if width(text) > columns:
        text = _cut(text, columns)
    return text + " " * (columns - width(text))


def _cut(text: str, columns: int) -> str:
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while head and tail and width(head) + width(tail) > columns - 2:
        if width(head) > width(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return f"{head}..{tail}"
