"""The outbox and a plain-Python model of it, through any sequence of puts, acknowledgements, restarts and kills."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.config.settings import MIB
from agent.store import Store, open_store
from agent.store.database import files_size
from contract.events import Gap
from contract.types import Lane, Row
from tests.store import rig

BOUND = 2 * MIB


class Outbox(RuleBasedStateMachine):
    """``kept`` are committed events that nobody acknowledged; the store may lack some of them only if it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="poleagent-store-"))
        self.runner = asyncio.Runner()
        self.clock = rig.FakeClock()
        self.number = 0
        self.put_in: dict[int, Lane] = {}
        self.kept: dict[int, int] = {}
        self.acknowledged: set[int] = set()
        self.last_seq = 0
        self.opened = open_store(rig.settings(self.folder, max_bytes=BOUND), self.clock, rig.boot)

    @initialize()
    def open(self) -> None:
        self.store: Store = self.runner.run(self.opened.__aenter__())

    @rule(lane=st.sampled_from(Lane), count=st.integers(1, 30), padding=st.sampled_from((0, 100, 5000)))
    def put(self, lane: Lane, count: int, padding: int) -> None:
        self.clock.elapsed += 1
        self.store.put([rig.event(self.clock.now(), self.number + index, lane, padding) for index in range(count)])
        for _ in range(count):
            self.put_in[self.number] = lane
            self.number += 1

    @rule()
    def flush(self) -> None:
        self.runner.run(self.store.flush())

    @rule(lane=st.sampled_from(Lane), share=st.integers(1, 4))
    def acknowledge(self, lane: Lane, share: int) -> None:
        rows = self.runner.run(self.store.unsent(lane))
        some = rows[: len(rows) // share]
        self.store.acknowledge((row.epoch, row.seq) for row in some)
        self.acknowledged |= {row.seq for row in some}

    @rule()
    def restart(self) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.reopen()
        assert self.store.was_clean

    @rule()
    def kill(self) -> None:
        """What was committed is in the files as they are now; a copy of them is what a new process finds."""
        self.runner.run(self.store.flush())
        copy = self.folder.with_name(self.folder.name + "-copy")
        shutil.copytree(self.folder, copy)
        self.runner.run(self.opened.__aexit__(None, None, None))
        shutil.rmtree(self.folder)
        copy.rename(self.folder)
        self.reopen()
        assert not self.store.was_clean

    def reopen(self) -> None:
        self.opened = open_store(rig.settings(self.folder, max_bytes=BOUND), self.clock, rig.boot)
        self.open()

    @invariant()
    def nothing_is_lost_in_silence(self) -> None:
        if not hasattr(self, "store"):
            return
        self.runner.run(self.store.flush())
        rows = [row for lane in Lane for row in self.runner.run(self.store.unsent(lane, max_bytes=100 * MIB))]
        there = {row.seq: row for row in rows}
        assert files_size(self.folder / "pole.db") <= BOUND
        assert self.store.last_seq >= self.last_seq
        self.last_seq = self.store.last_seq
        assert not self.acknowledged & set(there)
        reported = {s for row in self.every(rows) for first, last in row.ranges for s in range(first, last + 1)}
        gone = set(range(1, self.last_seq + 1)) - set(there) - self.acknowledged
        assert gone <= reported
        for lane in Lane:
            numbers = [revision(row) for row in rows if row.lane is lane and row.kind == "settings_change"]
            assert numbers == sorted(numbers)  # in the order in which they were put
            assert all(self.put_in[number] is lane for number in numbers)

    def every(self, rows: list[Row]) -> list[Gap]:
        """The gaps that wait, and those that were delivered before."""
        for row in rows:
            if row.kind == "gap":
                self.gaps[row.seq] = msgspec.json.decode(row.body, type=Gap)
        return list(self.gaps.values())

    gaps: dict[int, Gap]

    @initialize()
    def no_gaps(self) -> None:
        self.gaps = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def revision(row: Row) -> int:
    return int(msgspec.json.decode(row.body)["revision"])


Outbox.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOutbox = Outbox.TestCase
