"""What is older than the city wants to keep is deleted; that it was there, and is deleted, stays known.

Coverage stays: a repeat of a deleted event is still a repeat, and never an event of today. How old an event is goes by
its own time; where the pole's clock had not been set, or says what cannot be, by the time at which it came.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import msgspec

from contract.envelope import LANES, Envelope
from contract.receive import pieces
from fleet.ledger import kinds_of
from fleet.store.archive import delete_conflicts, readable
from fleet.store.database import Database
from fleet.store.packing import LEVEL

AT_ONCE = 1_000
"""Segments that one transaction deletes, so that the ingest need not wait."""
REWRITTEN = 50
"""Segments that one transaction looks into."""
_OLD = "((age IS NULL AND t0 < :before AND t1 < :before) OR age < :before)"


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """How much one step has deleted. ``after``: where the next one goes on; None: there is nothing more."""

    segments: int = 0
    events: int = 0
    after: int | None = None


def delete(db: Database, pole: str, name: str, before: float, after: int = 0) -> Deleted:
    """One step of deleting what of a pole is from before ``before`` (seconds since 1970): of a lane, or of a kind.

    Of a lane whole segments go, of a kind single events. Incidents go with the alarms, or with their kind.
    """
    if name in LANES:
        return _delete_lane(db, pole, name, before)
    db.execute(
        'DELETE FROM incident WHERE pole = ? AND kind = ? AND "end" IS NOT NULL AND coalesce(age, "end") < ?',
        (pole, name, before),
    )
    delete_conflicts(db, pole, lambda event: event.type.split(".")[1:2] == [name], before)
    query = (
        f"SELECT id, body, age FROM segment WHERE pole = :pole AND id > :after AND {_OLD} "  # noqa: S608  our own words
        "AND (kinds = '' OR instr(' ' || kinds || ' ', :kind) > 0) ORDER BY id LIMIT :most"
    )
    values = {"pole": pole, "after": after, "before": before, "kind": f" {name} ", "most": REWRITTEN}
    return strike_all(db, db.execute(query, values).fetchall(), lambda event: event.type.split(".")[1:2] == [name])


def drop(db: Database, name: str, before: float) -> tuple[int, int]:
    """Segments of a lane, and their events, that the database can delete at once; of a kind there are none."""
    return db.drop(name, before) if name in LANES else (0, 0)


def _delete_lane(db: Database, pole: str, lane: str, before: float) -> Deleted:
    query = f"SELECT id, count FROM segment WHERE pole = :pole AND lane = :lane AND {_OLD} LIMIT :most"  # noqa: S608  our own words
    values = {"pole": pole, "before": before, "lane": lane, "most": AT_ONCE}
    rows = db.execute(query, values).fetchall()
    db.executemany("DELETE FROM segment WHERE id = ?", [(number,) for number, _ in rows])
    if lane == "alarm":
        db.execute(
            'DELETE FROM incident WHERE pole = ? AND "end" IS NOT NULL AND coalesce(age, "end") < ?', (pole, before)
        )
    delete_conflicts(db, pole, lambda event: event.lane == lane, before)
    events = sum(count for _, count in rows)
    return Deleted(segments=len(rows), events=events, after=0 if len(rows) == AT_ONCE else None)


def forget_unreadable(db: Database, before: float) -> int:
    """Deletes what has been in the quarantine since before ``before``; how much."""
    return db.execute("DELETE FROM quarantine WHERE received < ?", (before,)).rowcount


def strike_all(db: Database, rows: list[tuple[int, bytes, float | None]], goes: Callable[[Envelope], bool]) -> Deleted:
    """Takes the events that go out of these segments (number, body, age); one that is damaged stays."""
    struck = [strike(db, number, body, goes, age) for number, body, age in rows]
    return Deleted(
        segments=sum(map(bool, struck)), events=sum(struck), after=rows[-1][0] if len(rows) == REWRITTEN else None
    )


def strike(db: Database, number: int, body: bytes, goes: Callable[[Envelope], bool], age: float | None) -> int:
    """How many events it has taken out of a segment; the bytes of those that stay are as the pole sent them."""
    found = readable(number, body)
    if found is None:
        return 0
    left = [(event, piece) for event, piece in zip(found, pieces(body), strict=True) if not goes(event)]
    if not left:
        db.execute("DELETE FROM segment WHERE id = ?", (number,))
        return len(found)
    stay = [event for event, _ in left]
    if len(left) == len(found):
        db.execute("UPDATE segment SET kinds = ? WHERE id = ? AND kinds = ''", (kinds_of(stay), number))
        return 0
    plain = b"[" + b",".join(bytes(piece) for _, piece in left) + b"]"
    seqs, times = [event.seq for event in stay], [event.time.timestamp() for event in stay]
    if age is None:
        db.make_room(stay[0].lane, max(times))
    db.execute(
        "UPDATE segment SET first = ?, last = ?, count = ?, t0 = ?, t1 = ?, kinds = ?, body = ? WHERE id = ?",
        (
            *(min(seqs), max(seqs), len(seqs), min(times), max(times)),
            *(kinds_of(stay), zlib.compress(plain, LEVEL, wbits=31), number),
        ),
    )
    return len(found) - len(left)
