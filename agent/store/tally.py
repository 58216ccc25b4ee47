"""How many rows wait, by lane, and how many bytes have been delivered and are still kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from agent.store.rows import DELIVERED, SEQ_MASK, key_of, lane_of, seq_of
from contract.events import Gap
from contract.types import Lane


class Tally:
    """What was there at the start is counted in small steps, see ``walk``."""

    def __init__(self, connection: sqlite3.Connection, last_seq: int) -> None:
        self._db = connection
        self._bound = last_seq
        self._walked = {lane: key_of(lane, 0) for lane in Lane}
        self._left = list(Lane)
        self.unsent = dict.fromkeys(Lane, 0)
        self.gaps: list[int] = []  # keys of unsent gap rows from before
        self.delivered_bytes = 0  # of the bodies
        self._low = {lane: key_of(lane, 0) for lane in Lane}  # no delivered row of the lane lies before it

    @property
    def complete(self) -> bool:
        return not self._left

    def walk(self, limit: int = 2_000) -> bool:
        """Count on, ``limit`` rows further; False once all are counted."""
        if not self._left:
            return False
        lane = self._left[0]
        records = self._db.execute(
            "SELECT key, sent, kind, length(body) FROM event WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
            (self._walked[lane], key_of(lane, self._bound), limit),
        ).fetchall()
        for key, sent, kind, size in records:
            if sent == DELIVERED:
                self.delivered_bytes += size
            elif kind == Gap.kind.encode():
                self.gaps.append(key)
        self.unsent[lane] += sum(sent != DELIVERED for _, sent, _, _ in records)
        if len(records) < limit:
            self._walked[lane] = key_of(lane, self._bound)
            self._left.pop(0)
        else:
            self._walked[lane] = records[-1][0]
        return bool(self._left)

    def _counted(self, key: int) -> bool:
        return seq_of(key) > self._bound or key <= self._walked[lane_of(key)]

    def gone(self, key: int) -> None:
        """An unsent row was deleted."""
        self.unsent[lane_of(key)] -= self._counted(key)

    def arrived(self, key: int, size: int) -> None:
        """An unsent row was delivered, and stays."""
        lane = lane_of(key)
        self._low[lane] = min(self._low[lane], key)
        if self._counted(key):
            self.unsent[lane] -= 1
            self.delivered_bytes += size

    def waits_again(self, key: int, size: int) -> None:
        """A delivered row waits for delivery once more."""
        if self._counted(key):
            self.unsent[lane_of(key)] += 1
            self.delivered_bytes -= size

    def oldest_delivered(self, most: int) -> tuple[Lane, list[tuple[int, int]]]:
        """Keys and sizes of delivered rows of the lane that has the oldest, the oldest first."""
        query = "SELECT key, length(body) FROM event WHERE key BETWEEN ? AND ? AND sent = 90 ORDER BY key LIMIT ?"
        found: dict[Lane, int] = {}
        for lane in Lane:
            first = self._db.execute(query, (self._low[lane], key_of(lane, SEQ_MASK), 1)).fetchone()
            self._low[lane] = first[0] if first else key_of(lane, SEQ_MASK)
            if first:
                found[lane] = seq_of(first[0])
        if not found:
            return Lane.RAW, []
        lane = min(found, key=found.__getitem__)
        return lane, self._db.execute(query, (self._low[lane], key_of(lane, SEQ_MASK), most)).fetchall()

    def dropped(self, lane: Lane, rows: Sequence[tuple[int, int]]) -> None:
        """Delivered rows of ``lane`` were deleted."""
        if rows:
            self._low[lane] = rows[-1][0]
            self.delivered_bytes -= sum(size for key, size in rows if self._counted(key))
