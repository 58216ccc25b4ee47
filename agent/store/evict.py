"""Making room, cheapest loss first: delivered rows, the ring, raw rows, fine summaries, then the oldest by lane."""

from __future__ import annotations

import sqlite3

from agent.store.budget import PAGE
from agent.store.database import used_pages
from agent.store.gaps import Gaps, Reason
from agent.store.outbox import Outbox, span
from agent.store.ring import Ring
from agent.store.rows import seq_of
from agent.store.thin import Thinning
from contract.events import Gap, NewEpoch
from contract.types import Lane

_STEP = 128  # rows at once


class Evictor:
    """Deletes inside the caller's transaction; every unsent row that goes is reported to ``gaps``."""

    def __init__(self, connection: sqlite3.Connection, outbox: Outbox, ring: Ring, gaps: Gaps) -> None:
        self._db = connection
        self._outbox = outbox
        self._ring = ring
        self._gaps = gaps
        self._thinning = Thinning(connection, outbox, gaps)
        self.evicted = 0

    def make_room(self, used: int, limit: int, reason: Reason) -> bool:
        """Delete until at most ``limit`` pages are in use, ``used`` now; False if nothing more can go."""
        while used > limit:
            if not self._one_step(used - limit, reason):
                return False
            used = used_pages(self._db)
        return True

    def _one_step(self, pages: int, reason: Reason) -> bool:
        """Delete a little of the cheapest kind that there is; whether there was any."""
        if self._outbox.drop_delivered(pages * PAGE):
            return True
        if self._ring.drop_oldest():
            return True
        return (
            self._drop_rows(Lane.RAW, pages, reason)
            or self._thin()
            or any(self._drop_rows(lane, pages, reason) for lane in (Lane.SUMMARY, Lane.EVENT, Lane.ALARM))
        )

    def _thin(self) -> bool:
        fewer = self._thinning.step()
        self.evicted += fewer
        return fewer > 0

    def _drop_rows(self, lane: Lane, pages: int, reason: Reason) -> bool:
        """Delete the oldest rows of a lane, about ``pages`` of them by size, whole epochs apart."""
        records = self._db.execute(
            "SELECT key, CAST(epoch AS BLOB), CAST(kind AS BLOB), length(body) FROM event "
            "WHERE key BETWEEN ? AND ? AND sent IS NOT 90 AND kind != ? ORDER BY key LIMIT ?",
            (*span(lane), Gap.kind, _STEP),
        ).fetchall()
        gone: dict[str, list[tuple[int, int]]] = {}
        room = pages * PAGE
        keys = []
        for key, epoch, kind, size in records:
            first = 1 if kind == NewEpoch.kind.encode() else seq_of(key)  # it alone says where its epoch begins
            gone.setdefault(epoch.decode(errors="replace"), []).append((first, seq_of(key)))
            keys.append(key)
            room -= size
            if room < 0:
                break
        self._outbox.delete_unsent(keys)
        for epoch, ranges in gone.items():
            self._gaps.add_ranges(epoch, lane.name.lower(), reason, ranges, len(ranges))
        self.evicted += len(keys)
        return bool(keys)
