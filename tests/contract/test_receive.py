"""The reference receiver: each event once, holes seen, hostile bytes refused."""

from __future__ import annotations

import gzip
import zlib

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.uplink.awaiting import AGAIN_S, Awaiting
from contract.envelope import pack, squeeze
from contract.events import Gap
from contract.receive import BadMessage, Ranges, Receiver, decode
from contract.types import Lane
from contract.watermark import BadWatermark, Watermark, read_watermark
from tests.uplink.support import EPOCH, POLE, row


def test_a_repeat_is_dropped_and_counted_and_a_hole_is_seen() -> None:
    receiver = Receiver(POLE)
    assert len(receiver.take(pack(POLE, [row(1), row(2), row(5)]).payload)) == 3
    assert receiver.holes(EPOCH) == ((3, 4),)
    assert [event.seq for event in receiver.take(pack(POLE, [row(2), row(3)]).payload)] == [3]
    assert receiver.duplicates == 1
    assert receiver.holes(EPOCH) == ((4, 4),)
    assert receiver.holes("another") == ()


def test_what_a_gap_event_names_is_no_hole() -> None:
    gap = Gap(epoch=EPOCH, deleted_lane="raw", ranges=((2, 9),), count=8, reason="store_full")
    receiver = Receiver(POLE)
    receiver.take(pack(POLE, [row(1), row(11, body=msgspec.json.encode(gap), kind="gap")]).payload)
    assert receiver.deleted(EPOCH) == ((2, 9),)
    assert receiver.holes(EPOCH) == ((10, 10),)


def test_a_receiver_that_starts_again_recalls_what_it_stored_and_sees_the_same_holes() -> None:
    gap = Gap(epoch=EPOCH, deleted_lane="raw", ranges=((2, 9),), count=8, reason="store_full")
    rows = [row(1), row(12, body=msgspec.json.encode(gap), kind="gap")]
    before, after = Receiver(POLE), Receiver(POLE)
    for event in before.take(pack(POLE, rows).payload):
        after.recall(event.epoch, event.seq, event.type, bytes(event.data))
    assert after.holes(EPOCH) == before.holes(EPOCH) == ((10, 11),)
    assert after.watermark(EPOCH) == before.watermark(EPOCH)
    assert after.take(pack(POLE, rows).payload) == []


def test_a_message_with_a_gap_that_cannot_be_read_is_refused_whole() -> None:
    receiver = Receiver(POLE)
    with pytest.raises(BadMessage, match="gap event that cannot be read"):
        receiver.take(pack(POLE, [row(1), row(2, body=b"{}", kind="gap")]).payload)
    assert len(receiver.take(pack(POLE, [row(1)]).payload)) == 1, "none of it counts as stored"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", "no CloudEvents"),
        (b"{}", "no CloudEvents"),
        (b"[1]", "no CloudEvents"),
        (b"[" * 100_000, "no CloudEvents"),
        (b"\x1f\x8b rubbish", "broken gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], "ends too early"),
        (gzip.compress(b" " * 20_000_000, mtime=0), "more than"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(payload: bytes, text: str) -> None:
    with pytest.raises(BadMessage, match=text):
        decode(payload)


@given(st.binary(max_size=300))
@example(b"\x1f\x8b\x08\x00")
def test_random_bytes_are_refused_and_nothing_else(payload: bytes) -> None:
    with pytest.raises(BadMessage):
        Receiver(POLE).take(payload)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=40))
def test_ranges_are_a_set_of_numbers(pairs: list[tuple[int, int]]) -> None:
    ranges, numbers = Ranges(), set[int]()
    for first, length in pairs:
        more = set(range(first, first + length + 1))
        assert ranges.add(first, first + length) == bool(more - numbers)
        numbers |= more
    assert len(ranges) == len(numbers)
    assert {n for first, last in ranges.ranges() for n in range(first, last + 1)} == numbers
    missing = set(range(1, max(numbers, default=0) + 1)) - numbers
    assert {n for first, last in ranges.holes() for n in range(first, last + 1)} == missing
    assert all(last + 1 < first for (_, last), (first, _) in zip(ranges.ranges(), ranges.ranges()[1:], strict=False))


@given(st.binary(max_size=5000))
def test_compression_pays_or_is_left(plain: bytes) -> None:
    packed = squeeze(plain)
    assert len(packed) <= len(plain)
    assert packed == plain or zlib.decompress(packed, wbits=31) == plain
    assert squeeze(plain) == packed, "a repeat has the same bytes"


def test_a_watermark_confirms_what_was_sent_and_nothing_else() -> None:
    awaiting = Awaiting()
    awaiting.sent([(EPOCH, seq) for seq in range(1, 11)] + [("older", 3)], 0.0)
    mark = Watermark(epoch=EPOCH, ranges=((8, 100), (2, 4), (1, 3)))
    assert awaiting.confirmed(mark) == [(EPOCH, seq) for seq in (1, 2, 3, 4, 8, 9, 10)]
    assert awaiting.confirmed(mark) == []
    assert awaiting.overdue(AGAIN_S - 1) == []
    assert awaiting.overdue(AGAIN_S) == [(EPOCH, 5), (EPOCH, 6), (EPOCH, 7), ("older", 3)]
    assert len(awaiting) == 0


@given(st.binary(max_size=200))
@example(b'{"epoch":"e","ranges":[[1,2,3]]}')
@example(b'{"epoch":"e","ranges":[[0,2]]}')
@example(b'{"epoch":"","ranges":[]}')
@example(b"[" * 16_000)
@example(b"x" * 20_000)
def test_what_is_no_watermark_is_refused(payload: bytes) -> None:
    with pytest.raises(BadWatermark):
        read_watermark(payload)


def test_a_batch_is_one_message_of_its_lane() -> None:
    message = pack(POLE, [row(1, Lane.SUMMARY), row(2, Lane.SUMMARY)])
    assert [(event.lane, event.source) for event in decode(message.payload)] == [("summary", "pole-7/roof")] * 2
    assert message.keys == ((EPOCH, 1), (EPOCH, 2))
