"""The reference receiver: each event once, holes seen, hostile bytes refused."""

from __future__ import annotations

import gzip
import zlib

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.birth import Status
from contract.envelope import pack, squeeze
from contract.events import Gap, NewEpoch
from contract.fingerprints import BLOCK_BYTES, Fingerprints
from contract.ranges import Ranges
from contract.receive import BadMessage, Receiver, decode
from contract.types import Lane
from contract.watermark import RANGES, WATERMARK_BYTES, BadWatermark, read_watermark, watermarks
from tests.uplink.support import EPOCH, POLE, row


def test_a_repeat_is_dropped_and_counted_and_a_hole_is_seen() -> None:
    receiver = Receiver(POLE)
    assert len(receiver.take(pack(POLE, [row(1), row(2), row(5)]).payload)) == 3
    assert receiver.holes(EPOCH) == ((3, 4),)
    assert [event.seq for event in receiver.take(pack(POLE, [row(2), row(3)]).payload)] == [3]
    assert receiver.duplicates == 1
    assert receiver.holes(EPOCH) == ((4, 4),)
    assert receiver.holes("another") == ()


@pytest.mark.fault("two contents come under one name", "the second is kept under an id of its own, and reported")
def test_another_content_under_a_known_name_is_a_conflict_that_is_kept() -> None:
    receiver = Receiver(POLE)
    first, second = row(1), row(1, body=b'{"state":"down"}')
    receiver.take(pack(POLE, [first]).payload)
    (kept,) = receiver.take(pack(POLE, [second]).payload)
    assert bytes(kept.data) == second.body
    assert kept.id.startswith(f"{POLE}/{EPOCH}/1~")
    for again in (first, second):
        assert receiver.take(pack(POLE, [again]).payload) == [], "a repeat of either is a repeat"
    assert (receiver.conflicted, receiver.duplicates) == (1, 2)
    assert [(conflict.seq, conflict.event) for conflict in receiver.conflicts] == [(1, kept)]


def test_a_repeat_with_the_time_put_right_is_no_conflict() -> None:
    receiver = Receiver(POLE)
    receiver.take(pack(POLE, [row(1)]).payload)
    later = msgspec.structs.replace(row(1), at=row(99).at)
    assert receiver.take(pack(POLE, [later]).payload) == []
    assert receiver.conflicted == 0


@given(st.lists(st.tuples(st.integers(1, 200_000), st.integers(1, 3)), max_size=200))
def test_fingerprints_never_forget_within_their_bound(pairs: list[tuple[int, int]]) -> None:
    prints, known = Fingerprints(8), dict[int, int]()
    for seq, value in pairs:
        found = prints.compare(EPOCH, seq, value)
        assert found in {None, known.get(seq)}
        if len({s // 1024 for s in known} | {seq // 1024}) <= 8:
            assert found == known.get(seq)
        if found is None:
            known[seq] = value
    assert len(prints._blocks) * BLOCK_BYTES <= 8 * 8192


def beginning(seq: int, epoch: str, previous: str | None, next_seq: int | None, *, complete: bool = True) -> bytes:
    reported = NewEpoch(
        previous=previous, previous_next_seq=next_seq, complete=complete, reason="the agent started", carried=0
    )
    return pack(POLE, [row(seq, body=msgspec.json.encode(reported), kind=NewEpoch.kind, epoch=epoch)]).payload


def test_an_epoch_begins_with_its_first_event_and_closes_the_one_before() -> None:
    receiver = Receiver(POLE)
    receiver.take(pack(POLE, [row(1), row(2)]).payload)
    receiver.take(beginning(6, "e2", EPOCH, 6))
    assert receiver.holes("e2") == ()
    assert receiver.holes(EPOCH) == ((3, 5),), "the pole says that they were given"
    receiver.take(pack(POLE, [row(8, epoch="e2")]).payload)
    assert receiver.holes("e2") == ((7, 7),)
    assert receiver.missing("e2", 10) == ((7, 7), (9, 10))
    assert receiver.certain(EPOCH) is None


def test_an_end_that_is_not_certain_is_no_hole_but_a_loss_where_more_was_given() -> None:
    receiver = Receiver(POLE)
    receiver.take(pack(POLE, [row(1), row(2)]).payload)
    receiver.take_status(Status(pole=POLE, state="online", at=row(1).at.utc, epoch=EPOCH, next_seq=10))
    assert receiver.holes(EPOCH) == ((3, 9),)
    receiver.take(beginning(3, "e2", EPOCH, 3, complete=False))
    assert receiver.holes(EPOCH) == ()
    assert receiver.lost(EPOCH) == ((3, 9),)
    receiver.take(pack(POLE, [row(5)]).payload)
    assert receiver.lost(EPOCH) == ((3, 4), (6, 9))
    assert [report.type for report in receiver.reports] == ["beyond"]


@pytest.mark.fault("two boxes have one pole's id", "the receiver reports it")
def test_two_boxes_with_one_id_are_seen_by_their_epochs() -> None:
    receiver = Receiver(POLE)
    receiver.take(beginning(6, "e2", EPOCH, 6))
    receiver.take(beginning(6, "e3", EPOCH, 6))
    assert [report.type for report in receiver.reports] == ["fork"]
    for epoch in ("e2", "e3"):
        receiver.take_status(Status(pole=POLE, state="online", at=row(1).at.utc, epoch=epoch, next_seq=10))
    assert len(receiver.reports) == 1
    receiver.take_status(Status(pole=POLE, state="offline", at=row(1).at.utc, epoch="e2"))
    assert len(receiver.reports) == 1, "a last will of the run before is no sign"
    receiver.take_status(Status(pole=POLE, state="online", at=row(1).at.utc, epoch="e2", next_seq=12))
    assert [report.type for report in receiver.reports] == ["fork", "alternating"]
    assert receiver.reports[1].text == "another box seems to use this pole's id: was the card copied?"


def test_an_epoch_that_no_chain_leads_to_is_abandoned() -> None:
    receiver = Receiver(POLE)
    receiver.take(pack(POLE, [row(1)]).payload)
    receiver.take(beginning(2, "e2", EPOCH, 2))
    assert receiver.abandoned() == ()
    receiver.take(pack(POLE, [row(9, epoch="e3")]).payload)
    receiver.take(beginning(3, "e4", "e2", 3))
    assert receiver.abandoned() == ("e3",), "the copy that was restored is older than it"
    receiver.take(beginning(1, "e5", None, None))
    assert receiver.abandoned() == (EPOCH, "e2", "e3", "e4"), "a new database"
    assert receiver.epochs() == (EPOCH, "e2", "e3", "e4", "e5")


@pytest.mark.fault("a watermark names more ranges than one message holds", "it is several that the pole reads")
def test_a_watermark_of_many_ranges_is_several_that_the_pole_reads() -> None:
    largest = 2**48 - 10_000
    pages = list(watermarks("e" * 64, [(largest + 2 * n, largest + 2 * n) for n in range(2_500)]))
    assert len(pages) == 3
    assert max(map(len, pages)) <= WATERMARK_BYTES
    assert sum(len(read_watermark(page).ranges) for page in pages) == 2_500


def test_the_receiver_confirms_what_came_since_the_last_time_repeats_as_well() -> None:
    receiver = Receiver(POLE)
    for seq in range(1, 5_001, 2):
        receiver.take(pack(POLE, [row(seq)]).payload)
    assert sum(len(read_watermark(page).ranges) for page in receiver.watermarks()) == 2_500
    assert list(receiver.watermarks()) == []
    receiver.take(pack(POLE, [row(7)]).payload)
    (page,) = receiver.watermarks()
    assert read_watermark(page).ranges == ((7, 7),)
    assert len(read_watermark(receiver.watermark(EPOCH)).ranges) == RANGES


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


@given(st.binary(max_size=200))
@example(b'{"epoch":"e","ranges":[[1,2,3]]}')
@example(b'{"epoch":"e","ranges":[[0,2]]}')
@example(b'{"epoch":"","ranges":[]}')
@example(b"[" * 16_000)
@example(b"x" * 40_000)
def test_what_is_no_watermark_is_refused(payload: bytes) -> None:
    with pytest.raises(BadWatermark):
        read_watermark(payload)


def test_a_batch_is_one_message_of_its_lane() -> None:
    message = pack(POLE, [row(1, Lane.SUMMARY), row(2, Lane.SUMMARY)])
    assert [(event.lane, event.source) for event in decode(message.payload)] == [("summary", "pole-7/roof")] * 2
    assert message.keys == ((EPOCH, 1), (EPOCH, 2))
