"""How a story of the soak is written, and what must hold at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from demo.proof import Proof
from demo.rig import Rig, open_rig

PER_SECOND = 10  # reads of each numbered register


async def until(condition: Callable[[], bool], within_s: float = 120.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


async def more_reads(rig: Rig, count: int = 5) -> None:
    """Let the devices be read ``count`` times more: time as the pole feels it, on a slow machine too."""
    target = rig.produced()["count_0"] + count
    await until(lambda: rig.produced()["count_0"] >= target, 300.0)


async def link_noticed_dead(rig: Rig) -> None:
    await _uplink(rig, up=False)


async def up(rig: Rig) -> None:
    """Wait until the daemon's link is up."""
    await _uplink(rig, up=True)


async def _uplink(rig: Rig, *, up: bool) -> None:
    async with asyncio.timeout(120):
        while True:
            uplink = (await rig.daemon.status()).uplink
            if uplink and (uplink.state == "up") is up:
                return
            await asyncio.sleep(0.1)


def tell(folder: Path, story: Callable[[Rig], Awaitable[None]], *, acknowledge: bool = False) -> Proof:
    """Play ``story`` on a stage of its own, deliver what is left, count."""

    async def run() -> Proof:
        async with open_rig(folder, acknowledge=acknowledge) as rig:
            await story(rig)
            return await rig.settle(120.0)

    return asyncio.run(run())


def assert_whole(proof: Proof, *, kills: int = 0) -> None:
    assert proof.events_missing == 0
    assert proof.duplicates_after_dedupe == 0
    assert proof.numbered_twice == 0
    assert proof.numbered_delivered > 0
    if kills:
        assert proof.longest_hole <= PER_SECOND + 3, "a kill costs at most the last uncommitted second"
    else:
        assert proof.numbered_lost == 0
