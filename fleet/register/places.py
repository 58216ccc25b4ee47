"""What the city knows of its poles, from a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

import msgspec

from contract.enrol import POLE_ID
from fleet.errors import FleetError
from fleet.store.database import Database

MOST_ROWS = 200_000
MOST_PROBLEMS = 20
"""Wrong lines that are named; of more, the count."""
LONGEST = 200
"""Characters of a text; longer ones are a problem."""


class RegisteredPole(msgspec.Struct, frozen=True, kw_only=True):
    """One pole of the register. ``latitude`` and ``longitude`` in degrees, WGS 84."""

    pole: str
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    street: str = ""
    district: str = ""
    feeder: str = ""
    cell: str = ""


COLUMNS = RegisteredPole.__struct_fields__


def read_places(text: str) -> list[RegisteredPole]:
    """The poles of a CSV file whose first line names its columns; raises ``FleetError`` with all that is wrong."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    head = [name.strip().lower() for name in next(reader, [])]
    head = ["pole" if name == "id" else name for name in head]
    strange = sorted(set(head) - set(COLUMNS))
    if strange or head.count("pole") != 1 or len(set(head)) != len(head):
        what = (
            f"the column {strange[0]!r} is not known"
            if strange
            else "there must be one column 'pole', and no name twice"
        )
        raise FleetError(f"line 1: {what}; the columns are {', '.join(COLUMNS)}")
    found: dict[str, RegisteredPole] = {}
    problems: list[str] = []
    try:
        for values in reader:
            if not any(map(str.strip, values)):
                continue
            if len(found) >= MOST_ROWS:
                problems.append(f"line {reader.line_num}: more than {MOST_ROWS} poles; split the file")
                break
            place, wrong = _place(dict(zip(head, map(str.strip, values), strict=False)))
            if len(values) > len(head):
                wrong = [f"{len(values)} values for {len(head)} columns"]
            if place.pole in found:
                wrong = [f"{place.pole} stands in the file twice"]
            problems += [f"line {reader.line_num}: {each}" for each in wrong]
            found[place.pole] = place
    except csv.Error as reason:
        problems.append(f"line {reader.line_num}: {reason}")
    if problems:
        more = [f"and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise FleetError("\n".join([*problems[:MOST_PROBLEMS], *more]))
    return list(found.values())


def _place(row: dict[str, str]) -> tuple[RegisteredPole, list[str]]:
    wrong = [f"{name} is longer than {LONGEST} characters" for name, value in row.items() if len(value) > LONGEST]
    pole = row.get("pole", "")
    if not re.match(POLE_ID, pole):
        wrong.append(f"{pole!r} cannot be a pole's id: letters, digits, '.', '_' and '-', a letter or a digit first")
    places: dict[str, float | None] = {}
    for name, limit in (("latitude", 90), ("longitude", 180)):
        text = row.get(name, "")
        try:
            places[name] = float(text) if text else None
        except ValueError:
            places[name] = None
            wrong.append(f"{name} {text!r} is no number; degrees with a point, such as 22.5431")
        degrees = places[name]
        if degrees is not None and not -limit <= degrees <= limit:
            wrong.append(f"{name} {text} is not between -{limit} and {limit}")
    if (places["latitude"] is None) != (places["longitude"] is None):
        wrong.append("latitude and longitude go together")
    texts = {name: row.get(name, "") for name in ("name", "street", "district", "feeder", "cell")}
    return RegisteredPole(pole=pole, latitude=places["latitude"], longitude=places["longitude"], **texts), wrong


_PUT = (
    f"INSERT INTO register ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)}) ON CONFLICT (pole) "  # noqa: S608  our own names
    f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])}"
)


def put(db: Database, places: Iterable[RegisteredPole]) -> int:
    """Adds ``places`` to the register, or replaces what it says of them; how many there are."""
    rows = [msgspec.structs.astuple(place) for place in places]
    db.executemany(_PUT, rows)
    return len(rows)


def selected(db: Database, filters: Iterable[str]) -> Iterator[str]:
    """The poles that are meant by ``filters``: ids, ``all``, or ``COLUMN=VALUE`` of the register.

    Each pole that any of them names, in the order of their ids. Raises ``FleetError`` for one that names none.
    """
    poles: set[str] = set()
    for each in filters:
        values: tuple[str, ...]
        column, equals, value = each.partition("=")
        if each == "all":
            query, values = "SELECT pole FROM register UNION SELECT pole FROM pole", ()
        elif equals and column in COLUMNS:
            query, values = f"SELECT pole FROM register WHERE {column} = ?", (value,)  # noqa: S608  # one of COLUMNS
        else:
            query = "SELECT pole FROM register WHERE pole = ? UNION SELECT pole FROM pole WHERE pole = ?"
            values = (each, each)
        found = {pole for (pole,) in db.execute(query, values)}
        if not found:
            raise FleetError(
                f"no pole is meant by {each!r}: give an id, 'all', or a column of the register, street=..."
            )
        poles |= found
    yield from sorted(poles)
