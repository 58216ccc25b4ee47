"""All poles as a map needs them: columns, packed so that a city of 45,000 is some 150 KB on the wire."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fleet.gcj02 import to_gcj02
from fleet.query.poles import MARKS, Mark, marks_of, places
from fleet.store.database import Database

Crs = Literal["wgs84", "gcj02"]
PER_DEGREE = 100_000
"""Positions are rounded to 1e-5 degrees: 1.1 m."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Column by column, neighbours next to each other. The first position is whole, each other the step from the one
    before it, in 1e-5 degrees of ``crs``. ``marks`` has one letter for each pole: the index in ``kinds``.
    """

    version: Annotated[str, Meta(description="of the list of ids: `map/names` of the same version has its order")]
    kinds: tuple[Mark, ...]
    marks: str
    latitude: tuple[int, ...]
    longitude: tuple[int, ...]
    crs: Annotated[Crs, Meta(description="WGS 84, or that of the base map: GCJ-02")] = "wgs84"
    zooms: Annotated[
        tuple[int, ...], Meta(description="levels of the base map, /tiles/{zoom}/{x}/{y}; empty: none")
    ] = ()
    credit: Annotated[str, Meta(description="of the base map")] = ""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the poles, in the order of the columns."""

    version: str
    poles: tuple[str, ...]


_Place = tuple[str, object, object]


class _Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where the poles stand and how they are called, neighbours next to each other."""

    names: Names
    latitude: tuple[int, ...]
    longitude: tuple[int, ...]


def placed(db: Database, crs: Crs = "wgs84", zooms: tuple[int, ...] = (), credit: str = "") -> Places:
    found, marks = _columns(places(db), crs), marks_of(db)
    letters = {mark: str(number) for number, mark in enumerate(MARKS)}
    return Places(
        version=found.names.version,
        kinds=MARKS,
        marks="".join(letters[marks.get(pole, "new")] for pole in found.names.poles),
        latitude=found.latitude,
        longitude=found.longitude,
        crs=crs,
        zooms=zooms,
        credit=credit,
    )


def names(db: Database, crs: Crs = "wgs84") -> Names:
    return _columns(places(db), crs).names


@lru_cache(maxsize=2)
def _columns(standing: tuple[_Place, ...], crs: Crs) -> _Columns:
    """Poles hardly ever move: what is asked for with each view of the city is made once."""
    found = []
    for pole, latitude, longitude in standing:
        if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
            continue
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            continue
        north, east = to_gcj02(latitude, longitude) if crs == "gcj02" else (latitude, longitude)
        found.append((round(north * PER_DEGREE), round(east * PER_DEGREE), pole))
    found.sort(key=lambda each: (_morton(each[0], each[1]), each[2]))
    poles = tuple(pole for *_, pole in found)
    version = hashlib.sha256("\n".join(poles).encode()).hexdigest()[:12]
    return _Columns(
        names=Names(version=version, poles=poles),
        latitude=_steps([each[0] for each in found]),
        longitude=_steps([each[1] for each in found]),
    )


def _morton(latitude: int, longitude: int) -> int:
    """The place on the Z-order curve: neighbours on the map are mostly neighbours on it."""
    return _spread(latitude + 90 * PER_DEGREE) << 1 | _spread(longitude + 180 * PER_DEGREE)


def _spread(number: int) -> int:
    """The bits of ``number``, below 2^32, each followed by a zero."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        number = (number | number << shift) & mask
    return number


def _steps(column: list[int]) -> tuple[int, ...]:
    return tuple(after - before for before, after in zip([0, *column], column, strict=False))
