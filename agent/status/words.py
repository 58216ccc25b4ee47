"""Sizes and times as people say them, and columns; for screens only. Spans and values: ``contract.words``."""

from __future__ import annotations

import unicodedata
from datetime import datetime


def size(count: int) -> str:
    """Bytes in the largest binary unit that leaves at least 1."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "bytes" else f"{amount:.2g} {unit}"
        amount /= 1024
    return f"{amount:.2g} TiB"


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
