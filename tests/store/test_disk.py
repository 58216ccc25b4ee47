"""Real small disks that are full, read-only, or lose their power; processes that are killed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from agent.config.settings import MIB
from agent.store import Store, open_store
from contract.events import NewEpoch
from contract.types import Lane, Row
from tests.card import card, own, unmount
from tests.store.rig import FakeClock, boot, event, settings

ROOT = Path(__file__).resolve().parent.parent.parent
EXT4_SHUTDOWN = 0x8004587D
LOG_FLUSH = 1
NO_LOG_FLUSH = 2
NOBODY = 65534
root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own, mounted for the length of the block."""
    folder.mkdir(exist_ok=True)
    if Path(options[-1]).is_file():
        own(Path(options[-1]))
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield folder
    finally:
        unmount(folder)


def shut_down(disk: Path, how: int) -> None:
    """The file system does no more input or output, as if its power had gone."""
    handle = os.open(disk, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, EXT4_SHUTDOWN, struct.pack("I", how))
    finally:
        os.close(handle)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


def meet_an_error(disk: Path) -> None:
    """The kernel finds the file system damaged, and deals with it as its mount options say."""
    device = subprocess.run(["findmnt", "-no", "SOURCE", str(disk)], check=True, capture_output=True, text=True).stdout
    Path(f"/sys/fs/ext4/{Path(device.strip()).name}/trigger_fs_error").write_text("test")


def ext4(folder: Path, mebibytes: int) -> Path:
    image = folder / "disk.img"
    with image.open("wb") as file:
        file.truncate(mebibytes * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    return image


def all_rows(folder: Path) -> list[Row]:
    async def scenario() -> list[Row]:
        async with open_store(settings(folder, max_bytes=64 * MIB), FakeClock(), boot) as store:
            assert store.health().state == "ok"
            return [row for lane in Lane for row in await store.unsent(lane, max_bytes=100 * MIB)]

    return asyncio.run(scenario())


def numbers(rows: list[Row]) -> list[int]:
    return sorted(int(msgspec.json.decode(row.body)["revision"]) for row in rows if row.kind == "settings_change")


@contextmanager
def writer(folder: Path, first: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.store.writer", str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def safe(process: subprocess.Popen[str], lines: int) -> None:
    """Wait until the writer has reported that many times that its events are safe."""
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline()


def last_word(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    lines = process.stdout.read().splitlines()
    return max(int(line) for line in lines if line.isdigit()) if lines else 0


@root
@pytest.mark.root
@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_a_power_cut_costs_no_committed_event(tmp_path: Path, rounds: int, chance: random.Random) -> None:
    image = ext4(tmp_path, 128)
    committed = 0
    for _ in range(rounds):
        with small_disk(tmp_path / "disk", "-o", "loop", str(image)) as disk, writer(disk, committed) as process:
            safe(process, chance.randrange(2, 40))
            shut_down(disk, NO_LOG_FLUSH)
            os.killpg(process.pid, signal.SIGKILL)  # with the child that inspects the file
            reported = last_word(process)
        with small_disk(tmp_path / "disk", "-o", "loop", str(image)) as disk:
            rows = all_rows(disk)
            found = numbers(rows)
            assert found == list(range(len(found)))  # nothing lost in between, nothing twice
            assert len(found) >= max(reported, committed)
            assert sorted(row.seq for row in rows) == list(range(1, len(rows) + 1))
            assert not list(disk.glob("*.broken-*"))
            committed = len(found)


@root
@pytest.mark.root
def test_a_card_comes_back_although_another_namespace_had_it_mounted_when_its_power_was_cut(tmp_path: Path) -> None:
    """Of the tests' own rig: a container that boots meanwhile holds every mount of that moment."""
    holder = ["unshare", "-m", "sh", "-c", "echo; exec sleep 600"]
    with card(tmp_path) as disk, subprocess.Popen(holder, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            disk.cut()
            disk.replug()
            (disk.folder / "written").write_text("again")
        finally:
            process.kill()


@pytest.mark.parametrize("rounds", [4, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_a_killed_process_costs_no_committed_event(tmp_path: Path, rounds: int, chance: random.Random) -> None:
    committed = 0
    for _ in range(rounds):
        with writer(tmp_path, committed) as process:
            safe(process, chance.randrange(1, 30))
            os.killpg(process.pid, signal.SIGKILL)  # with the child that inspects the file
            reported = last_word(process)
        found = numbers(all_rows(tmp_path))
        assert found == list(range(len(found)))
        assert len(found) >= max(reported, committed)
        committed = len(found)


def test_only_one_process_may_own_the_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        with writer(tmp_path, 0) as process:
            safe(process, 1)
            async with open_store(settings(tmp_path), FakeClock(), boot) as store:
                assert store.health().state == "blocked"
                assert "another program" in store.health().text
                assert (tmp_path / "pole.db-wal").stat().st_size == 4 * MIB
                assert not (tmp_path / "pole.db.ballast").exists()
                store.put([event(FakeClock().now(), 1)])

    asyncio.run(scenario())
    assert not list(tmp_path.glob("*.broken-*"))


@root
@pytest.mark.root
def test_a_disk_that_turns_read_only_blocks_and_comes_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk, max_bytes=4 * MIB), clock, boot) as store:
            store.put([event(clock.now(), 0)])
            await store.flush()
            shut_down(disk, LOG_FLUSH)  # every write fails from now on
            store.put([event(clock.now(), 1)])
            await store.flush()
            assert store.health().state == "blocked"
            assert "replace the card" in store.health().text
            assert store.health().waiting == 1
            await stays_blocked(store, clock, caplog)

    image = ext4(tmp_path, 32)
    with small_disk(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        asyncio.run(scenario(disk))

    async def again(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk, max_bytes=4 * MIB), clock, boot) as store:
            assert store.health().state == "blocked"
            assert "read-only" in store.health().text
            store.put([event(clock.now(), 2)])
            await store.flush()
            remount(disk, "rw")
            await store.flush()
            rows = [row for lane in Lane for row in await store.unsent(lane)]
            assert numbers(rows) == [0, 2]
            assert not [row for row in rows if row.kind == NewEpoch.kind and b"broken" in row.body]

    with small_disk(tmp_path / "disk", "-o", "loop", str(image)) as disk:
        remount(disk, "ro")
        asyncio.run(again(disk))


@root
@pytest.mark.root
def test_a_card_that_the_kernel_made_read_only_is_reported_once_and_as_what_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(disk: Path) -> None:
        clock = FakeClock()
        async with open_store(settings(disk, max_bytes=4 * MIB), clock, boot) as store:
            store.put([event(clock.now(), 0)])
            await store.flush()
            meet_an_error(disk)
            store.put([event(clock.now(), 1)])
            await store.flush()
            assert "read-only: reboot the pole" in store.health().text
            await stays_blocked(store, clock, caplog)

    with small_disk(tmp_path / "disk", "-o", "loop,errors=remount-ro", str(ext4(tmp_path, 32))) as disk:
        asyncio.run(scenario(disk))


async def stays_blocked(store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """Live on for a while: nothing changes but what waits, and that has a bound."""
    text = store.health().text
    for index in range(200):
        clock.elapsed += 30
        store.put([event(clock.now(), index, Lane.EVENT, 10_000)])
        await store.flush()
        assert (store.health().state, store.health().text) == ("blocked", text)
    assert store.health().waiting <= MIB // 10_000
    assert [record.getMessage() for record in caplog.records] == [f"the store: {text}"]


@root
@pytest.mark.root
@pytest.mark.parametrize(("name", "mode"), [("pole.db", 0o600), ("pole.db", 0o644), ("pole.db-wal", 0o644)])
def test_what_belongs_to_another_user_is_said_to(name: str, mode: int) -> None:
    async def scenario(folder: Path, first: int) -> str:
        async with open_store(settings(folder), FakeClock(), boot) as store:
            store.put([event(FakeClock().now(), first)])
            await store.flush()
            return store.health().text

    with tempfile.TemporaryDirectory() as place:  # not below pytest's folder, which nobody else may enter
        folder = Path(place)
        folder.chmod(0o755)
        assert not asyncio.run(scenario(folder, 1))
        (folder / "pole.db.ballast").rename(folder / "pole.db-wal")
        for each in (folder, *folder.iterdir()):
            os.chown(each, NOBODY, NOBODY)
        os.chown(folder / name, 0, 0)
        (folder / name).chmod(mode)
        os.seteuid(NOBODY)
        try:
            text = asyncio.run(scenario(folder, 2))
        finally:
            os.seteuid(0)
        assert text == f"the agent's user may not write in {folder}: give it the folder and all that is in it"
