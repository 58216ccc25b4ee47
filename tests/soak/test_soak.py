"""The whole pole under faults: the real daemon, numbered registers, a real broker, a link that fails in every way.

Each story ends with the same proof: every committed event is with the platform or reported as deleted, none twice after
dedupe by (pole, epoch, seq); of the numbered readings at most the last uncommitted second is lost by a kill.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from demo.rig import Rig
from tests.soak.stories import PER_SECOND, assert_whole, link_noticed_dead, more_reads, tell, until


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
@pytest.mark.parametrize("_", range(3))
def test_kills_at_random_moments_of_a_failing_link(tmp_path: Path, chance: random.Random, _: int) -> None:
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
