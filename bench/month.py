"""The screens' questions on a month of data: ``python -m bench.month [--poles N ...] [--days N] [--folder DIR]``.

A virtual city reports for a quarter of an hour, as in bench.storms; then the days before are put into its tables:

- an hour of each series (``hour``), as the roll-up has it;
- three packed segments of each pole and day, with 600 bytes in place of some 115,000: no screen but the events of one
  pole reads them, and the bodies of 15,000 poles are some 100 GB. The pole that is asked about has true ones: a summary
  of six quantities each minute, committed and packed as they are;
- ended incidents, one in three days a pole, and as many that are open as the city has.

For each size, in a process of its own: seconds of the processor for each screen and, in brackets, on the clock, both
the worst of five. The archive may be in the memory of the machine, as it is where it was just written. Target: 1 s.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from bench.fleet import summary
from bench.storms import BEGIN, Played
from contract.envelope import pack
from contract.types import Row, Stamp
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.incidents.causes import causes
from fleet.query.cameras import CamerasAsked, cameras
from fleet.query.completeness import CompletenessAsked, completeness
from fleet.query.events import EventsAsked, events
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.metrics import counts
from fleet.query.one import PoleAsked, pole
from fleet.query.places import names, placed
from fleet.query.platform_health import figures
from fleet.query.poles import PolesAsked, poles, summing
from fleet.query.reader import reading
from fleet.query.rollouts import rollouts
from fleet.query.values import CourseAsked, course
from fleet.store.messages import Inbox
from fleet.store.packing import pack as pack_day
from fleet.store.sqlite import FleetStore, open_store

SIZES = (1_500, 5_000, 15_000)
RUN_S = 900
DAY_S = 86_400
TARGET_S = 1.0
EPOCH = "0ddba11d"
HOURS = """
INSERT OR IGNORE INTO hour WITH RECURSIVE h(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM h WHERE n < :last)
SELECT id, n, 60, 60 * (20 + (id * n) % 997 / 100.0), 19 - (id + n) % 7, 31 + (id * n) % 11, NULL, NULL, NULL
FROM (SELECT id FROM series ORDER BY id) CROSS JOIN h
"""
SEGMENTS = """
INSERT INTO segment (pole, epoch, first, last, count, lane, t0, t1, received, body, kinds)
WITH RECURSIVE d(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < :days - 1),
p(k, lane, count) AS (VALUES (0, 'summary', 720), (1, 'summary', 720), (2, 'event', 20))
SELECT pole, :epoch, n * 1460 + k * 720 + 1, n * 1460 + k * 720 + count, count, lane,
    :begin + n * 86400 + k % 2 * 43200,
    :begin + n * 86400 + k % 2 * 43200 + 43140, :begin + n * 86400 + 86400, randomblob(600), lane
FROM (SELECT pole FROM pole WHERE pole != :asked ORDER BY pole) CROSS JOIN d CROSS JOIN p
"""
INCIDENTS = """
INSERT INTO incident (pole, source, id, kind, type, severity, begin, "end", reason, body, age)
WITH RECURSIVE d(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < :days / 3 - 1),
one AS (SELECT kind, type, severity, body FROM incident LIMIT 1)
SELECT pole, 'roof', printf('m%d', n), kind, type, severity, t, t + 1800, 'over', body, NULL
FROM (SELECT pole, n, :begin + n * 259200 + abs(random()) % 250000 AS t FROM pole CROSS JOIN d) CROSS JOIN one
"""


def fill(path: Path, asked: str, begin: int, days: int) -> None:
    """The days from ``begin`` on, of all poles but one."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        values = {"epoch": EPOCH, "asked": asked, "begin": begin, "days": days}
        db.execute("BEGIN")
        db.execute(HOURS, {"first": begin // 3600, "last": begin // 3600 + days * 24 - 1})
        db.execute(SEGMENTS, values)
        db.execute("INSERT INTO coverage SELECT pole, :epoch, 1, :days * 1460 FROM pole WHERE pole != :asked", values)
        db.execute(
            "INSERT INTO epoch (pole, epoch, given) SELECT pole, epoch, last FROM coverage WHERE true "
            "ON CONFLICT DO NOTHING"
        )
        db.execute(INCIDENTS, values)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")


def fill_one(store: FleetStore, name: str, begin: int, days: int) -> None:
    """A summary a minute, as the pole sends them and as the platform packs them."""
    chance = random.Random(3)
    for day in range(days):
        rows = [
            Row(
                epoch=EPOCH,
                seq=day * 1440 + minute + 1,
                lane=(body := summary(chance)).lane,
                kind=body.kind,
                source="roof",
                at=Stamp(datetime.fromtimestamp(begin + day * DAY_S + minute * 60, UTC), float(minute)),
                body=msgspec.json.encode(body),
            )
            for minute in range(1440)
        ]
        at = datetime.fromtimestamp(begin + (day + 1) * DAY_S, UTC)
        cuts = [rows[part : part + 60] for part in range(0, 1440, 60)]
        store.commit([Inbox(name, pack(name, cut).payload, at, "summary") for cut in cuts])
        first = begin + day * DAY_S
        store.change(partial(pack_day, pole=name, begin=first, end=first + DAY_S))


def screens(name: str, now: float, days: int) -> dict[str, Callable[[Any], Any]]:
    """What each page asks for, all of it; of lists the first two pages."""
    at = datetime.fromtimestamp(now, UTC)
    since, yesterday = at - timedelta(days=days), at - timedelta(days=1)
    hours = CourseAsked(pole=name, source="roof", quantity="temperature", since=since, until=at)
    month = CompletenessAsked(since=since.date(), until=at.date())

    def paged(ask: Callable[[Any, Any], Any], asked: Any, db: Any) -> Any:
        found = ask(db, asked)
        if found.next is not None:
            found = ask(db, msgspec.structs.replace(asked, cursor=found.next))
        return found

    def listed(db: Any, asked: IncidentsAsked) -> Any:
        return incidents(db, asked, at)

    return {
        "city": lambda db: (summing(db), placed(db), names(db), poles(db, PolesAsked(limit=50))),
        "a filter of the city": lambda db: poles(db, PolesAsked(text="street 7", mark="alarm", limit=50)),
        "pole": lambda db: (pole(db, PoleAsked(pole=name)), course(db, hours)),
        "its events": lambda db: events(db, EventsAsked(pole=name, since=yesterday, until=at)),
        "incidents": lambda db: (
            paged(listed, IncidentsAsked(open=True), db),
            paged(listed, IncidentsAsked(), db),
            paged(listed, IncidentsAsked(since=since, until=since + timedelta(days=days / 2)), db),
        ),
        "causes": causes,
        "completeness": lambda db: paged(completeness, month, db),
        "cameras": lambda db: cameras(db, CamerasAsked()),
        "rollouts": lambda db: rollouts(db, None, "", "", at),
        "platform": lambda db: (counts(db), figures(db)),
    }


def measure(count: int, days: int, root: Path) -> None:
    """Prints one row of the table."""
    folder = Folder(root)
    began = time.monotonic()
    with open_store(folder.store) as store:
        played = Played(root, store, count, 1)
        played.run(RUN_S)
        (name,) = store.database.execute("SELECT min(pole) FROM pole").fetchone()
        begin = BEGIN // DAY_S * DAY_S - days * DAY_S
        fill_one(store, name, begin, days)
    path = folder.store
    assert isinstance(path, Path)
    fill(path, name, begin, days)
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("hour", "segment", "incident")]
    size = path.stat().st_size / 1e9
    print(f"| {count:,} | {size:.2f} | {' | '.join(f'{each:,}' for each in rows)} | ", end="")
    print(f"{time.monotonic() - began:.0f} | ", end="", flush=True)
    with open_desk(folder.desk):
        pass
    for title, ask in screens(name, played.now, days).items():
        spent = []
        for _ in range(5):
            with reading(*folder.read) as db:
                cpu, wall = time.process_time(), time.perf_counter()
                ask(db)
                spent.append((time.process_time() - cpu, time.perf_counter() - wall))
        cpu, wall = (max(each) for each in zip(*spent, strict=True))
        print(f"{title} {cpu:.2f} ({wall:.2f}){'' if wall <= TARGET_S else ' missed'}", end="; ", flush=True)
    print("|", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="The screens' questions on a month of data")
    parser.add_argument("--poles", type=int, nargs="+", default=SIZES)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--folder", type=Path, help="for the archives: 3.5 GB for 15,000 poles")
    options = parser.parse_args()
    if len(options.poles) == 1:
        with tempfile.TemporaryDirectory(dir=options.folder) as root:
            measure(options.poles[0], options.days, Path(root))
        return 0
    print("| poles | GB | hours | segments | incidents | s to make it | s of the processor (on the clock) |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for count in options.poles:
        command = [sys.executable, "-m", "bench.month", "--poles", str(count), "--days", str(options.days)]
        subprocess.run([*command, *(["--folder", str(options.folder)] if options.folder else [])], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
