"""The raw ring: compressed blocks of readings, the oldest going as new ones come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from agent.store.block import DAMAGED, Points, StoreBlock, as_series, unpacked
from agent.store.budget import PAGE
from agent.store.database import number
from agent.store.rows import Correction, at_microseconds, stamp_of
from contract.events import Series
from contract.requests import RingBlock
from contract.types import Stamp


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one quantity of one device from the ring; the series' offsets count from ``at``."""

    device: str
    at: Stamp
    series: Series


class RingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which readings: None means any. ``limit`` counts readings; the oldest come.

    With ``newest`` the newest ``limit`` readings are among those that come: pieces overlap in time, so who wants
    exactly them sorts and cuts.
    """

    device: str | None = None
    quantity: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 10_000
    newest: bool = False

    def span_ms(self) -> tuple[float, float]:
        low = float("-inf") if self.since is None else self.since.timestamp() * 1000
        return low, float("inf") if self.until is None else self.until.timestamp() * 1000


class Ring:
    """The tables ``ring`` and ``ring_data`` over one connection; writes belong inside a transaction of the caller's."""

    def __init__(self, connection: sqlite3.Connection, boot: int, limit: int) -> None:
        self._db = connection
        self._boot = boot
        self._limit = limit
        self.bytes = number(connection, "SELECT sum(bytes) FROM ring")

    def write(self, block: StoreBlock) -> None:
        """Append a block, and drop the oldest beyond the ring's share."""
        data = block.packed()
        size = -(-(len(data) + 100) // PAGE) * PAGE
        self._db.execute(
            "INSERT INTO ring VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", (*block.spans(), self._boot, int(block.synced), size)
        )
        self._db.execute("INSERT INTO ring_data SELECT max(id), ? FROM ring", (data,))
        self.bytes += size
        while self.bytes > self._limit and self.drop_oldest():
            pass

    def drop_oldest(self) -> bool:
        """Whether there was a block to drop."""
        oldest = self._db.execute("SELECT id, bytes FROM ring ORDER BY id LIMIT 1").fetchone()
        if oldest is None:
            return False
        identity, size = oldest
        self._db.execute("DELETE FROM ring WHERE id = ?", (identity,))
        self._db.execute("DELETE FROM ring_data WHERE id = ?", (identity,))
        self.bytes -= size
        return True

    def blocks(self, ids: Sequence[int] = ()) -> list[RingBlock]:
        """The blocks ``ids`` with their data, as far as they are still there; none named: all, without."""
        columns = "ring.id, first_ms, last_ms, synced, bytes"
        if not ids:
            records = [(*record, b"") for record in self._db.execute(f"SELECT {columns} FROM ring ORDER BY id")]  # noqa: S608  names of ours
        else:
            records = self._db.execute(
                f"SELECT {columns}, data FROM ring JOIN ring_data USING (id) "  # noqa: S608  names of ours
                f"WHERE ring.id IN ({', '.join('?' * len(ids))}) ORDER BY ring.id",
                tuple(ids),
            ).fetchall()
        return [
            RingBlock(id=identity, first_ms=first, last_ms=last, synced=bool(synced), size=size, data=bytes(data))
            for identity, first, last, synced, size, data in records
        ]

    def oldest(self, corrections: Sequence[Correction]) -> datetime | None:
        record = self._db.execute(
            "SELECT first_ms, boot, first_boot_ms, synced FROM ring ORDER BY id LIMIT 1"
        ).fetchone()
        if record is None:
            return None
        first_ms, boot, boot_ms, synced = record
        return stamp_of(first_ms * 1000, boot, boot_ms * 1000, synced=synced, corrections=corrections).utc

    def answer(
        self, question: RingQuery, unfinished: Sequence[StoreBlock], corrections: Sequence[Correction]
    ) -> list[Piece]:
        """What the ring and the blocks that are not on disk yet know."""
        pieces: list[Piece] = []
        left = question.limit
        sources: list[tuple[int, bool, int | StoreBlock]] = [
            (boot, bool(synced), identity) for identity, boot, synced in self._db.execute(*_candidates(question))
        ]
        sources += [(self._boot, block.synced, block) for block in unfinished if block.count]
        for boot, synced, source in reversed(sources) if question.newest else sources:
            found = list(self._pieces(source, boot, question, () if synced else corrections, synced=synced))
            chosen = _newest(found, left) if question.newest else list(_limited(found, left))
            left -= sum(len(piece.series.values) for piece in chosen)
            pieces += chosen
            if left <= 0:
                break
        return pieces[::-1] if question.newest else pieces

    def _pieces(
        self,
        source: int | StoreBlock,
        boot: int,
        question: RingQuery,
        corrections: Sequence[Correction],
        *,
        synced: bool,
    ) -> Iterator[Piece]:
        low, high = question.span_ms()
        for points in self._points(source, question):
            stamps = (
                [
                    stamp_of(utc * 1000, boot, at * 1000, synced=synced, corrections=corrections)
                    for utc, at in zip(points.times.utc_ms, points.times.boot_ms, strict=True)
                ]
                if corrections
                else []
            )
            utc_ms = [round(stamp.utc.timestamp() * 1000) for stamp in stamps] or points.times.utc_ms
            chosen = [index for index, row in enumerate(points.rows) if low <= utc_ms[row] < high]
            if chosen:
                first, series = as_series(points, utc_ms, chosen)
                row = points.rows[chosen[0]]
                known = stamps[row].synced if stamps else synced
                at = Stamp(at_microseconds(first * 1000), points.times.boot_ms[row] / 1000, known)
                yield Piece(device=points.device, at=at, series=series)

    def _points(self, source: int | StoreBlock, question: RingQuery) -> Iterator[Points]:
        if isinstance(source, StoreBlock):
            yield from source.points(question.device, question.quantity)
            return
        (data,) = self._db.execute("SELECT data FROM ring_data WHERE id = ?", (source,)).fetchone() or (b"",)
        try:
            yield from list(unpacked(data, question.device, question.quantity))
        except DAMAGED:  # one block of raw readings is lost; the store's own check will say that the file is damaged
            return


def _candidates(question: RingQuery) -> tuple[str, tuple[float, float]]:
    """Blocks whose times may match; those taken unsynced always may, their true times are worked out later."""
    low, high = question.span_ms()
    return "SELECT id, boot, synced FROM ring WHERE synced = 0 OR (last_ms >= ? AND first_ms < ?) ORDER BY id", (
        low,
        high,
    )


def _limited(pieces: list[Piece], limit: int) -> Iterator[Piece]:
    """The pieces until ``limit`` readings are reached, the last one cut."""
    for piece in pieces:
        if limit <= 0:
            return
        count = len(piece.series.values)
        yield piece if count <= limit else _cut(piece, limit, newest=False)
        limit -= count


def _newest(pieces: list[Piece], limit: int) -> list[Piece]:
    """The end of each piece: the newest ``limit`` readings of all are among them."""
    return [piece if len(piece.series.values) <= limit else _cut(piece, limit, newest=True) for piece in pieces]


def _cut(piece: Piece, limit: int, *, newest: bool) -> Piece:
    series = piece.series
    count = len(series.values)
    start, end = (count - limit, count) if newest else (0, limit)
    first = series.offsets_ms[start]
    at = piece.at
    shifted = Series(
        quantity=series.quantity,
        unit=series.unit,
        offsets_ms=tuple(offset - first for offset in series.offsets_ms[start:end]),
        values=series.values[start:end],
        qualities={index - start: quality for index, quality in series.qualities.items() if start <= index < end},
    )
    moved = Stamp(at.utc + timedelta(milliseconds=first), at.boot_s + first / 1000, at.synced)
    return Piece(device=piece.device, at=moved, series=shifted)
