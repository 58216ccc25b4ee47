"""Sizes and times as people say them, and columns; for screens only. Spans and values: ``contract.words``."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from contract.health import PoleStatus
from contract.words import Language

_STOPS = "，。：；！？、）】》”’…,.:;!?)"
_PIECE = re.compile(
    rf"[（【《“‘(]*(?:[\u2e80-\u9fff\uff00-\uffef][{_STOPS}]*|[^\s\u2e80-\u9fff\uff00-\uffef]+[{_STOPS}]*)\s*|\s+"
)
"""A word, or a Chinese character, with the stops and blanks behind it: what a row is not broken inside."""


def size(count: int) -> str:
    """Bytes in the largest binary unit that leaves at least 1."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "bytes" else f"{amount:.2g} {unit}"
        amount /= 1024
    return f"{amount:.2g} TiB"


def day(moment: datetime, language: Language = "en") -> str:
    """``2026-11-30``, ``2026年11月30日``."""
    return f"{moment:%Y-%m-%d}" if language == "en" else f"{moment.year}年{moment.month}月{moment.day}日"


def local(moment: datetime, language: Language = "en") -> str:
    """In the box's own time zone, with its offset."""
    here = moment.astimezone()
    return f"{day(here, language)} {here:%H:%M:%S %z}"


def since_s(status: PoleStatus, moment: datetime) -> float:
    """How long ago something of this run was, in seconds; the wall clock may have been set since, by years."""
    return max(0.0, min((status.clock.now.utc - moment).total_seconds(), status.uptime_s))


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


def wrapped(text: str, columns: int) -> list[str]:
    """Rows of at most ``columns``, broken at blanks and between Chinese characters, where no stop begins a row."""
    rows, row = [], ""
    for piece in _PIECE.findall(" ".join(text.split())):
        if row and width(row) + width(piece.rstrip()) > columns:
            rows.append(row.rstrip())
            row = ""
        while width(piece) > columns:
            head = next(at for at in range(len(piece), 0, -1) if width(piece[:at]) <= columns or at == 1)
            rows.append(piece[:head])
            piece = piece[head:]  # noqa: PLW2901 - what is left of it
        row += piece
    return [*rows, row.rstrip()] if row.strip() or not rows else rows


def _cut(text: str, columns: int) -> str:
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while head and tail and width(head) + width(tail) > columns - 2:
        if width(head) > width(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return f"{head}..{tail}"
