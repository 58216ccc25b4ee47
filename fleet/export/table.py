"""Lists as CSV (RFC 4180, UTF-8), line by line, so that a year of a city passes through a small memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from fleet.query.cameras import CamerasAsked, cameras
from fleet.query.completeness import CompletenessAsked, completeness
from fleet.query.events import EventsAsked, events
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.poles import PolesAsked, poles
from fleet.query.values import CourseAsked, course
from fleet.store.database import Database

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a text that begins so for a formula; what poles send must not become one."""

TABLES: dict[str, type[msgspec.Struct]] = {
    "poles": PolesAsked,
    "incidents": IncidentsAsked,
    "series": CourseAsked,
    "events": EventsAsked,
    "completeness": CompletenessAsked,
    "cameras": CamerasAsked,
}
"""Name of a table -> the question that it answers; ``limit`` is of its parts and not of the file."""


def lines(db: Database, name: str, asked: Any, now: datetime) -> Iterator[str]:
    """The lines of the table ``name``, each with its end; the first has the names of the columns."""
    if name == "series":
        yield from _written(course(db, asked).points)
        return
    ask: dict[str, Callable[[Any], Any]] = {
        "poles": lambda part: poles(db, part),
        "incidents": lambda part: incidents(db, part, now),
        "events": lambda part: events(db, part),
        "completeness": lambda part: completeness(db, part),
        "cameras": lambda part: cameras(db, part),
    }
    yield from _written(_all(ask[name], asked))


def _all(ask: Callable[[Any], Any], asked: Any) -> Iterator[msgspec.Struct]:
    while True:
        part = ask(asked)
        yield from part.items
        if part.next is None:
            return
        asked = msgspec.structs.replace(asked, cursor=part.next)


def _written(rows: Iterable[msgspec.Struct]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    head = True
    for row in rows:
        if head:
            writer.writerow(row.__struct_fields__)
            head = False
        writer.writerow(map(cell, msgspec.structs.astuple(row)))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def cell(value: Any) -> Any:
    """One value as a spreadsheet reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, msgspec.Raw):
        value = bytes(value).decode(errors="replace")
    elif isinstance(value, (dict, tuple, list)):
        value = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
    return f"'{value}" if str(value).startswith(_FORMULA) else str(value)
