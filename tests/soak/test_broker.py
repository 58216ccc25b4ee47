"""The broker goes away and comes back; with ``ack = "platform"`` not even a broker that forgets costs an event."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.broker import run_broker
from demo.platform import Platform
from demo.proof import Proof
from demo.rig import POLE, Rig, open_rig
from tests.soak.stories import assert_whole, more_reads, until

pytestmark = pytest.mark.skipif(shutil.which("mosquitto", path="/usr/sbin:/usr/bin") is None, reason="needs mosquitto")


@contextlib.asynccontextmanager
async def listening(platform: Platform, port: int) -> AsyncIterator[None]:
    """The platform receives from the second broker as well as the first."""
    subscribed = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(platform.listen(port, subscribed))
        await subscribed.wait()
        try:
            yield
        finally:
            task.cancel()


async def story(folder: Path) -> tuple[Proof, Rig]:
    """A broker that forgets everything at its end is followed by an empty one, on the other side of the same link."""
    async with open_rig(folder, acknowledge=True) as rig:
        await rig.daemon.start()
        await until(lambda: rig.platform.kinds["samples"] > 2)
        await rig.link.set("refuse")
        await more_reads(rig, 10)
        (folder / "second").mkdir()
        async with run_broker(folder / "second") as broker, listening(rig.platform, broker.port):
            rig.link.target = broker.port
            await rig.link.set("up")
            await more_reads(rig, 30)
            return await rig.settle(120.0), rig


def test_an_empty_broker_in_place_of_the_old_one_costs_no_event(tmp_path: Path) -> None:
    proof, rig = asyncio.run(story(tmp_path))
    assert_whole(proof)
    assert rig.platform.receiver.pole == POLE
