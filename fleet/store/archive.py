"""Questions to the archive, for all who have a connection to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from contract.envelope import Envelope
from contract.ranges import Ranges
from contract.receive import decode


def coverage(db: sqlite3.Connection, pole: str, epoch: str) -> Ranges:
    """The numbers of an epoch that are stored."""
    ranges = Ranges()
    for first, last in db.execute("SELECT first, last FROM coverage WHERE pole = ? AND epoch = ?", (pole, epoch)):
        ranges.add(first, last)
    return ranges


def events(db: sqlite3.Connection, pole: str, epoch: str, first: int, last: int) -> Iterator[Envelope]:
    """The stored events with ``first <= seq <= last``, segment by segment; ends once all that is stored has come."""
    covered = coverage(db, pole, epoch)
    holes = sum(end - begin + 1 for begin, end in covered.holes(first, last))
    left = last - first + 1 - holes
    query = "SELECT body FROM segment WHERE pole = ? AND epoch = ? AND last >= ? AND first <= ? ORDER BY last"
    if left <= 0:
        return
    for (body,) in db.execute(query, (pole, epoch, first, last)):
        for event in decode(body):
            if first <= event.seq <= last:
                yield event
                left -= 1
        if left <= 0:
            return


def neighbours(db: sqlite3.Connection, pole: str, epoch: str, seq: int) -> list[Envelope]:
    """All events of the segment that holds the event ``seq``; none where it is not stored."""
    query = "SELECT body FROM segment WHERE pole = ? AND epoch = ? AND last >= ? AND first <= ? ORDER BY last"
    for (body,) in db.execute(query, (pole, epoch, seq, seq)):
        found = decode(body)
        if any(event.seq == seq for event in found):
            return found
    return []


def events_between(db: sqlite3.Connection, pole: str, begin: float, end: float, lane: str = "") -> Iterator[Envelope]:
    """The stored events of a pole with ``begin <= time < end`` (seconds since 1970), segment by segment.

    Segments are in the order of their first event; ``lane`` limits to one lane.
    """
    query = "SELECT body FROM segment WHERE pole = ? AND t0 < ? AND t1 >= ? AND (? = '' OR lane = ?) ORDER BY t0, id"
    for (body,) in db.execute(query, (pole, end, begin, lane, lane)):
        for event in decode(body):
            if begin <= event.time.timestamp() < end:
                yield event
