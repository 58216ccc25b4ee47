"""What poles measured: newest values, and series in hours or days."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from contract.types import Value
from contract.units import Unit
from contract.units import row as quantity_row
from fleet.errors import NoSuch, Wrong
from fleet.query.paging import moment
from fleet.query.poles import PoleId
from fleet.store.database import Database

MOST_POINTS = 10_000
_HOUR_S, _DAY_H = 3600, 24


class NewestValue(msgspec.Struct, frozen=True, kw_only=True):
    """The newest value of one quantity of one source."""

    source: str
    quantity: str
    at: datetime
    value: Value | None
    unit: Annotated[str, Meta(description="UCUM code")]
    symbol: Annotated[str, Meta(description="of the unit, as people write it")]
    quality: str


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One hour or day. Of a direction ``mean`` is that of its vectors; of a counter ``increase`` counts."""

    at: Annotated[datetime, Meta(description="its begin")]
    count: Annotated[int, Meta(description="readings")]
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    increase: float | None = None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity of one source over time; hours or days without a reading are left out."""

    pole: str
    source: str
    quantity: str
    unit: str
    symbol: str
    step: Literal["hour", "day"]
    points: tuple[Point, ...]


class CourseAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which series, from ``since`` until before ``until``, at most 10,000 points."""

    pole: PoleId
    source: Annotated[str, Meta(max_length=200)]
    quantity: Annotated[str, Meta(max_length=200)]
    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]
    step: Literal["hour", "day"] = "hour"


def newest(db: Database, pole: str) -> tuple[NewestValue, ...]:
    query = (
        "SELECT source, quantity, at, value, unit, quality FROM series JOIN latest ON latest.series = series.id "
        "WHERE pole = ? ORDER BY source, quantity"
    )
    return tuple(
        NewestValue(
            source=source,
            quantity=quantity,
            at=moment(at),
            value=_value(value),
            unit=unit,
            symbol=symbol(unit),
            quality=quality,
        )
        for source, quantity, at, value, unit, quality in db.execute(query, (pole,))
    )


def course(db: Database, asked: CourseAsked) -> Course:
    first, end = int(asked.since.timestamp() // _HOUR_S), math.ceil(asked.until.timestamp() / _HOUR_S)
    if (end - first) / (_DAY_H if asked.step == "day" else 1) > MOST_POINTS:
        raise Wrong(f"more than {MOST_POINTS} points: ask for less time or for step=day")
    name = (asked.pole, asked.source, asked.quantity)
    query = (
        "SELECT id, coalesce(unit, '') FROM series LEFT JOIN latest ON latest.series = id "
        "WHERE pole = ? AND source = ? AND quantity = ?"
    )
    found = db.execute(query, name).fetchone()
    if found is None:
        raise NoSuch(f"{asked.pole} has sent no {asked.quantity} of {asked.source}")
    number, unit = found
    rows = db.execute(
        "SELECT hour, count, sum, min, max, increase, x, y FROM hour WHERE series = ? AND hour >= ? AND hour < ? "
        "ORDER BY hour",
        (number, first, end),
    )
    size = quantity_row(asked.quantity).circle
    width = _DAY_H if asked.step == "day" else 1
    groups = groupby(rows, key=lambda row: row["hour"] // width)
    points = tuple(_point(number * width * _HOUR_S, list(group), size) for number, group in groups)
    return Course(
        pole=asked.pole,
        source=asked.source,
        quantity=asked.quantity,
        unit=unit,
        symbol=symbol(unit),
        step=asked.step,
        points=points,
    )


def _point(at: float, rows: list[Any], circle: float) -> Point:
    count = sum(row["count"] for row in rows)
    return Point(
        at=moment(at),
        count=count,
        mean=_direction(rows, circle) if circle else sum(row["sum"] for row in rows) / count if count else None,
        min=_of(min, (row["min"] for row in rows)),
        max=_of(max, (row["max"] for row in rows)),
        increase=_of(sum, (row["increase"] for row in rows)),
    )


def _direction(rows: list[Any], circle: float) -> float | None:
    x, y = sum(row["x"] or 0.0 for row in rows), sum(row["y"] or 0.0 for row in rows)
    if math.hypot(x, y) < 1e-9:
        return None  # the vectors cancel: there is no mean direction
    return math.atan2(y, x) / (2 * math.pi) * circle % circle


def _of(how: Any, values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return float(how(there)) if there else None


def symbol(unit: str) -> str:
    """As people write the unit; its code where a newer pole has one that is not known here."""
    try:
        return Unit(unit).symbol
    except ValueError:
        return unit


def _value(value: object) -> Value | None:
    return value if isinstance(value, (int, float, str)) else None
