"""What was learned of many quantities survives a restart, and the card is spared."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import MIB, StoreSettings
from agent.flow import LEARNED, SAVE_S, Flow
from agent.store import open_store
from tests.store.rig import FakeClock, boot
from tests.test_flow import HandClock, Kept, reading, settings

QUANTITIES = 2000


def learned_of(count: int) -> bytes:
    """What a pole has learned of so many quantities of one device: of each the same."""
    clock, kept = HandClock(), Kept()
    clock.synced = True
    flow = Flow(settings(), kept, clock)  # type: ignore[arg-type]
    for index in range(500):
        clock.elapsed += 600.0
        flow.take([reading(clock, 20.0 + index % 7 + 0.01 * (index % 13))])
    flow.end()
    version, (pairs, checks, lasting), (tracks, relations) = msgspec.msgpack.decode(kept.states[LEARNED][4:])
    names = [f"q{number}" for number in range(count)]
    (check,), (track,) = checks, tracks
    checks = [[check[0], name, *check[2:]] for name in names]
    tracks = [[track[0], name, *track[2:]] for name in names]
    data = msgspec.msgpack.encode([version, [pairs, checks, lasting], [tracks, relations]])
    return zlib.crc32(data).to_bytes(4, "big") + data


@pytest.mark.fault("a pole reads 2,000 quantities", "what was learned of each is there after a restart")
def test_what_was_learned_of_many_quantities_survives_a_restart(tmp_path: Path) -> None:
    places = StoreSettings(path=str(tmp_path / "pole.db"))
    learned = learned_of(QUANTITIES)
    assert 3 * MIB < len(learned) <= 4096 * QUANTITIES

    async def run(learned: bytes) -> tuple[bytes, bytes]:
        """What the agent began with, and what it left."""
        async with open_store(places, FakeClock(), boot) as store:
            begun = learned or await store.load_state(LEARNED) or b""
            flow = Flow(settings(), store, FakeClock(), learned=begun)
            flow.end()
            assert flow.unkept == {}
            await store.flush()
            assert store.health().state == "ok"
            return begun, await store.load_state(LEARNED) or b""

    _, left = asyncio.run(run(learned))
    assert len(left) > 3 * MIB
    assert asyncio.run(run(b"")) == (left, left)


def saved_after_s(learned: bytes) -> float:
    """When what is known of a quantity is kept for the first time, in steps of half an hour."""
    clock, kept = HandClock(), Kept()
    flow = Flow(settings(), kept, clock, learned=learned)  # type: ignore[arg-type]
    while LEARNED not in kept.states:
        clock.elapsed += 1800.0
        asyncio.run(flow.tick())
    return clock.elapsed


def test_a_large_state_is_kept_less_often_so_that_the_card_is_spared() -> None:
    assert saved_after_s(b"") == saved_after_s(learned_of(300)) == SAVE_S
    large = learned_of(QUANTITIES)
    assert len(large) * 86400.0 / saved_after_s(large) < 18_000_000
