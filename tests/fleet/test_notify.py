"""Notifications: each incident once begun and once over, by real HTTP, SMTP and a real program; nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events import Alert
from contract.health import Status
from fleet.desk.file import DeskFile, open_desk
from fleet.errors import FleetError
from fleet.incidents.channels import NotifyChannel, NotifySettings, Program, Webhook, load
from fleet.incidents.notices import GIVE_UP_S
from fleet.incidents.notifier import IncidentNotifier
from fleet.incidents.rhythm import LEAST_S, UNKNOWN_S, allowed_s
from fleet.incidents.watch import watch
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.reader import reading
from fleet.store.sqlite import FleetStore, Inbox, open_store
from tests.fleet.poles import NOON, event, message


class City:
    """A store, a desk and a clock that the test owns."""

    def __init__(self, folder: Path, store: FleetStore, desk: DeskFile) -> None:
        self.folder = folder
        self.path = folder / "fleet.db"
        self.store = store
        self.desk = desk
        self.at = NOON

    def now(self) -> datetime:
        return self.at

    def notifier(self, *channels: NotifyChannel) -> IncidentNotifier:
        return IncidentNotifier(self.path, self.desk, NotifySettings(channel=channels), self.now)

    def alert(self, pole: str, name: str = "0123abcd", *, over: bool = False) -> None:
        body = Alert(
            id=name,
            phase="end" if over else "begin",
            rule="flood",
            severity="alarm",
            since=self.at,
            text={"en": "flood"},
        )
        number = int(self.at.timestamp()) % 10**7 + over
        self.store.commit([Inbox(pole, msgspec.json.encode(event(pole, number, body)), self.at)])

    def open(self) -> list[tuple[str, str]]:
        with reading(self.path, self.desk.path) as db:
            found = incidents(db, IncidentsAsked(open=True), self.at)
        return [(line.pole, line.kind) for line in found.items]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with open_store(tmp_path / "fleet.db") as store, open_desk(tmp_path) as desk:
        yield City(tmp_path, store, desk)


@contextlib.asynccontextmanager
async def web(answer: int = 200) -> AsyncIterator[tuple[str, list[tuple[dict[str, str], Any]]]]:
    """An HTTP server: its address, and headers and bodies of what was posted."""
    came: list[tuple[dict[str, str], Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        came.append((headers, body))
        writer.write(f"HTTP/1.1 {answer} X\r\nLocation: http://127.0.0.1:1/\r\n".encode())
        writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", came
    finally:
        server.close()
        await server.wait_closed()


def hook(url: str, **fields: Any) -> NotifyChannel:
    return NotifyChannel(name="duty", per_hour=3600, webhook=Webhook(url=url, **fields))


def said(came: list[tuple[dict[str, str], Any]]) -> list[tuple[str, str]]:
    return [(each["phase"], each["incident"]["pole"]) for _, body in came for each in json.loads(body)["notices"]]


def test_an_incident_is_notified_when_it_begins_and_when_it_is_over_and_never_twice(city: City) -> None:
    async def story() -> None:
        async with web() as (url, came):
            await city.notifier(hook(url)).round()
            city.at += timedelta(minutes=1)
            city.alert("p1")
            await city.notifier(hook(url)).round()
            assert said(came) == [("begin", "p1")]
            city.at += timedelta(minutes=1)
            await city.notifier(hook(url)).round()  # as after a restart
            city.alert("p1", over=True)
            await city.notifier(hook(url)).round()
            await city.notifier(hook(url)).round()
            assert said(came) == [("begin", "p1"), ("end", "p1")]

    asyncio.run(story())


def test_what_began_before_the_channel_is_not_notified(city: City) -> None:
    city.alert("p1")
    city.at += timedelta(hours=1)

    async def story() -> None:
        async with web() as (url, came):
            await city.notifier(hook(url)).round()
            assert came == []

    asyncio.run(story())


def test_more_than_a_channel_may_say_is_put_together(city: City) -> None:
    async def story() -> None:
        async with web() as (url, came):
            slow = NotifyChannel(name="duty", per_hour=4, webhook=Webhook(url=url))
            notifier = city.notifier(slow)
            await notifier.round()
            for number in range(9):
                city.at += timedelta(minutes=2)
                city.alert(f"p{number}")
                await notifier.round()
            assert [len(json.loads(body)["notices"]) for _, body in came] == [1, 8], "two messages in 18 minutes"

    asyncio.run(story())


def test_a_failure_is_tried_again_and_given_up_after_a_day(city: City) -> None:
    async def story() -> None:
        async with web(503) as (url, came):
            notifier = city.notifier(hook(url))
            await notifier.round()
            city.at += timedelta(minutes=1)
            city.alert("p1")
            begun = city.at
            while not notifier.health.given_up:
                assert city.at < begun + timedelta(seconds=GIVE_UP_S)
                await notifier.round()
                city.at += timedelta(minutes=1)
            assert "answered 503" in notifier.health.text
            assert 50 < len(came) < 80, "pauses of 10 s to 30 minutes"
        async with web() as (url, came):
            await city.notifier(hook(url)).round()
            assert came == []

    asyncio.run(story())


def test_a_redirect_is_a_failure(city: City) -> None:
    async def story() -> None:
        async with web(302) as (url, _):
            notifier = city.notifier(hook(url))
            await notifier.round()
            city.at += timedelta(minutes=1)
            city.alert("p1")
            await notifier.round()
            assert "answered 302" in notifier.health.text

    asyncio.run(story())


def test_a_webhook_with_a_secret_is_signed(city: City) -> None:
    secret = city.folder / "secret"
    secret.write_text("not so secret\n")

    async def story() -> None:
        async with web() as (url, came):
            notifier = city.notifier(hook(url, secret_file=secret))
            await notifier.round()
            city.at += timedelta(minutes=1)
            city.alert("p1")
            await notifier.round()
            ((headers, body),) = came
            assert headers["x-polefleet-signature"] == hmac.new(b"not so secret", body, hashlib.sha256).hexdigest()

    asyncio.run(story())


def test_silenced_and_acknowledged_incidents_and_lesser_ones_are_not_notified(city: City) -> None:
    async def story() -> None:
        async with web() as (url, came):
            notifier = city.notifier(hook(url))
            await notifier.round()
            with city.desk.change() as db:
                values = (
                    "p1",
                    "",
                    "",
                    city.at.timestamp(),
                    (city.at + timedelta(hours=1)).timestamp(),
                    "root",
                    "works",
                )
                db.execute(
                    "INSERT INTO silence (pole, source, kind, since, until, who, why) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
            city.at += timedelta(minutes=1)
            city.alert("p1")
            city.alert("p2")
            await notifier.round()
            assert said(came) == [("begin", "p2")]

    asyncio.run(story())


def test_a_program_gets_the_incidents_and_its_failure_is_reported(city: City) -> None:
    out = city.folder / "out.json"
    good = (sys.executable, "-c", f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())")
    bad = (sys.executable, "-c", "import sys; sys.exit('the modem is away')")

    async def story() -> None:
        channels = [NotifyChannel(name=name, program=Program(run=run)) for name, run in (("good", good), ("bad", bad))]
        notifier = city.notifier(*channels)
        await notifier.round()
        city.at += timedelta(minutes=1)
        city.alert("p1")
        await notifier.round()
        assert "the modem is away" in notifier.health.text

    asyncio.run(story())
    assert json.loads(out.read_text())["notices"][0]["incident"]["pole"] == "p1"


def test_a_mail_has_a_line_for_each_incident(city: City) -> None:
    mails: list[str] = []

    async def smtp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.lower() == "data":
                writer.write(b"354 go on\r\n")
                mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            over = line.lower() == "quit"
            writer.write(b"221 bye\r\n" if over else b"250 ok\r\n")
            if over:
                break
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def story() -> None:
        server = await asyncio.start_server(smtp, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        (city.folder / "notify.toml").write_text(
            f'[[channel]]\nname = "duty"\n[channel.email]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
            'from = "poles@city.example"\nto = ["duty@city.example"]\n'
        )
        notifier = city.notifier(*load(city.folder).channel)
        await notifier.round()
        city.at += timedelta(minutes=1)
        city.alert("p1")
        city.alert("p2")
        await notifier.round()
        server.close()
        await server.wait_closed()
        assert notifier.health.text == ""

    asyncio.run(story())
    (mail,) = mails
    assert "Subject: [polefleet] 2 incidents, p1 and others" in mail
    assert [f"p{n} roof: flood" in mail for n in (1, 2)] == [True, True]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[[channel]]", "name"),
        ('[[channel]]\nname = "a"', "one of email, webhook and program"),
        ('[[channel]]\nname = "a"\nwebhook = {url = "ftp://x"}', "url"),
        ('[[channel]]\nname = "a"\ncolour = "red"', "colour"),
        ('[[channel]]\nname = "a"\nprogram = {run = ["x"]}\n' * 2, "two channels a"),
        ("[[", "notify.toml"),
    ],
)
def test_wrong_settings_are_one_sentence(tmp_path: Path, text: str, names: str) -> None:
    (tmp_path / "notify.toml").write_text(text)
    with pytest.raises(FleetError, match=names):
        load(tmp_path)


def test_a_folder_without_settings_notifies_nobody(tmp_path: Path) -> None:
    assert load(tmp_path) == NotifySettings()


def test_a_pole_is_overdue_by_its_own_rhythm(city: City) -> None:
    for minute in range(30):
        city.at = NOON + timedelta(minutes=minute)
        city.store.commit([Inbox("often", message("often", [minute + 1]), city.at)])
        if minute % 10 == 0:
            city.store.commit([Inbox("seldom", message("seldom", [minute + 1]), city.at)])
    stopped = Status(pole="stopped", state="offline", reason="stopped", at=NOON)
    city.store.commit([Inbox("stopped", msgspec.json.encode(stopped), NOON, "status")])

    def look() -> list[tuple[str, str]]:
        with reading(city.path, city.desk.path) as db:
            watch(db, city.desk, city.at.timestamp())
        return city.open()

    city.at += timedelta(minutes=2)
    assert look() == []
    city.at += timedelta(minutes=2)
    assert look() == [("often", "overdue")]
    assert look() == [("often", "overdue")], "one incident, however often one looks"
    city.store.commit([Inbox("often", message("often", [99]), city.at)])
    assert look() == []
    city.at += timedelta(hours=2)
    assert look() == [("often", "overdue"), ("seldom", "overdue")]


def test_certificates_that_end_soon_are_incidents(city: City) -> None:
    with sqlite3.connect(city.path) as db:
        rows = [
            ("a", "p1", 0.0, NOON + timedelta(days=20)),
            ("b", "p2", 0.0, NOON - timedelta(days=1)),
            ("c", "p3", 0.0, NOON + timedelta(days=90)),
        ]
        rows.append(("d", "p4", 0.0, NOON + timedelta(days=1)))
        rows.append(("e", "p4", 0.0, NOON + timedelta(days=90)))
        db.executemany(
            "INSERT INTO certificate (serial, pole, issued, not_after, pem) VALUES (?, ?, ?, ?, '')",
            [(*row[:3], row[3].timestamp()) for row in rows],
        )
    db.close()
    with reading(city.path, city.desk.path) as reader:
        watch(reader, city.desk, city.at.timestamp())
        found = incidents(reader, IncidentsAsked(kind="certificate"), city.at)
    assert {(line.pole, line.type, line.severity) for line in found.items} == {
        ("p1", "expiring", "warning"), ("p2", "expired", "alarm")
    }  # fmt: skip
    assert all(line.text["zh"] for line in found.items)


@given(st.lists(st.floats(0, 1e9, allow_nan=False), max_size=80))
def test_a_rhythm_is_bounded_below_and_never_fails(times: list[float]) -> None:
    assert allowed_s(sorted(times)) >= min(LEAST_S, UNKNOWN_S)


def test_a_backlog_that_drains_at_once_makes_no_rhythm() -> None:
    assert allowed_s([1000.0 + number / 100 for number in range(60)]) == UNKNOWN_S
    assert allowed_s([60.0 * number for number in range(60)]) == LEAST_S
    assert allowed_s([900.0 * number for number in range(60)]) == 2700.0
