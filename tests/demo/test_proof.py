"""The proof counts what it says it counts: it fails where something is missing or came twice."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from contract.envelope import pack
from contract.events import Crossing, Gap, Samples, Series
from contract.types import Lane, Row, Stamp
from contract.units import Unit
from demo.platform import Platform
from demo.proof import Proof, prove, text

AT = Stamp(datetime(2026, 11, 2, tzinfo=UTC), 10.0)


def samples(seq: int, *values: float) -> Row:
    series = Series(quantity="count_0", unit=Unit.ONE, offsets_ms=tuple(range(len(values))), values=values)
    body = msgspec.json.encode(Samples(series=(series,)))
    return Row(epoch="e", seq=seq, lane=Lane.RAW, kind="samples", source="numbered", at=AT, body=body)


def gap(seq: int, first: int, last: int) -> Row:
    body = msgspec.json.encode(
        Gap(epoch="e", deleted_lane="raw", ranges=((first, last),), count=last - first + 1, reason="store_full")
    )
    return Row(epoch="e", seq=seq, lane=Lane.EVENT, kind="gap", source="agent", at=AT, body=body)


def proof(*rows: Row, committed: int, read: int) -> Proof:
    platform = Platform("p")
    for row in rows:
        platform.take(pack("p", [row]).payload)
    return prove(platform, committed=committed, produced={"count_0": read}, bytes_upstream=10, broker="b", starts=1)


def test_all_there_is_sound() -> None:
    result = proof(samples(1, 1, 2), samples(2, 3), committed=2, read=3)
    assert result.sound
    assert (result.events_delivered, result.numbered_delivered, result.numbered_lost) == (2, 3, 0)
    assert "PROVEN" in text(result)


def test_what_the_camera_counted_stands_next_to_what_was_drawn() -> None:
    crossing = Crossing(line="middle", label="vehicle", direction=1, track="0" * 8)
    row = msgspec.structs.replace(samples(2), kind="crossing", source="street", body=msgspec.json.encode(crossing))
    platform = Platform("p")
    platform.take(pack("p", [row]).payload)
    reported = text(prove(platform, committed=0, produced={}, bytes_upstream=10, broker="b", starts=1, cars=(1, 2)))
    assert "cars that crossed the camera's line            1 (and 2 as it connected or was killed)\n" in reported
    assert "  counted on the pole, in a process of its own 1\n" in reported
    assert "camera" not in text(proof(samples(1, 1), committed=1, read=1))


def test_one_missing_event_fails() -> None:
    result = proof(samples(1, 1, 2), committed=2, read=3)
    assert (result.events_missing, result.sound) == (1, False)
    assert "FAILED" in text(result)


def test_a_gap_that_was_reported_is_not_missing() -> None:
    result = proof(samples(1, 1), gap(4, 2, 3), committed=4, read=1)
    assert (result.events_missing, result.deleted_and_reported, result.sound) == (0, 2, True)


def test_a_repeat_is_recognised_and_is_no_duplicate() -> None:
    result = proof(samples(1, 1), samples(1, 1), committed=1, read=1)
    assert (result.repeats_recognised, result.duplicates_after_dedupe, result.numbered_twice) == (1, 0, 0)
    assert result.sound


def test_the_same_reading_in_two_events_fails() -> None:
    result = proof(samples(1, 1), samples(2, 1), committed=2, read=1)
    assert (result.numbered_twice, result.sound) == (1, False)


def test_holes_between_counts_are_lost_and_the_end_is_in_flight() -> None:
    result = proof(samples(1, 1, 2, 5, 9), committed=1, read=10)
    assert (result.numbered_lost, result.longest_hole, result.numbered_in_flight) == (5, 3, 1)


def test_more_events_than_were_committed_fails() -> None:
    result = proof(samples(1, 1), samples(2, 2), committed=1, read=2)
    assert (result.duplicates_after_dedupe, result.sound) == (1, False)
