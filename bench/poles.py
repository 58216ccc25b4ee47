"""What a pole costs as the city grows: ``python -m bench.poles [--poles N ...] [--minutes N]``.

For each size, in a process of its own, a virtual city (simulator/city) reports each minute into the platform's store,
message by message as live poles send, committed in groups of 500. CPU by ``process_time``: of the city, and of the
platform (decoding, store, watermarks) for an event; memory of both for a pole; then the questions of the screens, each
asked twice, the better time counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contract.watermark import watermarks
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.incidents.causes import causes
from fleet.incidents.watch import watch
from fleet.query.cameras import CamerasAsked, cameras
from fleet.query.completeness import CompletenessAsked, completeness
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.metrics import counts
from fleet.query.one import PoleAsked, pole
from fleet.query.places import placed
from fleet.query.poles import PolesAsked, poles, summing
from fleet.query.reader import reading
from fleet.query.rollouts import rollouts
from fleet.register.places import put, read_places
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from simulator.city.city import City
from simulator.city.plan import plan, register_csv

BEGIN, WINDOW_S, GROUP = 1_795_000_200, 60, 500
SIZES = (1_000, 5_000, 15_000, 45_000)


def resident() -> float:
    """KiB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4.0


def measure(count: int, minutes: int) -> None:
    """Prints one row of the table, and one of the screens."""
    with tempfile.TemporaryDirectory() as root, open_store(Folder(Path(root)).store) as store:
        before = resident()
        city = City(plan(count, 1), 1, BEGIN, window_s=WINDOW_S)
        store.change(lambda db: put(db, read_places(register_csv(list(city.places)))))
        made = resident()
        events = messages = 0
        spent = {"city": 0.0, "platform": 0.0}
        waiting: list[Inbox] = []
        for now in range(BEGIN, BEGIN + minutes * WINDOW_S):
            begun = time.process_time()
            at = datetime.fromtimestamp(now, UTC)
            waiting += [Inbox(name, payload, at, leaf) for name, leaf, payload in city.step(now)]
            between = time.process_time()
            spent["city"] += between - begun
            while len(waiting) >= GROUP:
                group, waiting = waiting[:GROUP], waiting[GROUP:]
                done = store.commit(group)
                events, messages = events + done.events, messages + GROUP
                marks = [(name, mark) for (name, epoch), r in done.confirmed.items() for mark in watermarks(epoch, r)]
                spent["platform"] += time.process_time() - between
                for name, mark in marks:
                    city.confirmed(name, mark, now)
                between = time.process_time()
        kib = (made - before) / count, (resident() - made) / count
        us = [each / max(1, messages) * 1e6 for each in spent.values()]
        print(f"| {count:,} | {events:,} | {us[1]:.0f} | {us[0]:.0f} | {kib[0]:.1f} | {kib[1]:.1f} | ", end="")
        print(" ".join(screens(Path(root), BEGIN + minutes * WINDOW_S)), "|", flush=True)


def screens(root: Path, now: float) -> list[str]:
    """Milliseconds of CPU for each screen's question."""
    at = datetime.fromtimestamp(now, UTC)
    asked: dict[str, Callable[[Any], Any]] = {
        "city": lambda db: (summing(db), placed(db), poles(db, PolesAsked(limit=50))),
        "pole": lambda db: pole(db, PoleAsked(pole="sz-0001-00")),
        "incidents": lambda db: incidents(db, IncidentsAsked(open=True), at),
        "causes": causes,
        "completeness": lambda db: completeness(db, CompletenessAsked(since=at.date(), until=at.date())),
        "cameras": lambda db: cameras(db, CamerasAsked()),
        "rollouts": lambda db: rollouts(db, None, "", "", at),
        "metrics": counts,
    }
    rows = []
    with open_desk(Folder(root).desk) as desk, reading(Folder(root).store, desk.where) as db:
        watch(db, desk, now)
    for name, ask in asked.items():
        best = float("inf")
        for _ in range(2):
            with reading(*Folder(root).read) as db:
                begun = time.process_time()
                ask(db)
                best = min(best, time.process_time() - begun)
        rows.append(f"{name} {best * 1000:.0f}")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="What a pole costs as the city grows")
    parser.add_argument("--poles", type=int, nargs="+", default=SIZES)
    parser.add_argument("--minutes", type=int, default=4)
    options = parser.parse_args()
    if len(options.poles) == 1:
        measure(options.poles[0], options.minutes)
        return 0
    print("| poles | events | platform us a message | city us | city KiB a pole | platform KiB | screens, ms of CPU |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for count in options.poles:
        command = [sys.executable, "-m", "bench.poles", "--poles", str(count), "--minutes", str(options.minutes)]
        subprocess.run(command, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
