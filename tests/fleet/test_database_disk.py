"""The disk of the platform's database is full, or slow: poles keep what is not on it, and nothing comes twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.folder import Folder
from fleet.ingest import Ingest
from tests.card import card
from tests.fleet.servers import Postgres, open_postgres, prepare_data, programs, rows
from tests.fleet.test_ingest import ENDLESS, Pole, ingesting, stored
from tests.uplink.support import mosquitto, until

MIB = 1024 * 1024


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as root:  # short: a socket's path has 107 bytes
        Path(root).chmod(0o755)
        with card(Path(root), megabytes) as made:
            yield made.folder


def fill(disk: Path) -> Path:
    """Takes all that is left."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * MIB)
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    return ballast


async def filled(folder: Path, disk: Path, room: Callable[[], None]) -> int:
    """Events are stored until the disk is full, and again once there is ``room``; how many."""
    broker = folder / "broker"
    broker.mkdir()
    async with mosquitto(broker) as port, ingesting(folder, port) as ingest:
        poles = [Pole(f"p{number}", ENDLESS, number) for number in range(2)]
        async with asyncio.TaskGroup() as tasks:
            for pole in poles:
                tasks.create_task(pole.run(port))
            await going_on(poles)
            ballast = await asyncio.to_thread(fill, disk)
            await until(lambda: "nothing can be stored" in ingest.health.text, "the full disk is reported", 300)
            ballast.unlink()
            await asyncio.to_thread(room)
            await until(lambda: not ingest.health.text, "the store takes events again", 300)
            await going_on(poles)
            for pole in poles:
                pole.count = pole.confirmed.last + 300
    for pole in poles:
        assert stored(folder, pole.name) == list(range(1, pole.count + 1))
    assert rows(folder, "SELECT count(*) FROM quarantine") == [(0,)]
    return sum(pole.count for pole in poles)


async def going_on(poles: list[Pole]) -> None:
    before = [len(pole.confirmed) for pole in poles]
    await until(
        lambda: all(len(pole.confirmed) > old + 200 for pole, old in zip(poles, before, strict=True)),
        "events are confirmed",
        300,
    )


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a loop image needs root")
@pytest.mark.fault(
    "the whole disk of the platform's database is full, its log of writes included (PostgreSQL, or the file)",
    "nothing is confirmed, the platform reports the full disk and the poles keep their events; with room all goes on",
)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_full_disk_confirms_nothing_and_all_goes_on_with_room(tmp_path: Path, kind: str) -> None:
    with small_disk(160) as disk:
        if kind == "sqlite":
            asyncio.run(filled(disk, disk, lambda: None))
            return
        if programs() is None:
            pytest.skip("no PostgreSQL is installed: apt-get install postgresql")
        shutil.chown(disk, "postgres")
        made = Postgres(disk)
        prepare_data(disk)
        made.start("-c max_wal_size=32MB -c min_wal_size=32MB")

        def room() -> None:
            """A server whose log of writes has no room ends itself, as systemd or somebody finds it."""
            if not made.runs():
                made.start()

        try:
            Folder(tmp_path).keep(made.server())
            asyncio.run(filled(tmp_path, disk, room))
        finally:
            if made.runs():
                made.stop("immediate")


SLOW = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static void wait_(void) { if (access(FLAG, F_OK) == 0) usleep(1000000); }
int fdatasync(int file) { wait_(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(file); }
int fsync(int file) { wait_(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(file); }
"""
"""A disk that takes a second for each flush while the file FLAG is there."""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="a slow disk needs gcc")
@pytest.mark.fault(
    "the disk of the platform's database is slow: a second for each flush (PostgreSQL)",
    "a commit that takes too long is reported, the ingest goes on with larger ones, and each event is stored once",
)
def test_a_slow_disk_is_reported_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(tempfile.mkdtemp(prefix="slow", dir="/tmp"))
    place.chmod(0o755)
    flag, library = place / "slow", place / "slow.so"
    try:
        command = ["gcc", "-shared", "-fPIC", f'-DFLAG="{flag}"', "-x", "c", "-", "-o", str(library), "-ldl"]
        subprocess.run(command, input=SLOW.encode(), check=True)
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setattr("fleet.ingest.SLOW_S", 0.5)
        with open_postgres("-c fsync=on") as made:
            monkeypatch.delenv("LD_PRELOAD")
            Folder(tmp_path).keep(made.prepared())
            asyncio.run(slowed(tmp_path, flag))
    finally:
        shutil.rmtree(place)


async def slowed(folder: Path, flag: Path) -> None:
    async with mosquitto(folder) as port, ingesting(folder, port) as ingest:
        poles = [Pole(f"p{number}", ENDLESS, number) for number in range(5)]

        async def share(of: Ingest) -> float:
            """Bytes of a commit."""
            size, commits = of.health.bytes, of.health.commits
            await going_on(poles)
            return (of.health.bytes - size) / (of.health.commits - commits)

        async with asyncio.TaskGroup() as tasks:
            for pole in poles:
                tasks.create_task(pole.run(port))
            await going_on(poles)
            fast = await share(ingest)
            await asyncio.to_thread(flag.touch)
            await until(lambda: "waits" in ingest.health.text, "the slow commit is reported", 300)
            slow = await share(ingest)
            await asyncio.to_thread(flag.unlink)
            await going_on(poles)
            for pole in poles:
                pole.count = pole.confirmed.last + 100
        assert ingest.health.text == ""
    print(f"{fast / 1024:.0f} KiB in a commit, {slow / 1024:.0f} on the slow disk")
    for pole in poles:
        assert stored(folder, pole.name) == list(range(1, pole.count + 1))
