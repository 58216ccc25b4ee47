"""Commands wait for their pole, are sent at most once, and keep their replies; what is missing is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.birth import Status
from contract.commands import COMMAND_BYTES, Command, Reply
from contract.events import Gap
from fleet.errors import FleetError
from fleet.folder import Folder
from fleet.jobs import holes, rows
from fleet.jobs.desk import JobDesk
from fleet.store.database import Database
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from fleet.store.writer import open_writer
from tests.fleet.poles import EPOCH, NOON, event, message
from tests.uplink.support import until

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FleetStore]:
    with open_store(Folder(tmp_path).store) as opened:
        yield opened


@pytest.fixture
def db(store: FleetStore) -> Database:
    return store.change(lambda connection: connection)


def status(store: FleetStore, pole: str, state: Any = "online", **fields: Any) -> None:
    said = Status(pole=pole, state=state, at=NOON, epoch=EPOCH, **fields)
    store.commit([Inbox(pole, msgspec.json.encode(said), NOON, "status")])


def ping(*poles: str, expires: datetime = NOON + timedelta(hours=1)) -> rows.Wanted:
    return rows.Wanted(poles=poles, name="ping", args={}, expires=expires, who="test")


def answer(job: str, *, ok: bool = True) -> bytes:
    return msgspec.json.encode(Reply(id=job, ok=ok, at=NOON, clock="synced"))


def test_a_command_waits_for_its_pole_and_is_sent_once(store: FleetStore, db: Database) -> None:
    job = rows.submit(db, ping("p1", "p2"), NOON)
    assert rows.take_ready(db, NOON) == []
    status(store, "p1")
    (sending,) = rows.take_ready(db, NOON)
    command = msgspec.json.decode(sending.payload, type=Command)
    assert (sending.pole, command.id, command.expires) == ("p1", job, NOON + timedelta(hours=1))
    assert rows.take_ready(db, NOON + timedelta(minutes=50)) == [], "it may be lost, and is not sent again"
    assert rows.progress(db, job).states == {"queued": 1, "sent": 1}


def test_commands_of_a_pole_go_one_after_the_other(store: FleetStore, db: Database) -> None:
    status(store, "p1")
    first = rows.submit(db, ping("p1"), NOON)
    second = rows.submit(db, ping("p1"), NOON + timedelta(seconds=1))
    assert [each.job for each in rows.take_ready(db, NOON)] == [first]
    assert rows.take_ready(db, NOON) == []
    assert rows.reply(db, "p1", answer(first), NOON)
    assert [each.job for each in rows.take_ready(db, NOON)] == [second]


def test_what_expires_is_not_sent_and_a_late_reply_is_kept(store: FleetStore, db: Database) -> None:
    status(store, "p1")
    job = rows.submit(db, ping("p1", "p2"), NOON)
    rows.take_ready(db, NOON)
    later = NOON + timedelta(hours=2)
    assert rows.expire(db, later) == 2
    status(store, "p2")
    assert rows.take_ready(db, later) == []
    assert rows.reply(db, "p1", answer(job, ok=False), later)
    assert rows.progress(db, job).states == {"expired": 1, "failed": 1}
    assert [one.pole for one in rows.answers(db, job)] == ["p1", "p2"]


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[" * 100_000, answer("unknown")])
def test_a_reply_that_is_none_of_ours_changes_nothing(store: FleetStore, db: Database, payload: bytes) -> None:
    status(store, "p1")
    job = rows.submit(db, ping("p1"), NOON)
    rows.take_ready(db, NOON)
    assert not rows.reply(db, "p1", payload, NOON)
    assert not rows.reply(db, "p2", answer(job), NOON), "nor that of another pole"
    assert rows.reply(db, "p1", answer(job), NOON)
    assert not rows.reply(db, "p1", answer(job, ok=False), NOON), "nor a second one"
    assert rows.progress(db, job).states == {"done": 1}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"name": "reload"},
            "no command of a pole is called 'reload': there are backfill, ",
        ),
        ({"args": {"colour": 1}}, "the arguments of ping"),
        ({"name": "resend", "args": {"epoch": "", "ranges": []}}, "the arguments of resend"),
        ({"expires": NOON}, "would have expired"),
        ({"poles": ()}, "at least one pole"),
    ],
)
def test_a_wrong_command_is_refused_before_it_is_kept(db: Database, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(FleetError, match=why):
        rows.submit(db, msgspec.structs.replace(ping("p1"), **changes), NOON)
    assert db.execute("SELECT count(*) FROM job").fetchone() == (0,)


def found(db: Database) -> list[tuple[tuple[tuple[int, int], ...], bool]]:
    return [(hole.ranges, hole.waiting) for hole in holes.holes(db, "p1")]


def test_a_hole_is_missing_waiting_or_explained(store: FleetStore, db: Database) -> None:
    gap = Gap(epoch=EPOCH, deleted_lane="summary", ranges=((4, 5),), count=2, reason="store_full")
    store.commit(
        [Inbox("p1", message("p1", [1, 2, 9]), NOON), Inbox("p1", msgspec.json.encode([event("p1", 3, gap)]), NOON)]
    )
    status(store, "p1", next_seq=20, oldest_unsent=8)
    assert found(db) == [(((6, 7),), False), (((8, 8), (10, 19)), True)]
    status(store, "p1", next_seq=20)
    assert found(db) == [(((6, 8), (10, 19)), False)]


def test_what_comes_live_after_the_status_is_not_missing(store: FleetStore, db: Database) -> None:
    status(store, "p1", next_seq=3)
    store.commit([Inbox("p1", message("p1", [1, 2, 7]), NOON)])
    assert found(db) == [(((3, 6),), True)]


def test_many_separate_holes_fit_into_one_question(store: FleetStore, db: Database) -> None:
    first = 10**9 + 1
    store.commit([Inbox("p1", message("p1", list(range(first, first + 2002, 2))), NOON)])
    status(store, "p1", next_seq=first + 2002)
    assert holes.fill(db, "p1", NOON) == 1
    (sending,) = rows.take_ready(db, NOON)
    assert len(sending.payload) <= COMMAND_BYTES


def test_what_is_missing_is_asked_for_a_few_times_and_not_while_a_question_is_open(
    store: FleetStore, db: Database
) -> None:
    store.commit([Inbox("p1", message("p1", [1, 9]), NOON)])
    status(store, "p1", next_seq=10)
    now = NOON
    for _ in range(holes.TRIES):
        assert holes.fill(db, "p1", now) == 1
        assert holes.fill(db, "p1", now) == 0
        (sending,) = rows.take_ready(db, now)
        assert msgspec.json.decode(msgspec.json.decode(sending.payload, type=Command).args) == {
            "epoch": EPOCH,
            "ranges": [[2, 8]],
        }
        assert holes.fill(db, "p1", now + holes.AGAIN) == 0, "it is on its way"
        assert rows.reply(db, "p1", answer(sending.job), now)
        assert holes.fill(db, "p1", now) == 0, "what is sent again takes a while"
        now += holes.AGAIN + timedelta(seconds=1)
    assert holes.fill(db, "p1", now) == 0, "the pole has it no more"
    assert holes.fill(db, "p1", now, at_once=True) == 1


def test_the_platforms_own_questions_are_forgotten_and_those_of_people_are_not(store: FleetStore, db: Database) -> None:
    for who in (holes.WHO, "test"):
        rows.submit(db, msgspec.structs.replace(ping("p1"), who=who), NOON)
    assert rows.forget(db, holes.WHO, NOON + timedelta(days=30)) == 0
    assert rows.forget(db, holes.WHO, NOON + timedelta(days=31)) == 1
    assert db.execute("SELECT who FROM job JOIN job_pole ON job = id").fetchall() == [("test",)]


def test_a_disk_that_cannot_be_written_delays_commands_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    full = True
    real = rows.reply

    async def publish(topic: str, _: bytes) -> bool:
        sent.append(topic)
        return True

    def reply(db: Database, pole: str, payload: bytes, now: datetime) -> bool:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        return real(db, pole, payload, now)

    async def story() -> None:
        nonlocal full
        monkeypatch.setattr(rows, "reply", reply)
        monkeypatch.setattr("fleet.jobs.desk.LOOK_S", 0.05)
        async with open_writer(Folder(tmp_path).store) as writer:
            said = msgspec.json.encode(Status(pole="p1", state="online", at=NOON, epoch=EPOCH))
            await writer.call(lambda store: store.commit([Inbox("p1", said, NOON, "status")]))
            desk = JobDesk(writer, publish, lambda: NOON)
            running = asyncio.get_running_loop().create_task(desk.run())
            job = await desk.submit(["p1"], "ping", {}, NOON + timedelta(hours=1), "test")
            await until(lambda: sent == ["sp/v2/p1/command"], "it is sent", 120)
            desk.stored("p1", "reply", answer(job))
            desk.stored("p1", "status", said)
            await asyncio.sleep(0.2)
            assert not running.done()
            full = False
            async with asyncio.timeout(120):
                while (await writer.do(lambda db: rows.progress(db, job))).states != {"done": 1}:
                    await asyncio.sleep(0.05)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    asyncio.run(story())
