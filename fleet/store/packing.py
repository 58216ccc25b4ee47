"""Small segments of a pole become large ones: live poles send one event in a message, and those compress badly alone.

The bytes of every event stay as the pole sent them; only the messages around them change (docs/adr/0005).
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from itertools import groupby

from contract.receive import BadMessage, pieces
from fleet.store.database import Database

PLAIN_BYTES = 1024 * 1024
"""A packed segment grows to this before compression: it is inflated whole to answer a question."""
LARGE_BYTES = 64 * 1024
"""A body of this size is left as it is."""
LEVEL = 7
"""Of zlib: 123 B an event of six quantities, packed by the hour; 6 gives 126, and 9 gives 120 for twice the time
(bench.fleet's events)."""

_FIND = (
    "SELECT epoch, lane, id, first, last, count, t0, t1, received, age, kinds FROM segment "
    "WHERE pole = ? AND t0 >= ? AND t0 < ? AND length(body) < ? ORDER BY epoch, lane, first, id"
)
log = logging.getLogger(__name__)
_Row = tuple[str, str, int, int, int, int, float, float, float, float | None, str]


def pack(db: Database, pole: str, begin: float, end: float) -> int:
    """Joins the segments of ``pole`` that begin in ``begin <= t < end``; how many went into larger ones.

    Part of one transaction. A second time it finds nothing to do, unless late events have come.
    """
    packed = 0
    rows: list[_Row] = db.execute(_FIND, (pole, begin, end, LARGE_BYTES)).fetchall()
    for (epoch, lane), group in groupby(rows, key=lambda row: row[:2]):
        for part, bodies in _parts(db, pole, list(group)):
            plain = b"[" + b",".join(bodies) + b"]"
            numbers = (min(row[3] for row in part), max(row[4] for row in part), sum(row[5] for row in part))
            times = (min(row[6] for row in part), max(row[7] for row in part), max(row[8] for row in part))
            body = zlib.compress(plain, LEVEL, wbits=31)
            ages = [row[9] for row in part if row[9] is not None]
            age = max((*ages, *(row[7] for row in part if row[9] is None))) if ages else None
            known = [row[10].split() for row in part]
            kinds = " ".join(sorted(set().union(*known))) if all(known) else ""
            db.put_segments([(pole, epoch, *numbers, lane, *times, body, age, kinds)])
            db.executemany("DELETE FROM segment WHERE id = ?", [(row[2],) for row in part])
            packed += len(part)
    return packed


def _parts(db: Database, pole: str, rows: list[_Row]) -> Iterator[tuple[list[_Row], list[bytes]]]:
    """Segments that fit into one, at least two, with the bytes of their events."""
    part: list[_Row] = []
    bodies: list[bytes] = []
    size = 0
    for row in rows:
        (body,) = db.execute("SELECT body FROM segment WHERE id = ?", (row[2],)).fetchone()
        try:
            events = [bytes(piece) for piece in pieces(body)]
        except BadMessage as reason:
            log.warning("segment %d of %s is damaged and is not packed: %s", row[2], pole, reason)
            continue
        length = sum(map(len, events))
        if part and size + length > PLAIN_BYTES:
            if len(part) > 1:
                yield part, bodies
            part, bodies, size = [], [], 0
        part.append(row)
        bodies += events
        size += length
    if len(part) > 1:
        yield part, bodies
