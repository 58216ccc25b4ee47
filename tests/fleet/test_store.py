"""The platform's store: each event once, whatever way it is sent again, and nothing confirmed that is not on disk."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.birth import Status
from contract.envelope import squeeze
from contract.events import Alert, DeviceState, Gap, NewEpoch
from contract.receive import BadMessage, pieces
from fleet.folder import Folder
from fleet.query.poles import PolesAsked, places, poles
from fleet.query.reader import reading
from fleet.store.messages import Inbox
from fleet.store.packing import pack
from fleet.store.poison import commit
from fleet.store.quarantine import QUARANTINED
from fleet.store.sqlite import FleetStore, open_store
from tests.fleet.poles import EPOCH, NOON, event, message, summary
from tests.fleet.servers import raw, rows

NEWEST = "SELECT source, quantity, value, unit FROM latest JOIN series ON series = id"
NOW = NOON + timedelta(days=1)


def inbox(payload: bytes, pole: str = "p1") -> Inbox:
    return Inbox(pole, payload, NOW)


@pytest.fixture
def path(home: Path) -> Path:
    """The folder of the store."""
    return home


@pytest.fixture
def store(path: Path) -> Iterator[FleetStore]:
    with open_store(Folder(path).store) as opened:
        yield opened


def test_the_archive_is_the_bytes_that_the_pole_sent(store: FleetStore, path: Path) -> None:
    payload = squeeze(message("p1", [1, 2, 3]))
    outcome = store.commit([inbox(payload)])
    assert (outcome.events, outcome.confirmed) == (3, {("p1", EPOCH): ((1, 3),)})
    assert rows(path, "SELECT first, last, count, body FROM segment") == [(1, 3, 3, payload)]


def test_a_message_of_one_pole_does_not_walk_what_is_known_of_all_others(store: FleetStore) -> None:
    class Known(dict[str, int]):
        def keys(self) -> Any:
            raise AssertionError("a city of poles is walked for one message")

        __iter__ = items = values = keys

    store.commit([inbox(message("p1", [1]))])
    store._epochs = Known(store._epochs)
    for number in (2, 3):
        outcome = store.commit([inbox(message("p2", [number]), "p2")])
        assert outcome.events == 1


def test_of_a_resend_that_was_cut_differently_only_new_events_are_kept(store: FleetStore, path: Path) -> None:
    store.commit([inbox(message("p1", [1, 2, 3]))])
    outcome = store.commit([inbox(message("p1", [2, 3, 4, 5]))])
    assert (outcome.events, outcome.repeated, outcome.conflicts) == (2, 2, 0)
    assert outcome.confirmed == {("p1", EPOCH): ((2, 5),)}, "a repeat is confirmed again: its watermark may be lost"
    assert rows(path, "SELECT first, last, count FROM segment ORDER BY id") == [(1, 3, 3), (4, 5, 2)]
    assert [one.seq for one in store.events("p1", EPOCH, 2, 4)] == [2, 3, 4]


def test_another_content_under_a_known_name_is_a_conflict_and_kept_once(store: FleetStore, path: Path) -> None:
    store.commit([inbox(message("p1", [1]))])
    other = msgspec.json.encode([event("p1", 1, summary(99.0))])
    assert [store.commit([inbox(other)]).conflicts for _ in range(2)] == [1, 0]
    ((body,),) = rows(path, "SELECT body FROM conflict")
    assert b"99.0" in body
    assert rows(path, "SELECT count(*) FROM segment") == [(1,)]


def damage(path: Path) -> None:
    with raw(path) as db, db.transaction():
        (body,) = db.execute("SELECT body FROM segment WHERE id = 1").fetchone()
        db.execute("UPDATE segment SET body = ? WHERE id = 1", (b"\x1f\x8b\x08\x00" + body[8:],))


def test_what_a_damaged_segment_held_is_kept_again_when_it_is_sent_again_and_counts_once(
    store: FleetStore, path: Path
) -> None:
    store.commit([inbox(squeeze(message("p1", [1, 2, 3])))])
    hours = rows(path, "SELECT sum(count) FROM hour")
    damage(path)
    outcome = store.commit([inbox(message("p1", [4, 3, 2]))])
    assert (outcome.events, outcome.repeated, outcome.refused, outcome.conflicts) == (1, 0, 0, 0)
    assert outcome.confirmed == {("p1", EPOCH): ((2, 4),)}
    assert [one.seq for one in store.events("p1", EPOCH, 1, 9)] == [4, 3, 2], "1 has not come again"
    assert rows(path, "SELECT first, last FROM coverage") == [(1, 4)]
    assert rows(path, "SELECT sum(count) FROM hour") == [(hours[0][0] // 3 * 4,)]
    again = store.commit([inbox(message("p1", [2, 3, 4]))])
    assert (again.events, again.repeated) == (0, 3)
    assert rows(path, "SELECT count(*) FROM segment") == [(2,)]


def test_a_message_that_fails_on_its_way_leaves_the_known_numbers_as_they_are(store: FleetStore, path: Path) -> None:
    store.commit([inbox(message("p1", [1]))])

    def fails(*_: object) -> None:
        raise BadMessage("cannot be read")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_fingerprints", fails)
        assert store.commit([inbox(message("p1", [5, 1]))]).refused == 1
    store.commit([inbox(message("p1", [6]))])
    assert rows(path, "SELECT first, last FROM coverage ORDER BY first") == [(1, 1), (6, 6)], "5 was not stored"


def test_a_damaged_segment_is_not_packed_and_keeps_no_other_from_it(store: FleetStore, path: Path) -> None:
    store.commit([inbox(squeeze(message("p1", [number]))) for number in (1, 2, 3)])
    damage(path)
    assert store.change(lambda db: pack(db, "p1", 0, 1e12)) == 2
    assert [one.seq for one in store.events("p1", EPOCH, 1, 9)] == [2, 3]


def test_two_contents_of_one_name_in_one_message_are_a_conflict(store: FleetStore) -> None:
    outcome = store.commit([inbox(msgspec.json.encode([event("p1", 1), event("p1", 1, summary(99.0))]))])
    assert (outcome.events, outcome.conflicts) == (1, 1)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"\x1f\x8b\x08broken", b"[1]", message("p2", [1]), b"[" * 100_000],
    ids=["nothing", "half", "gzip", "no event", "another pole", "deep"],
)
def test_what_is_no_message_of_the_pole_is_quarantined_under_its_name(
    store: FleetStore, path: Path, payload: bytes
) -> None:
    outcome = store.commit([inbox(payload), inbox(message("p1", [1]))])
    assert (outcome.events, outcome.refused) == (1, 1), "the good message next to it is stored"
    assert rows(path, "SELECT pole, bytes FROM quarantine") == [("p1", len(payload))]


def test_the_quarantine_of_a_pole_is_bounded(store: FleetStore, path: Path) -> None:
    store.commit([inbox(b"x" * 100_000)] * (QUARANTINED + 5))
    assert rows(path, "SELECT count(*), max(length(body)) FROM quarantine") == [(QUARANTINED, 64 * 1024)]


def test_a_commit_that_fails_stores_and_confirms_nothing(
    store: FleetStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(FleetStore, "_note", full)
        with pytest.raises(sqlite3.OperationalError):
            store.commit([inbox(message("p1", [1, 2]))])
    assert rows(path, "SELECT count(*) FROM segment") == [(0,)]
    outcome = store.commit([inbox(message("p1", [1, 2]))])
    assert outcome.events == 2, "what was rolled back is not taken for a repeat"


def test_a_message_that_cannot_be_stored_is_quarantined_and_the_others_are_stored(
    store: FleetStore, path: Path
) -> None:
    huge = Gap(epoch=EPOCH, deleted_lane="summary", ranges=((1, 2**70),), count=1, reason="store_full")
    messages = [inbox(message(f"p{number}", [1]), f"p{number}") for number in range(7)]
    messages.insert(3, inbox(msgspec.json.encode([event("p1", 5, huge)])))
    outcome = commit(store, messages)
    assert (outcome.events, outcome.refused) == (7, 1)
    assert set(outcome.confirmed) == {(f"p{number}", EPOCH) for number in range(7)}
    ((pole, reason),) = rows(path, "SELECT pole, reason FROM quarantine")
    assert pole == "p1"
    assert "cannot be stored" in reason


@pytest.mark.parametrize("broken", [{"epoch": ""}, {"epoch": "x" * 65}, {"seq": 2**60}], ids=str)
def test_names_that_no_watermark_can_say_are_refused(store: FleetStore, broken: dict[str, Any]) -> None:
    one = msgspec.structs.replace(event("p1", 1), **broken)
    one = msgspec.structs.replace(one, id=f"p1/{one.epoch}/{one.seq}")
    assert store.commit([inbox(msgspec.json.encode([event("p1", 7), one]))]).refused == 1
    assert not len(store.coverage("p1", EPOCH)), "the good event of the same message waits for a good message"


def test_a_pole_with_a_new_epoch_in_each_message_is_bounded_and_its_known_epochs_go_on(
    store: FleetStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.store.sqlite.MOST_EPOCHS", 5)
    hostile = [inbox(message("p1", [1], epoch=f"e{number}")) for number in range(9)]
    assert store.commit(hostile).refused == 4
    several = [event("p1", 2, epoch=f"e{number}") for number in (0, 7)]
    assert store.commit([inbox(msgspec.json.encode(several))]).refused == 1
    assert (
        store.commit([inbox(message("p1", [2], epoch="e4")), inbox(message("p2", [1], epoch="e8"), "p2")]).events == 2
    )
    assert rows(path, "SELECT count(DISTINCT epoch) FROM coverage WHERE pole = 'p1'") == [(5,)]
    store.forget()
    assert store.commit([inbox(message("p1", [1], epoch="f"))]).refused == 1, "after a restart too"


def test_a_pole_with_ever_new_quantities_fills_no_table(
    store: FleetStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.store.series.MOST_SERIES", 3)
    bodies = []
    for number in range(6):
        (window,) = summary(1.0).windows
        window = msgspec.structs.replace(window, quantity=f"q{number}")
        bodies.append(msgspec.structs.replace(summary(1.0), windows=(window,)))
    outcome = store.commit([inbox(msgspec.json.encode([event("p1", seq, body) for seq, body in enumerate(bodies, 1)]))])
    assert outcome.events == 6, "all are in the archive"
    for table in ("series", "latest", "hour"):
        assert rows(path, f"SELECT count(*) FROM {table}") == [(3,)]


def test_a_store_of_the_first_version_is_brought_to_this_one_and_keeps_all(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "fleet.db") as db:
        db.executescript(f"{resources.files('fleet.store').joinpath('schema.sql').read_text()} PRAGMA user_version = 1")
        db.execute("INSERT INTO coverage VALUES ('p1', ?, 1, 9)", (EPOCH,))
    db.close()
    with open_store(tmp_path / "fleet.db") as store:
        assert store.commit([inbox(message("p1", [8, 9, 10]))]).events == 1
        assert store.coverage("p1", EPOCH).ranges() == ((1, 10),)
    assert rows(tmp_path, "PRAGMA user_version") == [(5,)]


def test_newest_values_hours_incidents_and_gaps_are_there_at_once(store: FleetStore, path: Path) -> None:
    alert = Alert(
        id="0123abcd", phase="begin", rule="flood", severity="alarm", since=NOON, text={"en": "the road is flooded"}
    )
    over = msgspec.structs.replace(alert, phase="end", reason="over")
    gap = Gap(epoch=EPOCH, deleted_lane="summary", ranges=((90, 95),), count=6, reason="store_full")
    bodies = [summary(10.0), summary(20.0), alert, gap]
    store.commit([inbox(msgspec.json.encode([event("p1", seq, body) for seq, body in enumerate(bodies, 1)]))])
    assert rows(path, "SELECT source, quantity, value, unit FROM latest JOIN series ON series = id") == [
        ("roof", "temperature", 20.0, "Cel")
    ]
    assert rows(path, "SELECT count, sum, min, max FROM hour") == [(120, 1800.0, 9.0, 21.0)]
    assert rows(path, 'SELECT type, severity, "end" IS NULL FROM incident') == [("flood", "alarm", 1)]
    assert rows(path, "SELECT first, last, reason FROM deleted") == [(90, 95, "store_full")]
    store.commit([inbox(msgspec.json.encode([event("p1", 9, over)]))])
    assert rows(path, 'SELECT "end" > begin, reason FROM incident') == [(1, "over")]


def test_an_end_that_comes_before_its_begin_closes_the_incident_too(store: FleetStore, path: Path) -> None:
    alert = Alert(id="0123abcd", phase="begin", rule="flood", severity="alarm", since=NOON, text={})
    over = msgspec.structs.replace(alert, phase="end", reason="over")
    store.commit([inbox(msgspec.json.encode([event("p1", 9, over)]))])
    store.commit([inbox(msgspec.json.encode([event("p1", 3, alert)]))])
    assert rows(path, 'SELECT "end" IS NOT NULL, reason FROM incident') == [(1, "over")]


def test_a_device_that_goes_down_again_is_an_open_incident_and_a_late_state_changes_nothing(
    store: FleetStore, path: Path
) -> None:
    open_ = 'SELECT type, "end" IS NULL FROM incident'
    for seq, state, expected in ((1, "down", 1), (3, "up", 0), (2, "down", 0), (5, "down", 1), (4, "up", 1)):
        body = DeviceState(state="up" if state == "up" else "down")
        store.commit([inbox(msgspec.json.encode([event("p1", seq, body)]))])
        ((_, is_open),) = rows(path, open_)
        assert is_open == expected, (seq, state)


def test_values_of_the_far_past_and_future_are_archived_and_not_shown_as_newest(store: FleetStore, path: Path) -> None:
    for seq, moment in enumerate((datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)), 1):
        odd = msgspec.structs.replace(event("p1", seq), time=moment)
        store.commit([inbox(msgspec.json.encode([odd]))])
    assert rows(path, "SELECT count(*) FROM segment") == [(2,)]
    assert rows(path, "SELECT * FROM latest") == []


def test_names_that_differ_in_the_character_0_alone_are_one_series(store: FleetStore, path: Path) -> None:
    both = [
        msgspec.structs.replace(event("p1", seq), source=f"p1/ro{odd}of") for seq, odd in ((1, "\0"), (2, "\ufffd"))
    ]
    outcome = commit(store, [inbox(msgspec.json.encode(both)), inbox(message("p2", [1]), "p2")])
    assert (outcome.events, outcome.refused) == (3, 0)
    assert rows(path, "SELECT pole, source, count FROM hour JOIN series ON series = id ORDER BY pole") == [
        ("p1", "ro\ufffdof", 120),
        ("p2", "roof", 60),
    ]


@pytest.mark.parametrize("number", ["1e-400", "-1e-999", "5e-324"])
def test_a_position_with_a_number_that_is_too_small_is_read_by_all_questions(
    store: FleetStore, path: Path, number: str
) -> None:
    plain = msgspec.json.encode(Status(pole="p1", state="online", at=NOON, latitude=7.5, longitude=2.5))
    store.commit([Inbox("p1", plain.replace(b"7.5", number.encode()), NOW, "status")])
    with reading(Folder(path).store) as db:
        (line,) = poles(db, PolesAsked()).items
        (place,) = places(db)
    assert line.latitude == pytest.approx(0.0)
    assert place[2] == pytest.approx(2.5)


def test_a_late_value_does_not_replace_a_newer_one(store: FleetStore, path: Path) -> None:
    store.commit([inbox(message("p1", [9]))])
    store.commit([inbox(message("p1", [3]))])
    assert rows(path, "SELECT value FROM latest") == [(29.0,)]


def test_the_books_of_an_epoch_are_kept(store: FleetStore, path: Path) -> None:
    begun = NewEpoch(previous="old", previous_next_seq=40, reason="start", carried=0)
    store.commit([inbox(msgspec.json.encode([event("p1", 40, begun, epoch="new")]))])
    assert rows(path, "SELECT epoch, first, given, successor FROM epoch ORDER BY epoch") == [
        ("new", 40, 0, None),
        ("old", 1, 39, "new"),
    ]
    status = Status(pole="p1", state="online", at=NOON, epoch="new", next_seq=55)
    store.commit([Inbox("p1", msgspec.json.encode(status), NOW, "status")])
    assert rows(path, "SELECT given FROM epoch WHERE epoch = 'new'") == [(54,)]
    assert rows(path, "SELECT pole, state FROM pole") == [("p1", "online")]


def test_what_was_committed_is_known_after_a_restart(path: Path) -> None:
    for expected in ((3, 0), (0, 3)):
        with open_store(Folder(path).store) as store:
            outcome = store.commit([inbox(message("p1", [1, 2, 7]))])
            assert (outcome.events, outcome.repeated) == expected
            assert store.coverage("p1", EPOCH).ranges() == ((1, 2), (7, 7))


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "fleet.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="is of version 99, this polefleet knows 5"), open_store(tmp_path / "fleet.db"):
        pass


CUTS = st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=12), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(CUTS)
def test_whatever_the_cuts_each_event_is_archived_once_and_coverage_is_the_archive(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("fleet")
    with open_store(Folder(path).store) as store:
        for numbers in cuts:
            store.commit([inbox(message("p1", numbers))])
        sent = {number for numbers in cuts for number in numbers}
        assert sorted(one.seq for one in store.events("p1", EPOCH, 1, 40)) == sorted(sent)
        kept = rows(path, "SELECT first, last FROM coverage ORDER BY first")
        assert tuple(kept) == store.coverage("p1", EPOCH).ranges()
        assert {number for first, last in kept for number in range(first, last + 1)} == sent


def test_both_stores_know_the_same_of_cuts_by_chance(store: FleetStore, path: Path, chance: random.Random) -> None:
    for pole in (f"p{number}" for number in range(20)):
        sent: set[int] = set()
        for _ in range(chance.randint(1, 8)):
            numbers = [chance.randint(1, 40) for _ in range(chance.randint(1, 12))]
            store.commit([inbox(message(pole, numbers), pole)])
            sent.update(numbers)
        kept = rows(path, f"SELECT first, last FROM coverage WHERE pole = '{pole}' ORDER BY first")
        assert tuple(kept) == store.coverage(pole, EPOCH).ranges()
        assert sorted(one.seq for one in store.events(pole, EPOCH, 1, 40)) == sorted(sent)


def test_packed_segments_hold_the_same_bytes_once(store: FleetStore, path: Path) -> None:
    single = [squeeze(message("p1", [number])) for number in range(1, 41)]
    store.commit([inbox(payload) for payload in single])
    store.commit([inbox(message("p1", [50, 52])), inbox(message("p1", [1], epoch="other"))])
    before = list(store.events("p1", EPOCH, 1, 60))
    day = NOON.timestamp() // 86400 * 86400
    assert store.change(lambda db: pack(db, "p1", day, day + 86400)) == 41
    assert rows(path, "SELECT epoch, first, last, count FROM segment ORDER BY epoch") == [
        (EPOCH, 1, 52, 42),
        ("other", 1, 1, 1),
    ]
    assert list(store.events("p1", EPOCH, 1, 60)) == before
    ((body,),) = rows(path, "SELECT body FROM segment WHERE count = 42")
    assert pieces(body) == [piece for payload in [*single, message("p1", [50, 52])] for piece in pieces(payload)]
    assert store.change(lambda db: pack(db, "p1", day, day + 86400)) == 0
    outcome = store.commit(
        [inbox(message("p1", [40, 51])), inbox(msgspec.json.encode([event("p1", 7, summary(99.0))]))]
    )
    assert (outcome.events, outcome.repeated, outcome.conflicts) == (1, 1, 1), "repeats are known as before"


@given(cuts=CUTS, size=st.integers(100, 5000))
@settings(max_examples=30, deadline=None)
def test_however_they_were_cut_packing_changes_no_event(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[list[int]], size: int
) -> None:
    path = tmp_path_factory.mktemp("fleet")
    with open_store(Folder(path).store) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr("fleet.store.packing.PLAIN_BYTES", size)
        for numbers in cuts:
            store.commit([inbox(message("p1", numbers))])
        before = sorted((one.seq, bytes(one.data)) for one in store.events("p1", EPOCH, 1, 40))
        day = NOON.timestamp() // 86400 * 86400
        store.change(lambda db: pack(db, "p1", day, day + 86400))
        assert sorted((one.seq, bytes(one.data)) for one in store.events("p1", EPOCH, 1, 40)) == before


def test_past_its_bound_for_a_day_a_pole_is_neither_stored_nor_confirmed_and_the_others_are(path: Path) -> None:
    alarm = msgspec.json.encode(
        event("p1", 50, Alert(id="0123abcd", phase="begin", rule="flood", severity="alarm", since=NOON, text={}))
    )
    with open_store(Folder(path).store, 3_000) as store:
        for number in range(0, 40, 10):
            store.commit([inbox(message("p1", range(number + 1, number + 11)))])
        before = rows(path, "SELECT first, last FROM coverage WHERE pole = 'p1'")
        assert before[0][1] < 40
        outcome = store.commit(
            [inbox(message("p1", [41])), inbox(message("p2", [1]), "p2"), Inbox("p1", alarm, NOW, "alarm")]
        )
        assert (outcome.events, outcome.over) == (2, 1)
        assert outcome.confirmed == {("p2", EPOCH): ((1, 1),), ("p1", EPOCH): ((50, 50),)}
    with open_store(Folder(path).store, 3_000) as store:  # a restart forgets nothing
        assert store.commit([inbox(message("p1", [41]))]).over == 1
        tomorrow = Inbox("p1", message("p1", [41]), NOW + timedelta(days=1))
        assert store.commit([tomorrow]).events == 1
        assert rows(path, "SELECT refused FROM pole WHERE pole = 'p1'") == [(0,)]


def test_a_store_of_the_version_before_is_brought_to_this_one(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "fleet.db")
    for number, name in enumerate(("schema.sql", "v2.sql"), 1):
        old.executescript(resources.files("fleet.store").joinpath(name).read_text(encoding="utf-8"))
        old.execute(f"PRAGMA user_version = {number}")
    values = "'p1', 'e', 1, 1, 1, 'raw'"
    old.execute(f"INSERT INTO segment SELECT NULL, {values}, 0, 9e9, 1e9, ''")  # its clock was far ahead
    old.execute(f"INSERT INTO segment SELECT NULL, {values}, 1e9, 1e9, 1e9, ''")
    old.commit()
    old.close()
    with open_store(tmp_path / "fleet.db") as store:
        assert store.commit([inbox(message("p1", [1]))]).events == 1
    assert rows(tmp_path, "SELECT age, kinds FROM segment ORDER BY id") == [(1e9, ""), (None, ""), (None, "summary")]
