"""Questions to the archive, for all who have a connection to the file."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator

import msgspec

from contract.envelope import Envelope
from contract.ranges import Ranges
from contract.receive import BadMessage, decode
from fleet.store.database import Database

log = logging.getLogger(__name__)


def coverage(db: Database, pole: str, epoch: str) -> Ranges:
    """The numbers of an epoch that are stored."""
    ranges = Ranges()
    for first, last in db.execute("SELECT first, last FROM coverage WHERE pole = ? AND epoch = ?", (pole, epoch)):
        ranges.add(first, last)
    return ranges


def events(db: Database, pole: str, epoch: str, first: int, last: int) -> Iterator[Envelope]:
    """The stored events with ``first <= seq <= last``, segment by segment; ends once all that is stored has come."""
    covered = coverage(db, pole, epoch)
    holes = sum(end - begin + 1 for begin, end in covered.holes(first, last))
    left = last - first + 1 - holes
    query = "SELECT id, body FROM segment WHERE pole = ? AND epoch = ? AND last >= ? AND first <= ? ORDER BY last"
    if left <= 0:
        return
    for number, body in db.scan(query, (pole, epoch, first, last)):
        for event in readable(number, body) or ():
            if first <= event.seq <= last:
                yield event
                left -= 1
        if left <= 0:
            return


def contents(db: Database, pole: str, epoch: str, first: int, last: int) -> dict[int, list[Envelope] | None]:
    """What is stored under the names ``first`` to ``last``, and under others of the same segments.

    None where a segment that may hold it cannot be read; a name that is not in it is not stored any more.
    """
    query = (
        "SELECT id, body, first, last FROM segment WHERE pole = ? AND epoch = ? AND last >= ? AND first <= ? "
        "ORDER BY last"
    )
    found: dict[int, list[Envelope] | None] = {}
    damaged: list[tuple[int, int]] = []
    for number, body, begin, end in db.scan(query, (pole, epoch, first, last)):
        events = readable(number, body)
        if events is None:
            damaged.append((max(begin, first), min(end, last)))
        for event in events or ():
            found[event.seq] = [*(found.get(event.seq) or ()), event]
    for begin, end in damaged:
        found |= {seq: None for seq in range(begin, end + 1) if seq not in found}
    return found


def readable(number: int, body: bytes) -> list[Envelope] | None:
    """The events of the segment ``number``; None where the disk has damaged it: others can be read all the same."""
    try:
        return decode(body)
    except BadMessage as reason:
        log.warning("segment %d is damaged (%s): its events are kept again once their pole sends them", number, reason)
        return None


def conflicts(db: Database, pole: str, before: float = math.inf) -> Iterator[tuple[Envelope, bytes]]:
    """Second contents of a pole that were received before ``before``; event and JSON."""
    for (body,) in db.scan("SELECT body FROM conflict WHERE pole = ? AND received < ?", (pole, before)):
        yield msgspec.json.decode(body, type=Envelope), body


def delete_conflicts(db: Database, pole: str, goes: Callable[[Envelope], bool], before: float = math.inf) -> None:
    gone = [(event.epoch, event.seq, body) for event, body in conflicts(db, pole, before) if goes(event)]
    db.executemany(
        "DELETE FROM conflict WHERE pole = ? AND epoch = ? AND seq = ? AND body = ?", [(pole, *row) for row in gone]
    )


def events_between(db: Database, pole: str, begin: float, end: float, lane: str = "") -> Iterator[Envelope]:
    """The stored events of a pole with ``begin <= time < end`` (seconds since 1970), segment by segment.

    Segments are in the order of their first event; ``lane`` limits to one lane.
    """
    query = (
        "SELECT id, body FROM segment WHERE pole = ? AND t0 < ? AND t1 >= ? AND (? = '' OR lane = ?) ORDER BY t0, id"
    )
    for number, body in db.scan(query, (pole, end, begin, lane, lane)):
        for event in readable(number, body) or ():
            if begin <= event.time.timestamp() < end:
                yield event
