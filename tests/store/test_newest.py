"""The newest readings of a pole are those of all its devices, not of whichever stands last in a block."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.store.ring import RingQuery
from agent.store.store import open_store
from tests.store.rig import FakeClock, boot, reading, settings


def test_the_newest_readings_of_all_devices_are_among_those_that_come(tmp_path: Path) -> None:
    async def run() -> set[tuple[str, float]]:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            for second in range(10):
                clock.elapsed = float(second)
                store.keep([reading(clock.now(), float(second), device=device) for device in ("roof", "gate")])
            pieces = await store.readings(RingQuery(limit=4, newest=True))
            return {(piece.device, float(value)) for piece in pieces for value in piece.series.values}

    assert asyncio.run(run()) >= {("roof", 9.0), ("gate", 9.0), ("roof", 8.0), ("gate", 8.0)}
