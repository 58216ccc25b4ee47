"""Copies of the card: the real daemon is killed, an older copy of its state comes back, a copy runs as a second box."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from demo.rig import Rig, open_rig
from tests.soak.stories import more_reads

MOST_BOXES, MOST_COPIES = 3, 6
Names = set[tuple[str, int]]


def waiting(state: Path) -> Names:
    """What was committed in a state folder and not acknowledged; looked at in a copy, since a look changes it."""
    with tempfile.TemporaryDirectory() as place:
        for file in state.glob("pole.db*"):
            shutil.copy(file, place)
        with closing(sqlite3.connect(f"{place}/pole.db")) as database:
            rows = database.execute("SELECT epoch, key & ((1 << 48) - 1) FROM event WHERE sent = 0").fetchall()
    return set(rows)


def unexplained(rig: Rig, committed: Names) -> Names:
    """Events of epochs that the platform knows which have not come, and of which it knows nothing."""
    receiver = rig.platform.receiver
    reported = {epoch for report in receiver.reports for epoch in report.epochs} | set(receiver.abandoned())
    left = set()
    for epoch, seq in committed:
        known = (*receiver.deleted(epoch), *receiver.holes(epoch), *receiver.lost(epoch))
        absent = any(first <= seq <= last for first, last in receiver.missing(epoch, seq))
        named = epoch in reported or any(first <= seq <= last for first, last in known)
        if absent and not named and epoch in receiver.epochs():
            left.add((epoch, seq))
    return left


async def live(rig: Rig, rounds: int, chance: random.Random) -> tuple[Names, int, int]:
    """The names that were committed and waited at a kill; how many restores and clones there were."""
    boxes, copies, committed = [rig.state], list[Path](), Names()
    restores = clones = 0
    for number in range(rounds):
        rig.state = chance.choice(boxes)
        rig.write_settings()
        await rig.link.set(chance.choice(["up", "refuse", "black hole"]))
        await rig.daemon.start()
        await more_reads(rig, chance.randrange(5, 25))
        await rig.daemon.kill()
        committed |= waiting(rig.state)
        copies = [*copies[-MOST_COPIES:], Path(shutil.copytree(rig.state, rig.folder / f"copy-{number}"))]
        if chance.random() < 0.4:  # onto a new box, or another one's card
            target = chance.choice(boxes) if len(boxes) == MOST_BOXES else rig.folder / f"box-{number}"
            if target in boxes:
                shutil.rmtree(target)
            shutil.copytree(copies[-1], target)
            boxes = [*dict.fromkeys([*boxes, target])]
            clones += 1
        else:
            shutil.rmtree(rig.state)
            shutil.copytree(chance.choice(copies), rig.state)
            restores += 1
    await rig.link.set("up")
    for box in (*boxes, *boxes):  # the second start closes the books of the first
        rig.state = box
        rig.write_settings(devices=False)
        await rig.daemon.start()
        await rig.drained(120.0)
        await rig.daemon.stop()
    return committed, restores, clones


@pytest.mark.fault(
    "the real daemon is killed, older copies of its state are put back, and copies run as further boxes of the same id",
    "each event that was committed has come, or the platform names it or its epoch as lost; no name has two contents",
)
@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(7200)])])
def test_restored_and_copied_cards_lose_nothing_in_silence(tmp_path: Path, rounds: int, chance: random.Random) -> None:
    async def story() -> None:
        async with open_rig(tmp_path) as rig:
            committed, restores, clones = await live(rig, rounds, chance)
            async with asyncio.timeout(60):
                while unexplained(rig, committed):
                    await asyncio.sleep(0.2)
            known = set(rig.platform.receiver.epochs())
            unseen = len({epoch for epoch, _ in committed} - known)
            print(
                f"{restores} restores, {clones} clones, {len(committed):,} events waited at kills, {len(known)} epochs;"
            )
            print(f"{unseen} epochs were put back before anything of them was sent: nobody can know of them")
            assert rig.platform.receiver.conflicted == 0
            assert committed

    asyncio.run(story())
