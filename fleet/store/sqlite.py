"""The platform's store in one SQLite file. One thread owns it.

Segments, coverage and the small tables change in one transaction, with ``synchronous=FULL``: what ``commit`` returned
is on disk, and only that may be acknowledged to a pole.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from contract.birth import Status
from contract.envelope import Envelope
from contract.fingerprints import fingerprint
from contract.ranges import Ranges
from contract.receive import BadMessage
from fleet.ledger import AHEAD, OLDEST, Addition, Foreign, take
from fleet.store import archive, tables
from fleet.store.database import Database
from fleet.store.intake import MOST_BYTES, Intake
from fleet.store.notes import EpochRow, Notes
from fleet.store.schema import connect
from fleet.store.series import SeriesRows

EPOCHS = 20_000
"""Epochs whose coverage is kept in memory; that of others is read when they are needed."""
MOST_EPOCHS = 10_000
"""Epochs of one pole that are stored; a message of a further one goes to the quarantine."""
QUARANTINED = 200
"""Unreadable messages that are kept of one pole; of more, the oldest go."""
QUARANTINE_BYTES = 64 * 1024
"""What is kept of one unreadable message."""

T = TypeVar("T")
_status = msgspec.json.Decoder(Status)


class Inbox(msgspec.Struct, frozen=True):
    """One message as it came: the pole and the last part of its topic, payload, when the platform received it.

    ``retained``: the broker's copy of a status, which is no sign of life.
    """

    pole: str
    payload: bytes
    received: datetime
    leaf: str = "event"
    retained: bool = False


class Committed(msgspec.Struct, kw_only=True):
    """What a commit did. ``confirmed`` are the ranges to acknowledge to the pole, by (pole, epoch).

    ``refused`` messages are in the quarantine; those that are ``over`` the bound of their pole are not stored at all.
    """

    events: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused: int = 0
    over: int = 0
    confirmed: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}


class TooMany(ValueError):
    """A pole has more epochs than are stored of one; ``str()`` says which."""


class FleetStore:
    """Made by ``open_store``. Not thread-safe: every call is made by the one thread that owns it."""

    def __init__(self, connection: Database, most_bytes: int = MOST_BYTES) -> None:
        self._db = connection
        self._intake = Intake(connection, most_bytes)
        self._coverage: OrderedDict[tuple[str, str], Ranges] = OrderedDict()
        self._series = SeriesRows(connection)
        self._epochs: dict[str, int] = {}
        self._segments: list[tuple[object, ...]] = []
        self._known: tuple[tuple[str, str], dict[int, int]] = (("", ""), {})  # fingerprints of one segment

    def change(self, use: Callable[[Database], T]) -> T:
        """``use(db)`` in one transaction: all of it is on disk when this returns, or nothing is."""
        with self._db.transaction():
            return use(self._db)

    def commit(self, messages: Sequence[Inbox]) -> Committed:
        """Stores what ``messages`` add, in one transaction; where that fails, nothing was stored.

        Raises ``sqlite3.Error`` where the disk or another process is the cause, and whatever a message brings about
        that no test has met.
        """
        try:
            done = self.change(lambda _: self._commit(messages))
        except BaseException:
            self.forget()
            raise
        while len(self._coverage) > EPOCHS:
            self._coverage.popitem(last=False)
        return done

    def forget(self) -> None:
        """What is in memory may have been rolled back or deleted: it is read anew."""
        self._coverage.clear()
        self._series.forget()
        self._intake.forget()
        self._segments.clear()
        self._epochs.clear()
        self._known = ("", ""), {}

    def refuse(self, message: Inbox, reason: str) -> Committed:
        """A message that cannot be stored goes to the quarantine of its pole."""
        self.change(lambda _: self._quarantine(message, reason))
        return Committed(refused=1)

    def _commit(self, messages: Sequence[Inbox]) -> Committed:
        done = Committed()
        touched: dict[tuple[str, str], Ranges] = {}
        noted: dict[str, Notes] = {}
        seen: dict[str, float] = {}
        for message in messages:
            pole = message.pole
            if not message.retained:
                seen[pole] = message.received.timestamp()
            try:
                if message.leaf == "status":
                    self._status(message)
                    continue
                if self._intake.refuses(pole, message.leaf, message.received):
                    done.over += 1
                    continue
                taken = self._take(message)
            except (BadMessage, Foreign, TooMany, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as reason:
                self._quarantine(message, str(reason))
                self._intake.took(pole, message.payload, (), message.received)
                done.refused += 1
                continue
            self._keep(message, taken)
            self._intake.took(pole, message.payload, (*taken.events, *taken.conflicts), message.received)
            done.events += len(taken.events)
            done.repeated += taken.repeated
            done.conflicts += len(taken.conflicts)
            if pole not in noted:
                noted[pole] = Notes()
            noted[pole].take(taken.events, message.received)
            for epoch, ranges in taken.named.items():
                together = touched.setdefault((pole, epoch), Ranges())
                for first, last in ranges:
                    together.add(first, last)
        self._flush()
        done.confirmed = {name: ranges.ranges() for name, ranges in touched.items()}
        self._cover(done.confirmed)
        self._note(noted)
        self._db.executemany(tables.SEEN, [(pole, at, *self._intake.row(pole, at)) for pole, at in seen.items()])
        return done

    def _status(self, message: Inbox) -> None:
        """The retained status of a pole."""
        status = _status.decode(message.payload)
        if status.pole != message.pole:
            raise Foreign(f"a status of {status.pole} came on a topic of {message.pole}")
        self._db.put_status(status, message.payload, message.received.timestamp(), retained=message.retained)
        if status.epoch and status.next_seq:
            row = EpochRow(status.epoch, given=status.next_seq - 1)
            self._db.execute(tables.NOTES[EpochRow], (status.pole, *msgspec.structs.astuple(row)))

    def _take(self, message: Inbox) -> Addition:
        pole = message.pole
        return take(
            pole,
            message.payload,
            lambda epoch: self.coverage(pole, epoch),
            lambda epoch, seq: self._fingerprints(pole, epoch, seq),
        )

    def _keep(self, message: Inbox, taken: Addition) -> None:
        received = message.received.timestamp()
        for segment in taken.segments:
            numbers = segment.numbers
            own = (
                segment.synced and message.received - OLDEST < segment.begin and segment.end < message.received + AHEAD
            )
            self._segments.append(
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
                    None if own else received,
                    segment.kinds,
                )
            )
        for event in taken.conflicts:
            value = fingerprint(event.type, bytes(event.data)) - (1 << 63)  # SQLite's integers are signed
            row = (message.pole, event.epoch, event.seq, value, received, msgspec.json.encode(event))
            self._db.execute(tables.CONFLICT, row)

    def _flush(self) -> None:
        """New segments wait so that they are written together."""
        if self._segments:
            self._db.put_segments(self._segments)
            self._segments.clear()

    def _cover(self, confirmed: dict[tuple[str, str], tuple[tuple[int, int], ...]]) -> None:
        rows = []
        for name, ranges in confirmed.items():
            covered = self.coverage(*name)
            rows += [(*name, *around) for around in dict.fromkeys(covered.around(first) for first, _ in ranges)]
        self._db.cover(rows)

    def _note(self, noted: dict[str, Notes]) -> None:
        latest: list[tuple[object, ...]] = []
        hours: list[tuple[object, ...]] = []
        for pole, notes in noted.items():
            for (source, quantity), value in notes.latest().items():
                if (number := self._series.number(pole, source, quantity)) is not None:
                    latest.append((number, *value))
            for (source, hour), sums in notes.hours.items():
                for quantity, row in sums.items():
                    if row.count and (number := self._series.number(pole, source, quantity)) is not None:
                        hours.append((number, hour, *row.row()))
            for each in notes.rows:
                self._db.execute(tables.NOTES[type(each)], (pole, *msgspec.structs.astuple(each)))
        self._db.put_latest(latest)
        self._db.put_hours(hours)

    def _quarantine(self, message: Inbox, reason: str) -> None:
        kept = message.payload[:QUARANTINE_BYTES]
        row = (message.pole, message.received.timestamp(), reason[:500], len(message.payload), kept)
        self._db.execute("INSERT INTO quarantine (pole, received, reason, bytes, body) VALUES (?, ?, ?, ?, ?)", row)
        self._db.execute(
            "DELETE FROM quarantine WHERE pole = ? AND id NOT IN "
            "(SELECT id FROM quarantine WHERE pole = ? ORDER BY id DESC LIMIT ?)",
            (message.pole, message.pole, QUARANTINED),
        )

    def coverage(self, pole: str, epoch: str) -> Ranges:
        """The numbers of an epoch that are stored. Raises ``TooMany`` for a new epoch past ``MOST_EPOCHS``."""
        name = (pole, epoch)
        ranges = self._coverage.get(name)
        if ranges is not None:
            self._coverage.move_to_end(name)
            return ranges
        ranges = archive.coverage(self._db, pole, epoch)
        if not len(ranges):
            count = self._epochs.get(pole)
            if count is None:
                query = "SELECT count(DISTINCT epoch) FROM coverage WHERE pole = ?"
                (count,) = self._db.execute(query, (pole,)).fetchone()
            if count >= MOST_EPOCHS:
                raise TooMany(f"{pole} has numbered its events in {count} epochs already: no further one is stored")
            self._epochs[pole] = count + 1
        self._coverage[name] = ranges
        return ranges

    def _fingerprints(self, pole: str, epoch: str, seq: int) -> list[int] | None:
        """Of all contents that are stored under a name: that in the archive, and conflicts; None: it is damaged."""
        name, known = self._known
        if name != (pole, epoch) or seq not in known:
            self._flush()
            found = archive.neighbours(self._db, pole, epoch, seq)
            if found is None:
                return None
            known = {event.seq: fingerprint(event.type, bytes(event.data)) for event in found}
            self._known = (pole, epoch), known
        query = "SELECT fingerprint FROM conflict WHERE pole = ? AND epoch = ? AND seq = ?"
        others = [int(value) + (1 << 63) for (value,) in self._db.execute(query, (pole, epoch, seq))]
        return [known[seq], *others] if seq in known else others

    def events(self, pole: str, epoch: str, first: int, last: int) -> Iterator[Envelope]:
        """The stored events with ``first <= seq <= last``, segment by segment."""
        return archive.events(self._db, pole, epoch, first, last)


@contextmanager
def open_store(path: Path, most_bytes: int = MOST_BYTES) -> Iterator[FleetStore]:
    """The store at ``path``, made where there is none. Raises ``sqlite3.Error``, and ``ValueError`` for a newer one.

    ``most_bytes`` are taken of one pole in a day.
    """
    connection = connect(path)
    try:
        yield FleetStore(connection, most_bytes)
    finally:
        connection.close()
