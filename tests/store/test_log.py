"""A write-ahead log belongs to one moment of its database; what was lost is reported until that is delivered."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from agent.store import open_store
from agent.store.log import tie_without_log
from agent.store.marker import read_marker
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, settings
from tests.store.test_epochs import beginnings, differ, gaps, names, numbers, put_back, run, snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


def unknown(rows: list[Row], after: list[Row]) -> set[tuple[str, int]]:
    """Names of ``rows`` that have not come afterwards, and of which nobody said that they are lost."""
    reported = {
        (gap.epoch, seq) for gap in gaps(after) for first, last in gap.ranges for seq in range(first, 1000)[:last]
    }
    return names(rows).keys() - names(after).keys() - reported


@pytest.mark.fault("a database next to the log of a later moment", "each of its epochs is reported as damaged")
def test_an_older_database_next_to_a_newer_log_is_reported(folder: Path) -> None:
    run(folder, 0, kill=True)
    copy = folder.with_name("copy")
    snapshot(folder, copy)
    newer = run(folder, 10) + run(folder, 20, kill=True)
    shutil.copy(copy / "pole.db", folder / "pole.db")
    after = run(folder, 100)
    differ(newer, after)
    assert "of another moment" in beginnings(after)[-1].reason
    assert not unknown(newer, after)


@pytest.mark.fault("a database next to the log of an earlier moment", "each of its epochs is reported as damaged")
def test_a_newer_database_next_to_an_older_log_is_reported(folder: Path) -> None:
    run(folder, 0, kill=True)
    copy = folder.with_name("copy")
    snapshot(folder, copy)
    newer = run(folder, 10) + run(folder, 20, kill=True)
    shutil.copy(copy / "pole.db-wal", folder / "pole.db-wal")
    after = run(folder, 100)
    differ(newer, after)
    assert "of another moment" in beginnings(after)[-1].reason
    assert not unknown(newer, after)


@pytest.mark.fault("a database next to an earlier state of its newest log", "each of its epochs is reported as damaged")
@pytest.mark.parametrize("kill", [False, True])
def test_an_earlier_state_of_a_log_that_the_database_has_in_full_is_reported(folder: Path, *, kill: bool) -> None:
    early, killed = folder.with_name("early"), folder.with_name("killed")

    async def life(*steps: tuple[Lane, int]) -> list[Row]:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            for lane, count in steps:
                store.put([event(clock.now(), number, lane, 400) for number in range(count)])
                await store.flush()
                if not early.exists():
                    snapshot(folder, early)
            snapshot(folder, killed)
            return [row for lane in Lane for row in await store.unsent(lane, max_bytes=10_000_000)]

    asyncio.run(life((Lane.EVENT, 30), (Lane.SUMMARY, 30)))
    shutil.rmtree(early)
    newer = asyncio.run(life((Lane.EVENT, 5), (Lane.EVENT, 5), (Lane.SUMMARY, 1)))  # its leaf is not in the early log
    if kill:
        put_back(killed, folder)
        newer = run(folder, 10, 1, kill=True)  # its opening moves what the kill left
    shutil.copy(early / "pole.db-wal", folder / "pole.db-wal")
    after = run(folder, 100)
    differ(newer, after)
    assert "of another moment" in beginnings(after)[-1].reason
    assert not unknown(newer, after)


def test_a_log_goes_on_after_kills_and_checkpoints(folder: Path) -> None:
    for start in range(5):
        rows = run(folder, 100 * start, 40, kill=start % 2 == 0)
    assert numbers(rows) == {100 * start + number for start in range(5) for number in range(40)}
    assert all("another moment" not in each.reason for each in beginnings(rows))
    assert gaps(rows) == []


@pytest.mark.fault("the events that report a loss are lost themselves", "the loss is reported again")
def test_a_loss_is_reported_until_that_is_delivered(folder: Path) -> None:
    lost = run(folder, 0)[0].epoch
    for part in ("pole.db", "pole.db-wal"):
        (folder / part).unlink(missing_ok=True)
    second = run(folder, 10)
    assert lost in {gap.epoch for gap in gaps(second)}
    for part in ("pole.db", "pole.db-wal"):
        (folder / part).unlink(missing_ok=True)
    third = run(folder, 20)
    assert {lost, second[0].epoch} <= {gap.epoch for gap in gaps(third)}
    assert sum(gap.epoch == lost for gap in gaps(run(folder, 30))) == 1  # once, and it is still here


def test_an_epoch_that_was_delivered_and_has_left_is_not_called_lost(folder: Path) -> None:
    first = run(folder, 0, 1, deliver=10)
    with closing(sqlite3.connect(folder / "pole.db")) as connection:
        connection.execute("DELETE FROM event")
        connection.commit()
    run(folder, 10, 1)
    found = read_marker(folder / "pole.db")
    assert found is not None
    assert first[0].epoch not in found.epochs
    assert gaps(run(folder, 20, 1)) == []


@pytest.mark.fault("a bit flips in the mark of a row that waits", "the row still waits, or is reported as lost")
def test_no_single_bit_makes_a_row_delivered(folder: Path) -> None:
    assert len(run(folder, 0, 3)) == 4
    content = bytearray((folder / "pole.db").read_bytes())
    content[18:20] = b"\1\1"  # no log: so that it can be opened in memory
    end = content.rindex(b'{"revision":"1"')
    for at in range(end - 90, end - 50):  # the header of the row, in which the mark stands
        for bit in range(8):
            content[at] ^= 1 << bit
            with closing(sqlite3.connect(":memory:")) as connection, suppress(sqlite3.DatabaseError):
                connection.deserialize(bytes(content))
                assert connection.execute("SELECT count(*) FROM event WHERE sent = 90").fetchone() == (0,), (at, bit)
            content[at] ^= 1 << bit


def test_asking_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert tie_without_log(tmp_path / "pole.db") is None
    assert list(tmp_path.iterdir()) == []
