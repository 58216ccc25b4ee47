"""Coded frames out of packets that are lost, late, twice or badly marked: what comes out is right, or nothing is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.vision.boxes import Frame
from agent.vision.stream.decoder import Decoder
from agent.vision.stream.rtp import Packet, PacketOrder, parse
from agent.vision.stream.units import H264, H265, Coded, Frames, Mpeg4Frames, NalFrames
from tests.vision.coded import encoded, packets, rtp


def frames_for(codec: str) -> Frames:
    return Mpeg4Frames() if codec == "mpeg4" else NalFrames(H264 if codec == "h264" else H265)


def through(sent: Sequence[Packet], codec: str = "h264", *, held: int = 0) -> tuple[list[Coded], Frames]:
    order, frames = PacketOrder(held=held), frames_for(codec)
    out = [coded for packet in sent for each, missing in order.push(packet) for coded in frames.push(each, missing)]
    return out, frames


def decoded(coded: Sequence[Coded | bytes], codec: str = "h264") -> list[Frame]:
    decoder, out = Decoder(codec, 400), list[Frame]()
    for each in coded:
        data, shown = each if isinstance(each, Coded) else (each, True)
        out += [image.bgr() for image in decoder.decode(data) if shown]
    return out


def same(one: Frame, other: Frame) -> bool:
    return bool((one == other).all())


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("markers", ["right", "none", "slices"])
@pytest.mark.parametrize("stamps", [None, [5] * 40, list(range(2**32 - 20, 2**32 + 20))])
def test_every_frame_comes_out_whatever_markers_and_stamps_say(
    codec: str, markers: str, stamps: list[int] | None
) -> None:
    access = encoded(codec)
    out, frames = through(packets(access, codec, markers=markers, stamps=stamps), codec)
    got, right = decoded(out, codec), decoded(access, codec)
    assert len(got) >= len(right) - 1, "without a marker the last one may still go on"
    assert all(same(one, other) for one, other in zip(got, right, strict=False))
    assert not frames.lossy


@pytest.mark.parametrize("markers", ["right", "none", "slices"])
def test_frames_of_several_slices_are_one_frame_each(markers: str) -> None:
    access = encoded("h264", slices=4)
    out, _ = through(packets(access, markers=markers))
    right = decoded(access)
    got = decoded(out)
    lost = {"right": 0, "none": 1, "slices": 11}[markers]  # where markers lie, one key-frame interval to find it out
    assert len(got) >= len(right) - lost
    offset = len(right) - len(got) - (markers != "right")
    assert all(same(one, other) for one, other in zip(got, right[max(0, offset) :], strict=False))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.01, 0.02, 0.1, 0.3]), b_frames=st.sampled_from([0, 2]))
def test_a_frame_that_was_hit_or_is_decoded_from_one_never_comes_out(seed: int, share: float, b_frames: int) -> None:
    """Each frame that comes out is the very frame that was sent, pixel by pixel."""
    access = encoded("h264", b_frames=b_frames)
    rng = random.Random(seed)
    sent = [packet for packet in packets(access) if rng.random() > share]
    out, frames = through(sent)
    right = [frame.tobytes() for frame in decoded(access)]
    assert {frame.tobytes() for frame in decoded(out)} <= set(right)
    assert frames.came >= len(out)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), late=st.integers(1, 20))
def test_packets_that_overtake_each_other_or_come_twice_cost_nothing(seed: int, late: int) -> None:
    rng = random.Random(seed)
    sent = packets(encoded("h264"))
    mixed = sorted([*sent, *rng.sample(sent, 20)], key=lambda packet: sent.index(packet) + rng.uniform(0, late))
    first = next(place for place, packet in enumerate(mixed) if packet.number == sent[0].number)
    mixed.insert(0, mixed.pop(first))  # nobody can know of a packet that comes before the first
    out, frames = through(mixed, held=48)
    rest, _ = through(sent)
    assert [each.data for each in out] == [each.data for each in rest][: len(out)]
    assert len(out) >= len(rest) - 12, "some wait for what comes behind them"
    assert not frames.lossy


def test_a_stream_is_joined_at_its_next_key_frame_and_says_that_it_waits() -> None:
    sent = packets(encoded("h264", gop=40))
    middle = len(sent) // 3
    out, frames = through(sent[middle:])
    assert out == []
    assert frames.waiting
    assert frames.came > 10
    assert not frames.lossy, "nothing was lost"


def test_a_stream_without_key_frames_is_joined_where_it_says_that_it_is_whole() -> None:
    """Periodic intra refresh: a recovery point tells in how many frames the image is right."""
    access = encoded("h264", 60, 20, intra_refresh=True)
    sent = packets(access)
    right = [frame.tobytes() for frame in decoded(access)]
    del sent[40]
    out, frames = through(sent)
    assert len([each for each in out if each.shown]) > 20
    assert not frames.lossy
    assert {frame.tobytes() for frame in decoded(out)} <= set(right)


def test_mpeg_4_frames_are_taken_by_their_markers() -> None:
    access = encoded("mpeg4")
    sent = []
    for number, data in enumerate(access):
        halves = [data[: len(data) // 2], data[len(data) // 2 :]]
        sent += [parse(rtp(2 * number + half, number, part, marker=half == 1)) for half, part in enumerate(halves)]
    out, _ = through([packet for packet in sent if packet], "mpeg4")
    assert [each.data for each in out] == list(access)
    broken = [packet for place, packet in enumerate(sent) if packet and place != 25]
    again, frames = through(broken, "mpeg4")
    assert {each.data for each in again} < set(access)
    assert frames.smeared > 0


def test_parameter_sets_of_the_description_stand_before_key_frames_that_have_none() -> None:
    access = encoded("h264")
    bare, sets = list[Packet](), list[Packet]()
    for packet in packets(access, size=100_000):
        (sets if packet.payload[0] & 0x1F in (7, 8) else bare).append(packet)
    frames = NalFrames(H264, [packet.payload for packet in sets[:2]])
    order = PacketOrder()
    numbered = [packet._replace(number=number) for number, packet in enumerate(bare)]
    out = [coded for packet in numbered for each, missing in order.push(packet) for coded in frames.push(each, missing)]
    assert len(decoded(out)) == len(access)


@given(st.binary(max_size=80), st.sampled_from(["h264", "hevc", "mpeg4"]), st.booleans())
def test_any_bytes_are_taken_without_error(data: bytes, codec: str, marker: bool) -> None:
    packet = parse(data)
    frames = frames_for(codec)
    for each in (packet, parse(rtp(1, 2, data, marker=marker)), parse(rtp(9, 2, data))):
        if each is not None:
            list(frames.push(each, 0))


def test_numbers_that_begin_anew_are_a_new_stream_and_no_loss_of_thousands() -> None:
    order = PacketOrder(held=0)
    sent = [parse(rtp(number, 0, b"x" * 20)) for number in (65_534, 65_535, 0, 1, 30_000, 30_001)]
    missing = [lost for packet in sent if packet for _, lost in order.push(packet)]
    assert missing == [0, 0, 0, 0, 1, 0]


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=4000))
def test_a_decoder_takes_any_bytes(data: bytes) -> None:
    for codec in ("h264", "hevc", "mjpeg", "mpeg4"):
        for image in Decoder(codec, 400).decode(data):
            assert image.bgr().dtype == np.uint8
