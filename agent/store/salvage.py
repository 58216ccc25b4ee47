"""``python -m agent.store.salvage``: a new database with all that can be read of a broken one.

A process of its own, because it is rare and heavy (sqlite-utils alone is half as large as the daemon) and because a
damaged file may make it fail in ways nobody foresaw. It only reads the broken file, and leaves by ``os._exit`` so that
SQLite does not tidy it up on the way out. The new file is whole and on disk before the answer is printed.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.store.database import new_database
from agent.store.pages import Pages
from agent.store.rows import COLUMNS, INSERT, Pending, records, row_of
from contract.events import Gap, NewEpoch
from contract.types import Lane, Stamp

NO_ROOM = 3
"""Exit status: the disk is full or does not write; try again later."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: ``old`` is broken for ``reason``; ``new`` may have ``pages`` pages and numbers above ``at_least``.

    ``damaged_log``: a write-ahead log is there that was left over from a failure.
    """

    old: str
    new: str
    reason: str
    at_least: int
    pages: int
    now: Stamp
    boot: int
    damaged_log: bool = False


class Found(msgspec.Struct):
    """What the broken file gave. ``whole``: SQLite could read all of the outbox."""

    rows: dict[int, tuple[Any, ...]] = {}
    blocks: list[tuple[Any, ...]] = []
    corrections: list[tuple[Any, ...]] = []
    states: list[tuple[Any, ...]] = []
    newest: int = 0
    epoch: str | None = None
    whole: bool = False

    def take(self, sent: object, record: Sequence[Any]) -> None:
        """A row that may be true: its checksum decides."""
        row = row_of(record)
        if row is None:
            return
        if row.seq >= self.newest:
            self.newest, self.epoch = row.seq, row.epoch
        if sent == 0:
            self.rows.setdefault(record[0], (record[0], 0, *texts(record)))


def texts(record: Sequence[Any]) -> tuple[Any, ...]:
    """Columns after the key, epoch, kind and source as texts again."""
    _, epoch, kind, source, *rest = record
    return (epoch.decode(), kind.decode(), source.decode(), *rest)


def search(path: Path, *, damaged_log: bool) -> Found:
    """By SQLite as far as that goes, then by looking at every page. Never raises for what is in the file.

    SQLite takes a damaged log only up to the damage and says nothing, so then every page is looked at as well.
    """
    found = Found()
    by_sqlite(path, found)
    found.whole = found.whole and not damaged_log
    if not found.whole:
        with suppress(OSError), Pages(path) as pages:  # a disk that cannot be read gives what it gives
            for rowid, values in pages.records():
                if len(values) == 11:
                    found.take(values[1], (rowid, *values[2:]))
    return found


def by_sqlite(path: Path, found: Found) -> None:
    """What queries give: each by itself, since damage may be anywhere."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = bytes
    damage = (sqlite3.Error, AttributeError, TypeError, ValueError)  # a damaged value may have any type
    with suppress(*damage):
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        for record in connection.execute(f"SELECT sent, {COLUMNS} FROM event"):  # noqa: S608  a constant of ours
            found.take(record[0], record[1:])
        found.whole = True
    with suppress(*damage):
        (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        found.epoch = epoch.decode()
    with suppress(*damage):
        found.corrections.extend(tuple(map(int, each)) for each in connection.execute("SELECT * FROM restamp"))
    with suppress(*damage):
        found.states = [(name.decode(), value) for name, value in connection.execute("SELECT * FROM state")]
    with suppress(*damage):
        query = "SELECT r.*, d.data FROM ring r JOIN ring_data d USING (id) ORDER BY r.id"
        found.blocks.extend(connection.execute(query))


def build(order: Order, found: Found) -> int:
    """The new database; returns how many events were carried over. Raises ``sqlite3.Error`` or ``OSError``."""
    rows = [found.rows[key] for key in sorted(found.rows)]
    with new_database(Path(order.new), order.pages) as connection:
        fill(connection, "event", rows)
        fill(connection, "restamp", found.corrections)
        fill(connection, "state", found.states)
        with suppress(sqlite3.OperationalError):  # raw readings come last and only as far as there is room
            for block in found.blocks:
                fill(connection, "ring", [block[:-1]])
                fill(connection, "ring_data", [(block[0], block[-1])])
        tell(connection, order, found, len(rows))
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 0)")
    return len(rows)


def fill(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    import sqlite_utils  # noqa: PLC0415  27 MB that the daemon, which makes an empty database itself, never loads

    database: Any = sqlite_utils.Database(connection)
    names = [column.name for column in database[table].columns]
    database[table].insert_all((dict(zip(names, row, strict=True)) for row in rows), batch_size=500)


def tell(connection: sqlite3.Connection, order: Order, found: Found, carried: int) -> None:
    """The first events of the new epoch: that it began and why, and what that means for the receiver."""
    (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    last = max(found.newest, order.at_least)
    for seq, body in enumerate(news(order, found, carried, epoch, last), last + 1):
        pending = Pending.made(Lane.EVENT, body.kind, "agent", order.now, msgspec.json.encode(body))
        connection.executemany(INSERT, records([pending], seq, epoch, order.boot))


def news(order: Order, found: Found, carried: int, epoch: str, last: int) -> Iterator[NewEpoch | Gap]:
    previous_next = last + 1 if last else None
    yield NewEpoch(previous=found.epoch, previous_next_seq=previous_next, reason=order.reason, carried=carried)
    if last:
        yield Gap(
            epoch=epoch,
            deleted_lane="none",
            ranges=((1, last),),
            count=0,
            reason="unreadable",
            text=f"nothing is missing: the numbers of this epoch begin at {last + 1}, after those of the one before",
        )
    if last and found.epoch and not found.whole:
        yield Gap(
            epoch=found.epoch,
            deleted_lane="any",
            ranges=((1, last),),
            count=0,
            reason="unreadable",
            text="the file was damaged; what has not come of this epoch and was not carried over is lost, "
            "how much is not known",
        )


def main(arguments: list[str]) -> int:
    order = msgspec.json.decode(arguments[0], type=Order)
    try:
        found = search(Path(order.old), damaged_log=order.damaged_log)
        carried = build(order, found)
    except (sqlite3.Error, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return NO_ROOM
    sys.stdout.write(f"{carried}\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
