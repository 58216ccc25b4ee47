"""Pole x day: is all there that the pole ever numbered?

What a pole has numbered is known from its numbers, its status and its books of each epoch. A number that is not stored
is explained (the pole deleted it and said so), waiting (the pole says that it still has it) or missing. A hole has no
time of its own; it lies between the events around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.birth import Status
from contract.ranges import Ranges
from fleet.errors import Wrong
from fleet.query.paging import Cursor, Listed, cursor_of, key_of, moment
from fleet.query.poles import PoleId
from fleet.store.database import Database

DayState = Literal["complete", "open", "explained", "waiting", "missing", "none"]
"""complete: all numbers are stored, and later ones too; open: all so far, nothing later has come; explained: what
is not stored was deleted by the pole, with its reason; waiting: the pole still has it; missing: neither; none: no
event."""
SealState = Literal["verified", "waiting", "unproven", "broken", "none"]
"""verified: all that seals cover is as sealed; waiting: some of it has not come; unproven: some cannot be proven;
broken: something is not as sealed; none: no seal has come."""
_ORDER: tuple[DayState, ...] = ("none", "complete", "open", "explained", "waiting", "missing")
MOST_DAYS = 92
MOST_POLES = 200


class HoleLine(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of an epoch that are not stored: inclusive; they lie between ``after`` and ``before`` in time."""

    epoch: str
    first: int
    last: int
    why: Literal["explained", "waiting", "missing"]
    reason: Annotated[str, Meta(description="as the pole gave it for what it deleted")] = ""
    after: datetime | None = None
    before: datetime | None = None


class PoleDays(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a state for each day from ``since`` on, and events stored of it."""

    pole: str
    days: tuple[DayState, ...]
    events: tuple[int, ...]
    missing: Annotated[int, Meta(description="numbers that are missing, over all times")] = 0
    seal: Annotated[SealState, Meta(description="whether what came is what the pole sealed")] = "none"


class CompletenessAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which days (UTC, both ends count, at most 92) and poles (from the cursor on, or one)."""

    since: date
    until: date
    pole: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST_POLES)] = 50
    cursor: Cursor = ""


def completeness(db: Database, asked: CompletenessAsked) -> Listed[PoleDays]:
    length = (asked.until - asked.since).days + 1
    if not 1 <= length <= MOST_DAYS:
        raise Wrong(f"from {asked.since} to {asked.until} are {length} days: ask for 1 to {MOST_DAYS}")
    after = key_of(asked.cursor, tuple[str])[0] if asked.cursor else ""
    query = "SELECT pole FROM pole WHERE pole > ? AND (? = '' OR pole = ?) ORDER BY pole LIMIT ?"
    found = [name for (name,) in db.execute(query, (after, asked.pole, asked.pole, asked.limit + 1))]
    items = tuple(_days(db, pole, asked.since, length) for pole in found[: asked.limit])
    return Listed(items=items, next=cursor_of(items[-1].pole) if len(found) > asked.limit else None)


def holes(db: Database, pole: PoleId) -> tuple[HoleLine, ...]:
    """All numbers of a pole that are not stored, with the reason where it gave one."""
    status = status_of(db, pole)
    names = db.execute(
        "SELECT epoch FROM epoch WHERE pole = ? UNION SELECT epoch FROM coverage WHERE pole = ? ORDER BY 1",
        (pole, pole),
    ).fetchall()
    return tuple(hole for (epoch,) in names for hole in _holes(db, pole, epoch, status))


def _holes(db: Database, pole: str, epoch: str, status: Status | None) -> Iterator[HoleLine]:
    name = (pole, epoch)
    held, gone = Ranges(), Ranges()
    for first, last in db.execute("SELECT first, last FROM coverage WHERE pole = ? AND epoch = ?", name):
        held.add(first, last)
    deleted = db.execute("SELECT first, last, reason FROM deleted WHERE pole = ? AND epoch = ? ORDER BY first", name)
    reasons = [(first, last, reason) for first, last, reason in deleted]
    for first, last, _ in reasons:
        gone.add(first, last)
    book = db.execute("SELECT first, given FROM epoch WHERE pole = ? AND epoch = ?", name).fetchone()
    begin, given = (book["first"], book["given"]) if book else (1, 0)
    waits = status.oldest_unsent if status is not None and status.epoch == epoch else None
    for first, last in held.holes(begin, max(given, held.last)):
        around = _around(db, pole, epoch, first, last)
        for low, high, why in _parts(first, last, gone, waits):
            reason = next((text for a, b, text in reasons if a <= low <= b), "") if why == "explained" else ""
            yield HoleLine(epoch=epoch, first=low, last=high, why=why, reason=reason, after=around[0], before=around[1])


def _parts(
    first: int, last: int, gone: Ranges, waits: int | None
) -> Iterator[tuple[int, int, Literal["explained", "waiting", "missing"]]]:
    """A hole cut where its reason changes."""
    left = Ranges()
    for low, high in gone.holes(first, last):
        left.add(low, high)
    for low, high in left.holes(first, last):
        yield low, high, "explained"
    for low, high in left.ranges():
        if waits is not None and waits <= high:
            if low < waits:
                yield low, waits - 1, "missing"
            yield max(low, waits), high, "waiting"
        else:
            yield low, high, "missing"


def _around(db: Database, pole: str, epoch: str, first: int, last: int) -> tuple[datetime | None, datetime | None]:
    """Times between which the numbers lie: of the events around them, or of a segment that reaches over them."""
    query = "SELECT first, last, t0, t1 FROM segment WHERE pole = ? AND epoch = ? AND {} LIMIT 1"
    before = db.execute(query.format("first <= ? ORDER BY last DESC"), (pole, epoch, first)).fetchone()
    after = db.execute(query.format("last > ? ORDER BY last"), (pole, epoch, last)).fetchone()
    return (
        moment(before["t1"] if before["last"] < first else before["t0"]) if before else None,
        moment(after["t0"] if after["first"] > last else after["t1"]) if after else None,
    )


def _days(db: Database, pole: str, since: date, length: int) -> PoleDays:
    start = datetime(since.year, since.month, since.day, tzinfo=UTC)
    begin, end = start.timestamp(), (start + timedelta(days=length)).timestamp()
    counts = [0] * length
    query = "SELECT t0, t1, count FROM segment WHERE pole = ? AND t0 < ? AND t1 >= ?"
    for t0, t1, count in db.execute(query, (pole, end, begin)):
        low, high = max(_day(t0, begin), 0), min(_day(t1, begin), length - 1)
        for day in range(low, high + 1):  # a segment over midnight counts for each day by its share
            counts[day] += count // (high - low + 1) + (day - low < count % (high - low + 1))
    (newest,) = db.execute("SELECT max(t1) FROM segment WHERE pole = ?", (pole,)).fetchone()
    final = -1 if newest is None else _day(newest, begin)
    states: list[DayState] = [
        "none" if not count else "complete" if day < final else "open" for day, count in enumerate(counts)
    ]
    missing = 0
    for hole in holes(db, pole):
        missing += hole.last - hole.first + 1 if hole.why == "missing" else 0
        high = _day(hole.before.timestamp(), begin) if hole.before else final
        low = _day(hole.after.timestamp(), begin) if hole.after else high  # nothing is stored before: it was that day
        for day in range(max(low, 0), min(high, length - 1) + 1):
            states[day] = max(states[day], hole.why, key=_ORDER.index)
    return PoleDays(pole=pole, days=tuple(states), events=tuple(counts), missing=missing)


def _day(at: float, begin: float) -> int:
    return int((at - begin) // 86_400)


def status_of(db: Database, pole: str) -> Status | None:
    found = db.execute("SELECT status FROM pole WHERE pole = ?", (pole,)).fetchone()
    if found is None or found[0] is None:
        return None
    try:
        return msgspec.json.decode(found[0], type=Status)
    except msgspec.DecodeError:
        return None
