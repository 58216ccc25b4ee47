"""Partitions of the table ``segment`` in PostgreSQL: one for each lane and week, by the time that retention goes by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

WEEK_S = 7 * 86_400
LOCK_S = 5
"""A partition that somebody reads for longer is dropped an hour later: who waits for its lock stops all others."""


_MAKER = 0x706F6C67
"""Key of an advisory lock: of several cells one makes a partition."""


class Partitions:
    """Remembers which there are."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int]] = set()

    def forget(self) -> None:
        """What was made may have been rolled back."""
        self._known.clear()

    def make(self, pg: psycopg.Connection[Any], times: Iterable[tuple[str, float]]) -> None:
        """Those that hold these lanes and times, part of a transaction; a reader does not stop it."""
        for lane, week in sorted({(lane, int(at // WEEK_S)) for lane, at in times} - self._known):
            name, parent = _name(lane, week), f"segment_{lane}"
            pg.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKER,))
            if pg.execute("SELECT to_regclass(%s)", (f"polefleet.{name}",)).fetchone()[0] is None:  # type: ignore[index]
                pg.execute(f"CREATE TABLE polefleet.{name} (LIKE polefleet.segment INCLUDING ALL)".encode())
                span = f"FROM ({week * WEEK_S}) TO ({(week + 1) * WEEK_S})"
                attach = f"ATTACH PARTITION polefleet.{name} FOR VALUES {span}"
                pg.execute(f"ALTER TABLE polefleet.{parent} {attach}".encode())
            self._known.add((lane, week))

    def drop(self, pg: psycopg.Connection[Any], lane: str, before: float) -> tuple[int, int]:
        """Drops those of ``lane`` that are over before ``before``; how many segments and events were in them."""
        query = (
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            "WHERE inhparent = to_regclass(%s) ORDER BY relname"
        )
        names = [name for (name,) in pg.execute(query, (f"polefleet.segment_{lane}",)).fetchall()]
        over = [name for name in names if (_week(name) + 1) * WEEK_S <= before]
        segments = events = 0
        if over:
            pg.execute(f"SET LOCAL lock_timeout = '{LOCK_S}s'".encode())
        for name in over:
            count = f"SELECT count(*), coalesce(sum(count), 0)::bigint FROM polefleet.{name}"  # noqa: S608  our own names
            row = pg.execute(count.encode()).fetchone()
            assert row is not None
            segments, events = segments + row[0], events + row[1]
            pg.execute(f"DROP TABLE polefleet.{name}".encode())
            self._known.discard((lane, _week(name)))
        return segments, events


def _name(lane: str, week: int) -> str:
    return f"segment_{lane}_{week:06d}"


def _week(name: str) -> int:
    return int(name.rpartition("_")[2])
