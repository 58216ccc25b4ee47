"""Events that a pole has numbered and the platform has not: what is on its way, what can be asked for, what is lost.

A number is a hole where it is below the largest known one of its epoch, has not come, and no gap event says that the
pole has deleted it. The pole is asked for it (command ``resend``) by itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from contract.birth import Status
from contract.ranges import Ranges
from contract.requests import ResendArgs
from fleet.jobs import rows
from fleet.store import archive
from fleet.store.database import Database
from fleet.store.intake import DAY_S

WHO = "polefleet"
"""Who asks for what is missing."""
AGAIN = timedelta(minutes=30)
"""Shortest time between two questions for the same epoch of a pole."""
TRIES = 3
"""Questions for an epoch that brought nothing new; then what is missing counts as lost."""
EXPIRES = timedelta(days=7)
MOST_RANGES = 400
"""Of one question: as many as fit into the bytes of a command, however large the numbers are."""
MOST_EPOCHS = 20
"""Epochs of a pole that are looked at, the newest ones."""

_status = msgspec.json.Decoder(Status)


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing of one epoch: inclusive ranges. ``waiting``: the pole says that it has not sent them yet."""

    pole: str
    epoch: str
    ranges: tuple[tuple[int, int], ...]
    waiting: bool = False

    @property
    def count(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)


def holes(db: Database, pole: str) -> Iterator[Hole]:
    """What is missing of ``pole``, by epoch. What the pole still has to send of the newest one stands apart."""
    row = db.execute("SELECT status FROM pole WHERE pole = ?", (pole,)).fetchone()
    status = None
    if row and row[0]:
        with contextlib.suppress(msgspec.DecodeError):  # kept by another version
            status = _status.decode(row[0])
    query = "SELECT epoch, first, given, certain FROM epoch WHERE pole = ? ORDER BY given DESC, epoch LIMIT ?"
    for epoch, first, given, certain in db.execute(query, (pole, MOST_EPOCHS)).fetchall():
        covered = archive.coverage(db, pole, epoch)
        last = max(given, covered.last)
        if certain is not None:
            last = min(last, certain - 1)
        deleted = db.execute("SELECT first, last FROM deleted WHERE pole = ? AND epoch = ?", (pole, epoch))
        for begin, end in deleted.fetchall():
            covered.add(begin, end)
        missing = covered.holes(first, last)
        unsent = None
        if status is not None and status.epoch == epoch:
            unsent = status.oldest_unsent or status.next_seq  # what was given after it may be on its way
        for waiting in (False, True):
            part = tuple(_cut(missing, unsent, above=waiting))
            if part:
                yield Hole(pole=pole, epoch=epoch, ranges=part, waiting=waiting)


def _cut(ranges: tuple[tuple[int, int], ...], at: int | None, *, above: bool) -> Iterator[tuple[int, int]]:
    """The parts of ``ranges`` from ``at`` on, or below it; without ``at`` all are below."""
    for first, last in ranges:
        if at is None:
            if not above:
                yield first, last
        elif above and last >= at:
            yield max(first, at), last
        elif not above and first < at:
            yield first, min(last, at - 1)


def fill(db: Database, pole: str, now: datetime, *, at_once: bool = False) -> int:
    """Asks ``pole`` for what is missing and not on its way; how many questions. ``at_once``: also what was tried."""
    query = "SELECT 1 FROM pole WHERE pole = ? AND refused > 0 AND day = ?"
    if not at_once and db.execute(query, (pole, int(now.timestamp() // DAY_S))).fetchone():
        return 0  # what it would send is not taken today
    asked = 0
    for hole in holes(db, pole):
        if hole.waiting or not (at_once or _worth(db, hole, now)):
            continue
        args = ResendArgs(epoch=hole.epoch, ranges=hole.ranges[:MOST_RANGES])
        wanted = rows.Wanted(
            poles=[pole], name="resend", args=msgspec.to_builtins(args), expires=now + EXPIRES, who=WHO
        )
        rows.submit(db, wanted, now)
        asked += 1
    return asked


def _worth(db: Database, hole: Hole, now: datetime) -> bool:
    """Whether to ask: no question is open, the last one is a while ago, and the same was not asked in vain."""
    query = (
        "SELECT job.args, job.created, job_pole.state FROM job_pole JOIN job ON job.id = job_pole.job "
        "WHERE job_pole.pole = ? AND job.name = 'resend' AND job.who = ? ORDER BY job.created DESC LIMIT 50"
    )
    tried = 0
    for args, created, state in db.execute(query, (hole.pole, WHO)):
        asked = msgspec.json.decode(args, type=ResendArgs)
        if asked.epoch != hole.epoch:
            continue
        if state in {"queued", "sent"} or created > (now - AGAIN).timestamp():
            return False
        tried += _same(asked.ranges, hole.ranges[:MOST_RANGES])
    return tried < TRIES


def _same(asked: tuple[tuple[int, int], ...], missing: tuple[tuple[int, int], ...]) -> bool:
    covered = Ranges()
    for first, last in asked:
        covered.add(first, last)
    return all(not covered.holes(first, last) for first, last in missing)
