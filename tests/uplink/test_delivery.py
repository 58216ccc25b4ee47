"""Rows reach a real broker, each on its own acknowledgement, whatever happens to the link."""

from __future__ import annotations

import asyncio
from pathlib import Path

from contract.types import Lane
from tests.uplink.support import MemoryStore, mosquitto, platform, proven, running, until, uplink_settings


def test_a_backlog_and_the_live_stream_arrive_whole_and_in_lanes(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        store.add(1000, Lane.SUMMARY)
        store.add(5, Lane.ALARM)
        async with mosquitto(tmp_path) as port, platform(port) as far, running(store, uplink_settings(port)) as pole:
            await until(lambda: pole.uplink.health().state == "up", "the link is up")
            for lane in Lane:
                await store.commit(10, lane)
            await until(lambda: not store.rows, "all is delivered")
            await proven(store, far.receiver, 1045)
            assert far.receiver.duplicates == 0
            assert far.order[0] in range(1001, 1016), "alarms go first"
            assert pole.uplink.health().protocol == "MQTT 5"
            assert pole.uplink.health().events == 1045

    asyncio.run(story())
