"""A name is given once, whatever happens to disk, file, card or image."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.store import marker, open_store
from agent.store.marker import marker_path
from contract.events import Gap, NewEpoch
from contract.types import Lane, Row
from tests.store.rig import FakeClock, boot, event, settings

V01 = Path(__file__).parent / "data" / "store-0.1.sql"


def run(
    folder: Path, first: int, count: int = 10, *, deliver: int = 0, kill: bool = False, pole: str = ""
) -> list[Row]:
    """One run of the agent, that puts ``count`` events in single commits; the rows that waited at its end.

    ``deliver`` of the oldest are acknowledged. With ``kill`` the folder is left as a kill would leave it.
    """

    async def scenario() -> list[Row]:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot, pole=pole) as store:
            for number in range(first, first + count):
                store.put([event(clock.now(), number)])
                await store.flush()
            rows = [row for lane in Lane for row in await store.unsent(lane, max_bytes=10_000_000)]
            store.acknowledge((row.epoch, row.seq) for row in rows[:deliver])
            await store.flush()
            if kill:
                snapshot(folder, folder.with_name("killed"))
        if kill:
            put_back(folder.with_name("killed"), folder)
        return rows

    return asyncio.run(scenario())


def snapshot(folder: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)


def put_back(copy: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)


def names(rows: list[Row]) -> dict[tuple[str, int], bytes]:
    return {(row.epoch, row.seq): row.body for row in rows}


def numbers(rows: list[Row]) -> set[int]:
    return {int(msgspec.json.decode(row.body)["revision"]) for row in rows if row.kind == "settings_change"}


def beginnings(rows: list[Row]) -> list[NewEpoch]:
    return [msgspec.json.decode(row.body, type=NewEpoch) for row in rows if row.kind == NewEpoch.kind]


def gaps(rows: list[Row]) -> list[Gap]:
    return [msgspec.json.decode(row.body, type=Gap) for row in rows if row.kind == Gap.kind]


def differ(*runs: list[Row]) -> None:
    """No name stands for two contents."""
    seen: dict[tuple[str, int], bytes] = {}
    for rows in runs:
        for name, body in names(rows).items():
            assert seen.setdefault(name, body) == body, name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    made.mkdir()
    return made


def test_every_opening_begins_an_epoch_and_closes_the_books_of_the_one_before(folder: Path) -> None:
    first = run(folder, 0)
    second = run(folder, 10, kill=True)
    third = run(folder, 20)
    epochs = [rows[-1].epoch for rows in (first, second, third)]
    assert len(set(epochs)) == 3
    reported = beginnings(third)
    assert [(each.previous, each.previous_next_seq, each.complete) for each in reported] == [
        (None, None, True),
        (epochs[0], 12, True),
        (epochs[1], 23, False),
    ]
    assert numbers(third) == set(range(30))
    assert [row.seq for row in third] == list(range(1, 34))


@pytest.mark.fault("an older copy of the state folder is restored", "what is new has a new name")
def test_an_older_copy_that_is_restored_gives_no_number_again(folder: Path) -> None:
    before = run(folder, 0, kill=True)
    snapshot(folder, folder.with_name("copy"))
    lost = run(folder, 10)
    put_back(folder.with_name("copy"), folder)
    after = run(folder, 100)
    differ(before, lost, after)
    assert beginnings(after)[-1].previous == beginnings(lost)[-1].previous == before[-1].epoch


@pytest.mark.fault("an older copy of the database alone is restored", "the epochs that it does not know are reported")
def test_an_older_copy_of_the_file_alone_is_noticed(folder: Path) -> None:
    run(folder, 0)
    copy = (folder / "pole.db").read_bytes()
    lost = run(folder, 10)
    (folder / "pole.db").write_bytes(copy)
    after = run(folder, 100)
    differ(lost, after)
    assert "restored from a copy" in beginnings(after)[-1].reason
    assert lost[-1].epoch in {gap.epoch for gap in gaps(after)}


@pytest.mark.fault("a bit flips in the last commit of the log", "the end of the epoch is reported as not certain")
def test_a_bit_that_flips_in_the_last_commit_gives_no_number_again(folder: Path) -> None:
    before = run(folder, 0, kill=True)
    log = bytearray((folder / "pole.db-wal").read_bytes())
    last = max(at for at in range(32, len(log) - 4120, 4120) if log[at + 8 : at + 16] == log[16:24])
    log[last + 24 + 4000] ^= 1
    (folder / "pole.db-wal").write_bytes(log)
    after = run(folder, 100)
    differ(before, after)
    closing = beginnings(after)[-1]
    missing = numbers(before) - numbers(after)
    assert not missing or not closing.complete


@pytest.mark.fault("the write-ahead log is deleted after a kill", "what was in it is reported as lost")
def test_a_log_that_is_deleted_after_a_kill_gives_no_number_again(folder: Path) -> None:
    first = run(folder, 0, deliver=3)
    before = run(folder, 10, kill=True)
    (folder / "pole.db-wal").unlink()
    after = run(folder, 100)
    differ(first, before, after)
    assert before[-1].epoch in {gap.epoch for gap in gaps(after)} | {each.previous for each in beginnings(after)}
    assert not numbers(before) - numbers(after) or before[-1].epoch in {gap.epoch for gap in gaps(after)}


@pytest.mark.fault("the write-ahead log is deleted while the agent runs", "no committed event is lost")
def test_a_log_that_is_deleted_under_the_running_store_costs_nothing(folder: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            for number in range(10):
                if number == 5:
                    (folder / "pole.db-wal").unlink()
                store.put([event(clock.now(), number)])
                await store.flush()
            assert numbers(await store.unsent(Lane.EVENT)) == set(range(10))
            snapshot(folder, folder.with_name("killed"))

    asyncio.run(scenario())
    put_back(folder.with_name("killed"), folder)
    after = run(folder, 10, 1)
    assert numbers(after) == set(range(11))
    assert "deleted or replaced the write-ahead log" in beginnings(after)[1].reason
    assert beginnings(after)[1].complete


@pytest.mark.fault("the database is deleted after a kill and its log stays", "what is in the log is saved")
def test_a_log_without_its_database_is_no_log_of_the_new_one(folder: Path) -> None:
    before = run(folder, 0, kill=True)
    (folder / "pole.db").unlink()
    after = run(folder, 100)
    differ(before, after)
    assert numbers(after) == numbers(before) | set(range(100, 110))


@pytest.mark.fault("the log of another database lies next to the file", "nothing is lost in silence")
def test_a_log_of_another_database_is_noticed(folder: Path) -> None:
    before = run(folder, 0, kill=True)
    log = (folder / "pole.db-wal").read_bytes()
    shutil.rmtree(folder)
    folder.mkdir()
    other = run(folder, 50)
    (folder / "pole.db-wal").write_bytes(log)
    after = run(folder, 100)
    differ(before, other, after)
    reported = {gap.epoch for gap in gaps(after)} | {each.previous for each in beginnings(after) if not each.complete}
    for rows in (before, other):
        assert numbers(rows) <= numbers(after) or rows[-1].epoch in reported


@pytest.mark.fault("the database is deleted while the agent does not run", "its epoch is reported as lost")
def test_a_database_that_is_deleted_is_reported(folder: Path) -> None:
    before = run(folder, 0)
    for path in folder.glob("pole.db*"):
        if path != marker_path(folder / "pole.db"):
            path.unlink()
    after = run(folder, 100)
    differ(before, after)
    assert [gap.epoch for gap in gaps(after)] == [before[-1].epoch]


@pytest.mark.fault("the database is deleted and the disk has no room for another", "nothing is given up while it runs")
def test_a_database_that_is_deleted_on_a_full_disk_lives_on_in_its_connection(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection
            self.full = True

        def __getattr__(self, name: str) -> object:
            return getattr(self._connection, name)

        def execute(self, sql: str, *parameters: Any) -> object:
            if sql.startswith("VACUUM INTO") and self.full:
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return self._connection.execute(sql, *parameters)

    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            for number in range(5):
                store.put([event(clock.now(), number)])
                await store.flush()
            session = store._journal._session
            assert session is not None
            full = Full(session.db)
            monkeypatch.setattr(session, "db", full)
            (folder / "pole.db").unlink()
            store.put([event(clock.now(), 5)])
            await store.flush()
            assert store.health().state == "blocked"
            assert "deleted or replaced" in store.health().text
            assert "the disk is full" in store.health().text
            assert numbers(await store.unsent(Lane.EVENT)) == set(range(5))
            full.full = False
            await store.flush()
            assert store.health().state == "ok"
            assert numbers(await store.unsent(Lane.EVENT)) == set(range(6))

    asyncio.run(scenario())


@pytest.mark.fault("the image of one pole runs on a second box", "no name stands for two events; the box is reported")
def test_a_clone_gives_other_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(folder, 0, kill=True, pole="pole-1")
    clone = folder.with_name("clone")
    snapshot(folder, clone)
    one = run(folder, 10, pole="pole-1")
    monkeypatch.setattr(marker, "_BOX", (clone / "pole.db",))
    two = run(clone, 50, pole="pole-1")
    differ(one, two)
    assert "in another box" in beginnings(two)[-1].reason
    assert "in another box" not in beginnings(one)[-1].reason
    assert beginnings(one)[-1].previous == beginnings(two)[-1].previous


@pytest.mark.fault("the image of one pole runs under another id", "the backlog keeps the id under which it was put")
def test_rows_keep_the_id_of_the_pole_that_wrote_them(folder: Path) -> None:
    run(folder, 0, pole="pole-1")
    rows = run(folder, 10, pole="pole-2")
    assert {row.pole for row in rows if row.kind == "settings_change" and row.seq <= 11} == {"pole-1"}
    assert {row.pole for row in rows if row.seq > 11} == {"pole-2"}
    assert "the pole's id was 'pole-1'" in beginnings(rows)[-1].reason


@pytest.mark.fault("a commit fails and is on the disk all the same", "its events come once")
def test_a_commit_that_failed_after_it_was_written_is_not_reported_twice(folder: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            store.put([event(clock.now(), 0)])
            await store.flush()
            session = store._journal._session
            assert session is not None
            commit = session.commit

            def late(*arguments: object) -> int:
                commit(store._commits.batch, clock.now())  # type: ignore[arg-type]
                raise OSError(5, "the card came back too late")

            batch = [event(clock.now(), number) for number in range(1, 4)]
            session.commit = late  # type: ignore[assignment, method-assign]
            confirmed = session._confirmed
            store.put(batch)
            copy = list(batch)
            store._commits.now()
            assert store._commits._running is not None
            await store._commits._running
            known = store._journal._opening.known
            assert known is not None
            store._journal._opening = msgspec.structs.replace(
                store._journal._opening, known=msgspec.structs.replace(known, last=confirmed)
            )
            store.put(copy)  # as after a COMMIT whose answer was lost: they still wait
            await store.flush()
            rows = await store.unsent(Lane.EVENT)
            assert numbers(rows) == set(range(4))
            assert len([row for row in rows if row.kind == "settings_change"]) == 4
            assert beginnings(rows)[-1].complete

    asyncio.run(scenario())


def test_a_store_of_version_0_1_opens_and_its_rows_keep_their_type(folder: Path) -> None:
    with sqlite3.connect(folder / "pole.db") as connection:
        connection.executescript(V01.read_text(encoding="utf-8"))
    connection.close()
    rows = run(folder, 100)
    old = [row for row in rows if row.contract == 1 and row.seq <= 6]
    assert sorted((row.seq, row.kind) for row in old) == [
        (2, "device"), (3, "summary"), (4, "tamper"), (5, "alert"), (6, "samples"),
    ]  # fmt: skip
    assert {row.epoch for row in old} == {beginnings(rows)[-1].previous}
    assert b'"text":{"en":"the road is flooded"' in next(row.body for row in old if row.kind == "alert")
    assert beginnings(rows)[-1].previous_next_seq == 7


@pytest.mark.fault("a card writes nothing of what it acknowledged", "new events have new names")
def test_a_card_that_lied_gives_no_number_again(folder: Path) -> None:
    first = run(folder, 0, kill=True)
    snapshot(folder, folder.with_name("card"))
    for turn in range(3):
        lost = run(folder, 100 * turn, kill=True)
        put_back(folder.with_name("card"), folder)  # the power goes, and with it all since the last true write
        after = run(folder, 1000 + turn, 1, kill=True)
        differ(first, lost, after)
        put_back(folder.with_name("card"), folder)


def test_empty_epochs_do_not_stay(folder: Path) -> None:
    for turn in range(30):
        run(folder, turn, 1, deliver=100)
    connection = sqlite3.connect(folder / "pole.db")
    assert connection.execute("SELECT count(*) FROM epoch").fetchone() == (30,)
    connection.execute("DELETE FROM event WHERE key & 281474976710655 < 50")
    connection.commit()
    connection.close()
    run(folder, 99, 1)
    connection = sqlite3.connect(folder / "pole.db")
    assert connection.execute("SELECT count(*) FROM epoch").fetchone() == (7,)
    connection.close()


def test_a_marker_that_cannot_be_written_or_read_changes_nothing(folder: Path) -> None:
    marker_path(folder / "pole.db").mkdir()
    run(folder, 0)
    assert numbers(run(folder, 10)) == set(range(20))
