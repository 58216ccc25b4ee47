"""Commands from outside: carried out once, in time, or refused in one sentence."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.system.clock import Clock
from agent.uplink import commands
from agent.uplink.commands import REMEMBERED, Desk
from agent.uplink.delivery import awaiting as watermark
from agent.uplink.delivery import session
from contract.commands import COMMAND_BYTES
from contract.requests import BackfillArgs, BackfillResult, NoArgs, PingResult
from contract.types import Stamp
from tests.uplink.support import MemoryStore, mosquitto, platform, running, until, uplink_settings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class FixedClock:
    def __init__(self, *, synced: bool = True) -> None:
        self.synced = synced

    def now(self) -> Stamp:
        return Stamp(NOON, 1.0, self.synced)

    def monotonic(self) -> float:
        return 1.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Answering:
    """A desk with handlers that remember what they were asked."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or FixedClock()
        self.asked: list[tuple[Any, str]] = []
        self.desk = Desk({"ping": self.ping, "backfill": self.backfill}, self.clock)

    async def ping(self, _: NoArgs, name: str) -> PingResult:
        self.asked.append((None, name))
        return PingResult(version="1", uptime_s=1.0, received=self.clock.now().utc)

    async def backfill(self, args: BackfillArgs, name: str) -> BackfillResult:
        self.asked.append((args, name))
        if args.device == "nobody":
            raise AgentError("there is no device 'nobody'")
        return BackfillResult(readings=3, parts=1)

    def answer(self, payload: bytes) -> dict[str, Any]:
        reply = asyncio.run(self.desk.answer(payload))
        assert reply is not None
        return dict(msgspec.json.decode(reply))


def command(name: str = "ping", *, number: str = "c-1", late_s: float = -60.0, **args: Any) -> bytes:
    expires = NOON - timedelta(seconds=late_s)
    return msgspec.json.encode({"id": number, "name": name, "expires": expires, "args": args})


DAY: dict[str, Any] = {"since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z"}


def test_a_command_is_answered_with_its_id() -> None:
    reply = Answering().answer(command())
    assert reply == {
        "id": "c-1",
        "ok": True,
        "at": "2026-11-23T12:00:00Z",
        "clock": "synced",
        "result": {"version": "1", "uptime_s": 1.0, "received": "2026-11-23T12:00:00Z"},
    }


def test_a_handler_gets_its_own_arguments_and_the_id() -> None:
    far = Answering()
    assert far.answer(command("backfill", device="roof", **DAY))["result"] == {"readings": 3, "parts": 1}
    (args, name), *_ = far.asked
    assert (args.device, args.quantity, name) == ("roof", None, "c-1")
    assert args.until == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", "this is no command: "),
        (b"{", "this is no command: "),
        (b"[]", "this is no command: Expected `object`, got `array`"),
        (b"\xff\xfe", "this is no command: "),
        (b'{"id":"a","name":"ping"}', "this is no command: Object missing required field `expires`"),
        (b'{"id":"a","name":"ping","expires":"2026-11-23T13:00:00"}', "this is no command: "),
        (b'{"id":"a","name":"ping","expires":"2026-11-23T13:00:00Z","reply_to":"x"}', "unknown field `reply_to`"),
        (b'{"id":"","name":"ping","expires":"2026-11-23T13:00:00Z"}', "this is no command: "),
        (b'{"id":"a","args":' + b"[" * 9000, "this is no command: "),
        (b" " * (COMMAND_BYTES + 1), f"a command has at most {COMMAND_BYTES} bytes, this one has {COMMAND_BYTES + 1}"),
        (command("reboot"), "there is no command 'reboot'; this pole knows backfill, ping"),
        (command("status"), "there is no command 'status'; this pole knows backfill, ping"),
        (command(late_s=1.0), "expired at 2026-11-23T11:59:59Z; it is 12:00:00Z now"),
        (command(late_s=0.0), "expired at 2026-11-23T12:00:00Z; it is 12:00:00Z now"),
        (
            b'{"id":"a","name":"ping","expires":"0001-01-01T00:00:00+14:00"}',  # before the first moment of UTC
            "expired at 0001-01-01T00:00:00+14:00; it is 12:00:00Z now",
        ),
        (command(loud=True), "the arguments of ping are wrong: Object contains unknown field `loud`"),
        (command("backfill"), "the arguments of backfill are wrong: Object missing required field `device`"),
        (command("backfill", device="nobody", **DAY), "there is no device 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(payload: bytes, text: str) -> None:
    reply = Answering().answer(payload)
    assert not reply["ok"]
    assert text in reply["error"]
    assert "result" not in reply


def test_a_broken_command_is_answered_under_its_own_id_where_it_has_one() -> None:
    assert Answering().answer(b'{"id":"a-7","name":3}')["id"] == "a-7"
    assert Answering().answer(b'{"id":7}')["id"] == "7"


def test_a_repeat_is_not_answered_and_memory_of_ids_is_bounded() -> None:
    far = Answering()
    assert far.answer(command())["ok"]
    assert asyncio.run(far.desk.answer(command())) is None
    assert len(far.asked) == 1
    for number in range(REMEMBERED):
        far.answer(command(number=f"n-{number}"))
    assert far.answer(command())["ok"], "forgotten by now"


def test_while_the_clock_is_not_set_only_harmless_commands_are_carried_out() -> None:
    far = Answering(FixedClock(synced=False))
    assert far.answer(command(late_s=99.0))["clock"] == "unsynced"
    refused = far.answer(command("backfill", number="c-2", device="roof", **DAY))
    assert "the pole's clock has not been set yet" in refused["error"]


def test_a_bug_in_a_command_is_logged_and_the_desk_lives(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: NoArgs, __: str) -> PingResult:
        raise ZeroDivisionError

    far = Answering()
    far.desk = Desk({"ping": broken}, far.clock)
    assert "ping failed inside the agent" in far.answer(command())["error"]
    assert "ZeroDivisionError" in caplog.text


def test_a_command_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ANSWER_S", 0.05)

    async def slow(_: NoArgs, __: str) -> PingResult:
        await asyncio.sleep(60)
        raise AssertionError

    reply = asyncio.run(Desk({"ping": slow}, FixedClock()).answer(command()))
    assert b"took longer than 0.05 s and was stopped" in (reply or b"")


def test_a_result_that_is_too_long_is_replaced_by_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "REPLY_BYTES", 10)
    assert "a reply holds 10" in Answering().answer(command())["error"]


@given(st.binary(max_size=200))
@example(b'{"id":"\\ud800"}')
def test_no_bytes_break_the_desk(payload: bytes) -> None:
    assert not Answering().answer(payload)["ok"]


def test_a_command_comes_over_the_broker_and_its_reply_goes_back(tmp_path: Path) -> None:
    async def story() -> None:
        far_end = Answering()
        async with (
            mosquitto(tmp_path) as port,
            platform(port) as far,
            running(MemoryStore(), uplink_settings(port), {"ping": far_end.ping}) as pole,
        ):
            await until(lambda: far.statuses, "the pole is there")
            late = pole.clock.now().utc + timedelta(seconds=60)
            ask = msgspec.json.encode({"id": "c-9", "name": "ping", "expires": late})
            for _ in range(3):
                await far.say("command", ask)
            await far.say("command", b"rubbish")
            await until(lambda: len(far.replies) == 2, "both have been answered")
            assert [reply["id"] for reply in far.replies] == ["c-9", "?"]

    asyncio.run(story())


@pytest.mark.fault("a command is retained", "it is refused, not carried out at each start")
def test_a_retained_command_is_refused() -> None:
    far = Answering()
    reply = asyncio.run(far.desk.answer(command("backfill", device="roof", **DAY), retained=True))
    assert b"must not be retained" in (reply or b"")
    assert not far.asked


@pytest.mark.fault("a command is repeated after a restart", "it is not carried out again before it expires")
def test_ids_are_remembered_over_a_restart_until_they_expire() -> None:
    async def story() -> None:
        store, far = MemoryStore(), Answering()
        ask = command("backfill", number="c-7", device="roof", **DAY)
        desk = Desk({"backfill": far.backfill}, far.clock, store)
        assert b'"ok":true' in (await desk.answer(ask) or b"")
        again = Desk({"backfill": far.backfill}, far.clock, store)
        await again.recall()
        assert await again.answer(ask) is None
        assert len(far.asked) == 1
        for number in range(commands.MOST_KEPT - 1):
            await again.answer(command("backfill", number=f"d-{number}", device="roof", **DAY))
        refused = await again.answer(command("backfill", number="e-1", device="roof", **DAY))
        assert b"use shorter expiries" in (refused or b"")

    asyncio.run(story())


def test_what_was_remembered_and_cannot_be_read_is_forgotten() -> None:
    async def story() -> None:
        store, far = MemoryStore(), Answering()
        store.states[commands.STATE] = b"rubbish"
        desk = Desk({"ping": far.ping}, far.clock, store)
        await desk.recall()
        assert await desk.answer(command())

    asyncio.run(story())


@pytest.mark.fault("a command's id is a number", "the answer gives it back")
@pytest.mark.parametrize(
    ("given", "found"), [("7", "7"), ("7.5", "7.5"), ("true", "true"), ("[1]", "?"), ("null", "?")]
)
def test_an_id_that_is_no_text_is_given_back_all_the_same(given: str, found: str) -> None:
    reply = Answering().answer(f'{{"id": {given}, "name": "ping", "expires": "2026-11-23T13:00:00Z"}}'.encode())
    assert (reply["id"], reply["ok"]) == (found, False)


def test_rows_stay_until_the_platform_says_that_it_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watermark, "AGAIN_S", 0.5)
    monkeypatch.setattr(session, "LOOK_S", 0.2)

    async def story() -> None:
        store = MemoryStore()
        store.add(50)
        settings = uplink_settings
        async with (
            mosquitto(tmp_path) as port,
            platform(port) as far,
            running(store, settings(port, ack="platform")) as pole,
        ):
            await until(lambda: far.receiver.count("e1") == 50, "the broker has them all")
            assert not store.gone
            await until(lambda: far.receiver.duplicates >= 1, "unconfirmed rows are sent again")
            await far.say("ack", b"rubbish")
            await far.say("ack", msgspec.json.encode({"epoch": "other", "ranges": [[1, 50]]}))
            await far.say("ack", msgspec.json.encode({"epoch": "e1", "ranges": [[1, 20]]}))
            await until(lambda: len(store.gone) == 20, "twenty are confirmed")
            await far.say("ack", far.receiver.watermark("e1"))
            await until(lambda: not store.rows, "all are confirmed")
            assert pole.uplink.health().connects == 1

    asyncio.run(story())


def test_a_platform_that_confirms_nothing_stops_the_drain_and_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watermark, "MOST", 50)
    monkeypatch.setattr(session, "LOOK_S", 0.2)

    async def story() -> None:
        store = MemoryStore()
        store.add(1000)
        settings = uplink_settings
        async with (
            mosquitto(tmp_path) as port,
            platform(port) as far,
            running(store, settings(port, ack="platform", message_bytes=4096)) as pole,
        ):
            await until(lambda: "wait for the platform to confirm them" in pole.uplink.health().text, "it is reported")
            assert far.receiver.count("e1") < 200
            while store.rows:
                await far.say("ack", far.receiver.watermark("e1"))
                await asyncio.sleep(0.05)
            await until(lambda: not pole.uplink.health().text, "all is well again")

    asyncio.run(story())
