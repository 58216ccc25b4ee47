"""The platform's store: ``python -m bench.fleet [--poles N]``, all sides in one run, CPU by ``process_time``.

The messages are those of poles that drain an hour of backlog: 60 summaries of six quantities, batched and compressed by
the pole's own code; of a tenth of the poles most comes twice, cut differently. Sides:

- ours: decoded, compared with coverage, archived, newest values, hours, coverage, committed in groups of 100 messages;
- read: the same messages inflated and all of their JSON read, nothing else: the share of it that is no code of ours;
- packed: what the platform does with the segments of a day once it is over (fleet/upkeep.py), apart from the ingest;
- bare: the same compressed messages by ``executemany`` into one table, same pragmas, same groups, nothing decoded;
- one row an event: decoded, ``INSERT`` with the key (pole, epoch, seq), a commit for each event: what a first version
  of a receiver does.

Targets: ours at least half the rate of the bare side, at most 15 us of CPU an event, at least 5 times the rate of one
row an event; packed at most 160 B stored an event. Bytes are those in use: pages that are free are used again.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from contract.envelope import pack
from contract.events import Summary, Window
from contract.receive import decode
from contract.types import Row, Stamp
from contract.units import Unit
from fleet.store.hours import SummaryRead
from fleet.store.messages import Inbox
from fleet.store.packing import pack as pack_day
from fleet.store.sqlite import open_store

GROUP = 100
MINUTES = 60
CPU_TARGET_US = 15.0
BYTES_TARGET = 160.0
FASTER_TARGET = 5.0
SHARE_TARGET = 0.5
BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUANTITIES = (
    ("temperature", Unit.CELSIUS, 21.0),
    ("humidity", Unit.PERCENT, 60.0),
    ("pressure", Unit.HECTOPASCAL, 1013.0),
    ("wind_speed", Unit.METRE_PER_SECOND, 3.0),
    ("pm2_5", Unit.UG_PER_M3, 30.0),
    ("noise", Unit.DECIBEL, 55.0),
)


def summary(rng: random.Random) -> Summary:
    windows = []
    for name, unit, level in QUANTITIES:
        mean = round(rng.gauss(level, level / 20), 3)
        low, high = round(mean - abs(rng.gauss(0, 1)), 2), round(mean + abs(rng.gauss(0, 1)), 2)
        spread = round(abs(rng.gauss(0.3, 0.1)), 4)
        windows.append(
            Window(quantity=name, unit=unit, count=60, mean=mean, min=low, max=high, std=spread, last=round(mean, 1))
        )
    return Summary(duration_s=60.0, windows=tuple(windows))


def backlog(poles: int) -> tuple[list[Inbox], int]:
    """The messages of an hour, and how many different events are in them."""
    rng = random.Random(5)
    messages = []
    for number in range(poles):
        pole, epoch = f"SZ-{number:05}", f"{rng.getrandbits(32):08x}"
        rows = [
            Row(
                epoch=epoch,
                seq=seq,
                lane=Summary.lane,
                kind=Summary.kind,
                source="roof",
                at=Stamp(BEGIN + timedelta(minutes=seq), 60.0 * seq),
                body=msgspec.json.encode(summary(rng)),
            )
            for seq in range(1, MINUTES + 1)
        ]
        cuts = [rows[:25], rows[25:50], rows[50:]]
        if number % 10 == 0:
            cuts += [rows[10:40], rows[40:55]]
        now = BEGIN + timedelta(hours=2)
        messages += [Inbox(pole, pack(pole, cut).payload, now) for cut in cuts]
    return messages, poles * MINUTES


def groups(messages: list[Inbox]) -> Iterator[list[Inbox]]:
    for start in range(0, len(messages), GROUP):
        yield messages[start : start + GROUP]


def ours(path: Path, messages: list[Inbox]) -> None:
    with open_store(path) as store:
        for group in groups(messages):
            store.commit(group)


def read(_: Path, messages: list[Inbox]) -> None:
    of_summaries = msgspec.json.Decoder(SummaryRead)
    for message in messages:
        for event in decode(message.payload):
            of_summaries.decode(event.data)


def packed(path: Path, messages: list[Inbox]) -> None:
    """On what ours has left."""
    with open_store(path) as store:
        for pole in sorted({message.pole for message in messages}):
            store.change(partial(pack_day, pole=pole, begin=0.0, end=1e12))


def bare(path: Path, messages: list[Inbox]) -> None:
    db = connected(path, "CREATE TABLE segment (id INTEGER PRIMARY KEY, pole TEXT, received REAL, body BLOB)")
    for group in groups(messages):
        db.execute("BEGIN")
        rows = [(message.pole, message.received.timestamp(), message.payload) for message in group]
        db.executemany("INSERT INTO segment (pole, received, body) VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")
    db.close()


def row_an_event(path: Path, messages: list[Inbox]) -> None:
    key = "PRIMARY KEY (pole, epoch, seq)"
    db = connected(
        path, f"CREATE TABLE event (pole TEXT, epoch TEXT, seq INTEGER, kind TEXT, at REAL, body BLOB, {key})"
    )
    for message in messages:
        for event in decode(message.payload):
            values = (message.pole, event.epoch, event.seq, event.type, event.time.timestamp(), bytes(event.data))
            db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", values)
    db.close()


def connected(path: Path, schema: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(schema)
    return db


def measured(side: Callable[[Path, list[Inbox]], None], path: Path, messages: list[Inbox]) -> tuple[float, float, int]:
    """Seconds of CPU, seconds, and bytes in use."""
    cpu, wall = time.process_time(), time.perf_counter()
    side(path, messages)
    spent = time.process_time() - cpu, time.perf_counter() - wall
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages, free, size = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    db.close()
    return *spent, (pages - free) * size


def main() -> int:
    parser = argparse.ArgumentParser(description="The platform's store against bare SQLite")
    parser.add_argument("--poles", type=int, default=1000)
    messages, events = backlog(parser.parse_args().poles)
    print(
        f"{events:,} events in {len(messages):,} messages, {sum(len(m.payload) for m in messages) / events:.0f} B each"
    )
    results = {}
    sides = (
        ("read", "read", read),
        ("ours", "ours", ours),
        ("packed", "ours", packed),
        ("bare", "bare", bare),
        ("one row an event", "rows", row_an_event),
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, file, side in sides:
            results[name] = cpu, wall, size = measured(side, Path(folder) / f"{file}.db", messages)
            rate, us, stored = events / wall, cpu / events * 1e6, size / events
            print(f"{name:17} {us:6.1f} us CPU  {rate:10,.0f} events/s  {stored:6.0f} B an event")
    cpu_us, per_event = results["ours"][0] / events * 1e6, results["packed"][2] / events
    share, faster = (results[name][1] / results["ours"][1] for name in ("bare", "one row an event"))
    print(f"CPU of ours: {results['ours'][0] / results['read'][0]:.1f} times that of reading alone")
    print(f"rate of ours: {share:.2f} of bare (target {SHARE_TARGET:g}), ", end="")
    print(f"{faster:.1f} times one row an event (target {FASTER_TARGET:g})")
    print(f"targets: at most {CPU_TARGET_US:g} us CPU (ours) and {BYTES_TARGET:g} B an event (packed)")
    missed = cpu_us > CPU_TARGET_US or per_event > BYTES_TARGET or share < SHARE_TARGET or faster < FASTER_TARGET
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
