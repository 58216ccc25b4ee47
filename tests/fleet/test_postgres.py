"""What only a store in PostgreSQL can do wrong: its address, its rights, its end in mid-flow, and its partitions."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from contract.birth import Status
from fleet.cli import main
from fleet.desk.file import open_desk
from fleet.errors import FleetError, Wrong
from fleet.folder import Folder
from fleet.ledger import OLDEST
from fleet.proof.book import SealBook
from fleet.proof.watch import SealWatch
from fleet.query.poles import PolesAsked, poles
from fleet.query.reader import reading
from fleet.query.values import newest
from fleet.store.database import Database
from fleet.store.messages import Inbox
from fleet.store.poison import commit
from fleet.store.postgres_open import VERSIONS
from fleet.store.server import Server, locate, parameters, server
from fleet.store.sqlite import open_store
from fleet.store.writer import open_writer
from fleet.upkeep import delete_all
from tests.fleet.poles import EPOCH, NOON, event, message
from tests.fleet.servers import Postgres, open_postgres, rows

NOW = NOON + timedelta(days=1)


def refused(where: Server) -> str:
    with pytest.raises(FleetError) as reason, open_store(where):
        pass
    assert "\n" not in str(reason.value)
    return str(reason.value)


def test_each_way_in_which_a_server_is_no_store_is_one_sentence(
    postgres: Postgres, where: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.connect("postgres") as pg:
        pg.execute("CREATE ROLE guest LOGIN")
    assert "createdb" in refused(postgres.named("nowhere"))
    assert "check that it runs" in refused(Server(url="postgresql://polefleet@/city?host=/nowhere"))
    assert "check that it runs" in refused(Server(url="postgresql://polefleet@127.0.0.1:1/city"))
    guest = Server(url=where.url.replace("polefleet@", "guest@"))
    assert "ALTER DATABASE" in refused(guest)
    with monkeypatch.context() as patch:
        patch.setattr("fleet.store.postgres_open.OLDEST", 99)
        assert "polefleet needs 99 or newer" in refused(where)
    with psycopg_of(postgres, where) as pg:
        pg.execute("UPDATE polefleet.version SET number = 99")
    assert "is of version 99, this polefleet knows 3" in refused(where)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_is_not_utf8_is_refused(postgres: Postgres, encoding: str) -> None:
    where = postgres.named(f"odd_{encoding.lower()}")
    with postgres.connect("postgres") as pg:
        pg.execute(
            f"CREATE DATABASE odd_{encoding.lower()} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode()
        )
    try:
        text = refused(where)
        assert f"is encoded in {encoding}" in text
        assert "createdb -O polefleet -E UTF8" in text
    finally:
        postgres.drop(where)


def psycopg_of(postgres: Postgres, where: Server) -> psycopg.Connection[tuple[object, ...]]:
    return postgres.connect(where.url.partition("?")[0].rpartition("/")[2])


def test_a_wrong_password_is_one_sentence_and_the_right_one_stands_in_a_file(tmp_path: Path) -> None:
    with open_postgres() as made:
        with made.connect("postgres") as pg:
            pg.execute("CREATE ROLE city LOGIN PASSWORD 'correct horse'")
            pg.execute("CREATE DATABASE city OWNER city")
        (made.folder / "data" / "pg_hba.conf").write_text("local all polefleet trust\nlocal all all scram-sha-256\n")
        made.stop()
        made.start()
        url = f"postgresql://city@/city?host={made.folder}"
        assert "host:port:database:user:password" in refused(server(url, tmp_path))
        passwords = tmp_path / "pgpass"
        passwords.touch(mode=0o600)
        for secret, good in (("not this one", False), ("correct horse", True)):
            passwords.write_text(f"*:*:*:city:{secret}\n")
            if good:
                with open_store(server(url, tmp_path)) as store:
                    assert store.commit([Inbox("p1", message("p1", [1]), NOW)]).events == 1
            else:
                text = refused(server(url, tmp_path))
                assert str(passwords) in text
                assert secret not in text


@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@h/d", "postgresql://u@h/d?password=secret", "postgresql://u:p@secret@h:x/"]
)
def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(Wrong) as reason:
        server(url, tmp_path)
    assert "secret" not in str(reason.value)


def test_a_server_elsewhere_has_to_prove_itself(tmp_path: Path) -> None:
    assert parameters(server("postgresql://u@db.city.example/d", tmp_path))["sslmode"] == "verify-full"
    assert parameters(server("postgresql://u@db.city.example/d?sslmode=disable", tmp_path))["sslmode"] == "disable"
    assert "sslmode" not in parameters(server("postgresql:///d?host=/run/postgresql", tmp_path))


@pytest.mark.parametrize(
    ("url", "environment", "proves"),
    [
        ("postgresql://u@/d?hostaddr=203.0.113.5", {}, True),
        ("postgresql://u@localhost/d?hostaddr=203.0.113.5", {}, True),
        ("postgresql://u@/d?hostaddr=127.0.0.1", {}, False),
        ("postgresql:///?service=city", {}, True),
        ("postgresql:///d", {"PGSERVICE": "city"}, True),
        ("postgresql:///d", {"PGHOST": "db.city.example"}, True),
        ("postgresql:///d?host=/run/postgresql", {"PGHOST": "db.city.example"}, False),
        ("postgresql:///d?host=/run/postgresql", {"PGHOSTADDR": "203.0.113.5"}, True),
        ("postgresql:///d", {"PGHOST": "/run/postgresql"}, False),
        ("postgresql:///d", {}, False),
    ],
)
def test_a_server_elsewhere_has_to_prove_itself_whatever_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], proves: bool
) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert parameters(server(url, tmp_path)).get("sslmode") == ("verify-full" if proves else None)


def test_a_folder_remembers_its_store_and_takes_no_other(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.choose("") == tmp_path / "fleet.db"
    chosen = folder.choose("postgresql:///city")
    assert locate(tmp_path) is None, "kept once it could be opened"
    folder.keep(chosen)
    assert stat.S_IMODE((tmp_path / "store.url").stat().st_mode) == 0o600
    assert folder.choose("") == folder.choose("postgresql:///city") == folder.store == chosen
    with pytest.raises(FleetError, match="belongs to the store"):
        folder.choose("postgresql:///other")
    other = tmp_path / "other"
    other.mkdir()
    (other / "fleet.db").touch()
    with pytest.raises(FleetError, match="whose data is not moved"):
        Folder(other).choose("postgresql:///city")


def test_a_second_writer_does_not_start(where: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.store.postgres_open.WAIT_S", 1)
    with open_store(where):
        assert "another polefleet writes" in refused(where)
    with open_store(where):
        pass


def test_a_newer_version_leaves_the_tables_alone_while_one_of_before_writes(
    postgres: Postgres, where: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.store.postgres_open.WAIT_S", 1)
    with open_store(where):
        with psycopg_of(postgres, where) as pg:
            pg.execute("DROP TABLE desk.part, polefleet.owner, polefleet.cell")
            pg.execute("ALTER TABLE polefleet.claim DROP COLUMN cell")
            pg.execute("UPDATE polefleet.version SET number = 1")
        assert "another polefleet writes" in refused(where)
        with psycopg_of(postgres, where) as pg:
            assert pg.execute("SELECT number FROM polefleet.version").fetchall() == [(1,)]
    with open_store(where), psycopg_of(postgres, where) as pg:
        assert pg.execute("SELECT number FROM polefleet.version").fetchall() == [(len(VERSIONS),)]


def test_what_a_crash_of_the_server_cut_off_is_stored_once_when_it_is_back(tmp_path: Path) -> None:
    with open_postgres("-c fsync=on") as made, ExitStack() as opened:
        where = made.server()
        store = opened.enter_context(open_store(where))
        desk = opened.enter_context(open_desk(where))
        store.commit([Inbox("p1", message("p1", [1, 2]), NOW)])
        made.stop("immediate")
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError):
                commit(store, [Inbox("p1", message("p1", [3]), NOW)])
        made.start()
        with pytest.raises(sqlite3.OperationalError), desk.change():  # its connection is found to be dead
            pass
        outcome = commit(store, [Inbox("p1", message("p1", [2, 3]), NOW)])
        assert (outcome.events, outcome.repeated) == (1, 1)
        with desk.change() as own:
            assert own.execute("SELECT count(*) FROM audit").fetchone() == (0,)
        assert [one.seq for one in store.events("p1", EPOCH, 1, 9)] == [1, 2, 3]


@pytest.mark.root
def test_a_full_disk_loses_nothing_and_is_no_fault_of_a_message(tmp_path: Path) -> None:
    with open_postgres() as made:
        small = made.folder / "small"
        small.mkdir()
        uid = (made.folder / "data").stat().st_uid
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=14m,uid={uid},mode=700", "none", str(small)], check=True)
        try:
            with made.connect("postgres") as pg:
                pg.execute(f"CREATE TABLESPACE small LOCATION '{small}'".encode())
                pg.execute("CREATE DATABASE tiny TABLESPACE small")
            with open_store(made.named("tiny")) as store:
                stored = 0

                def fill() -> None:
                    nonlocal stored
                    for number in range(1, 100_000, 100):
                        commit(store, [Inbox("p1", message("p1", range(number, number + 100)), NOW)])
                        stored = number + 99

                with pytest.raises(sqlite3.OperationalError, match="No space left on device"):
                    fill()
                assert stored
                assert [one.seq for one in store.events("p1", EPOCH, 1, 10**6)] == list(range(1, stored + 1))
                assert store.change(lambda db: db.execute("SELECT count(*) FROM quarantine").fetchone()) == (0,)
        finally:
            with made.connect("postgres") as pg:
                pg.execute("DROP DATABASE IF EXISTS tiny")
                pg.execute("DROP TABLESPACE small")
            subprocess.run(["umount", str(small)], check=True)


def partitions(folder: Path) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'segment_%' ORDER BY relname"
    return [name for (name,) in rows(folder, query)]


def test_retention_of_a_lane_drops_whole_weeks_and_the_rest_by_row(where: Server, tmp_path: Path) -> None:
    async def story() -> None:
        with open_desk(where) as desk:
            async with open_writer(where) as writer:
                inbox = [
                    Inbox("p1", message("p1", [1 + 1440 * day]), NOON + timedelta(days=day + 1)) for day in range(21)
                ]
                await writer.call(lambda store: store.commit(inbox))
                assert len(await asyncio.to_thread(partitions, tmp_path)) == 4
                done = await delete_all(writer, desk, "summary", NOON + timedelta(days=21), 3)
                assert (done.segments, done.events) == (18, 18)
                assert len(await asyncio.to_thread(partitions, tmp_path)) == 1, (
                    "17 went with their weeks, one of the last week by row"
                )
                left = await writer.call(lambda store: [one.seq for one in store.events("p1", EPOCH, 1, 10**6)])
                assert left == [1 + 1440 * day for day in range(18, 21)]
                again = await writer.call(lambda store: store.commit(inbox[:1]))
                assert (again.events, again.repeated) == (0, 1)

    asyncio.run(story())


def test_a_hostile_clock_makes_no_partition_of_its_own(where: Server, tmp_path: Path) -> None:
    with open_store(where) as store:
        for seq, moved in enumerate((-OLDEST * 30, OLDEST * 70, timedelta(hours=3)), 1):
            odd = msgspec.structs.replace(event("p1", seq), time=NOW + moved)
            store.commit([Inbox("p1", msgspec.json.encode(odd), NOW)])
        assert [one.seq for one in store.events("p1", EPOCH, 1, 9)] == [1, 2, 3]
    assert len(partitions(tmp_path)) == 1


def test_two_rows_with_one_key_in_one_statement_are_a_fault_of_a_message_and_not_of_the_disk(where: Server) -> None:
    with open_store(where) as store, pytest.raises(sqlite3.DataError):
        store.change(lambda db: db.put_latest([(1, 0.0, 1, "m", "good")] * 2))


def test_texts_with_the_character_0_are_kept_without_it(where: Server) -> None:
    status = Status(pole="p1", state="online", at=NOON, name="North\0gate \\u0000", cameras=("a\0b",))
    odd = msgspec.structs.replace(event("p1", 1), source="p1/ro\0of")
    with open_store(where) as store:
        outcome = store.commit(
            [Inbox("p1", msgspec.json.encode(status), NOW, "status"), Inbox("p1", msgspec.json.encode(odd), NOW)]
        )
        assert (outcome.events, outcome.refused) == (1, 0)
        with reading(where) as db:
            assert [line.name for line in poles(db, PolesAsked()).items] == ["North\ufffdgate \\u0000"]
            assert [value.source for value in newest(db, "p1")] == ["ro\ufffdof"]


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM pole", "COMMIT; DELETE FROM pole", "SET TRANSACTION READ WRITE", "SELECT setval('segment_id', 1)"],
)
def test_a_question_changes_nothing(
    where: Server, tmp_path: Path, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(where) as store:
        store.commit([Inbox("p1", message("p1", [1]), NOW)])
    assert main(["sql", query, "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert rows(tmp_path, "SELECT count(*) FROM pole") == [(1,)]


def test_a_question_that_takes_too_long_is_given_up(where: Server) -> None:
    with pytest.raises(FleetError, match="takes longer than"), reading(where, longest_s=0.05) as db:
        db.execute("SELECT pg_sleep(20)")


def test_questions_share_a_connection_and_outlive_its_end(postgres: Postgres, where: Server) -> None:
    asked = "SELECT pg_backend_pid(), current_setting('transaction_read_only')"
    with reading(where) as db:
        one = tuple(db.execute(asked).fetchone())
    with reading(where) as db:
        assert tuple(db.execute(asked).fetchone()) == one
        with pytest.raises(sqlite3.Error):
            db.execute("DELETE FROM pole")
    with postgres.connect("postgres") as pg:
        pg.execute(f"SELECT pg_terminate_backend({one[0]}, 60000)".encode())
    with reading(where) as db, reading(where) as other:
        pids = {db.execute(asked).fetchone()[0], other.execute(asked).fetchone()[0]}
        assert len(pids) == 2
        assert one[0] not in pids


def test_a_connection_that_was_closed_is_not_made_anew(where: Server) -> None:
    """A look for incidents goes on in its thread while its process ends."""
    with open_desk(where) as desk:
        pass
    with pytest.raises(sqlite3.OperationalError, match="closed"), desk.change():
        pass


def test_a_scan_goes_on_while_other_questions_are_asked(where: Server) -> None:
    def scanned(db: Database) -> list[int]:
        return [
            db.execute("SELECT ? + 1", (seq,)).fetchone()[0]
            for (seq,) in db.scan("SELECT last FROM segment ORDER BY id")
        ]

    with open_store(where) as store:
        store.commit([Inbox("p1", message("p1", [number]), NOW) for number in range(1, 101)])
    with reading(where) as db:
        assert scanned(db) == list(range(2, 102))


def test_seals_are_looked_at_in_a_server_s_store_too(where: Server, tmp_path: Path) -> None:
    with open_store(where) as store:
        store.commit([Inbox("p1", message("p1", [1]), NOW)])
    book = SealBook(tmp_path)
    SealWatch(where, tmp_path / "ca.pem", book, lambda: NOW).round()
    assert book.after() == 1
