"""The whole pole under faults: the real daemon, numbered registers, a real broker, a link that fails in every way.

Each story ends with the same proof: every committed event is with the platform or told as deleted, none twice after
dedupe by (pole, epoch, seq); of the numbered readings at most the last uncommitted second is lost by a kill.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.demo.proof import Proof
from agent.demo.rig import Rig, open_rig

PER_SECOND = 10  # reads of each numbered register


async def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


async def more_reads(rig: Rig, count: int = 5) -> None:
    """Let the devices be read ``count`` times more: time as the pole feels it, on a slow machine too."""
    target = rig.produced()["count_0"] + count
    await until(lambda: rig.produced()["count_0"] >= target, 60.0)


async def link_noticed_dead(rig: Rig) -> None:
    async with asyncio.timeout(30):
        while True:
            uplink = (await rig.daemon.status()).uplink
            if uplink and uplink.state != "up":
                return
            await asyncio.sleep(0.1)


def tell(folder: Path, story: Callable[[Rig], Awaitable[None]], *, acknowledge: bool = False) -> Proof:
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


def test_black_hole_then_reset_then_refused_loses_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds))
        await rig.link.set("black hole")
        await more_reads(rig)
        await link_noticed_dead(rig)
        await rig.link.set("refuse")
        await more_reads(rig)
        await rig.link.set("up")
        await more_reads(rig, 20)

    assert_whole(tell(tmp_path, story))


def test_kills_in_and_out_of_an_outage_cost_at_most_a_second_each(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.link.set("refuse")
        await rig.daemon.start()  # a start without uplink is normal
        await more_reads(rig, 10)
        await rig.daemon.kill()
        await rig.daemon.start()
        await more_reads(rig, 10)
        await rig.link.set("up")
        await until(lambda: bool(rig.platform.kinds))
        await more_reads(rig, 10)
        await rig.daemon.kill()
        await rig.daemon.start()
        await more_reads(rig, 10)

    proof = tell(tmp_path, story)
    assert_whole(proof, kills=2)
    assert proof.starts == 4


def test_a_stalled_link_that_crawls_loses_nothing(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.link.bytes_per_s = 4000
        await rig.daemon.start()
        await more_reads(rig, 30)
        rig.link.reset()
        await more_reads(rig, 10)
        rig.link.bytes_per_s = None

    assert_whole(tell(tmp_path, story))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("outage_s", [30, 300])
def test_a_long_black_hole_loses_nothing(tmp_path: Path, outage_s: int) -> None:
    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        await more_reads(rig, 50)
        await rig.link.set("black hole")
        await more_reads(rig, outage_s * PER_SECOND)
        await rig.link.set("up")
        await more_reads(rig, 50)

    assert_whole(tell(tmp_path, story))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_of_a_failing_link(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kills = 8

    async def story(rig: Rig) -> None:
        await rig.daemon.start()
        for _ in range(kills):
            await rig.link.set(chance.choice(["up", "black hole", "refuse"]))
            await asyncio.sleep(chance.uniform(0.5, 5.0))
            await rig.daemon.kill()
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            await rig.daemon.start()
        await rig.link.set("up")
        await more_reads(rig, 20)

    assert_whole(tell(tmp_path, story), kills=kills)
