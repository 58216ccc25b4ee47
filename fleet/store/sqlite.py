"""The platform's store in one SQLite file. One thread owns it.

Segments, coverage and the small tables change in one transaction, with ``synchronous=FULL``: what ``commit`` returned
is on disk, and only that may be acknowledged to a pole.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path

import msgspec

from contract.envelope import Envelope
from contract.fingerprints import fingerprint
from contract.health import Status
from contract.ranges import Ranges
from contract.receive import BadMessage, decode
from fleet.ledger import Addition, Foreign, Segment, runs, take
from fleet.store.notes import DeletedRow, EpochRow, IncidentRow, Notes, StateRow

VERSION = 1
SERIES = 500_000
"""Series whose row is remembered; 100 B each."""
EPOCHS = 20_000
"""Epochs whose coverage is kept in memory; that of others is read when they are needed."""
QUARANTINED = 200
"""Unreadable messages that are kept of one pole; of more, the oldest go."""
QUARANTINE_BYTES = 64 * 1024
"""What is kept of one unreadable message."""


class Inbox(msgspec.Struct, frozen=True):
    """One message as it came: the pole of its topic, the payload, and when the platform received it."""

    pole: str
    payload: bytes
    received: datetime


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit did. ``confirmed`` are the ranges to acknowledge to the pole, by (pole, epoch)."""

    events: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused: int = 0
    confirmed: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}


class FleetStore:
    """Made by ``open_store``. Not thread-safe: every call is made by the one thread that owns it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._coverage: OrderedDict[tuple[str, str], Ranges] = OrderedDict()
        self._series: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def commit(self, messages: Sequence[Inbox]) -> Committed:
        """Stores what ``messages`` add, in one transaction. Raises ``sqlite3.Error``; then nothing was stored."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                return self._commit(messages)
        except BaseException:
            self._coverage.clear()  # they may hold what was rolled back
            self._series.clear()
            raise

    def _commit(self, messages: Sequence[Inbox]) -> Committed:
        events = repeated = conflicts = refused = 0
        touched: dict[tuple[str, str], Ranges] = {}
        noted: dict[str, Notes] = {}
        for message in messages:
            try:
                taken = self._take(message)
            except (BadMessage, Foreign) as reason:
                self._quarantine(message, str(reason))
                refused += 1
                continue
            self._keep(message, taken)
            events += len(taken.events)
            repeated += taken.repeated
            conflicts += len(taken.conflicts)
            noted.setdefault(message.pole, Notes()).take(taken.events, message.received)
            for epoch, ranges in taken.named.items():
                together = touched.setdefault((message.pole, epoch), Ranges())
                for first, last in ranges:
                    together.add(first, last)
        for pole, notes in noted.items():
            self._note(pole, notes)
        seen = {message.pole: message.received.timestamp() for message in messages}
        self._db.executemany(
            "INSERT INTO pole (pole, seen) VALUES (?, ?) "
            "ON CONFLICT (pole) DO UPDATE SET seen = max(seen, excluded.seen)",
            seen.items(),
        )
        return Committed(
            events=events,
            repeated=repeated,
            conflicts=conflicts,
            refused=refused,
            confirmed={name: ranges.ranges() for name, ranges in touched.items()},
        )

    def _take(self, message: Inbox) -> Addition:
        pole = message.pole
        return take(
            pole,
            message.payload,
            lambda epoch: self.coverage(pole, epoch),
            lambda epoch, seq: self._fingerprints(pole, epoch, seq),
        )

    def _keep(self, message: Inbox, taken: Addition) -> None:
        for segment in taken.segments:
            self._insert(segment, message.received.timestamp())
        for event in taken.conflicts:
            self._db.execute(
                "INSERT OR IGNORE INTO conflict VALUES (?, ?, ?, ?, ?, ?)",
                (
                    message.pole,
                    event.epoch,
                    event.seq,
                    fingerprint(event.type, bytes(event.data)) - (1 << 63),  # SQLite's integers are signed
                    message.received.timestamp(),
                    msgspec.json.encode(event),
                ),
            )

    def _insert(self, segment: Segment, received: float) -> None:
        numbers = segment.numbers
        self._db.execute(
            "INSERT INTO segment (pole, epoch, first, last, count, lane, t0, t1, received, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                segment.pole,
                segment.epoch,
                numbers[0],
                numbers[-1],
                len(numbers),
                segment.lane,
                segment.begin.timestamp(),
                segment.end.timestamp(),
                received,
                segment.body,
            ),
        )
        covered = self.coverage(segment.pole, segment.epoch)
        for first, _ in runs(numbers):
            low, high = covered.around(first)
            name = (segment.pole, segment.epoch)
            self._db.execute(
                "DELETE FROM coverage WHERE pole = ? AND epoch = ? AND first BETWEEN ? AND ?", (*name, low, high)
            )
            self._db.execute("INSERT INTO coverage VALUES (?, ?, ?, ?)", (*name, low, high))

    def _note(self, pole: str, notes: Notes) -> None:
        latest = [
            (self._number(pole, source, quantity), *row)
            for source, by_quantity in notes.latest.items()
            for quantity, row in by_quantity.items()
        ]
        hours = [
            (self._number(pole, source, quantity), hour, *msgspec.structs.astuple(row))
            for (source, hour), by_quantity in notes.hours.items()
            for quantity, row in by_quantity.items()
        ]
        self._db.executemany(_LATEST, latest)
        self._db.executemany(_HOUR, hours)
        for row in notes.rows:
            self._db.execute(_NOTES[type(row)], (pole, *msgspec.structs.astuple(row)))

    def _number(self, pole: str, source: str, quantity: str) -> int:
        """The row of a series, made where there is none."""
        name = (pole, source, quantity)
        number = self._series.get(name)
        if number is None:
            self._db.execute("INSERT OR IGNORE INTO series (pole, source, quantity) VALUES (?, ?, ?)", name)
            query = "SELECT id FROM series WHERE pole = ? AND source = ? AND quantity = ?"
            (number,) = self._db.execute(query, name).fetchone()
            self._series[name] = number
            if len(self._series) > SERIES:
                self._series.popitem(last=False)
        return number

    def _quarantine(self, message: Inbox, reason: str) -> None:
        self._db.execute(
            "INSERT INTO quarantine (pole, received, reason, bytes, body) VALUES (?, ?, ?, ?, ?)",
            (
                message.pole,
                message.received.timestamp(),
                reason[:500],
                len(message.payload),
                message.payload[:QUARANTINE_BYTES],
            ),
        )
        self._db.execute(
            "DELETE FROM quarantine WHERE pole = ? AND id NOT IN "
            "(SELECT id FROM quarantine WHERE pole = ? ORDER BY id DESC LIMIT ?)",
            (message.pole, message.pole, QUARANTINED),
        )

    def coverage(self, pole: str, epoch: str) -> Ranges:
        """The numbers of an epoch that are stored."""
        name = (pole, epoch)
        ranges = self._coverage.get(name)
        if ranges is None:
            ranges = Ranges()
            for first, last in self._db.execute("SELECT first, last FROM coverage WHERE pole = ? AND epoch = ?", name):
                ranges.add(first, last)
            self._coverage[name] = ranges
            if len(self._coverage) > EPOCHS:
                self._coverage.popitem(last=False)
        else:
            self._coverage.move_to_end(name)
        return ranges

    def _fingerprints(self, pole: str, epoch: str, seq: int) -> Iterator[int]:
        """Of all contents that are stored under a name: that in the archive, and conflicts."""
        for event in self.events(pole, epoch, seq, seq):
            yield fingerprint(event.type, bytes(event.data))
        query = "SELECT fingerprint FROM conflict WHERE pole = ? AND epoch = ? AND seq = ?"
        for (value,) in self._db.execute(query, (pole, epoch, seq)):
            yield int(value) + (1 << 63)

    def events(self, pole: str, epoch: str, first: int, last: int) -> Iterator[Envelope]:
        """The stored events with ``first <= seq <= last``, segment by segment."""
        query = "SELECT body FROM segment WHERE pole = ? AND epoch = ? AND first <= ? AND last >= ? ORDER BY first"
        for (body,) in self._db.execute(query, (pole, epoch, last, first)):
            for event in decode(body):
                if event.epoch == epoch and first <= event.seq <= last:
                    yield event

    def status(self, status: Status, payload: bytes, received: datetime) -> None:
        """The retained status of a pole."""
        with self._db:
            self._db.execute(
                "INSERT INTO pole VALUES (?, ?, ?, ?) ON CONFLICT (pole) DO UPDATE SET "
                "seen = max(seen, excluded.seen), state = excluded.state, status = excluded.status",
                (status.pole, received.timestamp(), status.state, payload),
            )
            if status.epoch and status.next_seq:
                row = EpochRow(status.epoch, given=status.next_seq - 1)
                self._db.execute(_NOTES[EpochRow], (status.pole, *msgspec.structs.astuple(row)))


@contextmanager
def open_store(path: Path) -> Iterator[FleetStore]:
    """The store at ``path``, made where there is none. Raises ``sqlite3.Error``, and ``ValueError`` for a newer one."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ValueError(f"{path} is of version {version}, this polefleet knows {VERSION}: install a newer one")
        if version == 0:
            schema = resources.files("fleet.store").joinpath("schema.sql").read_text(encoding="utf-8")
            connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {VERSION}; COMMIT;")
        yield FleetStore(connection)
    finally:
        connection.close()


_LATEST = (
    "INSERT INTO latest VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, "
    "value = excluded.value, unit = excluded.unit, quality = excluded.quality WHERE excluded.at >= at"
)
_HOUR = (
    "INSERT INTO hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "count = count + excluded.count, sum = sum + excluded.sum, "
    "min = min(ifnull(min, excluded.min), ifnull(excluded.min, min)), "
    "max = max(ifnull(max, excluded.max), ifnull(excluded.max, max)), "
    "increase = ifnull(increase + excluded.increase, ifnull(increase, excluded.increase)), "
    "x = x + excluded.x, y = y + excluded.y"
)
_NOTES: dict[type, str] = {
    IncidentRow: "INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    'begin = min(begin, excluded.begin), "end" = ifnull(excluded."end", "end"), '
    "reason = ifnull(excluded.reason, reason), body = excluded.body",
    StateRow: "INSERT INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    'begin = CASE WHEN excluded."end" IS NULL THEN excluded.begin ELSE begin END, "end" = excluded."end", '
    "type = excluded.type, reason = excluded.reason, body = excluded.body "
    'WHERE excluded.begin >= max(begin, ifnull("end", begin))',
    DeletedRow: "INSERT OR IGNORE INTO deleted VALUES (?, ?, ?, ?, ?)",
    EpochRow: "INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "first = max(first, excluded.first), "
    "given = max(given, excluded.given), certain = ifnull(excluded.certain, certain), "
    "successor = ifnull(successor, excluded.successor)",
}
