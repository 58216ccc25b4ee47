"""The pole seals what it numbered; what was changed in the files is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.types import Lane
from tests.proof.rig import SealingPole


@pytest.fixture
def pole(tmp_path: Path) -> Iterator[SealingPole]:
    made = SealingPole(tmp_path)
    yield made
    made.close()
    made.runner.close()


def test_all_that_was_delivered_is_proven(pole: SealingPole) -> None:
    for _ in range(10):
        pole.put(70)
        pole.deliver(Lane.EVENT, 60)
    assert pole.seal() == 1
    pole.deliver_all()
    found = pole.proof()
    assert found.findings == ()
    assert (found.state, found.proven, found.unsealed) == ("waiting", 701, 1)  # the seal itself is not sealed yet


def test_an_epoch_that_is_over_is_sealed_by_the_next(pole: SealingPole) -> None:
    pole.put(300)
    pole.seal()
    pole.put(300)
    pole.restart()
    pole.put(5)
    pole.restart(clean=False)
    pole.renew()
    pole.seal()
    pole.deliver_all()
    found = pole.proof()
    assert found.findings == ()
    assert found.seals == 2
    assert len(found.starts) == 1
    assert found.proven == 600 + 5 + 3 + 1


@pytest.mark.fault(
    "events are evicted before they were delivered or sealed",
    "they are under the seal as an explained gap, and the others are proven without them",
)
def test_rows_that_were_evicted_are_explained(tmp_path: Path) -> None:
    pole = SealingPole(tmp_path, max_bytes=2 * 1024**2)
    for _ in range(30):
        pole.put(20, Lane.RAW, 5000)
        pole.put(3)
        pole.seal()
    pole.deliver_all()
    pole.seal()
    pole.deliver_all()
    found = pole.proof()
    assert found.findings == ()
    assert found.explained > 200
    pole.close()
    pole.runner.close()


@pytest.mark.fault(
    "the disk has damaged the hashes that wait for a seal",
    "hashing begins anew; no seal says anything wrong",
)
@pytest.mark.parametrize("value", [b"", b"rubbish", b"\0" * 40, 7, "text"])
def test_hashes_that_the_disk_has_damaged_are_begun_anew(pole: SealingPole, value: object) -> None:
    """Carried over from a broken file they must not break the next one."""
    pole.put(300)
    pole.seal()
    pole.close()
    with sqlite3.connect(pole.folder / "pole.db") as db:
        db.execute("UPDATE state SET value = ? WHERE name = 'seal'", (value,))
        db.execute("INSERT INTO state VALUES ('gone/x/y/z', ?)", (value,))
        db.execute("INSERT INTO state VALUES (?, ?)", (f"gone/{'e' * 16}/0/7", value))
    db.close()
    pole.open()
    pole.put(10)
    pole.seal()
    pole.deliver_all()
    assert not list(pole.folder.glob("*.broken*"))
    found = pole.proof()
    assert found.findings == ()
    assert found.proven == 301 + 11
