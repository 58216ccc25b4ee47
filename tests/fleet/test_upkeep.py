"""Days that are over are packed; what is too old is deleted, stands in the audit, and stays known."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.accounts.audit import AuditAsked, entries
from fleet.cli import parser
from fleet.desk.file import open_desk
from fleet.store.sqlite import Inbox
from fleet.store.writer import open_writer
from fleet.upkeep import delete_all, pack_all
from tests.fleet.poles import EPOCH, NOON, message


def test_a_day_is_packed_once_it_is_over(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_writer(tmp_path / "fleet.db") as writer:
            inbox = [Inbox("p1", message("p1", [number]), NOON) for number in range(1, 6)]
            await writer.call(lambda store: store.commit(inbox))
            assert await pack_all(writer, NOON + timedelta(hours=12, minutes=59)) == 0
            assert await pack_all(writer, NOON + timedelta(hours=13)) == 5
            assert await pack_all(writer, NOON + timedelta(hours=13)) == 0

    asyncio.run(story())


def test_what_is_too_old_is_deleted_and_audited_and_a_repeat_of_it_is_no_event(tmp_path: Path) -> None:
    async def story() -> None:
        with open_desk(tmp_path) as desk:
            async with open_writer(tmp_path / "fleet.db") as writer:
                inbox = [Inbox("p1", message("p1", numbers), NOON) for numbers in ([1, 2], [3], [3000])]
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


def test_what_to_keep_is_said_by_lane(capsys: pytest.CaptureFixture[str]) -> None:
    options = parser("serve").parse_args(["serve", "--keep", "raw=30", "--keep", "summary=400"])
    assert dict(options.keep) == {"raw": 30, "summary": 400}
    for wrong in ("raw", "video=3", "raw=0", "raw=-1", "raw=x"):
        with pytest.raises(SystemExit):
            parser("serve").parse_args(["serve", f"--keep={wrong}"])
        assert "is not LANE=DAYS" in capsys.readouterr().err
