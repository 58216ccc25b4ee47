"""The store's everyday promises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from agent.store import RingQuery, open_store
from contract.events import SettingsChange
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, reading, reported, settings


def number(row: Row) -> int:
    return int(msgspec.json.decode(row.body, type=SettingsChange).revision)


def test_what_was_put_comes_out_in_order_with_numbers_that_only_grow(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index) for index in range(100)])
            await store.flush()
            rows = await store.unsent(Lane.EVENT)
            assert [number(row) for row in reported(rows)] == list(range(100))
            assert [row.seq for row in rows] == list(range(1, 102))
            assert {row.epoch for row in rows} == {store.epoch}
            assert rows[0].at == clock.now()
            assert store.last_seq == 101

    asyncio.run(scenario())


def test_each_lane_is_read_by_itself_between_two_numbers_and_up_to_a_size(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index, Lane(index % 4)) for index in range(40)])
            await store.flush()
            for lane in Lane:
                assert [number(row) % 4 for row in reported(await store.unsent(lane))] == [lane.value] * 10
            between = await store.unsent(Lane.ALARM, after=6, before=18)
            assert [row.seq for row in between] == [10, 14]
            assert len(await store.unsent(Lane.RAW, max_bytes=1)) == 1
            assert len(await store.unsent(Lane.RAW, max_bytes=300)) < 10

    asyncio.run(scenario())


def test_an_acknowledged_row_is_not_given_out_again_before_and_after_the_commit(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index) for index in range(10)])
            await store.flush()
            rows = await store.unsent(Lane.EVENT)
            store.acknowledge((row.epoch, row.seq) for row in rows[:8])
            assert [number(row) for row in await store.unsent(Lane.EVENT)] == [7, 8, 9]
            assert store.health().lanes["event"].unsent == 3
            await store.flush()
            assert [number(row) for row in await store.unsent(Lane.EVENT)] == [7, 8, 9]
            assert store.health().lanes["event"].unsent == 3
            store.acknowledge([(store.epoch, 3), ("unknown", 9), (store.epoch, 999)])
            await store.flush()
            assert [number(row) for row in await store.unsent(Lane.EVENT)] == [7, 8, 9]

    asyncio.run(scenario())


def test_numbers_go_on_after_a_restart_even_if_every_row_was_delivered(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        for start in (0, 6, 12):
            async with open_store(settings(tmp_path), clock, boot) as store:
                assert store.was_clean
                assert store.last_seq == start + 1
                store.put([event(clock.now(), index, Lane.RAW) for index in range(5)])
                await store.flush()
                store.acknowledge((store.epoch, seq) for seq in range(start + 1, start + 7))

    asyncio.run(scenario())


def test_an_alarm_is_on_disk_at_once_and_its_waiter_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, commit_s=3600.0), clock, boot) as store:
            store.put([event(clock.now(), 1)])
            store.put([event(clock.now(), 2, Lane.ALARM)])
            assert await asyncio.wait_for(store.wait_committed(1), 120) == 3

    asyncio.run(scenario())


def test_a_young_store_is_quick_about_what_came_during_a_commit_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, commit_s=3600.0), clock, boot) as store:
            store.put([event(clock.now(), 1)])
            store._commits.now()
            store.put([event(clock.now(), 2)])
            assert await asyncio.wait_for(store.wait_committed(2), 120) == 3

    asyncio.run(scenario())


def test_events_are_committed_in_groups_without_anybody_asking(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            for index in range(20):
                store.put([event(clock.now(), index)])
            assert store.health().waiting == 20
            assert await asyncio.wait_for(store.wait_committed(1), 120) == 21
            assert store.health().waiting == 0
            assert store.health().committed == 20

    asyncio.run(scenario())


def test_rows_taken_before_the_clock_was_set_get_their_true_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        clock.synced, clock.error_s = False, -3e8
        true = []
        async with open_store(settings(tmp_path), clock, boot) as store:
            for index in range(3):
                clock.elapsed += 10
                true.append(clock.elapsed)
                store.put([event(clock.now(), index)])
                store.keep([reading(clock.now(), index + 0.5)])
            await store.flush()
        async with open_store(settings(tmp_path), clock, boot) as store:  # a restart in the same boot
            clock.elapsed += 10
            clock.synced, clock.error_s = True, 0.0
            assert await store.restamp(clock.now()) == 3 + 2  # and the two beginnings
            store.put([event(clock.now(), 3)])
            assert await store.restamp(clock.now()) == 0
            rows = reported(await store.unsent(Lane.EVENT))
            first = clock.now().utc.timestamp() - clock.elapsed
            assert [row.at.utc.timestamp() - first for row in rows] == [*true, clock.elapsed]
            assert all(row.at.synced for row in rows)
            (piece,) = await store.readings(RingQuery())
            assert piece.at.synced
            assert piece.at.utc.timestamp() - first == true[0]
            assert piece.series.offsets_ms == (0, 10_000, 20_000)

    asyncio.run(scenario())


def test_another_boots_unsynced_rows_are_left_as_they_are(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        clock.synced, clock.error_s = False, -3e8
        async with open_store(settings(tmp_path), clock, lambda: "ffffffff-1") as store:
            store.put([event(clock.now(), 1)])
        async with open_store(settings(tmp_path), clock, boot) as store:
            clock.elapsed += 10
            clock.synced, clock.error_s = True, 0.0
            assert await store.restamp(clock.now()) == 1  # the beginning of this boot
            (row,) = reported(await store.unsent(Lane.EVENT))
            assert not row.at.synced

    asyncio.run(scenario())


def test_readings_are_found_in_memory_and_on_disk_by_device_quantity_and_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, ring_block_s=60.0), clock, boot) as store:
            for second in range(150):
                clock.elapsed = second
                store.keep([reading(clock.now(), second / 10, q, d) for q in ("temperature", "noise") for d in "ab"])
            await store.flush()
            start = clock.now().utc.timestamp() - 149
            pieces = await store.readings(RingQuery(device="a", quantity="noise"))
            values = [value for piece in pieces for value in piece.series.values]
            assert values == [second / 10 for second in range(150)]
            assert len(pieces) == 3
            times = [p.at.utc.timestamp() - start + ms / 1000 for p in pieces for ms in p.series.offsets_ms]
            assert times == list(range(150))
            newest = await store.readings(RingQuery(device="b", quantity="noise", limit=70, newest=True))
            assert [v for p in newest for v in p.series.values] == [second / 10 for second in range(80, 150)]
            since = newest[0].at.utc
            part = await store.readings(RingQuery(device="b", quantity="noise", since=since, limit=5))
            assert [v for p in part for v in p.series.values] == [8.0, 8.1, 8.2, 8.3, 8.4]

    asyncio.run(scenario())


def test_delivered_events_can_be_looked_at_for_a_while(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index, Lane(index % 3)) for index in range(30)])
            await store.flush()
            store.acknowledge((store.epoch, seq) for seq in range(1, 27))
            await store.flush()
            assert [number(row) for row in await store.events(5)] == [25, 26, 27, 28, 29]
            assert [row.lane for row in await store.events(2, lane=Lane.ALARM)] == [Lane.ALARM] * 2
            assert len(reported(await store.events(100))) == 30
            assert [number(row) for row in await store.events(100, unsent=True)] == [25, 26, 27, 28, 29]
            assert await store.events(100, kind="gap") == []

    asyncio.run(scenario())


@pytest.mark.fault("work of the store that nobody awaits fails", "it is logged, and the next event is refused loudly")
def test_a_bug_behind_the_scenes_is_loud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:

            def broken(_: object) -> None:
                raise ZeroDivisionError

            monkeypatch.setattr(store._journal, "refresh", broken)
            store._commits._look()
            await store._commits.on_thread(lambda: None)
            await asyncio.sleep(0)
            with pytest.raises(ZeroDivisionError):
                store.put([event(clock.now(), 1)])

    with pytest.raises(ZeroDivisionError):
        asyncio.run(scenario())
    assert "the store cannot go on" in caplog.text


def test_delivered_rows_are_sent_again_on_request_and_go_first_where_room_is_needed(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, delivered_bytes=50_000), clock, boot) as store:
            store.put([event(clock.now(), index, Lane(index % 3), 500) for index in range(60)])
            await store.flush()
            store.acknowledge((store.epoch, seq) for seq in range(1, 41))
            await store.flush()
            assert await store.resend(store.epoch, [(5, 9), (30, 50)]) == 5 + 11
            assert await store.resend(store.epoch, [(5, 9)]) == 0, "they wait already"
            assert await store.resend("another", [(1, 60)]) == 0
            assert store.resent == 3
            waiting = {row.seq for lane in Lane for row in await store.unsent(lane)}
            assert waiting == {*range(5, 10), *range(30, 62)}
            store.put([event(clock.now(), index, Lane.RAW, 500) for index in range(300)])
            await store.flush()
            store.acknowledge((store.epoch, seq) for seq in range(62, 362))
            await store.flush()
            assert await store.resend(store.epoch, [(1, 400)], most=50) == 50
            kept = 50 + await store.resend(store.epoch, [(1, 400)])
            assert 60 < kept < 110, "about delivered_bytes of them, the newest"
            assert not {row.seq for lane in Lane for row in await store.unsent(lane)} & set(range(1, 5))

    asyncio.run(scenario())


def test_a_state_is_found_again_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            assert await store.load_state("windows") is None
            store.save_state("windows", b"one")
            store.save_state("windows", b"two")
            assert await store.load_state("windows") == b"two"
            with pytest.raises(ValueError, match="1048576 is the most"):
                store.save_state("windows", bytes(1_048_577))
        async with open_store(settings(tmp_path), clock, boot) as store:
            assert await store.load_state("windows") == b"two"

    asyncio.run(scenario())
