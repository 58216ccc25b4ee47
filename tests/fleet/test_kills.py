"""Ingest and broker are killed at any moment, the broker's disk is deleted: nothing is lost, nothing comes twice."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from pathlib import Path

import aiomqtt
import pytest

from fleet.folder import Folder
from tests.fleet.poles import message
from tests.fleet.servers import Postgres, open_postgres, programs
from tests.fleet.stage import stage
from tests.fleet.test_ingest import Pole, stored
from tests.uplink.support import until

NAMES = ("p1", "p2")


def advanced(poles: list[Pole], before: list[int]) -> bool:
    return all(not pole.left() for pole in poles) or any(
        len(pole.confirmed) > old for pole, old in zip(poles, before, strict=True)
    )


async def killed(folder: Path, kills: int, seed: int, database: Postgres | None = None) -> None:
    """``kills`` kills, each after some progress; the poles go on until all of their events are confirmed."""
    chance = random.Random(seed)
    async with stage(folder) as made:
        poles = [Pole(name, 1000, seed + number) for number, name in enumerate(NAMES)]
        done = 0
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(pole.run(made.port)) for pole in poles]
            while done < kills and not all(task.done() for task in running):
                await made.start()
                before = [len(pole.confirmed) for pole in poles]
                await until(partial(advanced, poles, before), "something is confirmed", 120)
                await asyncio.sleep(chance.uniform(0.0, 0.15))
                kinds = [made.lose_broker, made.lose_broker, made.kill_ingest, made.kill_ingest, made.kill_ingest]
                await asyncio.to_thread(chance.choice([*kinds, *([database.crash] * 3 if database else [])]))
                done += 1
                for pole in poles:
                    pole.count += 300
                for pole in poles:
                    # before the archive is read: an ingest that lives confirms more meanwhile
                    confirmed = {number for first, last in pole.confirmed.ranges() for number in range(first, last + 1)}
                    held = await asyncio.to_thread(stored, made.path, pole.name)
                    assert confirmed <= set(held), f"confirmed and lost after kill {done}"
                    assert len(held) == len(set(held)), f"stored twice after kill {done}"
            await made.start()
        assert done
    for pole in poles:
        assert stored(made.path, pole.name) == list(range(1, pole.count + 1))


@pytest.mark.fault(
    "the platform's ingest is killed at any moment, or its broker, whose disk is then deleted",
    "each event that was confirmed to its pole is in the archive, once",
)
def test_killed_at_any_moment_the_platform_has_each_confirmed_event_once(home: Path) -> None:
    asyncio.run(killed(home, 2, 7))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_killed_two_hundred_times_the_platform_has_each_event_once(tmp_path: Path, chance: random.Random) -> None:
    asyncio.run(killed(tmp_path, 200, chance.getrandbits(32)))


def on_a_database(folder: Path, kills: int, seed: int) -> None:
    """With a database that has to keep what it has committed, and that crashes too."""
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
    with open_postgres("-c fsync=on") as made:
        Folder(folder).keep(made.server())
        asyncio.run(killed(folder, kills, seed, made))


@pytest.mark.fault(
    "the database of the platform (PostgreSQL), its ingest or its broker crashes at any moment",
    "each event that was confirmed to its pole is in the archive, once; the ingest goes on by itself",
)
def test_a_database_that_crashes_has_each_confirmed_event_once(tmp_path: Path) -> None:
    on_a_database(tmp_path, 5, 3)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_with_a_database_killed_two_hundred_times_each_event_is_there_once(
    tmp_path: Path, chance: random.Random
) -> None:
    on_a_database(tmp_path, 200, chance.getrandbits(32))


@pytest.mark.fault(
    'the platform\'s ingest is killed while poles rely on the broker (`ack = "broker"`)',
    "the broker keeps each message until it is committed, and sends it again",
)
def test_what_the_broker_has_acknowledged_outlives_the_ingest(tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path) as made:
            await made.start()
            first = Pole("p1", 1, 1)
            await first.run(made.port)  # the session of the ingest exists
            sent = 0
            async with aiomqtt.Client("127.0.0.1", made.port, identifier="sender") as client:
                for _ in range(3):
                    for _ in range(100):
                        sent += 1
                        await client.publish("sp/v2/p2/summary", message("p2", [sent]), qos=1)
                    made.kill_ingest()
                    await made.start()

            def all_there() -> bool:
                return len(stored(made.path, "p2")) == sent

            async with asyncio.timeout(120):
                while not await asyncio.to_thread(all_there):
                    await asyncio.sleep(0.1)
            assert stored(made.path, "p2") == list(range(1, sent + 1))

    asyncio.run(story())
