"""The brokers of the cells: where poles reach them, and which one the answer to a claim names."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from fleet.errors import FleetError
from fleet.store.database import Database

SILENT = timedelta(hours=1)
"""A cell that has committed nothing for so long gets no new poles."""


class CellBroker(msgspec.Struct, frozen=True, kw_only=True):
    """The broker of a cell, as poles reach it; ``ca`` is the fingerprint of the CA that it trusts."""

    cell: str
    host: str
    port: int
    ca: str


def announce(db: Database, broker: CellBroker) -> None:
    """Says where a cell is. Raises ``FleetError`` where another one trusts another CA: a pole could not move."""
    query = "SELECT cell FROM cell WHERE cell <> ? AND ca <> '' AND ca <> ? ORDER BY cell LIMIT 1"
    other = db.execute(query, (broker.cell, broker.ca)).fetchone()
    if other is not None:
        raise FleetError(
            f"cell {other[0]} has another CA than cell {broker.cell}: stop this one, copy ca.pem and ca.key from the "
            "folder identity/ of that one into its own, and start it again"
        )
    db.execute(
        "INSERT INTO cell (cell, fence, seen, host, port, ca) VALUES (?, 0, 0, ?, ?, ?) "
        "ON CONFLICT (cell) DO UPDATE SET host = excluded.host, port = excluded.port, ca = excluded.ca",
        (broker.cell, broker.host, broker.port, broker.ca),
    )
    if not broker.host:  # of versions that left a pole of a stick to the process that took it in
        db.execute("DELETE FROM owner WHERE cell = ?", (broker.cell,))


def hosts(db: Database) -> list[str]:
    """Of all cells: a broker proves all of these names, so that the name of one can be led to another."""
    return [host for (host,) in db.execute("SELECT DISTINCT host FROM cell WHERE host <> '' ORDER BY host")]


def check(db: Database, cell: str) -> None:
    """Raises ``FleetError`` where there is no such cell."""
    known = [name for (name,) in db.execute("SELECT cell FROM cell WHERE host <> '' ORDER BY cell")]
    if cell and cell not in known:
        raise FleetError(f"there is no cell {cell!r}: there are {', '.join(known)}")


def assigned(db: Database, pole: str, now: datetime) -> tuple[str, int] | None:
    """Host and port of the broker for ``pole``: of the cell of its claim, of its own, or of the one with fewest poles.

    A pole that no cell has belongs to it from now on; another one moves when it comes there. None: no cell is known.
    """
    query = "SELECT cell.cell, host, port FROM cell JOIN claim ON claim.cell = cell.cell WHERE pole = ? AND host <> ''"
    row = db.execute(query, (pole,)).fetchone()
    if row is None:
        query = (
            "SELECT cell.cell, host, port FROM cell JOIN owner ON owner.cell = cell.cell WHERE pole = ? AND host <> ''"
        )
        row = db.execute(query, (pole,)).fetchone()
    if row is None:
        query = (
            "SELECT cell.cell, host, port FROM cell LEFT JOIN "
            "(SELECT cell, count(*) AS poles FROM owner GROUP BY cell) AS held ON held.cell = cell.cell "
            "WHERE host <> '' AND (seen = 0 OR seen > ?) ORDER BY coalesce(poles, 0), cell.cell LIMIT 1"
        )
        row = db.execute(query, ((now - SILENT).timestamp(),)).fetchone()
    if row is None:
        return None
    db.execute("INSERT INTO owner VALUES (?, ?) ON CONFLICT DO NOTHING", (pole, row[0]))
    return str(row[1]), int(row[2])
