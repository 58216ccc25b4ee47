"""From a real broker to the store and back: what is confirmed is on disk, whatever is killed when."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from contract.birth import Status
from contract.ranges import Ranges
from contract.watermark import read_watermark
from fleet.folder import Folder
from fleet.ingest import BACKLOG_IN_FLIGHT, GROUP_BYTES, MESSAGE_BYTES, Ingest
from fleet.links import IngestLink
from fleet.query.reader import reading
from fleet.session import SessionSettings
from fleet.store.archive import events
from fleet.store.cells import QUIET_S
from fleet.store.messages import Inbox
from fleet.store.sqlite import FleetStore, open_store
from fleet.store.writer import open_writer
from simulator.ports import free_port
from tests.fleet.poles import EPOCH, NOON, message
from tests.fleet.servers import raw
from tests.uplink.support import mosquitto, program, until

NOW = NOON + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("home")


ENDLESS = 10**6
"""Events of a pole that goes on until its ``count`` is made smaller."""


class Pole:
    """Publishes events until the platform has confirmed all of them, each time cut in another way."""

    def __init__(self, name: str, count: int, seed: int) -> None:
        self.name = name
        self.count = count
        self.confirmed = Ranges()
        self._random = random.Random(seed)

    def left(self) -> list[int]:
        """The first of what is not confirmed."""
        holes = self.confirmed.holes(1, self.count)
        return list(islice((number for first, last in holes for number in range(first, last + 1)), 100))

    async def run(self, port: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        while self.left() and not task.cancelling():  # aiomqtt may answer a cancellation with an error of its own
            try:
                await self._connected(port)
            except* aiomqtt.MqttError:
                await asyncio.sleep(0.05)  # the broker was killed

    async def _connected(self, port: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        async with aiomqtt.Client("127.0.0.1", port, identifier=self.name) as client:
            await client.subscribe(f"sp/v2/{self.name}/ack", qos=1)
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen(client))
                while (left := self.left()) and not task.cancelling():  # else a failed test goes on for ever
                    size = self._random.randint(1, 40)
                    payload = message(self.name, left[:size])
                    await client.publish(f"sp/v2/{self.name}/summary", payload, qos=1)
                    await asyncio.sleep(0.01)
                listening.cancel()

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for each in client.messages:
            mark = read_watermark(bytes(each.payload))
            for first, last in mark.ranges:
                self.confirmed.add(first, last)


@contextlib.asynccontextmanager
async def ingesting(
    path: Path, port: int, *, now: Callable[[], datetime] = lambda: NOW, **fields: Any
) -> AsyncIterator[Ingest]:
    async with open_writer(Folder(path).store) as writer:
        ingest = Ingest(writer, SessionSettings(port=port, **fields), now)
        task = asyncio.get_running_loop().create_task(ingest.run())
        try:
            await until(lambda: ingest.health.connected, "the ingest is connected", 60)
            yield ingest
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def stored(path: Path, pole: str) -> list[int]:
    with reading(*Folder(path).read) as db:
        return sorted(event.seq for event in events(db, pole, EPOCH, 1, 10**9))


def test_what_poles_publish_is_stored_and_confirmed(tmp_path: Path) -> None:
    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            poles = [Pole(f"p{number}", 200, number) for number in range(3)]
            async with asyncio.timeout(60):
                await asyncio.gather(*(pole.run(port) for pole in poles))
            assert ingest.health.events == 600
            assert (ingest.health.conflicts, ingest.health.refused, ingest.health.text) == (0, 0, "")

    asyncio.run(story())
    for name in ("p0", "p1", "p2"):
        assert stored(tmp_path, name) == list(range(1, 201))


def test_a_broker_that_does_not_speak_mqtt_5_is_asked_in_3_1_1(tmp_path: Path) -> None:
    port = free_port()
    settings = tmp_path / "nats.conf"
    settings.write_text(
        f'host: 127.0.0.1\nport: -1\nserver_name: test\njetstream: {{ store_dir: "{tmp_path}/nats" }}\n'
        f"mqtt {{ host: 127.0.0.1, port: {port} }}\n"
    )
    server = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    assert server

    async def story() -> None:
        async with program(server, "-c", str(settings), port=port), ingesting(tmp_path, port) as ingest:
            assert ingest.health.protocol == "3.1.1"
            await Pole("p1", 100, 1).run(port)

    asyncio.run(story())
    assert stored(tmp_path, "p1") == list(range(1, 101))


def test_a_message_of_qos_0_costs_the_ingest_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            mosquitto(tmp_path) as port,
            ingesting(tmp_path, port) as ingest,
            aiomqtt.Client("127.0.0.1", port) as client,
        ):
            links = ingest._live.client, ingest._backlog.client
            said = msgspec.json.encode(Status(pole="p1", state="online", at=NOON))
            await client.publish("sp/v2/p1/status", said, qos=0, retain=True)
            await client.publish("sp/v2/p1/ping", said, qos=0)
            await Pole("p2", 200, 1).run(port)
            assert (ingest._live.client, ingest._backlog.client) == links

    asyncio.run(story())
    assert stored(tmp_path, "p2") == list(range(1, 201))


def test_alarms_overtake_a_backlog_and_the_broker_is_answered_in_order(tmp_path: Path) -> None:
    acknowledged: list[int] = []

    class Client:
        """Only its acknowledgements."""

        def __init__(self) -> None:
            self._client = self

        def ack(self, mid: int, _: int) -> None:
            acknowledged.append(mid)

    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            link: Any = Client()
            backlog = [("summary", message("p1", [number])) for number in range(1, 700)]
            for mid, (leaf, payload) in enumerate([*backlog, ("alarm", message("p2", [1]))], 1):
                receipt = ingest._receipts.came(link, mid)
                assert ingest.take(f"sp/v2/{'p2' if leaf == 'alarm' else 'p1'}/{leaf}", payload, receipt)
            await until(lambda: len(acknowledged) == 700, "all are acknowledged", 60)

    asyncio.run(story())
    assert acknowledged == list(range(1, 701))
    with raw(tmp_path) as db:
        assert db.execute("SELECT pole FROM segment ORDER BY id LIMIT 1").fetchall() == [("p2",)]


def test_an_alarm_does_not_wait_for_what_the_broker_holds_of_a_backlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, real, groups = threading.Event(), FleetStore.commit, []

    def commit(store: FleetStore, messages: Any) -> Any:
        assert go_on.wait(300)
        groups.append({message.leaf for message in messages})
        return real(store, messages)

    async def story() -> None:
        async with (
            mosquitto(tmp_path) as port,
            ingesting(tmp_path, port) as ingest,
            aiomqtt.Client("127.0.0.1", port, max_inflight_messages=2000) as client,
        ):
            monkeypatch.setattr(FleetStore, "commit", commit)
            try:
                for number in range(1, 1001):
                    client._client.publish("sp/v2/p1/summary", message("p1", [number]), qos=1)
                await until(
                    lambda: ingest.health.waiting_messages >= BACKLOG_IN_FLIGHT, "a part of the backlog came", 60
                )
                await client.publish("sp/v2/p2/alarm", message("p2", [1]), qos=1)
                await until(lambda: len(ingest._urgent) == 1, "the alarm came", 60)
                assert ingest.health.messages == BACKLOG_IN_FLIGHT + 1
            finally:
                go_on.set()
            await until(lambda: ingest.health.events == 1001, "all is stored", 120)

    asyncio.run(story())
    assert "alarm" in groups[0] | groups[1], "the group that was in progress is one, the next one is the alarm"


def test_of_a_backlog_no_more_comes_than_two_commits_take_whatever_the_broker_hands_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mosquitto 2.0.11 keeps to Receive Maximum until the first acknowledgement, and then hands over all it has."""
    count, turns, real = 3000, threading.Semaphore(0), FleetStore.commit

    def commit(store: FleetStore, messages: Any) -> Any:
        assert turns.acquire(timeout=300)
        return real(store, messages)

    async def story() -> None:
        async with (
            mosquitto(tmp_path, "max_inflight_messages 10000\n") as port,
            ingesting(tmp_path, port) as ingest,
            aiomqtt.Client("127.0.0.1", port, max_inflight_messages=count) as client,
        ):
            monkeypatch.setattr(FleetStore, "commit", commit)
            try:
                for number in range(1, count):
                    client._client.publish("sp/v2/p1/summary", message("p1", [number]), qos=1)
                await client.publish("sp/v2/p1/summary", message("p1", [count]), qos=1)  # all are at the broker
                for _ in range(2):
                    turns.release()
                await until(lambda: ingest.health.commits == 2, "two groups are acknowledged", 60)
                came = 0
                while came < ingest.health.messages:  # until nothing more comes while the broker answers
                    came = ingest.health.messages
                    for _ in range(100):
                        await client.publish("elsewhere", b"", qos=1)
                assert ingest.health.waiting_messages <= 2 * BACKLOG_IN_FLIGHT
            finally:
                turns.release(count)
            await until(lambda: ingest.health.events == count, "all is stored", 120)

    asyncio.run(story())


def test_more_that_comes_than_is_stored_is_said_while_it_lasts_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each commit takes 10 s, and the broker hands over as much as it takes: no message waits for long here."""
    at, real, number = NOW, FleetStore.commit, 0
    said: list[str] = []

    def commit(store: FleetStore, messages: Any) -> Any:
        nonlocal at
        at += timedelta(seconds=10)
        return real(store, messages)

    async def story() -> None:
        nonlocal number
        async with open_writer(Folder(tmp_path).store) as writer:
            ingest = Ingest(writer, SessionSettings(port=1), lambda: at)
            for commits in range(8):
                while commits < 7 and len(ingest._others) < BACKLOG_IN_FLIGHT:
                    number += 1
                    ingest.take("sp/v2/p1/summary", message("p1", [number]))
                group = ingest._next_group()
                ingest._count(group, await ingest._committed([each.message for each in group]))
                said.append(ingest.health.text)

    monkeypatch.setattr(FleetStore, "commit", commit)
    asyncio.run(story())
    assert said[0] == said[2] == said[7] == ""
    assert "an outage's backlog is stored, or more comes than is stored" in said[4]
    assert said[4] == said[6]
    assert sum("more comes" in each.message for each in caplog.records) == 1


@pytest.mark.parametrize("lane", ["summary", "alarm"])
def test_messages_that_waited_are_said_while_others_wait_and_not_once_none_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lane: str
) -> None:
    """Each commit takes 20 s, of one message; the city is silent afterwards."""
    at, real, said = NOW, FleetStore.commit, list[str]()
    monkeypatch.setattr("fleet.ingest.GROUP_MESSAGES", 1)
    monkeypatch.setattr("fleet.ingest.URGENT_MESSAGES", 1)
    monkeypatch.setattr("fleet.ingest.BACKLOG_IN_FLIGHT", 10)

    def commit(store: FleetStore, messages: Any) -> Any:
        nonlocal at
        at += timedelta(seconds=20)
        return real(store, messages)

    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port, now=lambda: at) as ingest:
            count = Ingest._count

            def counted(ingest: Ingest, *args: Any) -> None:
                count(ingest, *args)
                said.append(ingest.health.text)

            monkeypatch.setattr(Ingest, "_count", counted)
            for number in range(1, 5):
                ingest.take(f"sp/v2/p1/{lane}", message("p1", [number]))
            await until(lambda: ingest.health.commits == 4 and not ingest.health.text, "nothing is wrong any more", 60)

    monkeypatch.setattr(FleetStore, "commit", commit)
    asyncio.run(story())
    assert said[0] == ""
    assert "messages wait" in said[2]
    assert sum("messages wait" in each.message for each in caplog.records) == 1


def test_an_alarm_that_waits_for_a_birth_is_not_said_to_wait_for_the_store(tmp_path: Path) -> None:
    at = NOW

    async def story() -> None:
        nonlocal at
        async with open_writer(Folder(tmp_path).store) as writer:
            ingest = Ingest(writer, SessionSettings(port=1), lambda: at)
            ingest.take("sp/v2/p1/alarm", message("p1", [1]))
            (each,) = ingest._next_group()
            ingest._settle(each, elsewhere=True)
            at += timedelta(seconds=100)
            ingest._try_again(each)
            group = ingest._next_group()
            ingest._count(group, await ingest._committed([each.message for each in group]))
            assert ingest.health.text == ""

    asyncio.run(story())


def test_the_session_of_an_older_version_brings_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, leave = asyncio.Event(), IngestLink.leave

    async def seen(link: IngestLink, topics: Sequence[str]) -> None:
        await leave(link, topics)
        left.set()

    async def story() -> None:
        async with mosquitto(tmp_path) as port:
            async with aiomqtt.Client("127.0.0.1", port, identifier="polefleet", clean_session=False) as older:
                await older.subscribe("sp/v2/+/summary", qos=1)
            async with aiomqtt.Client("127.0.0.1", port) as client:
                await client.publish("sp/v2/p1/summary", message("p1", [1]), qos=1)
                async with ingesting(tmp_path, port) as ingest:
                    async with asyncio.timeout(60):
                        await left.wait()  # what comes before comes with both sessions, and is stored once
                    await client.publish("sp/v2/p1/summary", message("p1", [2]), qos=1)
                    await client.publish("sp/v2/p1/alarm", message("p1", [3]), qos=1)
                    await until(lambda: ingest.health.events == 3, "all came", 60)
                    assert (ingest.health.messages, ingest.health.repeated) == (3, 0)

    monkeypatch.setattr(IngestLink, "leave", seen)
    asyncio.run(story())


def test_an_alarm_that_overtakes_the_birth_of_a_pole_that_moved_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.ingest.BIRTH_S", 0.05)
    at = NOW
    with open_store(Folder(tmp_path).store, cell="b") as other:
        other.commit([Inbox("p1", message("p1", [1]), NOW), Inbox("p2", message("p2", [1]), NOW)])

    async def story() -> None:
        nonlocal at
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port, now=lambda: at) as ingest:
            for pole in ("p1", "p2"):
                ingest.take(f"sp/v2/{pole}/alarm", message(pole, [2]))
            await until(lambda: ingest.health.commits > 3, "they are tried again until the birth comes", 60)
            assert ingest.health.elsewhere == 0
            born = Status(pole="p1", state="online", at=NOON)
            ingest.take("sp/v2/p1/status", msgspec.json.encode(born))
            await until(lambda: ingest.health.events, "that of p1 is stored", 60)
            at += timedelta(seconds=QUIET_S)
            await until(lambda: ingest.health.elsewhere, "the alarm of p2, which has not moved, is left", 60)
            assert (ingest.health.events, ingest.health.elsewhere, ingest.health.waiting_bytes) == (1, 1, 0)

    asyncio.run(story())
    assert (stored(tmp_path, "p1"), stored(tmp_path, "p2")) == ([1, 2], [1])


def test_an_alarm_follows_a_late_birth_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at, waits = NOW, list[float]()

    async def story() -> None:
        nonlocal at
        async with open_writer(Folder(tmp_path).store) as writer:
            ingest = Ingest(writer, SessionSettings(port=1), lambda: at)
            ingest.take("sp/v2/p1/alarm", message("p1", [1]))
            monkeypatch.setattr(asyncio.get_running_loop(), "call_later", lambda seconds, *_: waits.append(seconds))
            for age_s in (0.0, 4.0, 40.0, 100.0):
                at = NOW + timedelta(seconds=age_s)
                ingest._settle(ingest._urgent[0], elsewhere=True)
            monkeypatch.undo()

    asyncio.run(story())
    assert waits == [2.0, 2.0, 10.0, 25.0]


def test_alarms_that_wait_for_a_birth_are_bounded(tmp_path: Path) -> None:
    with open_store(Folder(tmp_path).store, cell="b") as other:
        other.commit([Inbox("p1", message("p1", [1]), NOW)])

    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            for _ in range(GROUP_BYTES // MESSAGE_BYTES + 3):
                ingest.take("sp/v2/p1/alarm", bytes(MESSAGE_BYTES))
            await until(lambda: ingest.health.elsewhere == 3, "what is past the bound is left", 60)

    asyncio.run(story())


def test_a_status_is_kept_and_one_of_another_pole_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            mosquitto(tmp_path) as port,
            ingesting(tmp_path, port) as ingest,
            aiomqtt.Client("127.0.0.1", port) as client,
        ):
            good = Status(pole="p1", state="online", at=NOON, epoch=EPOCH, next_seq=5)
            await client.publish("sp/v2/p1/status", msgspec.json.encode(good), qos=1, retain=True)
            await client.publish("sp/v2/p2/status", msgspec.json.encode(good), qos=1, retain=True)
            await client.publish("sp/v2/p3/status", b"\xff{", qos=1)
            await until(lambda: ingest.health.refused == 2 and ingest.health.commits >= 1, "all three came", 60)

    asyncio.run(story())
    with raw(tmp_path) as db:
        states = db.execute("SELECT pole, state FROM pole ORDER BY pole").fetchall()
        assert states == [("p1", "online"), ("p2", "unknown"), ("p3", "unknown")]
        assert db.execute("SELECT pole, reason LIKE '%of p1%' FROM quarantine ORDER BY pole").fetchall() == [
            ("p2", 1),
            ("p3", 0),
        ]


def test_messages_that_are_too_long_do_not_use_up_the_room_of_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            for _ in range(4):
                ingest.take("sp/v2/p1/event", b"x" * (5 * 1024 * 1024))
            await until(lambda: ingest.health.refused == 4, "all four are in the quarantine", 60)
            await until(lambda: not ingest.health.waiting_bytes, "nothing waits", 60)

    asyncio.run(story())


def test_a_disk_that_cannot_be_written_is_reported_and_nothing_is_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with mosquitto(tmp_path) as port, ingesting(tmp_path, port) as ingest:
            full = True
            real = FleetStore.commit

            def commit(store: FleetStore, messages: Any) -> Any:
                if full:
                    raise sqlite3.OperationalError("database or disk is full")
                return real(store, messages)

            monkeypatch.setattr(FleetStore, "commit", commit)
            monkeypatch.setattr("fleet.ingest.AGAIN_S", 0.05)
            pole = Pole("p1", 50, 1)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pole.run(port))
                await until(lambda: "disk is full" in ingest.health.text, "the full disk is reported", 60)
                assert not len(pole.confirmed)
                full = False
                await until(lambda: not pole.left(), "all is confirmed", 60)
            assert ingest.health.text == ""

    asyncio.run(story())
    assert stored(tmp_path, "p1") == list(range(1, 51))
