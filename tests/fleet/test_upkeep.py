"""Days that are over are packed; what is too old is deleted, stands in the audit, and stays known."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from contract.events import Alert, Counts
from contract.receive import pieces
from fleet.accounts.audit import AuditAsked, entries
from fleet.cli import parser
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.store.messages import Inbox
from fleet.store.writer import open_writer
from fleet.upkeep import UpkeepHealth, delete_all, keep_up, pack_all
from tests.fleet.poles import EPOCH, NOON, event, message
from tests.fleet.servers import rows

pytestmark = pytest.mark.usefixtures("home")


def test_a_day_is_packed_once_it_is_over(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_writer(Folder(tmp_path).store) as writer:
            inbox = [Inbox("p1", message("p1", [number]), NOON) for number in range(1, 6)]
            await writer.call(lambda store: store.commit(inbox))
            assert await pack_all(writer, NOON + timedelta(hours=12, minutes=59)) == 0
            assert await pack_all(writer, NOON + timedelta(hours=13)) == 5
            assert await pack_all(writer, NOON + timedelta(hours=13)) == 0

    asyncio.run(story())


def test_a_round_that_fails_is_not_well_until_one_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    health, said, real = UpkeepHealth(), list[str](), asyncio.sleep

    async def rounds(_: float) -> None:
        said.append(health.text)
        assert health.done is not None, "a first round that hangs is overdue one day"
        await real(0)
        if len(said) == 2:
            raise asyncio.CancelledError

    def fails(*_: object, **__: object) -> int:
        if not said:
            raise sqlite3.OperationalError("database or disk is full")
        return 0

    async def story() -> None:
        with open_desk(Folder(tmp_path).desk) as desk:
            async with open_writer(Folder(tmp_path).store) as writer:
                await writer.call(lambda store: store.commit([Inbox("p1", message("p1", [1]), NOON)]))
                monkeypatch.setattr("fleet.upkeep.pack", fails)
                monkeypatch.setattr("fleet.upkeep.asyncio.sleep", rounds)
                with pytest.raises(asyncio.CancelledError):
                    await keep_up(writer, desk, lambda: NOON + timedelta(days=1), {}, health)

    asyncio.run(story())
    assert "cannot be packed or deleted: database or disk is full" in said[0]
    assert (said[1], health.done) == ("", NOON + timedelta(days=1))


def test_what_is_too_old_is_deleted_and_audited_and_a_repeat_of_it_is_no_event(tmp_path: Path) -> None:
    async def story() -> None:
        with open_desk(Folder(tmp_path).desk) as desk:
            async with open_writer(Folder(tmp_path).store) as writer:
                late = NOON + timedelta(days=3)
                inbox = [Inbox("p1", message("p1", numbers), late) for numbers in ([1, 2], [3], [3000])]
                await writer.call(lambda store: store.commit(inbox))
                now = NOON + timedelta(days=31)
                assert (await delete_all(writer, desk, "raw", now, 30)).segments == 0
                done = await delete_all(writer, desk, "summary", now, 30)
                assert (done.segments, done.events) == (2, 3)
                again = await writer.call(lambda store: store.commit(inbox[:1]))
                assert (again.events, again.repeated, again.conflicts) == (0, 2, 0)
                assert await writer.call(lambda store: [one.seq for one in store.events("p1", EPOCH, 1, 9999)]) == [
                    3000
                ]
            (line,) = entries(desk, AuditAsked()).items
            assert (line.who, line.what, line.subject, line.detail["events"]) == (
                "polefleet",
                "retention.delete",
                "summary",
                3,
            )

    asyncio.run(story())


def deleted(folder: Path, inbox: list[Inbox], name: str, later: timedelta) -> tuple[int, list[int]]:
    """Events that went from what was in ``inbox``, and the numbers of those that stayed."""

    async def story() -> tuple[int, list[int]]:
        with open_desk(Folder(folder).desk) as desk:
            async with open_writer(Folder(folder).store) as writer:
                await writer.call(lambda store: store.commit(inbox))
                done = await delete_all(writer, desk, name, NOON + later, 30)
                left = await writer.call(lambda store: [one.seq for one in store.events("p1", EPOCH, 1, 9999)])
                return done.events, left

    return asyncio.run(story())


@pytest.mark.parametrize("wrong", ["unsynced", "long ago", "far ahead"])
def test_where_the_pole_s_clock_is_not_to_be_trusted_retention_goes_by_the_time_of_arrival(
    tmp_path: Path, wrong: str
) -> None:
    one = event("p1", 1)
    if wrong == "unsynced":
        one = msgspec.structs.replace(one, timequality="unsynced", time=NOON - timedelta(days=40))
    else:
        one = msgspec.structs.replace(one, time=NOON + timedelta(days=-4000 if wrong == "long ago" else 4000))
    inbox = [Inbox("p1", msgspec.json.encode(one), NOON)]
    assert deleted(tmp_path, inbox, "summary", timedelta(days=29)) == (0, [1])
    assert deleted(tmp_path, [], "summary", timedelta(days=31)) == (1, [])


def test_of_a_kind_single_events_are_deleted_and_the_others_stay_as_they_were_sent(tmp_path: Path) -> None:
    count = Counts(duration_s=60.0, seen_s=60.0)
    mixed = [event("p1", 1), event("p1", 2, count), event("p1", 3), event("p1", 4, count)]
    inbox = [Inbox("p1", msgspec.json.encode(mixed), NOON), Inbox("p1", message("p1", [5]), NOON)]
    assert deleted(tmp_path, inbox, "counts", timedelta(days=29)) == (0, [1, 2, 3, 4, 5])
    assert deleted(tmp_path, [], "counts", timedelta(days=31)) == (2, [1, 3, 5])
    found = rows(tmp_path, "SELECT first, last, count, kinds, body FROM segment ORDER BY id")
    assert [row[:4] for row in found] == [(1, 3, 2, "summary"), (5, 5, 1, "summary")]
    assert [bytes(piece) for piece in pieces(found[0][4])] == [msgspec.json.encode(one) for one in (mixed[0], mixed[2])]
    assert deleted(tmp_path, inbox, "counts", timedelta(days=31)) == (0, [1, 3, 5]), "a repeat of it is a repeat"


def test_incidents_go_with_the_alarms_or_with_their_kind(tmp_path: Path) -> None:
    async def story() -> None:
        with open_desk(Folder(tmp_path).desk) as desk:
            async with open_writer(Folder(tmp_path).store) as writer:
                alert = Alert(id="0000000a", phase="begin", rule="flood", severity="alarm", since=NOON, text={})
                over = msgspec.structs.replace(alert, id="0000000b", phase="end")
                both = msgspec.json.encode([event("p1", 1, alert), event("p1", 2, over)])
                await writer.call(lambda store: store.commit([Inbox("p1", both, NOON)]))
                await delete_all(writer, desk, "alert", NOON + timedelta(days=31), 30)
                assert await writer.do(lambda db: db.execute("SELECT id FROM incident").fetchall()) == [("0000000a",)]

    asyncio.run(story())


def test_what_to_keep_is_said_by_lane_or_kind(capsys: pytest.CaptureFixture[str]) -> None:
    options = parser("serve").parse_args(["serve", "--keep", "raw=30", "--keep", "counts=7"])
    assert dict(options.keep) == {"raw": 30, "counts": 7}
    for wrong in ("raw", "video=3", "raw=0", "raw=-1", "raw=x"):
        with pytest.raises(SystemExit):
            parser("serve").parse_args(["serve", f"--keep={wrong}"])
        assert "is not NAME=DAYS" in capsys.readouterr().err
