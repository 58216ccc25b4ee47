"""``python life.py FOLDER FIRST COUNT DELIVERED END``: one run of a store, by the version of the agent on the path.

It puts ``COUNT`` numbered events from ``FIRST`` on, delivers the first ``DELIVERED`` rows, and prints what waited
before that as JSON: ``[[epoch, seq, kind, body], ...]``. ``END`` is ``clean`` or ``killed``. It uses only what has been
the same since version 0.1.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from agent.store import open_store
from contract.types import Lane
from tests.store.rig import FakeClock, boot, event, settings


async def live(folder: Path, first: int, count: int, delivered: int, end: str) -> None:
    clock = FakeClock()
    async with open_store(settings(folder), clock, boot) as store:
        store.put([event(clock.now(), first + index, list(Lane)[index % 3]) for index in range(count)])
        await store.flush()
        if store.health().state != "ok":
            sys.exit(store.health().text)
        rows = [row for lane in Lane for row in await store.unsent(lane, max_bytes=100_000_000)]
        store.acknowledge([(row.epoch, row.seq) for row in rows[:delivered]])
        await store.flush()
        json.dump([[row.epoch, row.seq, row.kind, bytes(row.body).decode()] for row in rows], sys.stdout)
        sys.stdout.flush()
        if end == "killed":
            os._exit(0)


if __name__ == "__main__":
    place, *numbers, last = sys.argv[1:]
    asyncio.run(live(Path(place), int(numbers[0]), int(numbers[1]), int(numbers[2]), last))
