"""The platform's store in PostgreSQL: ``python -m bench.fleet_postgres [--poles N]``, next to the one in SQLite.

The messages are those of ``bench.fleet``. A server of its own is started for it (the newest under
/usr/lib/postgresql; as root by the user postgres), with its defaults, on a socket in a temporary folder. Sides:

- sqlite, postgresql: decoded, compared with coverage, archived, newest values, hours, coverage, in groups of 100;
- cells: the same by three cells on one database, a third of the poles each: what a further cell costs;
- bare copy: the same compressed messages by binary COPY into one table, same groups, nothing decoded.

CPU is that of this process, and that of the server's backend (utime and stime of /proc; the writers of the log and of
dirty pages are not in it). Target: at most 15 us an event, both together, and half the rate of the bare copy.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from itertools import zip_longest
from pathlib import Path
from zlib import crc32

import psycopg

from bench.fleet import CPU_TARGET_US, SHARE_TARGET, backlog, groups, ours
from fleet.store.messages import Inbox
from fleet.store.postgres_open import open_writer
from fleet.store.server import Server
from fleet.store.sqlite import FleetStore
from tests.fleet.servers import open_postgres

_COPY = "COPY bare (pole, received, body) FROM STDIN (FORMAT BINARY)"
CELLS = 3
_TICK = os.sysconf("SC_CLK_TCK")


def backend_s(pid: int) -> float:
    """Seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def sqlite(messages: list[Inbox]) -> tuple[float, float, float]:
    """Seconds of CPU here and in a server, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        ours(Path(folder) / "ours.db", messages)
        return time.process_time() - cpu, 0.0, time.perf_counter() - wall


def postgresql(where: Server, messages: list[Inbox], cells: int = 1) -> tuple[float, float, float, int]:
    """With several cells each has its poles and a connection of its own, and they take turns."""
    names = [f"cell{number}" for number in range(cells)]
    dbs = [open_writer(where, name) for name in names]
    pids = [db.execute("SELECT pg_backend_pid()").fetchone()[0] for db in dbs]
    stores = [FleetStore(db, cell=name) for db, name in zip(dbs, names, strict=True)]
    parts = [[each for each in messages if crc32(each.pole.encode()) % cells == number] for number in range(cells)]
    cpu, wall = time.process_time(), time.perf_counter()
    for turn in zip_longest(*map(groups, parts)):
        for store, group in zip(stores, turn, strict=True):
            store.commit(group or ())
    spent = time.process_time() - cpu, sum(map(backend_s, pids)), time.perf_counter() - wall
    size = dbs[0].sizes().bytes
    for db in dbs:
        db.close()
    return *spent, size


def bare(where: Server, messages: list[Inbox]) -> tuple[float, float, float]:
    with psycopg.connect(where.url, autocommit=True) as pg:
        pg.execute("CREATE TABLE bare (id bigserial, pole text, received float8, body bytea)")
        pid = pg.info.backend_pid
        cpu, wall = time.process_time(), time.perf_counter()
        for group in groups(messages):
            with (
                pg.cursor() as cursor,
                cursor.copy("COPY bare (pole, received, body) FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["text", "float8", "bytea"])
                for message in group:
                    copy.write_row((message.pole, message.received.timestamp(), message.payload))
        return time.process_time() - cpu, backend_s(pid), time.perf_counter() - wall


def main() -> int:
    parser = argparse.ArgumentParser(description="The platform's store in PostgreSQL")
    parser.add_argument("--poles", type=int, default=1000)
    messages, events = backlog(parser.parse_args().poles)
    with open_postgres("-c fsync=on") as server:
        found = {"sqlite": sqlite(messages)}
        *spent, size = postgresql(server.server(), messages)
        found["postgresql"] = spent[0], spent[1], spent[2]
        found[f"{CELLS} cells"] = postgresql(server.server(), messages, CELLS)[:3]
        found["bare copy"] = bare(server.server(), messages)
    for name, (here, there, wall) in found.items():
        us = [part / events * 1e6 for part in (here, there)]
        print(f"{name:12} {us[0]:6.1f} + {us[1]:5.1f} us CPU  {events / wall:10,.0f} events/s")
    share = found["bare copy"][2] / found["postgresql"][2]
    cpu_us = sum(found["postgresql"][:2]) / events * 1e6
    print(f"postgresql: {size / events:.0f} B an event before packing, indexes included; ", end="")
    print(f"{share:.2f} of the bare copy's rate")
    print(f"targets: {CPU_TARGET_US:g} us, {SHARE_TARGET:g} of the bare copy")
    return int(cpu_us > CPU_TARGET_US or share < SHARE_TARGET)


if __name__ == "__main__":
    sys.exit(main())
