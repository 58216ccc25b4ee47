"""Which poles there are, where they stand, and how they are."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fleet.query.paging import Cursor, Limit, Listed, cursor_of, key_of, moment
from fleet.store.database import Database

Mark = Literal["alarm", "warning", "lost", "good", "new"]
"""How a pole is, the worst first: an alarm; a warning; no link; all is well; registered and never seen."""
MARKS: tuple[Mark, ...] = ("alarm", "warning", "lost", "good", "new")
PoleId = Annotated[str, Meta(min_length=1, max_length=64, description="the pole's id")]

_IDS = "SELECT pole FROM register UNION SELECT pole FROM pole"
_FROM = """
WITH one AS ({ids}),
bad AS (
    SELECT pole, count(*) AS incidents,
        max(CASE severity WHEN 'alarm' THEN 3 WHEN 'warning' THEN 2 ELSE 1 END) AS worst
    FROM every WHERE "end" IS NULL GROUP BY pole
), line AS (
    SELECT one.pole AS pole, pole.seen AS seen, coalesce(pole.state, 'unknown') AS state, status,
        nullif(register.name, '') AS name, register.latitude, register.longitude,
        coalesce(street, '') AS street, coalesce(district, '') AS district,
        coalesce(feeder, '') AS feeder, coalesce(cell, '') AS cell, coalesce(incidents, 0) AS incidents,
        CASE WHEN worst = 3 THEN 'alarm' WHEN worst = 2 THEN 'warning' WHEN pole.seen IS NULL THEN 'new'
            WHEN pole.state = 'offline' THEN 'lost' ELSE 'good' END AS mark
    FROM one LEFT JOIN pole USING (pole) LEFT JOIN register USING (pole) LEFT JOIN bad USING (pole)
)"""


class PoleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One pole as a list shows it. Positions are WGS 84, of the register, or else as the pole says."""

    pole: str
    name: str
    mark: Mark
    state: Literal["online", "offline", "unknown"]
    seen: Annotated[datetime | None, Meta(description="when the platform received its last message")] = None
    incidents: Annotated[int, Meta(description="open ones")] = 0
    latitude: float | None = None
    longitude: float | None = None
    street: str = ""
    district: str = ""
    feeder: Annotated[str, Meta(description="electrical feeder")] = ""
    cell: Annotated[str, Meta(description="cell tower of its link")] = ""


class PolesAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which poles; in the order of their ids."""

    text: Annotated[str, Meta(max_length=100, description="a part of id, name or street")] = ""
    mark: Mark | None = None
    district: str | None = None
    feeder: str | None = None
    cell: str | None = None
    limit: Limit = 100
    cursor: Cursor = ""


class Summing(msgspec.Struct, frozen=True, kw_only=True):
    """How many poles there are of each mark, and how many incidents are open."""

    poles: int
    marks: dict[str, int]
    incidents: int
    districts: tuple[str, ...]


def poles(db: Database, asked: PolesAsked) -> Listed[PoleLine]:
    after = key_of(asked.cursor, tuple[str])[0] if asked.cursor else ""
    where, values = ["pole > ?"], [after]
    for column in ("mark", "district", "feeder", "cell"):
        value: str | None = getattr(asked, column)
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if asked.text:
        name = f"coalesce(name, {db.said('name')}, '')"
        where.append(f"(instr(lower(pole), ?) > 0 OR instr(lower({name}), ?) > 0 OR instr(lower(street), ?) > 0)")
        values += [asked.text.lower()] * 3
    ids, most = _IDS, asked.limit + 1
    if len(where) == 1:  # every pole that comes next is in the list: the others are not looked at
        ids, values = f"{_ids('pole > ?')} ORDER BY pole LIMIT {most}", [after, *values, after]
    query = f"{_lines(db, ids)} WHERE {' AND '.join(where)} ORDER BY pole LIMIT {most}"
    rows = db.execute(query, values).fetchall()
    items = tuple(map(_line, rows[: asked.limit]))
    return Listed(items=items, next=cursor_of(items[-1].pole) if len(rows) > asked.limit else None)


def pole_line(db: Database, pole: str) -> PoleLine | None:
    row = db.execute(_lines(db, _ids("pole = ?")), (pole, pole)).fetchone()
    return None if row is None else _line(row)


def summing(db: Database) -> Summing:
    marks: dict[str, int] = {**dict.fromkeys(MARKS, 0), **Counter(marks_of(db).values())}
    (incidents,) = db.execute('SELECT count(*) FROM every WHERE "end" IS NULL').fetchone()
    districts = db.execute(
        "SELECT DISTINCT district FROM register WHERE district != '' ORDER BY 1 LIMIT 500"
    ).fetchall()
    return Summing(
        poles=sum(marks.values()),
        marks=marks,
        incidents=incidents,
        districts=tuple(name for (name,) in districts),
    )


def marks_of(db: Database) -> dict[str, Mark]:
    """The mark of every pole, as in ``PoleLine``. A live stream asks often: each table is read once, without a join."""
    marks: dict[str, Mark] = {pole: "new" for (pole,) in db.execute("SELECT pole FROM register")}
    for pole, state in db.execute("SELECT pole, state FROM pole"):
        marks[pole] = "lost" if state == "offline" else "good"
    worse: tuple[Mark, ...] = ("warning", "alarm")
    for severity in worse:  # the worse one last
        query = 'SELECT pole FROM every WHERE "end" IS NULL AND severity = ?'
        marks |= {pole: severity for (pole,) in db.execute(query, (severity,)) if pole in marks}
    return marks


def places(db: Database) -> tuple[tuple[str, object, object], ...]:
    """Id, latitude and longitude of each pole that has both, in the order of ids; they may be anything."""
    columns = (f"coalesce(register.{name}, {db.said(name)})" for name in ("latitude", "longitude"))
    query = f"""
        SELECT pole, latitude, longitude FROM register WHERE latitude IS NOT NULL AND longitude IS NOT NULL
        UNION ALL SELECT pole.pole, {", ".join(columns)} FROM pole LEFT JOIN register ON register.pole = pole.pole
        WHERE register.latitude IS NULL OR register.longitude IS NULL ORDER BY 1"""  # noqa: S608  our own names
    return tuple(map(tuple, db.execute(query).fetchall()))


def _ids(which: str) -> str:
    return " UNION ".join(f"SELECT pole FROM {table} WHERE {which}" for table in ("register", "pole"))  # noqa: S608


def _lines(db: Database, ids: str) -> str:
    return f"{_FROM.format(ids=ids)} SELECT {_columns(db)} FROM line"  # noqa: S608  our own names


def _columns(db: Database) -> str:
    said = (f"coalesce({name}, {db.said(name)}) AS {name}" for name in ("name", "latitude", "longitude"))
    return ", ".join(("pole, seen, state, street, district, feeder, cell, incidents, mark", *said))


def _line(row: Any) -> PoleLine:
    return PoleLine(
        pole=row["pole"],
        name=_text(row["name"]),
        mark=row["mark"],
        state=row["state"],
        seen=None if row["seen"] is None else moment(row["seen"]),
        incidents=row["incidents"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        street=row["street"],
        district=row["district"],
        feeder=row["feeder"],
        cell=row["cell"],
    )


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""
