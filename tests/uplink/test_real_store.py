"""The uplink over the real store on disk: what is committed arrives, what is acknowledged does not come again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.config.settings import StoreSettings
from agent.store.store import open_store
from agent.system.clock import SystemClock, always_synced
from contract.events import DeviceState
from contract.types import Event, Lane
from simulator.link import open_link
from tests.uplink.support import Platform, mosquitto, platform, running, until, uplink_settings


def arrived(far: Platform) -> int:
    """Events that somebody put: without the one with which each epoch begins."""
    return sum(far.receiver.count(epoch) - 1 for epoch in far.receiver.epochs())


def test_a_restart_in_an_outage_with_a_backlog_and_a_black_hole_loses_nothing(tmp_path: Path) -> None:
    clock = SystemClock(always_synced)
    settings = StoreSettings(path=str(tmp_path / "pole.db"), commit_s=0.1)

    def events(count: int, lane: Lane | None = None) -> list[Event]:
        return [Event.of("roof", clock.now(), DeviceState(state="up", text=str(n)), lane) for n in range(count)]

    async def story() -> None:
        async with open_store(settings, clock) as store:
            store.put(events(500))
            store.put(events(20, Lane.ALARM))
        async with mosquitto(tmp_path) as port, platform(port) as far, open_link(port) as link:
            wanted = uplink_settings(link.port, ack_timeout_s=1.0)
            async with open_store(settings, clock) as store, running(store, wanted) as pole:
                await until(lambda: arrived(far) == 520, "the backlog of the run before has come")
                await link.set("black hole")
                for _ in range(20):
                    store.put(events(10, Lane.SUMMARY))
                    await store.flush()
                await until(lambda: pole.uplink.health().state == "down", "the black hole is found")
            async with open_store(settings, clock) as store:
                await link.set("up")
                async with running(store, uplink_settings(link.port, ack_timeout_s=1.0)):
                    await until(lambda: arrived(far) == 720, "all has come")
                    assert [far.receiver.holes(epoch) for epoch in far.receiver.epochs()] == [()] * 3
                    await until(
                        lambda: not any(lane.unsent for lane in store.health().lanes.values()), "nothing waits any more"
                    )
            before = len(far.order)
            async with open_store(settings, clock) as store, running(store, uplink_settings(link.port)) as pole:
                await until(lambda: pole.uplink.health().state == "up", "the link is up")
                store.put(events(1))
                await until(lambda: arrived(far) == 721, "the next event has come")
            assert len(far.order) == before + 2, "what was acknowledged does not come again after a clean stop"

    asyncio.run(story())
