"""Two cells on one database are killed at any moment: their poles go to the other one, each event is stored once."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from contract.birth import Status
from fleet.folder import Folder
from simulator.ports import free_port
from tests.fleet.poles import EPOCH
from tests.fleet.servers import Postgres, open_postgres, programs, rows
from tests.fleet.test_ingest import ENDLESS, Pole, stored
from tests.uplink.support import MOSQUITTO, answers, until

CELLS = ("a", "b")


class CellStage:
    """A broker and an ingest in processes of their own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.name = name
        self.port = free_port()
        self._disk = folder / f"broker-{name}"
        self._settings = folder / f"{name}.conf"
        self._settings.write_text(
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            f"persistence true\npersistence_location {self._disk}/\n"
        )
        self._broker: subprocess.Popen[bytes] | None = None
        self._ingest: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        if self._broker is None:
            assert MOSQUITTO
            self._disk.mkdir(exist_ok=True)
            self._broker = await asyncio.to_thread(subprocess.Popen, [MOSQUITTO, "-c", str(self._settings)])
            await answers(self.port, 120)
        if self._ingest is None:
            command = [sys.executable, "-m", "tests.fleet.ingest_child"]
            command += [str(self._folder), str(self.port), self.name]
            self._ingest = await asyncio.to_thread(subprocess.Popen, command)

    def kill_ingest(self) -> None:
        """Its broker goes on, and keeps what comes."""
        if self._ingest is not None:
            self._ingest.kill()
            self._ingest.wait()
            self._ingest = None

    def kill_broker(self) -> None:
        """Its ingest goes on; its disk stays, with what the ingest has not taken."""
        if self._broker is not None:
            self._broker.kill()
            self._broker.wait()
            self._broker = None

    def kill(self) -> None:
        """The machine is gone, and its disk."""
        self.kill_ingest()
        self.kill_broker()
        shutil.rmtree(self._disk, ignore_errors=True)


class Roaming(Pole):
    """Says that it is there, and goes to the other broker when its own is away, or confirms nothing for a while."""

    def __init__(self, name: str, count: int, seed: int, ports: list[int]) -> None:
        super().__init__(name, count, seed)
        self._ports = ports
        self.moves = 0

    async def roam(self) -> None:
        while self.left():
            port = self._ports[self.moves % 2]
            before = len(self.confirmed)
            try:
                async with asyncio.timeout(8):
                    async with aiomqtt.Client("127.0.0.1", port, identifier=f"{self.name}-birth") as client:
                        at = datetime.now(UTC)  # noqa: TID251  # of two births the later one counts
                        status = Status(pole=self.name, state="online", at=at, epoch=EPOCH)
                        await client.publish(f"sp/v2/{self.name}/status", msgspec.json.encode(status), qos=1)
                    await self._connected(port)
            except* (aiomqtt.MqttError, TimeoutError):
                await asyncio.sleep(0.05)
            if len(self.confirmed) == before:  # who is confirmed stays
                self.moves += 1


def progress(poles: list[Roaming], before: list[int]) -> bool:
    now = [len(pole.confirmed) for pole in poles]
    return all(not pole.left() for pole in poles) or any(new > old for new, old in zip(now, before, strict=True))


async def killed(folder: Path, kills: int, seed: int, crash: Postgres | None = None) -> tuple[int, int]:
    """How often a pole went to another broker, and how often the database crashed."""
    chance = random.Random(seed)
    cells = [CellStage(folder, name) for name in CELLS]
    ports = [cell.port for cell in cells]
    poles = [Roaming(f"p{number}", ENDLESS, seed + number, ports[:: 1 if number % 2 else -1]) for number in range(4)]
    crashes = 0
    try:
        async with asyncio.TaskGroup() as tasks:
            for cell in cells:
                await cell.start()
            for pole in poles:
                tasks.create_task(pole.roam())
            for done in range(kills):
                before = [len(pole.confirmed) for pole in poles]
                await until(partial(progress, poles, before), "something is confirmed", 300)
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                cell = chance.choice(cells)
                if crash is not None and not chance.randrange(4):
                    await asyncio.to_thread(crash.stop, "immediate")
                    await asyncio.to_thread(crash.start)
                    crashes += 1
                else:
                    await asyncio.to_thread(chance.choice([cell.kill, cell.kill, cell.kill_ingest, cell.kill_broker]))
                before = [len(pole.confirmed) for pole in poles]
                await until(partial(progress, poles, before), "the others go on", 300)
                for each in cells:
                    await each.start()
                for pole in poles:
                    confirmed = {number for first, last in pole.confirmed.ranges() for number in range(first, last + 1)}
                    held = await asyncio.to_thread(stored, folder, pole.name)
                    assert confirmed <= set(held), f"confirmed and lost after kill {done + 1}"
                    assert len(held) == len(set(held)), f"stored twice after kill {done + 1}"
            for pole in poles:
                pole.count = pole.confirmed.last + 300
    finally:
        for cell in cells:
            cell.kill()
    for pole in poles:
        assert stored(folder, pole.name) == list(range(1, pole.count + 1))
    assert rows(folder, "SELECT count(*) FROM conflict") == [(0,)]
    return sum(pole.moves for pole in poles), crashes


def on_a_database(folder: Path, kills: int, seed: int) -> int:
    """How often a pole moved."""
    if programs() is None:
        pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
    with open_postgres("-c fsync=on") as made:
        Folder(folder).keep(made.server())
        moves, crashes = asyncio.run(killed(folder, kills, seed, made))
    print(f"{kills} kills, {crashes} of them of the database; {moves} moves of 4 poles; 0 lost, 0 doubled")
    return moves


@pytest.mark.fault(
    "a cell of several is killed at any moment: its ingest, its broker, or both with their disk",
    "its poles go to another cell, which goes on; each event that was confirmed is in the archive, once",
)
@pytest.mark.timeout(900)
def test_the_poles_of_a_cell_that_is_killed_go_on_at_another_one(tmp_path: Path) -> None:
    on_a_database(tmp_path, 5, 6)


@pytest.mark.long
@pytest.mark.timeout(14400)
def test_cells_killed_two_hundred_times_have_each_event_once(tmp_path: Path, chance: random.Random) -> None:
    assert on_a_database(tmp_path, 200, chance.getrandbits(32))
