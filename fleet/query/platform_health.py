"""How the platform itself is: what its store holds, what it could not read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.query.paging import moment
from fleet.store.database import Database

MOST_UNREADABLE = 50


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is in the quarantine."""

    pole: str
    received: datetime
    reason: str
    bytes: int


class CellFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A cell: how many poles it has, and its newest commit."""

    cell: str
    poles: int
    newest: datetime | None


class StoreFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The database: its size, what is free inside it, and the newest message."""

    bytes: Annotated[int, Meta(description="of the file")]
    free_bytes: Annotated[int, Meta(description="inside the file, to be used again")]
    segments: Annotated[int, Meta(description="rows of the archive were made since the beginning")]
    newest: datetime | None
    conflicts: int
    unreadable: tuple[Unreadable, ...]
    cells: tuple[CellFigures, ...]


def figures(db: Database) -> StoreFigures:
    sizes = db.sizes()
    (segments,) = db.execute("SELECT coalesce(max(id), 0) FROM segment").fetchone()
    (newest,) = db.execute("SELECT max(seen) FROM pole").fetchone()
    (conflicts,) = db.execute("SELECT count(*) FROM conflict").fetchone()
    rows = db.execute(
        "SELECT pole, received, reason, bytes FROM quarantine ORDER BY id DESC LIMIT ?", (MOST_UNREADABLE,)
    )
    cells = db.execute(
        "SELECT cell.cell, coalesce(poles, 0), seen FROM cell LEFT JOIN "
        "(SELECT cell, count(*) AS poles FROM owner GROUP BY cell) AS held ON held.cell = cell.cell "
        "WHERE poles > 0 OR host <> '' ORDER BY cell.cell"
    )
    return StoreFigures(
        bytes=sizes.bytes,
        free_bytes=sizes.free_bytes,
        segments=segments,
        newest=None if newest is None else moment(newest),
        conflicts=conflicts,
        unreadable=tuple(
            Unreadable(pole=pole, received=moment(received), reason=reason, bytes=length)
            for pole, received, reason, length in rows
        ),
        cells=tuple(
            CellFigures(cell=cell, poles=poles, newest=moment(seen) if seen else None) for cell, poles, seen in cells
        ),
    )
