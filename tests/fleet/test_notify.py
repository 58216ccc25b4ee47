"""Notifications: each incident once begun and once over, by real HTTP, SMTP and a real program; nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.events import KINDS
from fleet.errors import FleetError
from fleet.incidents.channels import NotifyChannel, NotifySettings, Program, Webhook, load
from fleet.incidents.notices import GIVE_UP_S, Notice
from fleet.incidents.send import sentence
from fleet.query.incidents import IncidentLine
from tests.fleet.city import City


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
            notifier = city.notifier(hook(url))
            assert notifier.health.looked == city.at, "so that a first look that hangs is noticed"
            await notifier.round()
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


def test_an_address_that_cannot_be_written_is_a_failure_of_its_channel(city: City) -> None:
    async def story() -> None:
        notifier = city.notifier(hook("http://127.0.0.1:9/告警"))
        await notifier.round()
        city.at += timedelta(minutes=1)
        city.alert("p1")
        await notifier.round()
        assert notifier.health.failures == 1
        assert notifier.health.text.startswith("channel duty: ")

    asyncio.run(story())


def test_what_is_said_of_a_failed_webhook_has_no_word_of_its_address_but_the_host(city: City) -> None:
    async def story() -> None:
        async with web(503) as (url, _):
            local = "http://127.0.0.1:9"
            for pole, wrong in enumerate((f"{url}?key=secret", f"{local}/告警?key=secret", f"{local}/a b?key=secret")):
                notifier = city.notifier(hook(wrong))
                await notifier.round()
                city.at += timedelta(days=2)
                city.alert(f"p{pole}")
                await notifier.round()
                assert notifier.health.text.startswith("channel duty: 127.0.0.1")
                assert not {"hook", "secret", "?"} & set(re.split(r"[^\w?]+", notifier.health.text))

    asyncio.run(story())


def test_an_incident_that_is_over_before_the_next_look_is_notified_begun_and_over(city: City) -> None:
    async def story() -> None:
        async with web() as (url, came):
            channel = msgspec.structs.replace(hook(url), severity="warning", kinds=("alert", "device_state"))
            notifier = city.notifier(channel)
            await notifier.round()
            city.at += timedelta(minutes=1)
            city.alert("p1")
            city.alert("p1", over=True)
            city.device("p2", "up")  # its first word: nothing was wrong
            city.device("p3", "down")
            city.at += timedelta(seconds=3)
            city.device("p3", "up")
            for _ in range(2):
                await notifier.round()
            both = [("begin", "p1"), ("end", "p1"), ("begin", "p3"), ("end", "p3")]
            assert sorted(said(came)) == sorted(both)
            city.at += timedelta(days=2)
            await notifier.round()
            assert len(said(came)) == 4

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
                assert city.at <= begun + timedelta(seconds=GIVE_UP_S)
                await notifier.round()
                city.at += timedelta(minutes=10)
            assert "answered 503" in notifier.health.text
            assert 40 < len(came) < 60, "pauses of 10 s to 30 minutes"
        async with web() as (url, came):
            await city.notifier(hook(url)).round()
            assert came == []

    asyncio.run(story())


def test_notices_of_a_channel_that_was_removed_do_not_wait_for_ever(city: City) -> None:
    async def story() -> None:
        async with web() as (url, came):
            old, duty = NotifyChannel(name="old", per_hour=1, webhook=Webhook(url=url)), hook(url)
            await city.notifier(old, duty).round()
            for pole in ("p1", "p2"):
                city.at += timedelta(minutes=1)
                city.alert(pole)
                await city.notifier(old, duty).round()
            assert waiting(city) == [("old", "p2")], "it may speak once an hour"
            notifier = city.notifier(duty)
            await notifier.round()
            city.alert("p1", over=True)
            city.at += timedelta(minutes=1)
            await notifier.round()
            assert waiting(city) == []
            assert notifier.health.given_up == 1
            came.clear()
            await city.notifier(old, duty).round()
            assert came == [], "a channel that comes back begins anew"

    asyncio.run(story())


def waiting(city: City) -> list[tuple[str, str]]:
    with city.desk.change() as own:
        return [tuple(row) for row in own.execute("SELECT channel, pole FROM notice WHERE state = 'waiting'")]


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


def test_the_end_of_an_anomaly_says_once_why_it_ended() -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    end = msgspec.structs.replace(KINDS["anomaly"].examples[0], phase="end", reason="bad")
    line = IncidentLine(
        pole="p1", source="road", id="0123abcd", kind="anomaly", type="anomaly", severity="alarm", begin=at, end=at,
        reason="bad", text=KINDS["anomaly"].says(end),
    )  # fmt: skip
    for language, words in (("en", "its values are bad"), ("zh", "数据不可信")):
        assert sentence(Notice(phase="end", incident=line), language).count(words) == 1


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("over", "over: deep water"),
        ("stale", "no longer known, since no values come: deep water"),
        (None, "over: deep"),
    ],
)
def test_an_incident_whose_values_stopped_is_not_said_to_be_over(reason: str | None, words: str) -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    line = IncidentLine(
        pole="p1", source="road", id="0123abcd", kind="alert", type="deep", severity="alarm", begin=at, end=at,
        reason=reason, text={"en": "deep water"},
    )  # fmt: skip
    assert words in sentence(Notice(phase="end", incident=line), "en")
