"""JPEG frames are found by their own markers, whatever a camera writes between them and in whatever pieces it comes."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.vision.boxes import Frame
from agent.vision.stream.jpeg import Splitter, size_of
from agent.vision.stream.rtpjpeg import JpegParts
from tests.vision.stage import Sensor, street


def small(seed: int) -> Frame:
    image: Frame = cv2.resize(street(seed), (160, 120), interpolation=cv2.INTER_AREA)
    return image


FRAMES = [cv2.imencode(".jpg", Sensor(seed).see(small(seed)))[1].tobytes() for seed in (1, 2, 3)]
PROGRESSIVE = cv2.imencode(".jpg", small(4), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
RESTARTS = cv2.imencode(".jpg", small(5), [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes()


def with_thumbnail(frame: bytes) -> bytes:
    """As cameras with EXIF write it: a whole JPEG within a segment."""
    inner = FRAMES[0][:2000] + b"\xff\xd9"
    return frame[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + frame[2:]


KINDS = [*FRAMES, PROGRESSIVE, RESTARTS, with_thumbnail(FRAMES[1])]
BETWEEN = [
    b"",
    b"\r\n",
    b"--frame\r\nContent-Type: image/jpeg\r\n\r\n",
    b"\r\n--myboundary\r\nContent-Type: image/jpeg; charset=utf-8\r\nContent-Length: 99999\r\n\r\n",
    b"\r\n----\r\nContent-Type: image/jpg\r\n\r\n",
    b"\r\n--b\r\n\r\n",
    b"\n--b\nContent-type:image/jpeg\nX-Timestamp: 1.5\n\n",
    b"\x00" * 40,
]


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """What comes out of ``data`` in pieces of these sizes, again and again."""
    splitter, sizes, at, out = Splitter(), itertools.cycle(cuts), 0, list[bytes]()
    while at < len(data):
        size = next(sizes)
        out += splitter.feed(data[at : at + size])
        at += size
    return out


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.tuples(st.sampled_from(BETWEEN), st.sampled_from(KINDS)), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 5000), min_size=1, max_size=4),
)
def test_each_frame_comes_out_as_it_was_in_every_form_of_multipart(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    data = b"".join(between + frame for between, frame in parts)
    assert split(data, cuts) == [frame for _, frame in parts]


@pytest.mark.parametrize("cut", [1, 7, 100000])
def test_a_camera_that_never_writes_an_end_is_read_all_the_same(cut: int) -> None:
    data = b"".join(b"--b\r\n\r\n" + frame[:-2] for frame in [*FRAMES, FRAMES[0]])
    out = split(data, [cut])
    assert len(out) == 3, "the last one may still go on"
    assert all(got.startswith(frame[:-2]) for got, frame in zip(out, FRAMES, strict=True))
    assert all(cv2.imdecode(np.frombuffer(got, np.uint8), cv2.IMREAD_COLOR) is not None for got in out)


def test_half_a_frame_is_dropped_where_the_others_have_their_ends() -> None:
    half = FRAMES[1][: len(FRAMES[1]) // 2]
    data = FRAMES[0] + b"\r\n--b\r\n\r\n" + half + b"\r\n--b\r\n\r\n" + FRAMES[2] + FRAMES[0]
    assert split(data, [500]) == [FRAMES[0], FRAMES[2], FRAMES[0]]


@settings(max_examples=80, deadline=None)
@given(noise=st.binary(max_size=3000), at=st.integers(0, 4000), flips=st.lists(st.integers(0, 8000), max_size=6))
def test_after_any_damage_the_stream_is_found_again(noise: bytes, at: int, flips: list[int]) -> None:
    hurt = bytearray(FRAMES[1])
    for flip in flips:
        hurt[flip % len(hurt)] ^= 0x5A
    hurt[at % len(hurt) : at % len(hurt)] = noise
    out = split(bytes(hurt) + b"--b\r\n\r\n" + FRAMES[0] * 40, [4096])
    assert out[-1] == FRAMES[0]
    assert out.count(FRAMES[0]) >= 40 - 65535 // len(FRAMES[0]) - 2, "a wrong length hides 64 KiB at most"


@given(st.binary(max_size=2000))
def test_bytes_without_a_frame_give_none_and_are_not_kept(data: bytes) -> None:
    splitter = Splitter()
    assert list(splitter.feed(data.replace(b"\xff\xd8\xff", b""))) == []
    assert len(splitter._data) <= 2


def test_the_size_is_read_without_decoding() -> None:
    for frame in KINDS:
        assert size_of(frame) == (160, 120)
    huge = FRAMES[0].replace(b"\x00\x78\x00\xa0", b"\x3e\x80\x3e\x80")
    assert size_of(huge) == (16000, 16000)
    assert size_of(b"\xff\xd8\xff") is None


@given(st.binary(max_size=400))
def test_a_size_is_looked_for_in_any_bytes_without_error(data: bytes) -> None:
    size_of(b"\xff\xd8" + data)


def test_a_frame_over_rtp_gets_back_the_head_that_the_packets_leave_out() -> None:
    """RFC 2435: the scan of a 4:2:0 baseline frame with the example Huffman tables, quality 50, in two packets."""
    grey = cv2.cvtColor(small(6), cv2.COLOR_BGR2GRAY)
    whole = cv2.imencode(".jpg", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_JPEG_QUALITY, 50])[1].tobytes()
    scan = whole[whole.index(b"\xff\xda") + 14 : -2]
    head = bytes([1, 50, 20, 15])
    parts = JpegParts()
    assert parts.push(b"\0\0\0\0" + head + scan[:1000], 7, marker=False, broken=False) == (False, b"")
    ended, made = parts.push(b"\0" + (1000).to_bytes(3, "big") + head + scan[1000:], 7, marker=True, broken=False)
    assert ended
    mine = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    theirs = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR)
    assert mine is not None
    assert theirs is not None
    assert np.array_equal(mine, theirs)


def test_a_frame_over_rtp_with_a_missing_part_is_none() -> None:
    parts = JpegParts()
    head = bytes([1, 50, 20, 15])
    parts.push(b"\0\0\0\0" + head + bytes(100), 7, marker=False, broken=False)
    assert parts.push(b"\0" + (200).to_bytes(3, "big") + head + bytes(50), 7, marker=True, broken=True) == (True, b"")


@given(st.binary(max_size=60), st.booleans(), st.booleans())
def test_any_packet_is_taken_without_error(data: bytes, marker: bool, broken: bool) -> None:
    JpegParts().push(data, 1, marker=marker, broken=broken)
