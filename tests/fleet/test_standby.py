"""The database dies with its disk: its standby, a backup or the poles have what was confirmed."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import psycopg
import pytest

from contract.birth import Status
from contract.requests import ResendArgs
from fleet.folder import Folder
from fleet.jobs.holes import fill, holes
from fleet.store import postgres_open
from fleet.store.messages import Inbox
from fleet.store.server import Server, parameters
from fleet.store.sqlite import open_store
from tests.fleet.poles import EPOCH, NOON, message
from tests.fleet.servers import Postgres, open_postgres, raw, rows
from tests.fleet.stage import stage
from tests.fleet.standby import Pair, copy, destroy, open_pair
from tests.fleet.test_ingest import ENDLESS, Pole, ingesting, stored
from tests.fleet.test_kills import advanced
from tests.uplink.support import mosquitto, until

NOW = NOON + timedelta(days=1)


def numbers(pole: Pole) -> set[int]:
    return {number for first, last in pole.confirmed.ranges() for number in range(first, last + 1)}


async def failing_over(folder: Path, pair: Pair, times: int, seed: int) -> None:
    """The primary is lost with its disk in mid-flow; each time the other one goes on, with a new standby."""
    chance = random.Random(seed)
    async with stage(folder) as made:
        await made.start()
        poles = [Pole(name, ENDLESS, seed + number) for number, name in enumerate(("p1", "p2"))]
        async with asyncio.TaskGroup() as tasks:
            for pole in poles:
                tasks.create_task(pole.run(made.port))
            for done in range(times):
                before = [len(pole.confirmed) for pole in poles]
                await until(partial(advanced, poles, before), "something is confirmed", 300)
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                await asyncio.to_thread(pair.lose_primary)
                confirmed = [numbers(pole) for pole in poles]
                await asyncio.to_thread(pair.promote)
                for pole, known in zip(poles, confirmed, strict=True):
                    held = await asyncio.to_thread(stored, folder, pole.name)
                    assert known <= set(held), f"confirmed and lost after primary {done + 1}"
                    assert len(held) == len(set(held)), f"stored twice after primary {done + 1}"
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                await asyncio.to_thread(pair.follow)
            for pole in poles:
                pole.count = pole.confirmed.last + 300
    for pole in poles:
        assert stored(folder, pole.name) == list(range(1, pole.count + 1))


@pytest.mark.fault(
    "the primary of the database is lost with its disk in mid-flow (PostgreSQL, `synchronous_standby_names`)",
    "the promoted standby has each event that was confirmed, once; `polefleet serve` finds it by itself",
)
@pytest.mark.timeout(900)
def test_a_primary_that_is_lost_with_its_disk_costs_no_confirmed_event(tmp_path: Path) -> None:
    with open_pair() as pair:
        Folder(tmp_path).keep(pair.server())
        asyncio.run(failing_over(tmp_path, pair, 2, 11))


@pytest.mark.long
@pytest.mark.timeout(14400)
def test_fifty_primaries_lost_cost_no_confirmed_event(tmp_path: Path, chance: random.Random) -> None:
    with open_pair() as pair:
        Folder(tmp_path).keep(pair.server())
        asyncio.run(failing_over(tmp_path, pair, 50, chance.getrandbits(32)))


@pytest.mark.fault(
    "somebody ends the wait of a commit for the standby (`pg_cancel_backend`), and the server calls it committed",
    "it counts as not stored: nothing is confirmed before the standby has it",
)
def test_a_commit_whose_wait_for_the_standby_was_ended_is_not_confirmed(tmp_path: Path) -> None:
    with open_postgres("-F") as made:
        where = made.prepared()
        with open_store(where) as store, ThreadPoolExecutor(1) as thread:
            store.commit([Inbox("p1", message("p1", [1]), NOW)])
            wait_for(made, "nobody")
            with made.connect("postgres") as pg:
                commit = thread.submit(store.commit, [Inbox("p1", message("p1", [2]), NOW)])
                waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                while not commit.done():
                    pg.execute(waiting)
            with pytest.raises(sqlite3.OperationalError, match="synchronous replication"):
                commit.result()


@pytest.mark.fault(
    "a commit of the platform takes long: a slow disk, or the standby that it waits for is away",
    "nothing is confirmed meanwhile, and the platform's health reports the wait; it goes on by itself",
)
def test_a_commit_that_waits_is_reported_and_confirms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.ingest.SLOW_S", 0.2)

    async def story(made: Postgres) -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            wait_for(made, "nobody")
            pole = Pole("p1", 50, 1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pole.run(port))
                await until(lambda: "waits" in ingest.health.text, "the wait is reported", 300)
                assert not len(pole.confirmed)
                wait_for(made, "")
            assert ingest.health.text == ""

    with open_postgres("-F") as made:
        Folder(tmp_path).keep(made.prepared())
        asyncio.run(story(made))


def wait_for(made: Postgres, standby: str) -> None:
    with made.connect("postgres") as pg:
        pg.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'".encode())
        pg.execute("SELECT pg_reload_conf()")


def test_a_week_old_backup_is_completed_by_the_poles(tmp_path: Path) -> None:
    with open_postgres("-F") as made:
        where = made.prepared()
        with open_store(where) as store:
            for seq in range(1, 101):
                store.commit([Inbox("p1", message("p1", [seq]), NOW)])
            copy(made, made.folder / "backup")
            store.commit([Inbox("p1", message("p1", range(101, 201)), NOW)])
            destroy(made)
            shutil.move(made.folder / "backup", made.folder / "data")
            made.start("-F")
            status = Status(pole="p1", state="online", at=NOW, epoch=EPOCH, next_seq=201)
            said = Inbox("p1", msgspec.json.encode(status), NOW, "status")
            with pytest.raises(sqlite3.OperationalError):
                store.commit([said])
            store.commit([said])
            assert store.change(lambda db: fill(db, "p1", NOW, at_once=True)) == 1
            (args,) = store.change(lambda db: db.execute("SELECT args FROM job").fetchone())
            asked = msgspec.json.decode(args, type=ResendArgs)
            assert (asked.epoch, asked.ranges) == (EPOCH, ((101, 200),))
            outcome = store.commit([Inbox("p1", message("p1", range(90, 201)), NOW)])
            assert (outcome.events, outcome.repeated) == (100, 11)
            assert store.change(lambda db: list(holes(db, "p1"))) == []
            assert [one.seq for one in store.events("p1", EPOCH, 1, 1000)] == list(range(1, 201))


def test_an_archive_of_an_older_version_is_brought_to_this_one_while_it_is_read(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = postgres.server("template0")  # the tables of today are in template1 once another test has made them
    Folder(tmp_path).keep(where)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(postgres_open, "VERSIONS", postgres_open.VERSIONS[:1])
            with raw(tmp_path) as old, old.transaction():
                at = NOON.timestamp()
                body = message("p1", [1, 2])
                old.put_segments([("p1", EPOCH, 1, 2, 2, "summary", at, at, at, body, None, "summary")])
                old.cover([("p1", EPOCH, 1, 2)])
        name = where.url.partition("?")[0].rpartition("/")[2]
        with postgres.connect(name) as reader, reader.transaction():
            assert reader.execute("SELECT count(*) FROM polefleet.segment").fetchone() == (1,)
            with open_store(where) as store:
                outcome = store.commit([Inbox("p1", message("p1", [1, 2, 3]), NOW)])
                assert (outcome.events, outcome.repeated) == (1, 2)
        assert rows(tmp_path, "SELECT number FROM polefleet.version") == [(len(postgres_open.VERSIONS),)]
    finally:
        postgres.drop(where)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u@a.example,b.example/d", "read-write"),
        ("postgresql://u@/d?host=/run/a,/run/b", "read-write"),
        ("postgresql://u@a.example,b.example/d?target_session_attrs=any", "any"),
        ("postgresql://u@a.example/d", None),
    ],
)
def test_of_several_servers_the_one_that_can_be_written_is_used(url: str, wanted: str | None) -> None:
    assert parameters(Server(url=url)).get("target_session_attrs") == wanted


def test_a_server_that_went_away_without_a_word_is_given_up_within_a_minute() -> None:
    found = parameters(Server(url="postgresql://u@a.example/d"))
    assert found["tcp_user_timeout"] <= 60_000
    assert found["keepalives_idle"] + found["keepalives_interval"] * found["keepalives_count"] <= 60
    psycopg.conninfo.make_conninfo(**found)
