"""What the platform's metrics count in its database."""

from __future__ import annotations

import msgspec

from fleet.query.platform_health import StoreFigures, figures
from fleet.query.poles import MARKS, marks_of
from fleet.store.database import Database, Standby

_MISSING = """
WITH stored AS (
    SELECT pole, epoch, sum(last - first + 1) AS count, max(last) AS last FROM coverage GROUP BY pole, epoch
), gone AS (
    SELECT pole, epoch, sum(last - first + 1) AS count FROM deleted GROUP BY pole, epoch
), open AS (
    SELECT CASE WHEN certain IS NULL THEN max(given, coalesce(stored.last, 0)) ELSE certain - 1 END - first + 1
        - coalesce(stored.count, 0) - coalesce(gone.count, 0) AS count
    FROM epoch LEFT JOIN stored USING (pole, epoch) LEFT JOIN gone USING (pole, epoch)
) SELECT coalesce(sum(count), 0) FROM open WHERE count > 0
"""
"""Events that poles have numbered, without those that are stored or that their poles have deleted and reported."""


class StoreCounts(msgspec.Struct, frozen=True, kw_only=True):
    """``marks``: poles by mark; ``incidents``: open ones by severity; ``notices`` that wait to be sent.

    ``noticed`` is when the oldest of them was made, seconds since 1970.
    """

    store: StoreFigures
    standbys: tuple[Standby, ...]
    marks: dict[str, int]
    incidents: dict[str, int]
    quarantined: int
    missing: int
    notices: int
    noticed: float | None


def counts(db: Database) -> StoreCounts:
    """Reads each table once."""
    marks = dict.fromkeys(map(str, MARKS), 0)
    for mark in marks_of(db).values():
        marks[mark] += 1
    incidents = dict.fromkeys(("info", "warning", "alarm"), 0)
    incidents |= dict(db.execute('SELECT severity, count(*) FROM every WHERE "end" IS NULL GROUP BY severity'))
    (quarantined,) = db.execute("SELECT count(*) FROM quarantine").fetchone()
    (missing,) = db.execute(_MISSING).fetchone()
    query = "SELECT count(*), min(made) FROM desk.notice WHERE state = 'waiting'"
    notices, noticed = db.execute(query).fetchone()
    return StoreCounts(
        store=figures(db),
        standbys=tuple(db.standbys()),
        marks=marks,
        incidents=incidents,
        quarantined=quarantined,
        missing=int(missing),
        notices=notices,
        noticed=noticed,
    )
