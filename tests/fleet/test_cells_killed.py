"""Any part of a city of two cells and two databases is killed at any moment: each event is stored once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections import Counter
from collections.abc import Callable
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
from tests.fleet.servers import rows
from tests.fleet.stage import Child, Stage
from tests.fleet.standby import Pair, open_pair
from tests.fleet.test_ingest import ENDLESS, Pole, stored
from tests.uplink.support import until

CELLS = ("a", "b")


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


class City:
    """Two cells, the pages and the jobs, a primary and its standby; ``count`` says what was killed how often."""

    def __init__(self, folder: Path, pair: Pair, seed: int) -> None:
        where = pair.server()
        Folder(folder).keep(where)
        self.cells = [Stage(folder, name) for name in CELLS]
        self.count = Counter[str]()
        self._pair = pair
        self._chance = random.Random(seed)
        self._web_port = free_port()
        command = [sys.executable, "-m", "tests.fleet.role_child"]
        self._roles = {
            role: Child([*command, role, str(folder / role), where.url, str(self._web_port)])
            for role in ("web", "jobs")
        }

        self._parts: tuple[Stage | Child, ...] = (*self.cells, *self._roles.values())

    async def start(self) -> None:
        for part in self._parts:
            await part.start()

    async def kill(self) -> None:
        """One part, after a moment."""
        await asyncio.sleep(self._chance.uniform(0.0, 0.3))
        cell = self._chance.choice(self.cells)
        parts: dict[str, Callable[[], object]] = {
            "cell": cell.kill,
            "ingest": cell.kill_ingest,
            "broker": cell.kill_broker,
            "web": self._roles["web"].kill,
            "jobs": self._roles["jobs"].kill,
            "database": self._pair.primary.crash,
            "primary": self._lose_primary,
        }
        (name,) = self._chance.choices(list(parts), (3, 2, 2, 1, 2, 2, 3))
        self.count[name] += 1
        await asyncio.to_thread(parts[name])

    def _lose_primary(self) -> None:
        """With its disk; the other one goes on, and gets a new standby."""
        self._pair.lose_primary()
        self._pair.promote()
        self._pair.follow()

    async def answers(self) -> None:
        """Who was killed last may have started while the database was away."""
        async with asyncio.timeout(300):
            while not await _asked(self._web_port):
                await self.start()
                await asyncio.sleep(0.5)

    def stop(self) -> None:
        for part in self._parts:
            part.kill()


async def _asked(port: int) -> bool:
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.readline()
        writer.close()
        return answer.startswith(b"HTTP/1.1 ")
    return False


def progress(poles: list[Roaming], before: list[int]) -> bool:
    now = [len(pole.confirmed) for pole in poles]
    return all(not pole.left() for pole in poles) or any(new > old for new, old in zip(now, before, strict=True))


async def advanced(poles: list[Roaming], what: str) -> None:
    await until(partial(progress, poles, [len(pole.confirmed) for pole in poles]), what, 300)


async def killed(folder: Path, kills: int, seed: int, pair: Pair) -> Counter[str]:
    """What was killed how often, and under "move" how often a pole went to another broker."""
    city = City(folder, pair, seed)
    ports = [cell.port for cell in city.cells]
    poles = [Roaming(f"p{number}", ENDLESS, seed + number, ports[:: 1 if number % 2 else -1]) for number in range(4)]
    try:
        async with asyncio.TaskGroup() as tasks:
            await city.start()
            for pole in poles:
                tasks.create_task(pole.roam())
            for done in range(kills):
                await advanced(poles, "something is confirmed")
                await city.kill()
                await advanced(poles, "the others go on")
                await city.start()
                for pole in poles:
                    confirmed = {number for first, last in pole.confirmed.ranges() for number in range(first, last + 1)}
                    held = await asyncio.to_thread(stored, folder, pole.name)
                    assert confirmed <= set(held), f"confirmed and lost after kill {done + 1}: {city.count}"
                    assert len(held) == len(set(held)), f"stored twice after kill {done + 1}: {city.count}"
            for pole in poles:
                pole.count = pole.confirmed.last + 300
        await city.answers()
    finally:
        city.stop()
    for pole in poles:
        assert stored(folder, pole.name) == list(range(1, pole.count + 1))
    assert rows(folder, "SELECT count(*) FROM conflict") == [(0,)]
    moves = sum(pole.moves for pole in poles)
    what = ", ".join(f"{name} {times}" for name, times in sorted(city.count.items()))
    print(f"{kills} kills ({what}); {moves} moves of 4 poles; ", end="")
    print(f"{sum(pole.count for pole in poles):,} events, 0 lost, 0 doubled; seed {seed}")
    return city.count + Counter(move=moves)


def in_a_city(folder: Path, kills: int, seed: int) -> Counter[str]:
    """As ``killed``."""
    with open_pair() as pair:
        return asyncio.run(killed(folder, kills, seed, pair))


@pytest.mark.fault(
    "any part of a platform of several cells is killed at any moment: an ingest, a broker, a cell with its disk, the "
    "pages, the jobs, the database, or its primary with its disk",
    "poles of a dead cell go to another one; each event that was confirmed is in the archive, once",
)
@pytest.mark.timeout(900)
def test_the_poles_of_a_cell_that_is_killed_go_on_at_another_one(tmp_path: Path) -> None:
    """With this seed each part is killed once."""
    done = in_a_city(tmp_path, 7, 97)
    assert not {"cell", "ingest", "broker", "web", "jobs", "database", "primary"} - done.keys()


@pytest.mark.long
@pytest.mark.timeout(14400)
@pytest.mark.parametrize("seed", [*range(51201, 51206), None], ids=str)
def test_a_city_killed_forty_times_has_each_event_once(tmp_path: Path, chance: random.Random, seed: int | None) -> None:
    """Five cities are those of the figures in README.md; the seed of the run decides the sixth."""
    assert in_a_city(tmp_path, 40, seed or chance.getrandbits(32))["move"]
