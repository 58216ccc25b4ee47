"""How soon a process of the platform knows what another one has for it: ``python -m bench.wake [--times N]``.

A process gives commands to poles, as that of the pages does: each is a transaction that ends with NOTIFY. Another one
listens, as each cell does (fleet/store/wake.py). Milliseconds on the clock, from before the transaction and from its
commit until the other one is woken. A PostgreSQL server of its own is started for it, with fsync.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from fleet.jobs import rows
from fleet.store.messages import Inbox
from fleet.store.server import Server
from fleet.store.sqlite import open_store
from fleet.store.wake import listen
from tests.fleet.poles import NOON, message
from tests.fleet.servers import open_postgres

PAUSE_S = 0.05
"""Between two commands: what is said while a process is still awake would be counted as one."""


def listener(url: str) -> None:
    """Prints the moment of each wake-up."""
    asyncio.run(listen(Server(url=url), lambda: print(time.monotonic(), flush=True)))


def measure(where: Server, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds from before the transaction, and from its commit."""
    with open_store(where, cell="web") as store:
        store.commit([Inbox("p1", message("p1", [1]), NOON + timedelta(days=1))])
        command = [sys.executable, "-m", "bench.wake", "--listen", where.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                child.stdout.readline()  # it listens
                whole, after = [], []
                for _ in range(times):
                    time.sleep(PAUSE_S)  # noqa: TID251
                    at = datetime.now(UTC)  # noqa: TID251
                    wanted = rows.Wanted(poles=["p1"], name="ping", args={}, expires=at + timedelta(hours=1), who="b")
                    begun = time.monotonic()
                    store.change(lambda db, wanted=wanted, at=at: rows.submit(db, wanted, at))
                    committed = time.monotonic()
                    woken = float(child.stdout.readline())
                    whole.append((woken - begun) * 1000)
                    after.append((woken - committed) * 1000)
            finally:
                child.kill()
    return whole, after


def main() -> int:
    parser = argparse.ArgumentParser(description="How soon one process wakes another one")
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--listen", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.listen:
        listener(options.listen)
        return 0
    with open_postgres("-c fsync=on") as made:
        for title, found in zip(("with its commit", "after it"), measure(made.prepared(), options.times), strict=True):
            found.sort()
            last = found[int(len(found) * 0.99)]
            print(f"{title}: {statistics.median(found):.1f} ms (median), {last:.1f} (99 %), {found[-1]:.1f} (worst)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
