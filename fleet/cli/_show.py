"""How answers are printed: a table for people, one JSON object a line for programs."""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from fleet.cli._command import add_folder
from fleet.errors import Wrong
from fleet.folder import Folder
from fleet.query.reader import reading
from fleet.store.database import Database


def add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_folder(command)


@contextmanager
def store(options: argparse.Namespace) -> Iterator[Database]:
    """The store in the folder that was named, to be read."""
    with reading(*Folder(options.folder).read) as db:
        yield db


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  a command that is over at once has no clock to own


def whole(ask: Callable[[Any], Any], asked: Any) -> Iterator[msgspec.Struct]:
    """All items of a list, part by part."""
    while True:
        part = ask(asked)
        yield from part.items
        if part.next is None:
            return
        asked = msgspec.structs.replace(asked, cursor=part.next)


def show(rows: Iterable[msgspec.Struct], columns: Sequence[str], options: argparse.Namespace) -> None:
    """Prints ``columns`` of ``rows``, or with ``--json`` all of each."""
    if options.json:
        for row in rows:
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        return
    table = [tuple(columns), *(tuple(_cell(getattr(row, name)) for name in columns) for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return str(value.get("en", "")) or ", ".join(f"{key}={each}" for key, each in value.items())
    return "".join(mark if mark.isprintable() else "?" for mark in str(value)) or "-"


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def moment_of(text: str) -> datetime:
    """A date, or a moment with its zone; raises ``Wrong``."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{text!r} is no time: write 2026-11-23 or 2026-11-23T08:00:00+08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
