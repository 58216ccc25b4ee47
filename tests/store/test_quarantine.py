"""A file that is broken in any way: the store opens, says what it did, and loses nothing that could be read."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config.settings import MIB
from agent.store import RingQuery, open_store
from agent.store.budget import PAGE
from agent.store.pages import Pages, values
from agent.store.salvage import SalvageOrder, build, search
from contract.events import Gap, NewEpoch
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, reading, settings

COUNT = 60


def made(folder: Path, padding: int = 600, **changes: Any) -> str:
    """A store with rows in every lane, a third of them and the beginning delivered; its epoch."""

    async def scenario() -> str:
        clock = FakeClock()
        async with open_store(settings(folder, ring_block_s=1.0, **changes), clock, boot) as store:
            store.put([event(clock.now(), index, Lane(index % 4), padding=padding) for index in range(COUNT)])
            for second in range(5):
                clock.elapsed = second
                store.keep([reading(clock.now(), float(second))])
            await store.flush()
            store.acknowledge((store.epoch, seq) for seq in range(1, COUNT // 3 + 2))
            return store.epoch

    return asyncio.run(scenario())


class Seen(msgspec.Struct):
    rows: list[Row]
    epoch: str
    last_seq: int
    values: list[Any]
    was_clean: bool

    def bodies(self, kind: type[Any]) -> list[Any]:
        return [msgspec.json.decode(row.body, type=kind) for row in self.rows if row.kind == kind.kind]

    def old(self, epoch: str) -> set[int]:
        return {row.seq for row in self.rows if row.epoch == epoch}


def seen(folder: Path) -> Seen:
    """What a store on the folder holds; the store must also take an event as always."""

    async def scenario() -> Seen:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            store.put([event(clock.now(), 12345, Lane.ALARM)])
            await store.flush()
            assert store.health().state == "ok"
            rows = [row for lane in Lane for row in await store.unsent(lane, max_bytes=10_000_000)]
            pieces = await store.readings(RingQuery())
            found = [value for piece in pieces for value in piece.series.values]
            return Seen(rows, store.epoch, store.last_seq, found, store.was_clean)

    return asyncio.run(scenario())


def test_a_destroyed_header_costs_no_row_and_begins_a_new_epoch(tmp_path: Path) -> None:
    epoch = made(tmp_path)
    with (tmp_path / "pole.db").open("r+b") as file:
        file.write(bytes(100))
    after = seen(tmp_path)
    assert after.epoch != epoch
    assert not after.was_clean
    assert after.old(epoch) == set(range(COUNT // 3 + 2, COUNT + 2))
    (reported,) = after.bodies(NewEpoch)
    assert (reported.previous, reported.previous_next_seq, reported.carried) == (epoch, COUNT + 2, COUNT * 2 // 3)
    assert not reported.complete
    assert "not a database" in reported.reason
    assert min(row.seq for row in after.rows if row.epoch == after.epoch) == COUNT + 2
    assert [(gap.epoch, gap.ranges) for gap in after.bodies(Gap)] == [(epoch, ((1, COUNT + 1),))]
    assert len(list(tmp_path.glob("pole.db.broken-001-*Z"))) == 1
    assert not (tmp_path / "pole.db.salvage").exists()
    again = seen(tmp_path)
    assert [reported.previous for reported in again.bodies(NewEpoch)] == [epoch, after.epoch]
    assert again.was_clean


def test_rows_that_were_only_in_the_log_survive_a_destroyed_header_too(tmp_path: Path) -> None:
    async def scenario() -> dict[str, bytes]:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index, padding=6000) for index in range(10)])
            await store.flush()
            return {name: (tmp_path / name).read_bytes() for name in ("pole.db", "pole.db-wal")}

    for name, content in asyncio.run(scenario()).items():
        (tmp_path / name).write_bytes(bytes(100) + content[100:] if name == "pole.db" else content)
    assert set(range(1, 11)) <= {row.seq for row in seen(tmp_path).rows}


def test_a_file_that_is_readable_but_of_a_later_version_is_carried_over_whole(tmp_path: Path) -> None:
    epoch = made(tmp_path)
    with sqlite3.connect(tmp_path / "pole.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    after = seen(tmp_path)
    (reported,) = after.bodies(NewEpoch)
    assert "schema 99" in reported.reason
    assert after.old(epoch) == set(range(COUNT // 3 + 2, COUNT + 2))
    assert after.values == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert not after.bodies(Gap)  # nothing was lost, and no gap says so


@pytest.mark.fault(
    "a damaged file holds rows of two epochs that began with the same number", "both are delivered, both are reported"
)
def test_two_epochs_that_began_with_the_same_number_do_not_keep_the_store_closed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two", "new")]
    for folder in folders:
        folder.mkdir()
    one, two = (made(folder) for folder in folders[:2])
    found, other = (search(folder / "pole.db", damaged_log=False) for folder in folders[:2])
    middle = sorted(key for key, (_, sent, *_) in other.rows.items() if sent == 0)[10:20]
    found.rows |= {key: other.rows[key] for key in middle}
    found.epochs |= other.epochs
    order = SalvageOrder(old="", new=str(folders[2] / "pole.db"), reason="damaged", pages=1000)
    build(order, found)
    after = seen(folders[2])
    assert len(after.old(two)) == len(middle)
    assert len(after.old(one)) > len(middle)
    (reported,) = after.bodies(NewEpoch)
    assert reported.previous == one
    assert [(gap.epoch, gap.deleted_lane) for gap in after.bodies(Gap)] == [(two, "any")]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 10_000, b"SQLite format 3\0" + bytes(5000)])
def test_a_file_that_was_never_a_database_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pole.db").write_bytes(content)
    after = seen(tmp_path)
    (reported,) = after.bodies(NewEpoch)
    assert (reported.previous, reported.previous_next_seq, reported.carried) == (None, None, 0)
    (aside,) = tmp_path.glob("pole.db.broken-*")
    assert aside.read_bytes() == content
    assert after.last_seq == 2


@pytest.mark.parametrize("name", [b"first_ms", b"CREATE TABLE state", b"value BLOB"])
def test_a_damaged_schema_is_a_broken_file(tmp_path: Path, name: bytes) -> None:
    epoch = made(tmp_path)
    path = tmp_path / "pole.db"
    path.write_bytes(path.read_bytes().replace(name, name[:4] + b"\xa9" + name[5:]))
    after = seen(tmp_path)
    assert len(after.old(epoch)) > COUNT // 2
    assert len(after.bodies(NewEpoch)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM meta",
        "UPDATE meta SET value = x'ff' WHERE name = 'epoch'",
        "UPDATE meta SET value = 7 WHERE name = 'epoch'",
        "UPDATE meta SET value = 'often' WHERE name = 'clean'",
        "INSERT INTO restamp VALUES ('a', 'b', 'c')",
    ],
)
def test_values_that_cannot_be_are_a_broken_file(tmp_path: Path, damage: str) -> None:
    epoch = made(tmp_path)
    connection = sqlite3.connect(tmp_path / "pole.db")
    connection.executescript(damage)
    connection.close()
    after = seen(tmp_path)
    assert len(after.old(epoch)) > COUNT // 2
    assert len(after.bodies(NewEpoch)) == 1


def compact(folder: Path) -> bytes:
    """The database in ``folder`` without its free pages."""
    connection = sqlite3.connect(folder / "pole.db")
    connection.execute("VACUUM")
    connection.close()
    return (folder / "pole.db").read_bytes()


def test_a_file_cut_off_at_any_page_opens_and_keeps_the_rows_before_the_cut(tmp_path: Path) -> None:
    made(tmp_path, padding=150)
    whole = compact(tmp_path)
    pages = len(whole) // PAGE
    for cut in [*range(1, pages), *(page * PAGE + 1000 for page in (0, 2, pages // 2))]:
        size = cut * PAGE if cut < pages else cut
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "pole.db").write_bytes(whole[:size])
        after = seen(folder)
        assert len(after.bodies(NewEpoch)) == 1, cut
        if size >= PAGE * (pages - 1):
            assert len(after.rows) > COUNT // 3


def test_flipped_bytes_never_stop_the_store_nor_change_an_event_in_silence(tmp_path: Path) -> None:
    epoch = made(tmp_path)
    whole = compact(tmp_path)
    before = {(row.epoch, row.seq): row for row in seen_copy(tmp_path, whole, 0)}
    chance = random.Random(7)
    for round_ in range(1, 25):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 5, 50))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        after = {(row.epoch, row.seq): row for row in seen_copy(tmp_path, bytes(damaged), round_)}
        for name, row in after.items():
            if name in before and name[0] == epoch and row.kind == "settings_change" and name[1] <= COUNT:
                assert row == before[name]


def seen_copy(folder: Path, content: bytes, number: int) -> list[Row]:
    copy = folder / f"copy{number}"
    copy.mkdir()
    (copy / "pole.db").write_bytes(content)
    return seen(copy).rows


def test_a_row_with_a_flipped_bit_is_reported_as_unreadable_and_the_others_come(tmp_path: Path) -> None:
    epoch = made(tmp_path)
    content = (tmp_path / "pole.db").read_bytes()
    at = content.index(b'"revision":"41"')
    (tmp_path / "pole.db").write_bytes(content[: at + 13] + b"9" + content[at + 14 :])
    first = seen(tmp_path)
    assert 43 not in first.old(epoch)
    (gap,) = seen(tmp_path).bodies(Gap)
    assert (gap.epoch, gap.reason, gap.ranges, gap.count) == (epoch, "unreadable", ((43, 43),), 1)
    assert gap.deleted_lane == "event"


@pytest.mark.parametrize("bytes_", [8 * MIB, 2 * MIB])
def test_a_row_of_another_type_is_reported_as_unreadable(tmp_path: Path, bytes_: int) -> None:
    made(tmp_path, padding=30_000)
    for declared, sql in (("epoch", "UPDATE event SET epoch = 7, kind = 8 WHERE key % 7 = 3"), ("epoch TEXT", "")):
        connection = sqlite3.connect(tmp_path / "pole.db")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(replace(sql, 'epoch TEXT', 'epoch'), 'kind TEXT', 'kind')"
        )
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'epoch', ?)", (declared,))
        connection.commit()
        connection.close()
        connection = sqlite3.connect(tmp_path / "pole.db")
        connection.execute(sql)
        connection.commit()
        connection.close()

    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, max_bytes=bytes_), clock, boot) as store:
            for number in range(60):
                store.put([event(clock.now(), number, padding=30_000)])
                await store.flush()
            rows = [row for lane in Lane for row in await store.unsent(lane, max_bytes=10_000_000)]
            await store.flush()
            rows += await store.unsent(Lane.EVENT, after=rows[-1].seq)
            reported = {
                gap.reason for gap in (msgspec.json.decode(row.body, type=Gap) for row in rows if row.kind == "gap")
            }
            assert reported <= {"unreadable", "store_full"}
            assert reported
            assert store.health().state != "blocked"

    asyncio.run(scenario())


def test_an_interrupted_recovery_goes_on_from_every_step(tmp_path: Path) -> None:
    epoch = made(tmp_path)
    file = tmp_path / "pole.db"
    file.rename(tmp_path / "pole.db.salvage")  # cut right after the rename
    (tmp_path / "pole.db.new").write_bytes(b"half")
    after = seen(tmp_path)
    assert after.old(epoch) == set(range(COUNT // 3 + 2, COUNT + 2))
    (aside,) = tmp_path.glob("pole.db.broken-*")
    aside.rename(tmp_path / "pole.db.salvage")  # cut after the new file was there, before the last rename
    again = seen(tmp_path)
    assert [reported.carried for reported in again.bodies(NewEpoch)] == [COUNT * 2 // 3, 0]
    assert len(list(tmp_path.glob("pole.db.broken-*"))) == 1


def test_a_file_deleted_under_the_running_store_is_rescued(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            store.put([event(clock.now(), index) for index in range(10)])
            await store.flush()
            epoch = store.epoch
            for path in (tmp_path / "pole.db", tmp_path / "pole.db-wal"):
                path.unlink()
            store.put([event(clock.now(), 10)])
            await store.flush()
            rows = await store.unsent(Lane.EVENT)
            assert {row.seq for row in rows if row.epoch == epoch} == set(range(1, 12))
            assert [row.kind for row in rows if row.epoch != epoch] == [NewEpoch.kind, "settings_change"]

    asyncio.run(scenario())


def test_only_two_broken_files_are_kept(tmp_path: Path) -> None:
    for _ in range(4):
        (tmp_path / "pole.db").write_bytes(b"nonsense")
        seen(tmp_path)
    assert sorted(path.name[:18] for path in tmp_path.glob("pole.db.broken-*")) == [
        "pole.db.broken-003",
        "pole.db.broken-004",
    ]


def test_any_bytes_can_be_searched_for_rows(tmp_path: Path) -> None:
    chance = random.Random(3)
    for _ in range(200):
        page = bytearray(chance.randbytes(PAGE))
        page[0] = 0x0D
        (tmp_path / "noise").write_bytes(page)
        with Pages(tmp_path / "noise") as pages:
            list(pages.records())
        try:
            values(chance.randbytes(40))
        except (IndexError, ValueError):
            continue
