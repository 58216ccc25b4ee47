"""A store that is full, and a disk that is: what goes, in which order, and that every loss is reported."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config.settings import KIB, MIB
from agent.store import RingQuery, Store, open_store
from agent.store.database import files_size
from contract.events import Gap, Summary
from contract.types import Event, Lane, Row
from tests.store.rig import FakeClock, boot, event, reading, settings, summary


async def all_rows(store: Store) -> list[Row]:
    return [row for lane in Lane for row in await store.unsent(lane, max_bytes=100 * MIB)]


def gaps(rows: list[Row]) -> list[Gap]:
    return [msgspec.json.decode(row.body, type=Gap) for row in rows if row.kind == "gap"]


def reported(rows: list[Row]) -> set[int]:
    return {seq for gap in gaps(rows) for first, last in gap.ranges for seq in range(first, last + 1)}


def kept(rows: list[Row]) -> set[int]:
    return {row.seq for row in rows}


async def fill(store: Store, folder: Path, clock: FakeClock, batches: list[list[Event]], bound: int) -> None:
    for batch in batches:
        clock.elapsed += 60
        store.put(batch)
        await store.flush()
        assert files_size(folder / "pole.db") <= bound


def test_a_full_store_stays_in_its_bound_and_tells_every_number_that_went(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, max_bytes=2 * MIB), clock, boot) as store:
            batches = [[event(clock.now(), index, Lane.RAW, 3000) for index in range(20)] for _ in range(60)]
            batches += [[event(clock.now(), index, Lane.EVENT, 3000) for index in range(20)] for _ in range(60)]
            await fill(store, tmp_path, clock, batches, 2 * MIB)
            rows = await all_rows(store)
            assert store.health().state == "full"
            assert kept(rows) | reported(rows) == set(range(1, store.last_seq + 1))
            assert {row.lane for row in rows} == {Lane.EVENT}
            assert sum(gap.count for gap in gaps(rows)) == store.health().evicted
            assert {gap.reason for gap in gaps(rows)} == {"store_full"}
            assert len(gaps(rows)) < 20
            assert store.health().lanes["event"].unsent == len(rows)
            newest = max(row.seq for row in rows if row.kind != "gap")
            assert store.last_seq - newest < 5

    asyncio.run(scenario())


def test_the_ring_goes_first_and_alarms_go_last(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        wanted = settings(tmp_path, max_bytes=2 * MIB, ring_bytes=512 * KIB, ring_block_s=1.0)
        async with open_store(wanted, clock, boot) as store:
            for second in range(60):
                clock.elapsed = second
                store.keep([reading(clock.now(), float(second * index % 97) / 7) for index in range(300)])
                await store.flush()
            alarms = [[event(clock.now(), 1, Lane.ALARM, 300) for _ in range(50)] for _ in range(20)]
            events = [[event(clock.now(), 1, Lane.EVENT, 3000) for _ in range(20)] for _ in range(10)]
            await fill(store, tmp_path, clock, [*alarms, *events], 2 * MIB)
            assert not reported(await all_rows(store))
            await fill(store, tmp_path, clock, events * 3, 2 * MIB)
            rows = await all_rows(store)
            assert reported(rows)
            assert sum(len(piece.series.values) for piece in await store.readings(RingQuery())) == 300  # in memory
            assert sum(row.lane is Lane.ALARM for row in rows) == 1000
            assert kept(rows) | reported(rows) == set(range(1, store.last_seq + 1))

    asyncio.run(scenario())


def test_summaries_are_thinned_before_any_is_lost(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        clock.elapsed = -60.0
        async with open_store(settings(tmp_path, max_bytes=2 * MIB), clock, boot) as store:
            minutes = 60 * 12
            for _ in range(minutes):
                clock.elapsed += 60
                store.put(
                    [summary(clock.now(), f"device-{index}", quantity="temperature" + "x" * 400) for index in range(5)]
                )
                await store.flush()
                assert files_size(tmp_path / "pole.db") <= 2 * MIB
            rows = await all_rows(store)
            assert kept(rows) | reported(rows) == set(range(1, store.last_seq + 1))
            assert {gap.reason for gap in gaps(rows)} == {"thinned"}
            bodies = [msgspec.json.decode(row.body, type=Summary) for row in rows if row.kind == "summary"]
            assert {60.0, 600.0} <= {body.duration_s for body in bodies}
            assert sum(body.windows[0].count for body in bodies) == minutes * 5 * 60
            assert sum(body.duration_s for body in bodies) == minutes * 5 * 60.0

    asyncio.run(scenario())


def test_a_gap_that_was_handed_out_never_changes(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, max_bytes=2 * MIB), clock, boot) as store:
            seen: dict[int, bytes] = {}
            for _ in range(250):
                store.put([event(clock.now(), index, Lane.EVENT, 3000) for index in range(10)])
                await store.flush()
                for row in await store.unsent(Lane.EVENT, max_bytes=100 * MIB):
                    if row.kind == "gap":
                        assert seen.setdefault(row.seq, row.body) == row.body
            rows = await all_rows(store)
            assert len(seen) > 40
            assert len(gaps(rows)) <= 40  # the oldest were made into one
            assert kept(rows) | reported(rows) == set(range(1, store.last_seq + 1))

    asyncio.run(scenario())


def test_an_event_too_large_for_the_store_is_refused_and_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), 1, padding=2 * MIB), event(clock.now(), 2)])
            await store.flush()
            (gap,) = gaps(await all_rows(store))
            assert (gap.reason, gap.count, gap.ranges) == ("refused", 1, ())
            assert store.last_seq == 3

    asyncio.run(scenario())


def test_memory_is_bounded_while_nothing_can_be_written_and_low_lanes_go_first(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        (tmp_path / "blocked").write_text("a file where the folder should be")
        wanted = settings(tmp_path / "blocked", max_bytes=8 * MIB)
        async with open_store(wanted, clock, boot) as store:
            health = store.health()
            assert health.state == "blocked"
            assert "must exist" in health.text
            assert store.epoch == ""
            for index in range(1000):
                store.put([event(clock.now(), index, lane, 2000) for lane in (Lane.ALARM, Lane.RAW)])
            assert await store.unsent(Lane.ALARM) == []
            assert store.health().waiting * 2000 < 2 * MIB
            (tmp_path / "blocked").unlink()
            await store.flush()
            assert store.health().state != "blocked"
            lost = {(gap.deleted_lane, gap.reason): gap.count for gap in gaps(await all_rows(store))}
            assert set(lost) == {("raw", "not_committed"), ("alarm", "not_committed")}
            left = {lane: len(await store.unsent(lane, max_bytes=100 * MIB)) for lane in (Lane.ALARM, Lane.RAW)}
            assert left[Lane.ALARM] > 10 * left[Lane.RAW]
            assert left[Lane.ALARM] + lost["alarm", "not_committed"] == 1000
            assert left[Lane.RAW] + lost["raw", "not_committed"] == 1000

    asyncio.run(scenario())


@pytest.mark.parametrize("state", [{"max_bytes": 2 * MIB}, {"ring_bytes": 0}])
def test_a_store_that_was_made_smaller_shrinks(tmp_path: Path, state: dict[str, Any]) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, ring_block_s=1.0), clock, boot) as store:
            for second in range(20):
                clock.elapsed = second
                store.keep([reading(clock.now(), 0.1 * index) for index in range(20)])
                store.put([event(clock.now(), index, Lane.EVENT, 3000) for index in range(80)])
                await store.flush()
        async with open_store(settings(tmp_path, **state), clock, boot) as store:
            store.put([event(clock.now(), 1)])
            await store.flush()
            assert store.health().bytes <= store.health().max_bytes
            assert files_size(tmp_path / "pole.db") <= store.health().max_bytes
            rows = await all_rows(store)
            assert kept(rows) | reported(rows) == set(range(1, store.last_seq + 1))

    asyncio.run(scenario())
