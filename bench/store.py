"""The store against bare SQLite, and what it writes on a pole in a day: ``python -m bench.store [FOLDER]``.

Rate: the same events with the same pragmas, in the same groups, through ``put`` + ``flush`` and through a bare
``executemany`` of the same columns in one run, group by group in turn; the median of five rounds counts. Target: at
least 70 %. The ratio to rows that somebody had encoded before is printed as well: on a disk that syncs in no time
it is the Python of encoding that it shows.

Wear: the pole profile (five device summaries a minute, 20 readings a second into the ring, all delivered and
acknowledged) runs for some hours of a clock of its own, as fast as it goes. What the process wrote (write_bytes of
/proc/self/io) and what reached the disk (as root: the sectors of a loop device with ext4) is scaled to a day. Target:
at most 90 MB.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from agent.config.settings import MIB, StoreSettings
from agent.store import open_store
from agent.store.budget import Budget
from agent.store.database import connect, transaction
from agent.store.rows import INSERT, Pending, records
from contract.events import Summary, Window
from contract.types import Event, Lane, Reading, Stamp
from contract.units import Unit

GROUP = 1_000
GROUPS = 30
ROUNDS = 5
RATE_TARGET = 0.70
WEAR_TARGET = 90e6
HOURS = 8
DAY_S = 86_400
DEVICES = 5
QUANTITIES = 4
encode = msgspec.json.Encoder().encode
BOOT = "0f0e0d0c-0000-4000-8000-000000000001"


class FastClock:
    """Time that passes on request."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> Stamp:
        return Stamp(datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=self.elapsed), self.elapsed + 100.0)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.elapsed += seconds


def boot() -> str:
    return BOOT


def summary(clock: FastClock, device: int, chance: random.Random) -> Event:
    windows = tuple(
        Window(
            quantity=quantity,
            unit=Unit.CELSIUS,
            count=60,
            mean=round(20 + chance.random(), 3),
            min=19.9,
            max=21.2,
            std=round(chance.random(), 4),
            last=20.4,
        )
        for quantity in ("temperature", "humidity", "pressure", "wind_speed")
    )
    return Event.of(f"device-{device}", clock.now(), Summary(duration_s=60.0, windows=windows))


class Bare:
    """SQLite and nothing else: the same file layout and pragmas, one ``executemany`` and one commit for a group."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, Budget.of(StoreSettings()))
        self._seq = 0

    def write(self, events: list[Event]) -> None:
        """From the events: what anybody has to do who keeps them as JSON. No checksum, no bound, no thread."""
        self.write_rows([row(event, seq) for seq, event in enumerate(events, self._seq)])
        self._seq += len(events)

    def write_rows(self, rows: list[tuple[Any, ...]]) -> None:
        with transaction(self._connection):
            self._connection.executemany(INSERT, rows)

    def close(self) -> None:
        self._connection.close()


def row(event: Event, seq: int) -> tuple[Any, ...]:
    at = event.at
    utc_us, boot_us = int(at.utc.timestamp() * 1e6), int(at.boot_s * 1e6)
    body = encode(event.body)
    return (seq, "0" * 12, event.body.kind, event.source, utc_us, 0x0F0E0D0C, boot_us, 1, 0x0F0E0D0C, body)


async def race(folder: Path, events: list[Event]) -> tuple[float, float, float]:
    """Seconds of a bare ``executemany`` from events, of one from rows that are ready, and of ours, in turn."""
    bare, ready = Bare(folder / "bare.db"), Bare(folder / "ready.db")
    rows = list(records(map(Pending.of, events), 1, "0" * 12, 1))
    seconds = [0.0, 0.0, 0.0]
    async with open_store(StoreSettings(path=str(folder / "ours.db")), FastClock(), boot) as store:
        for start in range(0, len(events), GROUP):
            times = [time.perf_counter()]
            bare.write(events[start : start + GROUP])
            times.append(time.perf_counter())
            ready.write_rows(rows[start : start + GROUP])
            times.append(time.perf_counter())
            store.put(events[start : start + GROUP])
            await store.flush()
            times.append(time.perf_counter())
            seconds = [
                so_far + after - before for so_far, before, after in zip(seconds, times, times[1:], strict=False)
            ]
    bare.close()
    ready.close()
    return seconds[0], seconds[1], seconds[2]


def rate(folder: Path) -> bool:
    chance = random.Random(1)
    events = [summary(FastClock(), index % DEVICES, chance) for index in range(GROUP * GROUPS)]
    ratios, stricter = [], []
    for index in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            bare, ready, ours = asyncio.run(race(Path(name), events))
        ratios.append(bare / ours)
        stricter.append(ready / ours)
        per_s = [len(events) / seconds for seconds in (bare, ready, ours)]
        print(f"  round {index + 1}: bare {per_s[0]:8.0f}/s  ready rows {per_s[1]:8.0f}/s  store {per_s[2]:8.0f}/s")
    ratio = statistics.median(ratios)
    print(f"durable events in groups of {GROUP}: store / bare executemany = {ratio:.2f}  (target >= {RATE_TARGET})")
    print(f"  to an executemany whose rows were encoded before its clock ran: {statistics.median(stricter):.2f}")
    return ratio >= RATE_TARGET


async def profile(folder: Path, hours: int) -> None:
    """The pole profile on a clock of its own: what is put in a minute is delivered in the same minute."""
    clock = FastClock()
    chance = random.Random(2)
    values = [20.0 + index for index in range(DEVICES * QUANTITIES)]
    async with open_store(StoreSettings(path=str(folder / "pole.db")), clock, boot) as store:
        for minute in range(hours * 60):
            for second in range(60):
                clock.elapsed = minute * 60.0 + second + chance.random() * 0.01
                at = clock.now()
                for index in range(len(values)):
                    values[index] += chance.choice((-0.1, 0.0, 0.0, 0.0, 0.1))
                store.keep(
                    [
                        Reading(
                            device=f"device-{index % DEVICES}",
                            quantity=f"quantity-{index // DEVICES}",
                            value=round(value, 1),
                            unit=Unit.CELSIUS,
                            at=at,
                        )
                        for index, value in enumerate(values)
                    ]
                )
            for device in range(DEVICES):  # each in a commit of its own: the worst case, they end together
                store.put([summary(clock, device, chance)])
                if device in {0, DEVICES - 1}:
                    await store.flush()
            rows = await store.unsent(Lane.SUMMARY)
            store.acknowledge((row.epoch, row.seq) for row in rows)


@contextmanager
def ext4(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    """A fresh ext4 with its device's statistics, or the folder itself where that needs more rights."""
    if os.geteuid() != 0:
        yield folder, None
        return
    image, place = folder / "disk.img", folder / "disk"
    with image.open("wb") as file:
        file.truncate(512 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image)], check=True)
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        device = subprocess.run(
            ["findmnt", "-n", "-o", "SOURCE", str(place)], check=True, capture_output=True, text=True
        ).stdout.strip()
        yield place, Path("/sys/block") / Path(device).name / "stat"
    finally:
        subprocess.run(["umount", str(place)], check=True)


def written() -> int:
    text = Path("/proc/self/io").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("write_bytes"))


def sectors(stat: Path | None) -> int:
    return int(stat.read_text(encoding="ascii").split()[6]) * 512 if stat else 0


def wear(folder: Path, hours: int) -> bool:
    with tempfile.TemporaryDirectory(dir=folder) as name, ext4(Path(name)) as (place, stat):
        asyncio.run(profile(place, 0))  # the files are laid out once in a pole's life
        os.sync()
        before, disk_before = written(), sectors(stat)
        asyncio.run(profile(place, hours))
        os.sync()
        scale = DAY_S / (hours * 3600)
        process, disk = (written() - before) * scale, (sectors(stat) - disk_before) * scale
    print(f"pole profile, {hours} h of its own clock, scaled to a day:")
    print(f"  written by the process: {process / 1e6:6.1f} MB/day  (target <= {WEAR_TARGET / 1e6:.0f})")
    if stat:
        print(f"  arrived at the disk with ext4's own journal: {disk / 1e6:6.1f} MB/day")
    return process <= WEAR_TARGET


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    folder = Path(arguments[0] if arguments else ".").resolve()
    print(f"SQLite {sqlite3.sqlite_version}, files in {folder}")
    fast = rate(folder)
    spared = wear(folder, HOURS)
    return 0 if fast and spared else 1


if __name__ == "__main__":
    sys.exit(main())
