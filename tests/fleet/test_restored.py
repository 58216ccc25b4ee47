"""The archive is changed as a whole while poles go on: a week-old backup takes its place, a new version changes it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from contract.commands import Command, Reply
from contract.ranges import Ranges
from contract.requests import ResendArgs
from contract.watermark import read_watermark
from fleet.cli import main
from fleet.store import postgres_open
from fleet.store.messages import Inbox
from fleet.store.server import Server
from fleet.store.sqlite import open_store
from tests.fleet.poles import EPOCH, NOON, message
from tests.fleet.servers import rows
from tests.fleet.test_ingest import ENDLESS, Pole, ingesting, stored
from tests.fleet.test_serve import TestPole, claimed, connected, now, online, platform
from tests.uplink.support import mosquitto, until

NOW = NOON + timedelta(days=1)


async def deliver(client: aiomqtt.Client, pole: str, numbers: range) -> None:
    """Until the platform has confirmed all of them."""
    await client.publish(f"sp/v2/{pole}/summary", message(pole, numbers), qos=1)
    confirmed = Ranges()
    async for each in client.messages:
        if each.topic.value.endswith("/ack"):
            for first, last in read_watermark(bytes(each.payload)).ranges:
                confirmed.add(first, last)
        if not confirmed.holes(numbers[0], numbers[-1]):
            return


async def resend(client: aiomqtt.Client, pole: str) -> None:
    """Answers one command as a pole does that still has all."""
    async for each in client.messages:
        if each.topic.value.endswith("/command"):
            command = msgspec.json.decode(each.payload, type=Command)
            asked = msgspec.json.decode(command.args, type=ResendArgs)
            assert (command.name, asked.epoch) == ("resend", EPOCH)
            count = 0
            for first, last in asked.ranges:
                count += last - first + 1
                await client.publish(f"sp/v2/{pole}/summary", message(pole, range(first, last + 1)), qos=1)
            reply = Reply(id=command.id, ok=True, at=now(), clock="synced", result={"events": count})
            await client.publish(f"sp/v2/{pole}/reply", msgspec.json.encode(reply), qos=1)
            return


@pytest.mark.fault(
    "the platform's data is lost, and last week's backup takes its place",
    "`polefleet restore-check` counts what is missing (exit code 1), poles send it again, and it ends with 0 once all "
    "is there",
)
def test_a_restored_backup_is_complete_once_restore_check_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, backup = tmp_path / "f", tmp_path / "backup.db"
    poles: list[TestPole] = []

    async def before() -> None:
        async with contextlib.AsyncExitStack() as links, platform(folder) as running:
            poles.extend([await claimed(running, name) for name in ("p1", "p2")])
            for part in (range(1, 101), range(101, 301)):
                for pole in poles:
                    async with online_as(pole, part[0] - 1) as client:  # nothing is missing yet
                        await deliver(client, pole.name, part)
                if part[0] == 1:
                    with contextlib.closing(sqlite3.connect(folder / "fleet.db")) as db:
                        db.execute("VACUUM INTO ?", (str(backup),))
            for pole in poles:  # still connected when the platform stops: it receives their wills once it starts
                await links.enter_async_context(connected(pole))

    async def after() -> None:
        async with platform(folder) as running:
            await until(
                lambda: rows(folder, "SELECT DISTINCT state FROM pole") == [("offline",)], "their wills came", 120
            )
            said = await check(1)
            assert said.startswith("2 poles are offline, or have sent nothing since"), "what they have is not known yet"
            assert said.splitlines()[0].endswith(": p1, p2")
            for pole in poles:
                assert pole.answer is not None
                pole.answer = msgspec.structs.replace(pole.answer, port=int(running.broker.rpartition(":")[2]))
                async with online_as(pole, 300) as client:
                    await until(partial(knows, folder, pole.name, 300), "its status is stored", 120)
                    said = await check(1)
                    assert f"{pole.name}  epoch {EPOCH}  200 missing: 101-300" in said
                    assert "2 poles, 200 events to come" in said
                    await resend(client, pole.name)
                    await until(partial(holds, folder, pole.name, 300), "all came again", 120)
            assert await check(0) == "2 poles, 0 events to come; 0 questions were put to poles just now\n"

    async def check(code: int) -> str:
        assert await asyncio.to_thread(main, ["restore-check", "--folder", str(folder)]) == code
        return capsys.readouterr().out

    asyncio.run(before())
    for file in folder.glob("fleet.db*"):
        file.unlink()
    shutil.copy(backup, folder / "fleet.db")
    asyncio.run(after())
    assert stored(folder, "p1") == stored(folder, "p2") == list(range(1, 301))


@contextlib.asynccontextmanager
async def online_as(pole: TestPole, given: int) -> AsyncIterator[aiomqtt.Client]:
    """A connection of a pole that has numbered so many events."""
    async with pole.connect() as client:
        await client.subscribe([(f"sp/v2/{pole.name}/{leaf}", 1) for leaf in ("ack", "command")])
        await client.publish(f"sp/v2/{pole.name}/status", online(pole.name, next_seq=given + 1), qos=1)
        yield client


def knows(folder: Path, pole: str, given: int) -> bool:
    ((status,),) = rows(folder, f"SELECT status FROM pole WHERE pole = '{pole}'")
    return f'"next_seq":{given + 1}'.encode() in status


def holds(folder: Path, pole: str, count: int) -> bool:
    return len(stored(folder, pole)) == count


CHANGE = """
ALTER TABLE polefleet.segment ADD COLUMN trial integer NOT NULL DEFAULT 0;
UPDATE polefleet.segment SET trial = length(body);
CREATE INDEX segment_trial ON polefleet.segment (trial);
"""
"""What a next version might do: each segment is written anew."""


async def changed(folder: Path, change: Callable[[], None], segments: int) -> float:
    """``change`` is called while poles go on; the longest time without a confirmation, in seconds."""
    begun = asyncio.get_running_loop().time
    longest = 0.0
    async with mosquitto(folder) as port, ingesting(folder, port) as ingest:
        pole = Pole("p1", ENDLESS, 1)

        async def watch() -> None:
            nonlocal longest
            last, at = 0, begun()
            while pole.left():
                if len(pole.confirmed) != last:
                    last, at = len(pole.confirmed), begun()
                longest = max(longest, begun() - at)
                await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pole.run(port))
            await until(lambda: len(pole.confirmed) > 100, "events are confirmed", 300)
            tasks.create_task(watch())
            await asyncio.to_thread(change)
            before = len(pole.confirmed)
            await until(lambda: len(pole.confirmed) > before + 100, "the cell of before goes on", 300)
            pole.count = pole.confirmed.last + 300
        assert ingest.health.text == ""
    assert stored(folder, "p1") == list(range(1, pole.count + 1))
    assert rows(folder, "SELECT count(*) FROM quarantine") == [(0,)]
    query = "SELECT count(*), count(*) FILTER (WHERE trial > 0) FROM segment WHERE pole LIKE 'old%'"
    assert rows(folder, query) == [(segments, segments)]
    return longest


def on_a_full_archive(where: Server, folder: Path, segments: int, monkeypatch: pytest.MonkeyPatch) -> None:
    script = folder / "next.sql"
    script.write_text(CHANGE)
    fill = f"""
        INSERT INTO segment (pole, epoch, first, last, count, lane, t0, t1, received, body, kinds)
        SELECT 'old' || n, epoch, first, last, count, lane, t0, t1, received,
            convert_to(repeat(md5(n::text), 25), 'UTF8'), kinds
        FROM segment, generate_series(1, {segments - 1}) AS n WHERE pole = 'old0'"""
    with open_store(where, cell="old") as store:
        store.commit([Inbox("old0", message("old0", [1]), NOW)])
        store.change(lambda db: db.execute(fill))

    def change() -> None:
        """A cell of the next version starts."""
        monkeypatch.setattr(postgres_open, "VERSIONS", (*postgres_open.VERSIONS, (str(script),)))
        with open_store(where, cell="new") as store:
            assert store.commit([Inbox("p2", message("p2", [1]), NOW)]).events == 1

    waited = asyncio.run(changed(folder, change, segments))
    print(f"{segments:,} segments written anew; {waited:.1f} s without a confirmation, 0 lost, 0 doubled")


@pytest.mark.fault(
    "the schema of a full archive is changed by a new version while an ingest of the one before goes on (PostgreSQL)",
    "its commits wait for the change and go on; each event is stored once",
)
def test_an_archive_is_changed_as_a_whole_while_an_ingest_goes_on(
    where: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_full_archive(where, tmp_path, 2000, monkeypatch)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_an_archive_of_half_a_million_segments_is_changed_while_an_ingest_goes_on(
    where: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_full_archive(where, tmp_path, 500_000, monkeypatch)


def test_a_pole_that_was_claimed_and_has_sent_nothing_is_silent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story() -> None:
        async with platform(tmp_path / "f") as running:
            await claimed(running, "p1")
            assert await asyncio.to_thread(main, ["restore-check", "--folder", str(tmp_path / "f")]) == 1
            assert capsys.readouterr().out.splitlines()[0].endswith(": p1")

    asyncio.run(story())
