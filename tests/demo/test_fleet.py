"""The demo's platform: the pole is claimed, and what counts is what the store has."""

from __future__ import annotations

import asyncio
import ssl
import tomllib
from pathlib import Path

import aiomqtt

from demo.fleet import run_fleet
from tests.fleet.poles import EPOCH, message
from tests.uplink.support import until


def test_the_proof_is_counted_from_the_platforms_own_store(tmp_path: Path) -> None:
    async def story() -> None:
        async with run_fleet(tmp_path / "fleet", "p1") as fleet:
            tls = tomllib.loads(fleet.uplink)["uplink"]["tls"]
            context = ssl.create_default_context(cafile=tls["ca_file"])
            context.load_cert_chain(tls["cert_file"], tls["key_file"])
            listening = asyncio.get_running_loop().create_task(fleet.platform.listen(fleet.port, asyncio.Event()))
            async with aiomqtt.Client("127.0.0.1", fleet.port, identifier="p1", tls_context=context) as client:
                for numbers in ([1, 2, 3], [2, 3, 5]):
                    await client.publish("sp/v2/p1/summary", message("p1", numbers), qos=1)
                await until(
                    lambda: fleet.platform.counted() == (4, 0) and fleet.platform.repeats == 2, "all is there", 120
                )
            assert fleet.platform.doubled == 0
            assert fleet.platform.receiver.holes(EPOCH) == ((4, 4),)
            listening.cancel()

    asyncio.run(story())
