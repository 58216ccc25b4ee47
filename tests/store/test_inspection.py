"""Damage that nobody has run into yet is found at start, next to the running store."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from agent.store import commits, open_store
from agent.store.budget import PAGE
from agent.store.inspection import OK, inspect
from contract.events import NewEpoch, SettingsChange
from contract.types import Lane
from tests.store.rig import FakeClock, boot, event, settings

COUNT = 300


def made(folder: Path) -> Path:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(folder), clock, boot) as store:
            store.put([event(clock.now(), index, Lane.EVENT, 700) for index in range(COUNT)])

    asyncio.run(scenario())
    return folder / "pole.db"


def cross(path: Path) -> None:
    """Two leaves of the tree of events change places in their parent: every page is whole, the order is not."""
    content = bytearray(path.read_bytes())
    for start in range(PAGE, len(content), PAGE):
        if content[start] == 0x05:  # an inner page of a table
            first, second = (struct.unpack_from(">H", content, start + 12 + 2 * index)[0] for index in (3, 4))
            for at in range(4):
                a, b = start + first + at, start + second + at
                content[a], content[b] = content[b], content[a]
            path.write_bytes(content)
            return
    raise AssertionError


def test_a_good_file_is_good_and_a_crossed_one_is_not(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert inspect(path) == OK
    cross(path)
    assert inspect(path) != OK
    path.write_bytes(b"rubbish" * 1000)
    assert inspect(path) != OK


def test_a_hidden_damage_is_found_while_the_store_works_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "_INSPECT_S", 0.02)
    cross(made(tmp_path))

    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            before = store.epoch
            store.put([event(clock.now(), COUNT)])
            async with asyncio.timeout(120):
                while store.epoch == before:
                    await asyncio.sleep(0.02)
                await store.flush()
            rows = await store.unsent(Lane.EVENT, max_bytes=10_000_000)
            assert len({row.seq for row in rows if row.kind == SettingsChange.kind}) == COUNT + 1
            assert "integrity check" in [row.body.decode() for row in rows if row.kind == NewEpoch.kind][-1]

    asyncio.run(scenario())


def test_a_store_without_damage_keeps_its_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_INSPECT_S", 0.02)
    made(tmp_path)

    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            before = store.epoch
            async with asyncio.timeout(120):
                while not store.inspected:
                    store.put([event(clock.now(), COUNT)])
                    await asyncio.sleep(0.02)
            assert store.epoch == before
            assert store.health().state == "ok"

    asyncio.run(scenario())


def test_a_log_that_is_damaged_in_the_middle_is_noticed_and_its_later_rows_saved(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path), clock, boot) as store:
            for index in range(20):
                store.put([event(clock.now(), index, Lane.EVENT, 1000)])
                await store.flush()
            log = (tmp_path / "pole.db-wal").read_bytes()
            file = (tmp_path / "pole.db").read_bytes()
        frame = 24 + PAGE
        middle = 32 + (log.count(log[16:24]) // 2) * frame + 2000  # each frame carries the header's salts
        (tmp_path / "pole.db").write_bytes(file)
        (tmp_path / "pole.db-wal").write_bytes(log[:middle] + bytes([log[middle] ^ 1]) + log[middle + 1 :])
        async with open_store(settings(tmp_path), clock, boot) as store:
            rows = await store.unsent(Lane.EVENT, max_bytes=10_000_000)
            assert len([row for row in rows if row.kind == "settings_change"]) >= 19
            assert "log is damaged" in [row.body.decode() for row in rows if row.kind == NewEpoch.kind][-1]
            assert store.last_seq > 20

    asyncio.run(scenario())
