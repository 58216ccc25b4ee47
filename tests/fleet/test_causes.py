"""Incidents that have one cause are one group; what is spread over the city is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from contract.birth import Status
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.incidents.causes import LikelyCause, causes
from fleet.query.reader import reading
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from tests.fleet.poles import NOON
from tests.fleet.servers import raw


@pytest.fixture
def path(home: Path) -> Path:
    """100 poles: 10 on each feeder, 25 on each cell tower, in 20 streets."""
    with open_store(Folder(home).store), open_desk(Folder(home).desk):
        pass
    with raw(home) as db, db.transaction():
        rows = [(f"p{n:02d}", f"F{n // 10}", f"C{n % 4}", f"S{n % 20}") for n in range(100)]
        db.executemany("INSERT INTO register (pole, feeder, cell, street) VALUES (?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO pole (pole, seen) VALUES (?, 0)", [(row[0],) for row in rows])
    return home


def trouble(path: Path, numbers: Iterable[int], kind: str = "device_state", severity: str = "warning") -> None:
    columns = "pole, source, id, kind, type, severity, begin, body"
    with raw(path) as db, db.transaction():
        rows = [(f"p{n:02d}", "roof", kind, kind, "down", severity, 1.0, b"{}") for n in numbers]
        db.executemany(f"INSERT INTO incident ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def likely(path: Path) -> list[tuple[str, str, int, int]]:
    with reading(*Folder(path).read) as db:
        found: tuple[LikelyCause, ...] = causes(db)
    return [(each.by, each.value, each.poles, each.of) for each in found]


def test_poles_of_one_feeder_that_are_down_have_one_cause(path: Path) -> None:
    trouble(path, range(30, 39))
    assert likely(path) == [("feeder", "F3", 9, 10)]


def test_two_causes_at_once_are_two_groups(path: Path) -> None:
    trouble(path, {*range(30, 40), *range(1, 100, 4)})
    assert likely(path) == [("cell", "C1", 25, 25), ("feeder", "F3", 8, 10)]


def test_what_is_spread_over_the_city_has_no_likely_cause(path: Path) -> None:
    trouble(path, range(0, 100, 7))
    assert likely(path) == []


def test_bad_settings_of_most_of_the_city_are_a_cause(path: Path) -> None:
    """More than half of all poles cannot have twice the share of all poles: what counts is the others."""
    runs(path, range(60), "abc")
    trouble(path, range(0, 60, 3))
    trouble(path, range(1, 60, 3))
    assert likely(path) == [("revision", "abc", 40, 60)]


def test_what_all_poles_have_in_common_is_no_cause(path: Path) -> None:
    runs(path, range(100), "abc")
    trouble(path, set(range(100)) - {1, 12, 23, 34, 45})
    assert ("revision", "abc", 95, 100) not in likely(path)


def test_each_kind_is_looked_at_by_itself(path: Path) -> None:
    trouble(path, [30, 31], "alert")
    trouble(path, [32, 33], "sensor_fault")
    assert likely(path) == []


def test_what_is_acknowledged_counts_no_more(path: Path) -> None:
    trouble(path, range(30, 39))
    with raw(path, desk=True) as db, db.transaction():
        done = [(f"p{number}",) for number in range(30, 39)]
        db.executemany("INSERT INTO acknowledged VALUES (?, 'roof', 'device_state', 1.0, 2.0, 'root')", done)
    assert likely(path) == []


def runs(path: Path, numbers: Iterable[int], revision: str) -> None:
    with open_store(Folder(path).store) as store:
        messages = []
        for n in numbers:
            said = Status(pole=f"p{n:02d}", state="online", at=NOON, revision=revision, models={"crops": "123"})
            messages.append(Inbox(said.pole, msgspec.json.encode(said), NOON, "status"))
        store.commit(messages)


def test_settings_and_models_of_the_status_are_causes_too(path: Path) -> None:
    runs(path, [5, 16, 27, 38], "abc")
    trouble(path, [5, 16, 27, 38], severity="alarm")
    assert likely(path) == [("revision", "abc", 4, 4)]
