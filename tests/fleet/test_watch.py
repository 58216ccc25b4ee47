"""What the platform notices by itself: silent poles, by their own rhythm, and certificates that end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from contract.birth import Status
from fleet.desk.file import open_desk
from fleet.folder import Folder
from fleet.incidents.rhythm import LEAST_S, UNKNOWN_S, allowed_s
from fleet.incidents.watch import watch
from fleet.jobs.holes import fill
from fleet.query.incidents import IncidentsAsked, incidents
from fleet.query.reader import reading
from fleet.store.messages import Inbox
from fleet.store.sqlite import open_store
from tests.fleet.city import City
from tests.fleet.poles import EPOCH, NOON, message
from tests.fleet.servers import raw


def test_a_pole_is_overdue_by_its_own_rhythm(city: City) -> None:
    for minute in range(30):
        city.at = NOON + timedelta(minutes=minute)
        city.store.commit([Inbox("often", message("often", [minute + 1]), city.at)])
        if minute % 10 == 0:
            city.store.commit([Inbox("seldom", message("seldom", [minute + 1]), city.at)])
    stopped = Status(pole="stopped", state="offline", reason="stopped", at=NOON)
    city.store.commit([Inbox("stopped", msgspec.json.encode(stopped), NOON, "status")])

    def look() -> list[tuple[str, str]]:
        with reading(city.where, city.desk.where) as db:
            watch(db, city.desk, city.at.timestamp())
        return city.open()

    city.at += timedelta(minutes=2)
    assert look() == []
    city.at += timedelta(minutes=2)
    assert look() == [("often", "overdue")]
    assert look() == [("often", "overdue")], "one incident, however often one looks"
    city.store.commit([Inbox("often", message("often", [99]), city.at)])
    assert look() == []
    city.at += timedelta(hours=2)
    assert look() == [("often", "overdue"), ("seldom", "overdue")]


def test_the_brokers_copy_of_a_status_is_no_sign_of_life(city: City) -> None:
    said = msgspec.json.encode(Status(pole="p1", state="online", at=NOON))
    city.store.commit([Inbox("p1", said, NOON, "status")])

    def look() -> list[tuple[str, str]]:
        with reading(city.where, city.desk.where) as db:
            watch(db, city.desk, city.at.timestamp())
        return city.open()

    city.at = NOON + timedelta(days=3)
    assert look() == [("p1", "overdue")]
    city.store.commit([Inbox("p1", said, city.at, "status", retained=True)])
    assert look() == [("p1", "overdue")]
    city.store.commit([Inbox("p1", said, city.at, "status")])
    assert look() == []


def test_certificates_that_end_soon_are_incidents(city: City) -> None:
    with raw(city.folder) as db, db.transaction():
        rows = [
            ("a", "p1", 0.0, NOON + timedelta(days=20)),
            ("b", "p2", 0.0, NOON - timedelta(days=1)),
            ("c", "p3", 0.0, NOON + timedelta(days=90)),
        ]
        rows.append(("d", "p4", 0.0, NOON + timedelta(days=1)))
        rows.append(("e", "p4", 0.0, NOON + timedelta(days=90)))
        db.executemany(
            "INSERT INTO certificate (serial, pole, issued, not_after, pem) VALUES (?, ?, ?, ?, '')",
            [(*row[:3], row[3].timestamp()) for row in rows],
        )
    with reading(city.where, city.desk.where) as reader:
        watch(reader, city.desk, city.at.timestamp())
        found = incidents(reader, IncidentsAsked(kind="certificate"), city.at)
    assert {(line.pole, line.type, line.severity) for line in found.items} == {
        ("p1", "expiring", "warning"), ("p2", "expired", "alarm")
    }  # fmt: skip
    assert all(line.text["zh"] for line in found.items)


@given(st.lists(st.floats(0, 1e9, allow_nan=False), max_size=80))
def test_a_rhythm_is_bounded_and_never_fails(times: list[float]) -> None:
    assert LEAST_S <= allowed_s(sorted(times)) <= UNKNOWN_S


def test_a_backlog_that_drains_at_once_makes_no_rhythm() -> None:
    assert allowed_s([1000.0 + number / 100 for number in range(60)]) == UNKNOWN_S
    assert allowed_s([60.0 * number for number in range(60)]) == LEAST_S
    assert allowed_s([900.0 * number for number in range(60)]) == 2700.0
    assert allowed_s([86400.0 * number for number in range(60)]) == UNKNOWN_S, "days that were packed"


def test_a_pole_that_sends_more_than_is_taken_in_a_day_is_an_incident_until_the_day_is_over(home: Path) -> None:
    with open_store(Folder(home).store, 1) as store, open_desk(Folder(home).desk) as desk:
        city = City(home, store, desk)

        def look() -> list[tuple[str, str]]:
            with reading(city.where, desk.where) as db:
                watch(db, desk, city.at.timestamp())
            return city.open()

        for numbers in ([1], [3]):
            store.commit([Inbox("p1", message("p1", numbers), city.at)])
        status = Status(pole="p1", state="online", at=NOON, epoch=EPOCH, next_seq=9)
        store.commit([Inbox("p1", msgspec.json.encode(status), city.at, "status")])
        assert look() == [("p1", "over")]
        assert store.change(lambda db: fill(db, "p1", city.at)) == 0, "what is not taken is not asked for"
        city.at += timedelta(days=1)
        store.commit([Inbox("p1", message("p1", [2]), city.at)])
        assert look() == []
        assert store.change(lambda db: fill(db, "p1", city.at)) == 1
