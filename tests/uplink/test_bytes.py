"""What the link costs: bytes upstream as a cellular bill counts them, and wake-ups of a link with nothing to say."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bench.drain import summaries
from contract.types import Row
from simulator.link import SimulatedLink, open_link
from tests.uplink.support import EPOCH, MemoryStore, Pole, mosquitto, running, until, uplink_settings

READINGS_A_MINUTE = 20 * 60
MOST_BYTES = 1.1


@asynccontextmanager
async def counted(folder: Path, store: MemoryStore) -> AsyncIterator[tuple[SimulatedLink, Pole]]:
    """A pole that delivers ``store`` over a link that counts."""
    async with (
        mosquitto(folder) as port,
        open_link(port) as link,
        running(store, uplink_settings(link.port, linger_s=0.02)) as pole,
    ):
        await until(lambda: pole.uplink.health().state == "up", "the link is up")
        yield link, pole


def test_a_reading_costs_at_most_1_1_bytes_upstream_in_the_default_profile(tmp_path: Path) -> None:
    async def story() -> float:
        store = MemoryStore()
        async with counted(tmp_path, store) as (link, pole):
            await asyncio.sleep(0.1)
            before = link.bytes_up
            events = list(summaries(80))
            for minute in range(20):
                for event in events[4 * minute : 4 * minute + 4]:
                    store.last_seq += 1
                    store.rows[EPOCH, store.last_seq] = Row(
                        epoch=EPOCH,
                        seq=store.last_seq,
                        lane=event.lane,
                        kind=event.body.kind,
                        source=event.source,
                        at=event.at,
                        body=msgspec.json.encode(event.body),
                    )
                await store.commit(0)
                await until(lambda: not store.rows, "the minute is delivered")
            assert pole.uplink.health().messages == 20, "one message a minute"
            return (link.bytes_up - before) / 20 / READINGS_A_MINUTE

    cost = asyncio.run(story())
    print(f"{cost:.3f} bytes upstream per reading")
    assert cost <= MOST_BYTES


def test_a_link_with_nothing_to_say_sleeps(tmp_path: Path) -> None:
    async def story() -> float:
        store = MemoryStore()
        async with counted(tmp_path, store):
            await asyncio.sleep(0.5)
            asked = store.asked
            used = resource.getrusage(resource.RUSAGE_SELF)
            await asyncio.sleep(3.0)
            now = resource.getrusage(resource.RUSAGE_SELF)
            assert store.asked == asked, "the store is not asked while nothing is committed"
            return (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) / 3.0

    share = asyncio.run(story())
    print(f"{share:.3%} of a core")
    assert share < 0.005
