"""Upgrade, write, roll back: an agent that finds a database of a later version delivers all that it holds."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from agent.store.store import open_store
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, reported, settings

LATER = """
ALTER TABLE event ADD COLUMN of_a_later_version TEXT NOT NULL DEFAULT '';
ALTER TABLE ring ADD COLUMN of_a_later_version INTEGER;
CREATE TABLE of_a_later_version (id INTEGER PRIMARY KEY, value BLOB) STRICT;
INSERT INTO of_a_later_version VALUES (1, zeroblob(100));
"""


@pytest.mark.fault(
    "A new version of the agent has written the store, and the version before comes back",
    "Every event that waits is delivered under its own name",
)
def test_what_a_later_version_wrote_is_delivered_by_the_version_before(tmp_path: Path) -> None:
    clock = FakeClock()

    async def write() -> list[Row]:
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), number) for number in range(50)])
            await store.flush()
            store.acknowledge([(row.epoch, row.seq) for row in (await store.unsent(Lane.EVENT))[:20]])
        async with open_store(settings(tmp_path), clock, boot) as store:
            return await store.unsent(Lane.EVENT)

    async def read() -> tuple[list[Row], int]:
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), 1000)])
            await store.flush()
            return await store.unsent(Lane.EVENT), store.last_seq

    before = asyncio.run(write())
    with sqlite3.connect(tmp_path / "pole.db", isolation_level=None) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.executescript(LATER)
        database.execute(f"PRAGMA user_version = {version + 1}")
    database.close()
    after, last = asyncio.run(read())
    names = [(row.epoch, row.seq) for row in after]
    assert len(reported(before)) >= 30
    assert {(row.epoch, row.seq, bytes(row.body)) for row in reported(before)} <= {
        (row.epoch, row.seq, bytes(row.body)) for row in after
    }
    assert len(set(names)) == len(names)
    assert last == max(seq for _, seq in names)
    assert len({row.epoch for row in after}) > 1, "what comes then has an epoch of its own"
