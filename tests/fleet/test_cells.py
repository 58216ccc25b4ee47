"""Several ingests on one database: each pole is written by the cell that it is in, whatever the others believe."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from contract.birth import Status
from contract.carry import CarriedMessage
from fleet.actions import Actions, CarriedArgs
from fleet.folder import Folder
from fleet.register.brokers import CellBroker, announce
from fleet.store.cells import QUIET_S, disturb
from fleet.store.database import Database
from fleet.store.messages import Committed, Inbox
from fleet.store.poison import commit
from fleet.store.retention import drop
from fleet.store.server import Server
from fleet.store.sqlite import FleetStore, open_store
from fleet.store.writer import open_writer
from tests.fleet.poles import EPOCH, NOON, message
from tests.fleet.servers import raw, rows

NOW = NOON + timedelta(days=1)


def batch(*numbers: int, at: datetime = NOW) -> Inbox:
    return Inbox("p1", message("p1", numbers), at, "summary")


def born(at: datetime, *, retained: bool = False) -> Inbox:
    status = Status(pole="p1", state="online", at=at, epoch=EPOCH, next_seq=1)
    return Inbox("p1", msgspec.json.encode(status), NOW, "status", retained=retained)


def lost(at: datetime) -> Inbox:
    status = Status(pole="p1", state="offline", reason="lost", at=at)
    return Inbox("p1", msgspec.json.encode(status), NOW, "status")


@pytest.fixture
def pair(home: Path) -> Iterator[tuple[FleetStore, FleetStore]]:
    """The stores of two cells."""
    where = Folder(home).store
    with open_store(where, cell="a") as a, open_store(where, cell="b") as b:
        yield a, b


def stored(store: FleetStore) -> list[int]:
    return [one.seq for one in store.events("p1", EPOCH, 1, 10**6)]


def nothing(outcome: Committed) -> bool:
    return not (outcome.events or outcome.repeated or outcome.confirmed) and outcome.elsewhere == {"p1"}


@pytest.mark.fault(
    "two ingests believe that they own the same pole",
    "the database lets one of them write; the other stores and confirms nothing, and the pole sends it to its owner",
)
def test_a_pole_goes_where_it_says_that_it_is_and_its_old_cell_can_write_nothing(
    pair: tuple[FleetStore, FleetStore],
) -> None:
    a, b = pair
    assert a.commit([born(NOON), batch(1, 2, 3)]).events == 3
    assert nothing(b.commit([batch(3, 4)])), "what its broker has kept from before is left to the owner"
    outcome = b.commit([batch(4, 5), born(NOON + timedelta(seconds=9))])
    assert (outcome.events, outcome.elsewhere) == (2, frozenset())
    assert nothing(a.commit([batch(4, 5, 6)])), "its memory says that these are new"
    assert nothing(a.commit([lost(NOON)])), "the last will of the link of before"
    outcome = a.commit([born(NOON + timedelta(seconds=20)), batch(5, 6)])
    assert (outcome.events, outcome.repeated, outcome.conflicts) == (1, 1, 0)
    assert outcome.confirmed == {("p1", EPOCH): ((5, 6),)}
    assert stored(a) == [1, 2, 3, 4, 5, 6]


def test_a_birth_of_before_takes_no_pole(pair: tuple[FleetStore, FleetStore]) -> None:
    a, b = pair
    a.commit([born(NOON + timedelta(seconds=9))])
    assert nothing(b.commit([born(NOON), batch(1)]))
    assert nothing(b.commit([born(NOON + timedelta(seconds=20), retained=True)])), "the broker's copy"


def test_a_pole_of_which_its_cell_receives_nothing_goes_where_something_comes(
    pair: tuple[FleetStore, FleetStore],
) -> None:
    a, b = pair
    a.commit([born(NOON), batch(1)])
    assert nothing(b.commit([batch(2, at=NOW + timedelta(seconds=QUIET_S - 1))]))
    assert b.commit([batch(2, at=NOW + timedelta(seconds=QUIET_S + 1))]).events == 1
    assert nothing(a.commit([batch(3, at=NOW + timedelta(seconds=QUIET_S + 2))]))
    a.take(["p1"])
    assert a.commit([batch(1, 2, 3)]).events == 1


def test_a_stick_that_the_pages_take_in_leaves_a_live_pole_in_its_cell(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        where, loop = Folder(home).store, asyncio.get_running_loop()
        async with open_writer(where, cell="a") as a, open_writer(where, cell="web") as web:
            actions = Actions(web, None, None, None, health=dict, now=lambda: NOW)  # type: ignore[arg-type]
            args = CarriedArgs(pole="p1", serial="1f", messages=(CarriedMessage("summary", message("p1", [2])),))
            await a.call(lambda store: store.commit([born(NOON), batch(1)]))
            assert (await actions.carried(args)).events == 1
            assert (await a.call(lambda store: store.commit([batch(3)]))).events == 1

            def fails(*_: object) -> Committed:
                meanwhile = a.call(lambda store: store.commit([batch(4)]))
                assert nothing(asyncio.run_coroutine_threadsafe(meanwhile, loop).result(60))
                raise sqlite3.OperationalError("disk full")

            monkeypatch.setattr("fleet.actions.commit", fails)
            with pytest.raises(sqlite3.OperationalError, match="disk full"):
                await actions.carried(args)
            assert (await a.call(lambda store: store.commit([batch(4)]))).events == 1

    asyncio.run(story())


def test_a_stick_leaves_a_pole_that_nobody_has_to_the_cell_that_it_comes_to(home: Path) -> None:
    async def story() -> None:
        where = Folder(home).store
        async with open_writer(where, cell="a") as a, open_writer(where, cell="web") as web:
            here = CellBroker(cell="a", host="a.city.example", port=8883, ca="")
            await a.do(lambda db: announce(db, here))
            actions = Actions(web, None, None, None, health=dict, now=lambda: NOW)  # type: ignore[arg-type]
            args = CarriedArgs(pole="p1", serial="1f", messages=(CarriedMessage("summary", message("p1", [1, 2])),))
            assert (await actions.carried(args)).events == 2
            assert await a.do(lambda db: db.execute("SELECT count(*) FROM owner").fetchone()[0]) == 0
            outcome = await a.call(lambda store: store.commit([batch(2, 3)]))
            assert (outcome.events, outcome.repeated) == (1, 1)
            args = msgspec.structs.replace(args, messages=(CarriedMessage("summary", message("p1", [3, 4])),))
            answer = await actions.carried(args)
            assert (answer.events, answer.repeated) == (1, 1), "what the pages remember of it is read anew"
            assert (await a.call(lambda store: store.commit([batch(4, 5)]))).events == 1

    asyncio.run(story())


def test_a_cell_that_stores_nothing_does_not_look_alive(home: Path, pair: tuple[FleetStore, FleetStore]) -> None:
    a, b = pair
    a.commit([born(NOON), batch(1)])
    a.commit([batch(2)])
    b.take(["p1"])
    for second in range(1, 4):
        assert nothing(a.commit([batch(3, at=NOW + timedelta(seconds=second))]))
    assert rows(home, "SELECT seen FROM cell WHERE cell = 'a'") == [(NOW.timestamp(),)]


def test_two_processes_of_one_cell_store_each_event_once(home: Path) -> None:
    with raw(home) as one, raw(home) as other:
        first, second = FleetStore(one, cell="a"), FleetStore(other, cell="a")
        for number in range(1, 20):
            assert first.commit([batch(*range(number, number + 3))]).events == (3 if number == 1 else 0)
            assert second.commit([batch(*range(number, number + 4))]).events == 1
        assert stored(first) == list(range(1, 23))


def test_what_another_process_has_deleted_is_read_anew(home: Path) -> None:
    with open_store(Folder(home).store) as store, raw(home) as other:
        store.commit([batch(1, 2)])
        with other.transaction():
            disturb(other)
            other.execute("DELETE FROM series")
        store.commit([batch(3)])
        assert rows(home, "SELECT count(*) FROM latest JOIN series ON series = id") == [(1,)]


def test_who_moves_a_pole_waits_for_the_commit_that_is_under_way(where: Server) -> None:
    with ExitStack() as opened:
        a = opened.enter_context(open_store(where, cell="a"))
        b = opened.enter_context(open_store(where, cell="b"))
        a.commit([born(NOON)])
        with a.database.transaction():
            a._commit([batch(1)])
            b.database.execute("SET lock_timeout = 100")
            with pytest.raises(sqlite3.OperationalError, match="lock timeout"):
                b.take(["p1"])
        b.take(["p1"])
        assert nothing(a.commit([batch(2)]))


def test_changes_of_several_processes_come_one_after_the_other_and_commits_go_on(where: Server) -> None:
    """So that what an erasure has taken out of a segment does not come back with one that is being packed."""
    with ExitStack() as opened:
        a = opened.enter_context(open_store(where, cell="a"))
        b = opened.enter_context(open_store(where, cell="b"))
        b.database.execute("SET lock_timeout = 100")

        def changing(_: Database) -> None:
            with pytest.raises(sqlite3.OperationalError, match="lock timeout"):
                b.change(lambda db: db.execute("SELECT 1"))
            assert b.commit([batch(1)]).events == 1

        a.change(changing)
        b.change(lambda db: db.execute("SELECT 1"))


def test_a_server_that_came_back_with_less_is_asked_anew_before_a_repeat_is_confirmed(
    where: Server, tmp_path: Path
) -> None:
    with open_store(where) as store, raw(tmp_path) as other:
        store.commit([batch(1, 2, 3)])
        for table in ("segment", "covered"):  # as a standby that had not received it, or a backup
            other.execute(f"DELETE FROM {table}")
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(sqlite3.OperationalError):  # another part of the platform is the first to notice
            store.change(lambda db: db.execute("SELECT 1"))
        outcome = store.commit([batch(1, 2, 3)])
        assert (outcome.events, outcome.repeated) == (3, 0)
        assert stored(store) == [1, 2, 3]


def test_a_week_that_another_process_drops_is_made_again(where: Server, tmp_path: Path) -> None:
    with open_store(where) as store, raw(tmp_path) as other:
        store.commit([batch(1)])
        with other.transaction():
            assert drop(other, "summary", (NOW + timedelta(days=14)).timestamp()) == (1, 1)
        with pytest.raises(sqlite3.OperationalError, match="no partition"):
            commit(store, [batch(2)])
        assert commit(store, [batch(2)]).events == 1
    assert rows(tmp_path, "SELECT count(*) FROM quarantine") == [(0,)]
