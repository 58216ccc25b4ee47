"""Two boxes with one id, and a platform that is silent: what the pole says of it, and what goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from agent.uplink.delivery import awaiting, session
from contract.events import UplinkState
from contract.types import Lane
from tests.uplink.support import MemoryStore, mosquitto, platform, running, until, uplink_settings


@pytest.mark.fault("two boxes have one pole's id", "both report that the card may have been copied; both deliver")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_two_boxes_with_one_id_report_each_other(tmp_path: Path, version: str) -> None:
    async def story() -> None:
        one, two = MemoryStore(), MemoryStore()
        two.epoch = "e2"
        async with mosquitto(tmp_path) as port, platform(port) as far:
            settings = uplink_settings(port, protocol=version, retry_max_s=1.0)
            async with running(one, settings) as first, running(two, settings) as second:
                for pole in (first, second):
                    health = pole.uplink.health
                    await until(lambda health=health: "was the card copied?" in health().text, "it is reported", 40.0)
                one.add(5)
                two.add(5)
                await until(lambda: far.receiver.count("e1") >= 5, "the one delivers", 40.0)
                await until(lambda: far.receiver.count("e2") >= 5, "and so does the other", 40.0)
        assert far.receiver.conflicted == 0

    asyncio.run(story())


@pytest.mark.fault("the platform is silent and thousands of rows wait for it", "alarms pass")
def test_alarms_pass_while_the_platform_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "AGAIN_S", 1.0)
    monkeypatch.setattr(awaiting, "MOST", 100)
    monkeypatch.setattr(session, "QUIET_S", 0.5)
    monkeypatch.setattr(session, "LOOK_S", 0.1)

    async def story() -> None:
        store = MemoryStore()
        store.add(1000, Lane.SUMMARY)
        settings = uplink_settings
        async with (
            mosquitto(tmp_path) as port,
            platform(port) as far,
            running(store, settings(port, ack="platform", message_bytes=4096)) as pole,
        ):
            await until(lambda: "the platform confirms nothing" in pole.uplink.health().text, "it is reported")
            count = far.receiver.count("e1")
            assert count < 300
            await store.commit(3, Lane.ALARM)
            alarms = {row.seq for row in store.rows.values() if row.lane is Lane.ALARM}
            await until(lambda: alarms <= set(far.order), "the alarms have come")
            states = [row for row in store.rows.values() if row.kind == UplinkState.kind]
            assert msgspec.json.decode(states[0].body, type=UplinkState).type == "unconfirmed"
            while store.rows:
                for mark in far.receiver.watermarks():
                    await far.say("ack", mark)
                await asyncio.sleep(0.05)
            await until(lambda: not pole.uplink.health().text, "all is well again")

    asyncio.run(story())
