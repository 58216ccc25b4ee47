"""The promise of the store as a property: a name is given once, and every committed event is accounted for.

Poles are driven through random crashes, restores, clones, bit flips, lies of the card and deletions, against a platform
that takes what they send. At the end each committed event has come, or is named as lost, or the platform has a report
about its epoch.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.config.settings import MIB
from agent.store import Store, epochs, marker, open_store
from agent.store.marker import marker_path
from contract.birth import Status
from contract.envelope import pack
from contract.receive import Receiver
from contract.types import Lane, Row, key
from tests.store.rig import FakeClock, boot, event, settings

POLE = "pole-1"
FRAME = 24 + 4096
FOUND = (7_711_207, 7_713_354, 7_713_383)
"""Seeds of lives after which the store stayed closed once, or did not notice what it had lost."""


class World:
    """One pole's boxes and its platform. ``committed`` is what was on disk once: name -> content."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.receiver = Receiver(POLE, blocks=1000)
        self.committed: dict[tuple[str, int], bytes] = {}
        self.received: set[tuple[str, int]] = set()
        self.boxes = [folder / "box-0"]
        self.boxes[0].mkdir()
        self.copies: list[Path] = []
        self.number = 0
        self.story: list[str] = []
        self.forgotten = False  # every trace of some epoch may be gone from the pole
        self.flipped = False
        self.clock = FakeClock()

    def copy(self, box: Path) -> Path:
        target = self.folder / f"copy-{len(self.copies)}"
        shutil.copytree(box, target)
        self.copies.append(target)
        return target

    def put_back(self, copy: Path, box: Path) -> None:
        shutil.rmtree(box)
        shutil.copytree(copy, box)

    # ---- one run of the agent

    async def run(self, box: Path, *, drain: bool = False) -> None:
        turns = 1 if drain else self.chance.randrange(1, 5)
        killed: Path | None = None
        async with open_store(settings(box, max_bytes=2 * MIB, ring_bytes=0), self.clock, boot, pole=POLE) as store:
            await self.commit(store)
            for turn in range(turns):
                if not drain:
                    await self.put(store)
                    self.meanwhile(box, turn)
                if drain or self.chance.random() < 0.7:
                    await self.deliver(store, all_of_it=drain)
                if not drain and self.chance.random() < 0.3:
                    self.copy(box)
            if not drain and self.chance.random() < 0.7:
                await store.flush()
                killed = self.copy(box)
                self.story.append("killed")
        if killed is not None:
            self.put_back(killed, box)

    async def put(self, store: Store) -> None:
        for _ in range(self.chance.randrange(1, 4)):
            count = self.chance.choice((1, 2, 20))
            lanes = self.chance.choices((Lane.ALARM, Lane.EVENT, Lane.SUMMARY), k=count)
            padding = self.chance.choice((10, 400))
            store.put([event(self.clock.now(), self.number + index, lane, padding) for index, lane in enumerate(lanes)])
            self.number += count
            await self.commit(store)

    async def commit(self, store: Store) -> None:
        await store.flush()
        assert store.health().state == "ok", (store.health().text, self.story)
        for row in await self.waiting(store):
            known = self.committed.setdefault(key(row), row.body)
            assert known == row.body or row.kind == "gap", (key(row), self.story)

    async def waiting(self, store: Store) -> list[Row]:
        return [row for lane in Lane for row in await store.unsent(lane, max_bytes=100 * MIB)]

    async def deliver(self, store: Store, *, all_of_it: bool) -> None:
        rows = await self.waiting(store)
        for row in rows:
            self.committed.setdefault(key(row), row.body)
        if not all_of_it:
            rows = [row for row in rows if self.chance.random() < 0.6]
        if all_of_it or self.chance.random() < 0.5:
            status = Status(
                pole=POLE, state="online", at=self.clock.now().utc, epoch=store.epoch, next_seq=store.last_seq + 1
            )
            self.receiver.take_status(status)
        for row in rows:
            self.receiver.take(pack(POLE, [row]).payload)
            self.received.add(key(row))
        if all_of_it or self.chance.random() < 0.8:  # else the acknowledgements are lost
            store.acknowledge(map(key, rows))
        await store.flush()

    # ---- what happens to boxes

    def meanwhile(self, box: Path, turn: int) -> None:
        what = self.chance.random()
        if what < 0.08:
            (box / "pole.db-wal").unlink(missing_ok=True)
            self.story.append(f"log deleted in turn {turn}")
        elif what < 0.12:
            (box / "pole.db").unlink(missing_ok=True)
            self.story.append(f"database deleted in turn {turn}")

    def disaster(self) -> None:
        box = self.chance.choice(self.boxes)
        happening: Callable[[Path], None] = self.chance.choice(
            (
                self.nothing, self.nothing, self.restore, self.restore_file, self.flip_in_log, self.flip, self.no_log,
                self.no_file, self.nothing_left, self.old_log, self.lie, self.clone, self.no_marker,
            )
        )  # fmt: skip
        self.story.append(happening.__name__)
        happening(box)

    def nothing(self, _: Path) -> None:
        pass

    def restore(self, box: Path) -> None:
        """An older copy of the whole folder."""
        if self.copies:
            self.put_back(self.chance.choice(self.copies), box)
            self.forgotten = True

    def lie(self, box: Path) -> None:
        """The card wrote nothing of what it acknowledged for a while."""
        if self.copies:
            self.put_back(self.copies[-1], box)
            self.forgotten = True

    def restore_file(self, box: Path) -> None:
        """An older copy of the database; its log may stay from the newer one."""
        if self.copies:
            copy = self.chance.choice(self.copies)
            if (copy / "pole.db").exists():
                shutil.copy(copy / "pole.db", box / "pole.db")
                if self.chance.random() < 0.5:
                    (box / "pole.db-wal").unlink(missing_ok=True)

    def old_log(self, box: Path) -> None:
        """The log of another moment."""
        logs = [copy / "pole.db-wal" for copy in self.copies if (copy / "pole.db-wal").exists()]
        if logs:
            shutil.copy(self.chance.choice(logs), box / "pole.db-wal")

    def flip_in_log(self, box: Path) -> None:
        log = box / "pole.db-wal"
        content = bytearray(log.read_bytes()) if log.exists() else bytearray()
        frames = [at for at in range(32, len(content) - FRAME, FRAME) if content[at + 8 : at + 16] == content[16:24]]
        if frames:
            at = self.chance.choice((frames[-1], self.chance.choice(frames)))
            content[at + self.chance.randrange(FRAME)] ^= 1 << self.chance.randrange(8)
            log.write_bytes(content)

    def flip(self, box: Path) -> None:
        """A bit of the database itself."""
        file = box / "pole.db"
        if file.exists():
            content = bytearray(file.read_bytes())
            used = [at for at in range(0, len(content), 4096) if any(content[at : at + 4096])]
            content[self.chance.choice(used) + self.chance.randrange(4096)] ^= 1 << self.chance.randrange(8)
            file.write_bytes(content)
            self.flipped = True

    def no_log(self, box: Path) -> None:
        (box / "pole.db-wal").unlink(missing_ok=True)

    def no_file(self, box: Path) -> None:
        (box / "pole.db").unlink(missing_ok=True)

    def nothing_left(self, box: Path) -> None:
        for path in box.glob("pole.db*"):
            if path != marker_path(box / "pole.db"):
                path.unlink()

    def no_marker(self, box: Path) -> None:
        marker_path(box / "pole.db").unlink(missing_ok=True)
        self.forgotten = True

    def clone(self, box: Path) -> None:
        if len(self.boxes) < 3:
            target = self.folder / f"box-{len(self.boxes)}"
            shutil.copytree(box, target)
            self.boxes.append(target)

    # ---- the end

    def unexplained(self) -> list[tuple[str, int]]:
        """Committed events that have not come and of which the platform knows nothing."""
        receiver = self.receiver
        reported = {epoch for report in receiver.reports for epoch in report.epochs} | set(receiver.abandoned())
        lost = []
        for epoch, seq in self.committed.keys() - self.received:
            certain = receiver.certain(epoch)
            gone = any(first <= seq <= last for first, last in receiver.deleted(epoch))
            hole = any(first <= seq <= last for first, last in receiver.holes(epoch))
            if gone or epoch in reported or (certain is not None and seq >= certain):
                continue
            if hole and (self.flipped or self.forgotten):
                # a bit said that it was delivered, or file and marker are gone: the platform sees it and can ask for it
                continue
            if self.forgotten and epoch not in receiver.epochs():  # nobody can know of this epoch any more
                continue
            lost.append((epoch, seq))
        return lost


def play(folder: Path, seed: int) -> World:
    world = World(folder, seed)

    async def story() -> None:
        for _ in range(world.chance.randrange(3, 8)):
            await world.run(world.chance.choice(world.boxes))
            world.disaster()
        for box in world.boxes:
            await world.run(box, drain=True)
            await world.run(box, drain=True)  # its beginning closes the books of the one before

    asyncio.run(story())
    return world


@pytest.mark.fault(
    "crashes, restores, clones, bit flips, lies and deletions in any order",
    "each committed event has come, is named as lost, or its epoch is reported; no name stands for two contents",
)
@pytest.mark.parametrize(
    "number", [*range(10), *FOUND, *(pytest.param(n, marks=pytest.mark.long) for n in range(10, 510))]
)
def test_every_committed_event_is_accounted_for(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    seed = number + 1000 * request.config.getoption("--seed")  # `make test-long` has another seed each time
    names = random.Random(~seed)
    monkeypatch.setattr(marker, "_BOX", (tmp_path / "box",))
    monkeypatch.setattr(epochs, "token_hex", lambda size: names.randbytes(size).hex())
    world = play(tmp_path, seed)
    assert world.receiver.conflicted == 0, world.story
    assert not world.unexplained(), world.story
