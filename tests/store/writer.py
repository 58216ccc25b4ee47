"""``python -m tests.store.writer FOLDER FIRST``: a process that fills a store until it is stopped by force.

It puts numbered events and prints, once they are committed, how many are safe; somebody outside holds it to that.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from agent.config.settings import MIB
from agent.store import open_store
from agent.system.clock import SystemClock
from contract.types import Lane
from tests.store.rig import event, reading, settings


async def write(folder: Path, first: int) -> None:
    clock = SystemClock()
    chance = random.Random(first)
    number = first
    async with open_store(settings(folder, max_bytes=64 * MIB, ring_block_s=1.0), clock) as store:
        while True:
            count = chance.choice((1, 1, 5, 50))
            now = clock.now()
            lanes = chance.choices((Lane.ALARM, Lane.EVENT, Lane.SUMMARY), k=count)
            store.put([event(now, number + index, lane, chance.randrange(900)) for index, lane in enumerate(lanes)])
            store.keep([reading(now, chance.random()) for _ in range(20)])
            number += count
            await store.flush()
            if store.health().state == "ok":
                sys.stdout.write(f"{number}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2])))
