"""The platform asks the running pole, over the real broker."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec

from contract.commands import Command
from contract.events import Backfill
from demo.rig import Rig
from tests.soak.stories import assert_whole, more_reads, tell, until

NUMBERS = itertools.count(1)


async def ask(rig: Rig, name: str, args: object) -> Any:
    """Send one command and wait for its reply."""
    now = datetime.fromtimestamp(time.time(), UTC)
    command = Command(
        id=f"{name}-{next(NUMBERS)}",
        name=name,
        expires=now + timedelta(minutes=1),
        args=msgspec.Raw(msgspec.json.encode(args)),
    )
    topics = rig.platform.topics
    async with asyncio.timeout(120), aiomqtt.Client("127.0.0.1", rig.broker.port) as client:
        await client.subscribe(topics.reply, qos=1)
        await client.publish(topics.command, msgspec.json.encode(command), qos=1)
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            return msgspec.json.decode(message.payload)
    raise AssertionError


def test_a_backfill_brings_the_raw_readings_that_were_summarised(tmp_path: Path) -> None:
    parts: list[Backfill] = []

    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["samples"]))
        began = datetime.fromtimestamp(time.time(), UTC)
        await more_reads(rig, 30)
        ended = datetime.fromtimestamp(time.time(), UTC)
        args = {"device": "board", "quantity": "vibration", "since": began, "until": ended}
        reply = await ask(rig, "backfill", args)
        assert reply["ok"]
        promised = reply["result"]
        await until(lambda: rig.platform.kinds["backfill"] == promised["parts"])
        newest = [event for event in rig.platform.newest if event.type == "poleagent.backfill.v2"]
        parts.extend(msgspec.json.decode(event.data, type=Backfill) for event in newest)
        assert sum(len(series.values) for part in parts for series in part.series) == promised["readings"]

    assert_whole(tell(tmp_path, story))
    assert {series.quantity for part in parts for series in part.series} == {"vibration"}
    assert sum(len(series.values) for part in parts for series in part.series) >= 15
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]


def test_the_platform_has_devices_read_and_tested_and_learns_why_one_cannot(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["samples"]))
        read = await ask(rig, "device", {"device": "weather"})
        assert read["ok"]
        assert {reading["quantity"] for reading in read["result"]["readings"]} >= {"temperature", "rain"}
        tested = await ask(rig, "device", {"device": "board", "action": "self_test"})
        assert tested["result"]["ok"]
        assert "smoke well" in tested["result"]["text"]
        strange = await ask(rig, "device", {"device": "nobody"})
        assert strange["error"].startswith("there is no device 'nobody'; there is ")
        cannot = await ask(rig, "device", {"device": "weather", "action": "identify"})
        assert cannot["error"] == "weather cannot 'identify'; what it can is: read"

    assert_whole(tell(tmp_path, story))


def test_the_platform_sees_what_the_technician_sees(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["samples"]))
        reply = await ask(rig, "status", {})
        assert reply["ok"]
        assert {device["name"] for device in reply["result"]["devices"]} >= {"weather", "board", "gnss"}

    assert_whole(tell(tmp_path, story))


def test_a_command_that_nobody_knows_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["samples"]))
        reply = await ask(rig, "reboot", {})
        assert not reply["ok"]
        assert "there is no command 'reboot'" in reply["error"]

    assert_whole(tell(tmp_path, story))
