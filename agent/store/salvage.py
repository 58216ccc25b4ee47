"""``python -m agent.store.salvage``: a new database with all that can be read of a broken one.

A process of its own, because it is rare and heavy (sqlite-utils alone is half as large as the daemon) and because a
damaged file may make it fail in ways nobody foresaw. It only reads the broken file, and leaves by ``os._exit`` so that
SQLite does not tidy it up on the way out. The new file is whole and on disk before the answer is printed.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from agent.store.budget import PAGE
from agent.store.database import new_database
from agent.store.epochs import Epoch, Story
from agent.store.marker import EPOCHS
from agent.store.pages import Pages
from agent.store.rows import COLUMNS, DELIVERED, row_of, seq_of
from contract.types import CONTRACT

NO_ROOM = 3
"""Exit status: the disk is full or does not write; try again later."""


class SalvageOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What to do: ``old`` is broken for ``reason``; ``new`` may have ``pages`` pages.

    ``damaged_log``: a write-ahead log is there that was left over from a failure.
    """

    old: str
    new: str
    reason: str
    pages: int
    damaged_log: bool = False


class Salvaged(msgspec.Struct):
    """What the broken file gave. ``whole``: SQLite could read all of the outbox."""

    rows: dict[int, tuple[Any, ...]] = {}
    blocks: list[tuple[Any, ...]] = []
    corrections: list[tuple[Any, ...]] = []
    states: list[tuple[Any, ...]] = []
    epochs: dict[str, Epoch] = {}
    epoch: str | None = None
    contract: int = CONTRACT
    whole: bool = False

    def take(self, sent: object, record: Sequence[Any]) -> None:
        """A row that may be true: its checksum decides. The first that comes under a name is the newest."""
        row = row_of(record)
        if row is not None:
            known = DELIVERED if sent == DELIVERED else 0
            self.rows.setdefault(record[0], (record[0], known, *texts(record)))

    def carried(self, room: int) -> list[tuple[Any, ...]]:
        """All that waits, the newest row of all, and of the delivered ones the newest that have ``room`` bytes."""
        newest_first = sorted(self.rows.values(), key=lambda row: seq_of(row[0]), reverse=True)
        chosen = []
        for index, row in enumerate(newest_first):
            delivered = row[1] == DELIVERED
            room -= delivered * (len(row[-1]) + PAGE // 16)
            if not delivered or index == 0 or room > 0:
                chosen.append(row)
        return sorted(chosen)

    def table(self, rows: Iterable[tuple[Any, ...]]) -> list[Epoch]:
        """The epochs of ``rows``, in the order in which they began; the last is that of the newest row, and one that
        began where another did, or behind the last, has no place.
        """
        newest: dict[str, int] = {}
        found: dict[str, Epoch] = {}
        for key, _, name, *_ in rows:
            known = self.epochs.get(name) or Epoch(seq_of(key), name, "", self.contract)
            first = min(seq_of(key), known.first, found[name].first if name in found else known.first)
            found[name] = msgspec.structs.replace(known, first=first)
            newest[name] = max(seq_of(key), newest.get(name, 0))
        by_age = sorted(found.values(), key=lambda epoch: newest[epoch.name])
        ordered = {epoch.first: epoch for epoch in by_age if epoch.first <= by_age[-1].first}
        return [ordered[first] for first in sorted(ordered)]

    def lost(self, rows: Iterable[tuple[Any, ...]], table: Iterable[Epoch]) -> tuple[str, ...]:
        """Epochs of which there was a trace, and that have no place in the ``table`` of ``rows``; the newest, as many
        as a marker has.
        """
        traces = [epoch.name for epoch in sorted(self.epochs.values(), key=lambda epoch: epoch.first)]
        traces += [name for _, _, name, *_ in rows]
        traces += [self.epoch] if self.epoch is not None else []
        there = {epoch.name for epoch in table}
        return tuple(dict.fromkeys(name for name in traces if name not in there))[-EPOCHS:]


def texts(record: Sequence[Any]) -> tuple[Any, ...]:
    """Columns after the key, epoch, kind and source as texts again."""
    _, epoch, kind, source, *rest = record
    return (epoch.decode(), kind.decode(), source.decode(), *rest)


def search(path: Path, *, damaged_log: bool) -> Salvaged:
    """By SQLite as far as that goes, then by looking at every page. Never raises for what is in the file.

    SQLite takes a damaged log only up to the damage and says nothing, so then every page is looked at as well.
    """
    found = Salvaged()
    if path.stat().st_size:  # SQLite deletes the log of an empty file
        by_sqlite(path, found)
    found.whole = found.whole and not damaged_log
    if not found.whole:
        with suppress(OSError), Pages(path) as pages:  # a disk that cannot be read gives what it gives
            for rowid, values in pages.records():
                if len(values) == 11:
                    found.take(values[1], (rowid, *values[2:]))
    return found


def by_sqlite(path: Path, found: Salvaged) -> None:
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
        if connection.execute("PRAGMA user_version").fetchone() == (1,):
            found.contract = 1
    with suppress(*damage):
        for first, name, pole, contract in connection.execute("SELECT first, name, pole, contract FROM epoch"):
            found.epochs[name.decode()] = Epoch(int(first), name.decode(), pole.decode(), int(contract))
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


def build(order: SalvageOrder, found: Salvaged) -> int:
    """The new database; returns how many events were carried over. Raises ``sqlite3.Error`` or ``OSError``.

    The next opening of it tells the story, as the first event of its epoch.
    """
    rows = found.carried(order.pages * PAGE // 4)
    waiting = sum(row[1] == 0 for row in rows)
    epochs = found.table(rows)
    story = Story(reason=order.reason, carried=waiting, whole=found.whole, lost=found.lost(rows, epochs))
    with new_database(Path(order.new), order.pages) as connection:
        fill(connection, "event", rows)
        fill(connection, "epoch", [msgspec.structs.astuple(epoch) for epoch in epochs])
        fill(connection, "restamp", found.corrections)
        fill(connection, "state", found.states)
        with suppress(sqlite3.OperationalError):  # raw readings come last and only as far as there is room
            for block in found.blocks:
                fill(connection, "ring", [block[:-1]])
                fill(connection, "ring_data", [(block[0], block[-1])])
        values = [("clean", 0), ("story", msgspec.json.encode(story))]
        values += [("epoch", epochs[-1].name)] if epochs else []
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)
    return int(waiting)


def fill(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    import sqlite_utils  # noqa: PLC0415  27 MB that the daemon, which makes an empty database itself, never loads

    database: Any = sqlite_utils.Database(connection)
    names = [column.name for column in database[table].columns]
    database[table].insert_all((dict(zip(names, row, strict=True)) for row in rows), batch_size=500)


def main(arguments: list[str]) -> int:
    order = msgspec.json.decode(arguments[0], type=SalvageOrder)
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
