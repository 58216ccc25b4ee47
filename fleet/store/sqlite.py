"""The platform's store. One thread owns it.

Segments, coverage and the small tables change in one transaction: what ``commit`` returned
is on disk, and only that may be acknowledged to a pole.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TypeVar

import msgspec

from contract.birth import Status
from contract.envelope import Envelope
from contract.fingerprints import fingerprint
from contract.ranges import Ranges
from contract.receive import BadMessage
from fleet.ledger import AHEAD, OLDEST, Addition, Foreign, take
from fleet.store import archive, tables
from fleet.store.cells import MAIN, Cell
from fleet.store.database import Database
from fleet.store.hours import Hour
from fleet.store.intake import MOST_BYTES, Intake
from fleet.store.messages import Committed, Inbox, together
from fleet.store.notes import EpochRow, Latest, Notes
from fleet.store.quarantine import quarantine
from fleet.store.schema import connect
from fleet.store.series import Name, SeriesRows, parts
from fleet.store.server import Where

NEAR = 64  # names whose contents are read at once for a repeat: it seldom comes alone
REPEATERS = 100  # poles whose contents are kept in memory while they repeat what is known
EPOCHS = 100_000
"""Epochs whose coverage is kept in memory; that of others is read when they are needed."""
MOST_EPOCHS = 10_000
"""Epochs of one pole that are stored; a message of a further one goes to the quarantine."""

T = TypeVar("T")
_status = msgspec.json.Decoder(Status)


class TooMany(ValueError):
    """A pole has more epochs than are stored of one; ``str()`` says which."""


class FleetStore:
    """Made by ``open_store``. Not thread-safe: every call is made by the one thread that owns it."""

    def __init__(self, connection: Database, most_bytes: int = MOST_BYTES, cell: str = MAIN) -> None:
        self.database = self._db = connection
        self._cell = Cell(connection, cell)
        self._intake = Intake(connection, most_bytes)
        self._coverage: OrderedDict[tuple[str, str], Ranges] = OrderedDict()
        self._series = SeriesRows(connection)
        self._epochs: dict[str, int] = {}
        self._segments: list[tuple[object, ...]] = []
        self._known: OrderedDict[tuple[str, str], dict[int, list[int] | None]] = OrderedDict()  # fingerprints

    def change(self, use: Callable[[Database], T]) -> T:
        """``use(db)`` in one transaction: all of it is on disk when this returns, or nothing is.

        Changes of several processes happen one after the other; commits of their messages need not wait.
        """
        with self._db.transaction():
            self._db.alone()
            return use(self._db)

    def commit(self, messages: Sequence[Inbox]) -> Committed:
        """Stores what ``messages`` add, in one transaction; where that fails, nothing was stored.

        Raises ``sqlite3.Error`` where the disk or another process is the cause, and whatever a message brings about
        that no test has met.
        """
        try:
            done = self._committed(messages)
            strange = [message for message in messages if not self._cell.owns(message.pole)]
            if strange and (come := self.change(lambda _: self._cell.follow(strange))):
                done = together(done, self._committed([message for message in strange if message.pole in come]))
        except BaseException:
            self.forget()
            raise
        while len(self._coverage) > EPOCHS:
            self._coverage.popitem(last=False)
        done.elsewhere = frozenset(message.pole for message in strange if not self._cell.owns(message.pole))
        return done

    def take(self, poles: Iterable[str]) -> dict[str, str]:
        """These poles are this cell's from now on; the cells of those that others had."""
        return self.change(lambda _: self._cell.take(poles))

    def give(self, poles: Iterable[str], before: Mapping[str, str]) -> None:
        """Gives back the ``poles`` that ``take`` was given, ``before`` is what it answered."""
        self.change(lambda _: self._cell.give(before) if before else self._cell.leave(poles))

    def forget(self) -> None:
        """What is in memory may have been rolled back or deleted: it is read anew."""
        self._cell.forget()
        self._clear()

    def _clear(self) -> None:
        self._coverage.clear()
        self._series.forget()
        self._intake.forget()
        self._segments.clear()
        self._epochs.clear()
        self._known.clear()

    def refuse(self, message: Inbox, reason: str) -> Committed:
        """A message that cannot be stored goes to the quarantine of its pole."""
        self.change(lambda _: quarantine(self._db, message, reason))
        return Committed(refused=1)

    def _committed(self, messages: Sequence[Inbox]) -> Committed:
        with self._db.transaction():
            return self._commit(messages)

    def _commit(self, messages: Sequence[Inbox]) -> Committed:
        done = Committed()
        touched: dict[tuple[str, str], Ranges] = {}
        noted = defaultdict[str, Notes](Notes)
        seen: dict[str, float] = {}
        messages = self._own(messages)
        self._intake.learn(message.pole for message in messages)
        self._learn(message.pole for message in messages)
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
                quarantine(self._db, message, str(reason))
                self._intake.took(pole, message.payload, (), message.received)
                done.refused += 1
                continue
            self._keep(message, taken)
            done.ends += [(part.lane, part.end.timestamp()) for part in taken.segments if part.synced]
            self._intake.took(pole, message.payload, (*taken.events, *taken.conflicts), message.received)
            done.events += len(taken.events)
            done.repeated += taken.repeated
            done.conflicts += len(taken.conflicts)
            noted[pole].take(taken.events, message.received)
            for epoch, ranges in taken.named.items():
                together = touched.setdefault((pole, epoch), Ranges())
                for first, last in ranges:
                    together.add(first, last)
        self._flush()
        done.confirmed = {name: ranges.ranges() for name, ranges in touched.items()}
        self._cover(done.confirmed)
        self._note(noted)
        self._db.put_seen([(pole, at, *self._intake.row(pole, at)) for pole, at in seen.items()])
        return done

    def _own(self, messages: Sequence[Inbox]) -> Sequence[Inbox]:
        """Those of this cell's poles, which no other process writes before the transaction ends."""
        if not self._cell.hold(messages):
            self._clear()
        return [message for message in messages if self._cell.owns(message.pole)]

    def _status(self, message: Inbox) -> None:
        """The retained status of a pole."""
        status = _status.decode(message.payload)
        if status.pole != message.pole:
            raise Foreign(f"a status of {status.pole} came on a topic of {message.pole}")
        self._db.put_status(status, message.received.timestamp(), retained=message.retained)
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
        for epoch in taken.named if taken.segments or taken.conflicts else ():
            self._known.pop((message.pole, epoch), None)
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
        latest: list[tuple[Name, Latest]] = []
        hours: list[tuple[Name, int, Hour]] = []
        for pole, notes in noted.items():
            latest += [((pole, *name), value) for name, value in notes.latest().items()]
            for (source, hour), sums in notes.hours.items():
                hours += [((pole, source, quantity), hour, row) for quantity, row in sums.items() if row.count]
            for each in notes.rows:
                self._db.execute(tables.NOTES[type(each)], (pole, *msgspec.structs.astuple(each)))
        numbers = self._series.numbers([*(row[0] for row in latest), *(row[0] for row in hours)])
        self._db.put_latest([(numbers[name], *value) for name, value in latest if name in numbers])
        self._db.put_hours([(numbers[name], hour, *row.row()) for name, hour, row in hours if name in numbers])

    def coverage(self, pole: str, epoch: str) -> Ranges:
        """The numbers of an epoch that are stored. Raises ``TooMany`` for a new epoch past ``MOST_EPOCHS``."""
        name = (pole, epoch)
        ranges = self._coverage.get(name)
        if ranges is not None:
            self._coverage.move_to_end(name)
            return ranges
        self._learn([pole])
        count = self._epochs[pole]
        ranges = archive.coverage(self._db, pole, epoch) if count else Ranges()
        if not len(ranges):
            if count >= MOST_EPOCHS:
                raise TooMany(f"{pole} has numbered its events in {count} epochs already: no further one is stored")
            self._epochs[pole] = count + 1
        self._coverage[name] = ranges
        return ranges

    def _learn(self, poles: Iterable[str]) -> None:
        """How many epochs these poles have, asked at once: where there are none, no coverage is read."""
        for some in parts(sorted({pole for pole in poles if pole not in self._epochs})):
            self._epochs |= dict.fromkeys(some, 0)
            marks = ", ".join("?" * len(some))
            query = f"SELECT pole, count(DISTINCT epoch) FROM coverage WHERE pole IN ({marks}) GROUP BY pole"  # noqa: S608  marks
            self._epochs |= dict(map(tuple, self._db.execute(query, some)))

    def _fingerprints(self, pole: str, epoch: str, seq: int) -> list[int] | None:
        """Of all contents that are stored under a name: that in the archive, and conflicts; None: it is damaged."""
        known = self._known.get((pole, epoch), {})
        if seq not in known:
            self._flush()
            known = dict[int, list[int] | None]((number, []) for number in range(seq, seq + NEAR))
            for number, found in archive.contents(self._db, pole, epoch, seq, seq + NEAR - 1).items():
                known[number] = None if found is None else [fingerprint(e.type, bytes(e.data)) for e in found]
            query = "SELECT seq, fingerprint FROM conflict WHERE pole = ? AND epoch = ? AND seq BETWEEN ? AND ?"
            for number, value in self._db.execute(query, (pole, epoch, min(known), max(known))):
                if (others := known.setdefault(number, [])) is not None:
                    others.append(int(value) + (1 << 63))
            self._known[pole, epoch] = known
            if len(self._known) > REPEATERS:
                self._known.popitem(last=False)
        return known[seq]

    def events(self, pole: str, epoch: str, first: int, last: int) -> Iterator[Envelope]:
        """The stored events with ``first <= seq <= last``, segment by segment."""
        return archive.events(self._db, pole, epoch, first, last)


@contextmanager
def open_store(where: Where, most_bytes: int = MOST_BYTES, cell: str = MAIN) -> Iterator[FleetStore]:
    """The store at ``where``, for the poles of a cell; made where there is none.

    Raises ``sqlite3.Error``, ``ValueError`` for a newer one, for a server ``FleetError``. ``most_bytes``
    are taken of one pole in a day.
    """
    with closing(connect(where, cell)) as connection:
        yield FleetStore(connection, most_bytes, cell)
