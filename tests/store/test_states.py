"""States that are larger than a commit: kept in parts, whole or not at all, within the bound."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.config.settings import MIB, StoreSettings
from agent.store import open_store
from agent.store.budget import Budget
from agent.store.states import States, most_bytes, part_bytes
from contract.types import Lane
from tests.store.rig import FakeClock, boot, event, settings

BUDGET = Budget.of(StoreSettings(max_bytes=32 * MIB))
PART = part_bytes(BUDGET)


def state(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        connection.execute("CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        yield connection
    connection.close()


def whole(states: States, name: str, value: bytes) -> int:
    """Write all of it; how many transactions that took."""
    steps = 1
    while name not in states.write({name: value}):
        steps += 1
    return steps


def rows(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM state ORDER BY name")]


@pytest.mark.fault("the power goes between two parts of a large state", "the state before is there, whole")
@pytest.mark.parametrize("before", [b"", b"small", state(1, 2 * PART + 1), state(2, 5 * PART)])
def test_a_write_that_is_cut_leaves_the_state_before(before: bytes) -> None:
    new = state(3, 4 * PART)
    for cut in range(1, 4):
        with database() as connection:
            States(connection, BUDGET).write({"other": b"1"})
            if before:
                whole(States(connection, BUDGET), "analysis", before)
            cut_off = States(connection, BUDGET)
            for _ in range(cut):
                assert cut_off.write({"analysis": new}) == []
            assert (States(connection, BUDGET).load("analysis") or b"") == before
            again = States(connection, BUDGET)
            assert whole(again, "analysis", new) == 4
            assert again.load("analysis") == new
            assert whole(again, "analysis", state(4, 3 * PART)) == 3
            assert whole(again, "analysis", state(5, 3 * PART)) == 3
            assert again.load("analysis") == state(5, 3 * PART)
            assert len(rows(connection)) == 1 + 1 + 3 + 3, "nothing is left of larger ones"
            whole(again, "analysis", b"small")
            assert rows(connection) == ["analysis", "other"]
            assert again.load("analysis") == b"small"
            assert again.load("other") == b"1"


def test_states_of_other_versions() -> None:
    with database() as connection:
        connection.execute("INSERT INTO state VALUES ('analysis', ?)", (b"of a version without parts",))
        states = States(connection, BUDGET)
        assert states.load("analysis") == b"of a version without parts"
        whole(states, "analysis", state(1, 3 * PART))
        connection.execute("INSERT INTO state VALUES ('analysis', ?)", (b"of such a version, rolled back to",))
        assert states.load("analysis") == b"of such a version, rolled back to"


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM state WHERE name = 'analysis/0/1'", "UPDATE state SET value = x'ff20' WHERE name = 'analysis/'"],
)
def test_a_state_that_misses_a_part_is_none(damage: str) -> None:
    with database() as connection:
        states = States(connection, BUDGET)
        whole(states, "analysis", state(1, 3 * PART))
        connection.execute(damage)
        assert states.load("analysis") is None
        whole(states, "analysis", state(2, 2 * PART))
        assert states.load("analysis") == state(2, 2 * PART)


@pytest.mark.parametrize("most", [16 * MIB, 32 * MIB, 256 * MIB])
def test_the_largest_state_stays_within_the_bound_of_a_full_store(tmp_path: Path, most: int) -> None:
    bound = settings(tmp_path, max_bytes=most)
    size = most_bytes(Budget.of(bound))

    async def scenario(fill: Callable[[int], int]) -> None:
        clock = FakeClock()
        async with open_store(bound, clock, boot) as store:
            for turn in range(3):
                store.put([event(clock.now(), number, Lane.RAW, 100_000) for number in range(fill(most))])
                store.save_state("analysis", state(turn, size))
                await store.flush()
                assert store.health().bytes <= most
                assert store.health().state in {"ok", "full"}
                with pytest.raises(ValueError, match=f"{size} is the most"):
                    store.save_state("analysis", bytes(size + 1))
        async with open_store(bound, clock, boot) as store:
            assert await store.load_state("analysis") == state(2, size)

    asyncio.run(scenario(lambda most: most // 200_000 if most < 100 * MIB else 10))
