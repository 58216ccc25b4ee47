"""What is older than the city wants to keep is deleted; that it was there, and is deleted, stays known.

Coverage stays: a repeat of a deleted event is still a repeat, and never an event of today.
"""

from __future__ import annotations

from sqlite3 import Connection

import msgspec

AT_ONCE = 1_000
"""Segments that one transaction deletes, so that the ingest need not wait."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """How much one step has deleted."""

    segments: int = 0
    events: int = 0


def delete(db: Connection, pole: str, lane: str, before: float) -> Deleted:
    """Deletes at most ``AT_ONCE`` segments of a lane that hold nothing from ``before`` on (seconds since 1970).

    With the alarms go the incidents that ended before.
    """
    query = "SELECT id, count FROM segment WHERE pole = ? AND t0 < ? AND t1 < ? AND lane = ? LIMIT ?"
    rows = db.execute(query, (pole, before, before, lane, AT_ONCE)).fetchall()
    db.executemany("DELETE FROM segment WHERE id = ?", [(number,) for number, _ in rows])
    if lane == "alarm":
        db.execute('DELETE FROM incident WHERE pole = ? AND "end" < ?', (pole, before))
    return Deleted(segments=len(rows), events=sum(count for _, count in rows))
