"""What was deleted before it was delivered: ranges of seq, kept small, and the rows that tell them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Literal, Protocol

import msgspec

from agent.store import sentences as say
from agent.store.rows import COLUMNS, Pending, checksum, key_of, seq_of
from contract.events import Gap
from contract.types import CONTRACT, Lane, Row, Stamp

Range = tuple[int, int]
Reason = Literal["store_full", "disk_full", "thinned", "unreadable", "not_committed", "refused"]
MAX_RANGES = 64
MAX_ROWS = 32

TEXTS: dict[Reason, str] = {
    "store_full": say.STORE_FULL_OLDEST_LANE(),
    "disk_full": say.DISK_FULL(),
    "thinned": say.MERGED_OTHERS_INTO_EVENTS(),
    "unreadable": say.THESE_ROWS_COULD_NOT(),
    "not_committed": say.DISK_TOOK_NOTHING_TOO(),
    "refused": say.TOO_LARGE_STORE_REFUSED(),
}


def joined(ranges: Iterable[Range], limit: int = MAX_RANGES) -> tuple[Range, ...]:
    """Ranges sorted and joined; beyond ``limit`` those with the smallest holes between them become one."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    if len(merged) <= limit:
        return tuple(merged)
    holes = sorted((after[0] - before[1], after[0]) for before, after in pairwise(merged))
    kept_starts = {start for _, start in holes[len(merged) - limit :]}
    coarse: list[Range] = []
    for first, last in merged:
        if not coarse or first in kept_starts:
            coarse.append((first, last))
        else:
            coarse[-1] = (coarse[-1][0], last)
    return tuple(coarse)


def grown(gap: Gap, ranges: Iterable[Range], count: int) -> Gap:
    return msgspec.structs.replace(gap, ranges=joined((*gap.ranges, *ranges)), count=gap.count + count)


class _Outbox(Protocol):
    """What folding needs of the outbox."""

    def row(self, record: Sequence[Any]) -> Row | None: ...

    def delete_unsent(self, keys: Iterable[int]) -> None: ...


class Gaps:
    """Gap rows of this connection. One that nobody has been handed yet still grows; a handed-out one never changes."""

    def __init__(self, closed: list[int]) -> None:
        self._fold_at = MAX_ROWS + 1
        self._closed = closed  # keys of rows that do not change any more; some of them may be delivered by now
        self._open: dict[tuple[str, str, Reason], Gap] = {}
        self._keys: dict[tuple[str, str, Reason], int] = {}
        self._changed: set[tuple[str, str, Reason]] = set()

    def add(self, epoch: str, lane: str, reason: Reason, seqs: Sequence[int], count: int | None = None) -> None:
        """Tell that ``seqs`` of ``lane`` are gone. ``count`` where events were lost that never had a number."""
        self.add_ranges(epoch, lane, reason, [(seq, seq) for seq in seqs], len(seqs) if count is None else count)

    def add_ranges(self, epoch: str, lane: str, reason: Reason, ranges: Iterable[Range], count: int) -> None:
        name = (epoch, lane, reason)
        gap = self._open.get(name) or Gap(
            epoch=epoch, deleted_lane=lane, ranges=(), count=0, reason=reason, text=TEXTS[reason]
        )
        self._open[name] = grown(gap, ranges, count)
        self._changed.add(name)

    def handed_out(self, key: int) -> None:
        """The row ``key`` may be on its way: what is deleted from now on goes into another one."""
        for name, known in list(self._keys.items()):
            if known == key:
                del self._keys[name], self._open[name]
                self._closed.append(key)

    def settle(self, connection: sqlite3.Connection, first: int, last: int) -> None:
        """Inside a transaction: rows with these numbers are about to be hashed, and change for the last time."""
        for name, key in list(self._keys.items()):
            if first <= seq_of(key) <= last:
                if name in self._changed:
                    update(connection, key, msgspec.json.encode(self._open[name]))
                    self._changed.discard(name)
                self.handed_out(key)

    def closed(self, keys: Iterable[int]) -> None:
        """Rows of gaps that others have put: they do not change, and are folded when they are many."""
        self._closed.extend(keys)

    def fold(self, connection: sqlite3.Connection, outbox: _Outbox) -> None:
        """Inside a transaction, before ``write``: of too many gap rows make few, which tell the same."""
        if len(self._closed) < self._fold_at:
            return
        query = f"SELECT {COLUMNS} FROM event WHERE key = ? AND sent IS NOT 90"  # noqa: S608  a constant of ours
        records = [record for key in self._closed for record in connection.execute(query, (key,)).fetchall()]
        alike: dict[tuple[str, str, Reason], list[tuple[Row, Gap]]] = {}
        for row in filter(None, map(outbox.row, records)):
            if row.contract == CONTRACT:  # one of another version stays as it is
                gap = msgspec.json.decode(row.body, type=Gap)
                alike.setdefault((gap.epoch, gap.deleted_lane, gap.reason), []).append((row, gap))
        self._closed.clear()
        for group in alike.values():
            fewer = len(group) > 1 + len({row.epoch for row, _ in group})  # each epoch gets its own gap
            for row, gap in group:
                if not fewer:
                    self._closed.append(key_of(row.lane, row.seq))
                    continue
                outbox.delete_unsent([key_of(row.lane, row.seq)])
                self.add_ranges(gap.epoch, gap.deleted_lane, gap.reason, gap.ranges, gap.count)
                self.add(row.epoch, row.lane.name.lower(), "thinned", [row.seq])
        self._fold_at = max(MAX_ROWS, 2 * len(self._closed))

    def write(self, connection: sqlite3.Connection, now: Stamp, insert: Callable[[Pending], int]) -> None:
        """Inside a transaction: put what changed into rows. ``insert`` gives a new row's key."""
        for name in self._changed:
            pending = Pending.made(Lane.EVENT, Gap.kind, "agent", now, msgspec.json.encode(self._open[name]))
            if name in self._keys:
                key = self._keys[name]
                update(connection, key, pending.body)
            else:
                self._keys[name] = insert(pending)
        self._changed.clear()


def update(connection: sqlite3.Connection, key: int, body: bytes) -> None:
    """Replace the body of a row that nobody has seen."""
    query = "SELECT epoch, kind, source, utc_us, boot, boot_us, synced FROM event WHERE key = ?"
    epoch, kind, source, *rest = connection.execute(query, (key,)).fetchone()
    crc = checksum(key, (epoch.decode(), kind.decode(), source.decode(), *rest), body)
    connection.execute("UPDATE event SET body = ?, crc = ? WHERE key = ?", (body, crc, key))
