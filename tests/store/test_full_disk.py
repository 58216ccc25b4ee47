"""A real small disk that other programs fill and keep full: reported once, survived for as long as it lasts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import MIB
from agent.store import Store, open_store
from agent.store.database import files_size, size_of
from agent.store.inspection import Inspection
from agent.store.quarantine import broken
from contract.events import Gap
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, settings
from tests.store.test_disk import ext4, numbers, root, small_disk

ALARMS = 1_000_000  # the numbers of alarms begin here


@contextmanager
def disk_of(kind: str, folder: Path, mebibytes: int = 12) -> Iterator[Path]:
    options = ["-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs"]
    if kind == "ext4":
        options = ["-o", "loop", str(ext4(folder, mebibytes))]
    with small_disk(folder / "disk", *options) as disk:
        yield disk


def fill_up(disk: Path) -> None:
    """Take what is left of the disk, to the last block, into the file ``rubbish``."""
    with (disk / "rubbish").open("ab", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def gaps(rows: list[Row]) -> list[Gap]:
    return [msgspec.json.decode(row.body, type=Gap) for row in rows if row.kind == "gap"]


async def rows_of(store: Store) -> list[Row]:
    return [row for lane in Lane for row in await store.unsent(lane, max_bytes=100 * MIB)]


async def all_rows(store: Store) -> list[Row]:
    """All that waits for delivery, which with what the gaps tell must be every number that was given."""
    rows = await rows_of(store)
    reported = {s for gap in gaps(rows) for first, last in gap.ranges for s in range(first, last + 1)}
    assert {row.seq for row in rows} | reported == set(range(1, store.last_seq + 1))
    return rows


class Pole:
    """Feeds a store, second by second, one event in each lane."""

    def __init__(self, store: Store, clock: FakeClock, first: int = 0) -> None:
        self.store = store
        self.clock = clock
        self.number = first
        self._chance = random.Random(5)

    async def live(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.elapsed += 1
            self.number += 1
            self.store.put(
                [
                    event(self.clock.now(), ALARMS + self.number, Lane.ALARM, self._chance.randrange(300)),
                    event(self.clock.now(), self.number, Lane.EVENT, self._chance.randrange(3000)),
                    event(self.clock.now(), self.number, Lane.SUMMARY, self._chance.randrange(5000)),
                ]
            )
            await self.store.flush()


@root
@pytest.mark.root
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
@pytest.mark.parametrize("seconds", [5, 400])
def test_a_disk_that_stays_full_is_reported_once_and_every_alarm_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str, seconds: int
) -> None:
    clock = FakeClock()

    async def fills(disk: Path) -> int:
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock)
            await pole.live(seconds)
            for _ in range(30):
                fill_up(disk)  # whatever the store gives up for a moment is gone
                await pole.live(10)
            assert store.health().waiting == 0
            assert store.health().state == "full"
            assert "delete what does not belong" in store.health().text
            assert [record.getMessage() for record in caplog.records] == [f"the store: {store.health().text}"]
            rows = await all_rows(store)
            assert {gap.reason for gap in gaps(rows)} == {"disk_full"}
            return pole.number

    async def is_freed(disk: Path, number: int) -> None:
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock, number)
            await pole.live(100)
            assert store.health().waiting == 0
            (disk / "rubbish").unlink()
            caplog.clear()
            await pole.live(59)
            assert store.health().state == "ok"
            assert not caplog.records
            reported = sum(gap.count for gap in gaps(await all_rows(store)))
            await pole.live(100)
            assert [record.getMessage() for record in caplog.records] == ["the store: the disk is in order again"]
            rows = await all_rows(store)
            assert sum(gap.count for gap in gaps(rows)) == reported
            alarms = [number - ALARMS for number in numbers(rows) if number >= ALARMS]
            assert alarms == list(range(1, pole.number + 1))

    with disk_of(kind, tmp_path) as disk:
        number = asyncio.run(fills(disk))
        caplog.clear()
        fill_up(disk)
        asyncio.run(is_freed(disk, number))
        assert files_size(disk / "pole.db") <= 8 * MIB


class Endless(Inspection):
    """An integrity check on a slow card: not over before somebody ends it."""

    begun = 0

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        Endless.begun += 1

    def verdict(self) -> str | None:
        return None


@root
@pytest.mark.root
@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_a_disk_that_fills_during_a_long_integrity_check_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock)
            while not Endless.begun:  # within a deadline: the test's own
                await asyncio.sleep(0.01)
            fill_up(disk)
            await pole.live(300)
            assert (store.health().waiting, store.health().state) == (0, "full")
            assert len([number for number in numbers(await all_rows(store)) if number >= ALARMS]) == pole.number
        assert Endless.begun == 1  # on a full disk the check waits

    monkeypatch.setattr(Endless, "begun", 0)
    monkeypatch.setattr("agent.store.inspector.Inspection", Endless)
    monkeypatch.setattr("agent.store.commits._INSPECT_S", 0.0)
    with disk_of(kind, tmp_path) as disk:
        asyncio.run(scenario(disk))


@root
@pytest.mark.root
def test_a_disk_that_is_full_now_and_then_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock)
            for _ in range(10):  # as a video recorder does that deletes its oldest file
                fill_up(disk)
                await pole.live(60)
                (disk / "rubbish").unlink()
                await pole.live(20)
                assert store.health().state == "ok"
            assert len(caplog.records) == 1
            assert len([n for n in numbers(await all_rows(store)) if n >= ALARMS]) == pole.number

    with disk_of("tmpfs", tmp_path) as disk:
        asyncio.run(scenario(disk))


@root
@pytest.mark.root
def test_a_disk_that_is_full_from_the_start_is_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        fill_up(disk)
        async with open_store(settings(disk, max_bytes=2 * MIB), clock, boot) as store:
            pole = Pole(store, clock)
            await pole.live(1000)
            health = store.health()
            assert health.state == "blocked"
            assert [record.getMessage() for record in caplog.records] == [f"the store: {health.text}"]
            (disk / "rubbish").unlink()
            await pole.live(1)
            assert store.health().state == "ok"
            await pole.live(70)
            assert len(caplog.records) == 2
            rows = await all_rows(store)
            lost = sum(gap.count for gap in gaps(rows))
            assert lost > 1000  # a MiB waited in memory
            assert len(numbers(rows)) + lost == 3 * pole.number

    with disk_of("tmpfs", tmp_path, 4) as disk:
        asyncio.run(scenario(disk))


@root
@pytest.mark.root
def test_a_broken_database_that_was_kept_goes_before_any_event_does(tmp_path: Path) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk), clock, boot) as store:
            await Pole(store, clock).live(200)
        size = size_of(disk / "pole.db")
        with (disk / "pole.db").open("r+b") as file:
            file.write(bytes(100))
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock, 200)
            (archive,) = broken(disk / "pole.db")
            assert size_of(archive) == size
            fill_up(disk)
            await pole.live(200)
            assert not broken(disk / "pole.db")
            assert not [gap for gap in gaps(await rows_of(store)) if gap.reason == "disk_full"]
        fill_up(disk)
        with (disk / "pole.db").open("r+b") as file:
            file.write(bytes(100))
        async with open_store(settings(disk), clock, boot) as store:
            pole = Pole(store, clock, 400)
            await pole.live(5)
            assert "the disk is full" in store.health().text
            (disk / "rubbish").unlink()
            await pole.live(5)
            assert len([n for n in numbers(await rows_of(store)) if n >= ALARMS]) == pole.number

    with disk_of("tmpfs", tmp_path, 16) as disk:
        asyncio.run(scenario(disk))


def test_the_log_keeps_its_room_over_a_restart_and_what_it_held_means_nothing_any_more(tmp_path: Path) -> None:
    async def scenario(number: int) -> list[int]:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            assert size_of(tmp_path / "pole.db-wal") == MIB
            assert size_of(tmp_path / "pole.db.ballast") == 0
            store.put([event(clock.now(), number)])
            await store.flush()
            return numbers(await store.unsent(Lane.EVENT))

    asyncio.run(scenario(1))
    assert size_of(tmp_path / "pole.db.ballast") == MIB
    blocks = (tmp_path / "pole.db.ballast").stat().st_ino
    old = (tmp_path / "pole.db").read_bytes()
    asyncio.run(scenario(2))
    assert (tmp_path / "pole.db.ballast").stat().st_ino == blocks
    (tmp_path / "pole.db").write_bytes(old)  # a copy that somebody put back
    assert asyncio.run(scenario(3)) == [1, 3]
