"""Thinning: several summaries of one device become one longer summary, first of 10 minutes, then of an hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from math import inf

import msgspec

from agent.store.gaps import Gaps
from agent.store.merge import merged
from agent.store.outbox import Name, Outbox
from agent.store.rows import COLUMNS, Pending, key_of
from contract.events import Summary
from contract.types import CONTRACT, Lane, Row

LEVELS_S = (600.0, 3600.0)
_CHUNK = 400  # rows looked at in one step
Bucket = tuple[str, str, float]


class Thinning:
    """Goes through the summaries once per level, oldest first; the merged row takes a new number."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        outbox: Outbox,
        gaps: Gaps,
        *,
        levels_s: Sequence[float] = LEVELS_S,
        skip: Collection[Name] = (),
        until_s: float = inf,
    ) -> None:
        """``skip``: rows that may be on their way; ``until_s``: stretches that begin later are left as they are."""
        self._db = connection
        self._outbox = outbox
        self._gaps = gaps
        self._skip = skip
        self._until_s = until_s
        self._cursors = dict.fromkeys(levels_s, key_of(Lane.SUMMARY, 0))

    def step(self) -> int:
        """Merge a little, inside the caller's transaction; how many rows became fewer."""
        for level in self._cursors:
            while (rows := self._next(level)) is not None:
                won = self._merge(rows, level)
                if won:
                    return won
        return 0

    def _next(self, level: float) -> list[tuple[Row, Summary]] | None:
        """The next unsent summaries shorter than ``level``, up to the last whole stretch; None at the end.

        Those whose time is not known yet stay as they are: they may belong anywhere.
        """
        records = self._db.execute(
            f"SELECT {COLUMNS} FROM event WHERE key > ? AND key < ? AND sent IS NOT 90 ORDER BY key LIMIT ?",  # noqa: S608  a constant of ours
            (self._cursors[level], key_of(Lane.SUMMARY + 1, 0), _CHUNK),
        ).fetchall()
        if not records:
            return None
        self._cursors[level] = records[-1][0]
        rows = [row for row in map(self._outbox.row, records) if row is not None]
        if len(records) == _CHUNK and rows:  # more will follow: the last stretch may go on there
            last = _stretch(rows[-1], level)
            whole = [row for row in rows if _stretch(row, level) != last]
            if whole:
                rows = whole
                self._cursors[level] = key_of(Lane.SUMMARY, rows[-1].seq)
        pairs = map(_summary, rows)
        return [pair for pair in pairs if pair is not None and self._fits(*pair, level)]

    def _fits(self, row: Row, summary: Summary, level: float) -> bool:
        whole = (_stretch(row, level) + 1) * level <= self._until_s
        return summary.duration_s < level and row.at.synced and whole and (row.epoch, row.seq) not in self._skip

    def _merge(self, rows: list[tuple[Row, Summary]], level: float) -> int:
        buckets: dict[Bucket, list[tuple[Row, Summary]]] = {}
        for row, summary in rows:
            buckets.setdefault((row.source, row.epoch, _stretch(row, level)), []).append((row, summary))
        won = 0
        for (source, epoch, *_), parts in buckets.items():
            if len(parts) < 2:
                continue
            summary = merged([(row.at.utc.timestamp(), part) for row, part in parts])
            at = min((row.at for row, _ in parts), key=lambda stamp: stamp.utc)
            seqs = [row.seq for row, _ in parts]
            self._outbox.delete_unsent(key_of(Lane.SUMMARY, seq) for seq in seqs)
            self._gaps.add(epoch, "summary", "thinned", seqs)
            self._outbox.insert([Pending.made(Lane.SUMMARY, Summary.kind, source, at, msgspec.json.encode(summary))])
            won += len(parts) - 1
        return won


def _stretch(row: Row, level: float) -> float:
    return row.at.utc.timestamp() // level


def _summary(row: Row) -> tuple[Row, Summary] | None:
    try:
        ours = row.kind == Summary.kind and row.contract == CONTRACT  # a row of another version stays as it is
        return (row, msgspec.json.decode(row.body, type=Summary)) if ours else None
    except msgspec.MsgspecError:
        return None
