"""A million hostile answers of cameras: each is read or refused, within its bound of time and memory."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable

import pytest

from agent.config.address import Address
from agent.system.resident import resident_bytes
from agent.vision.stream.auth import Credentials, Unknown
from agent.vision.stream.http import Chunks
from agent.vision.stream.jpeg import Splitter, size_of
from agent.vision.stream.message import BadStreamMessage, parse_head, split_head
from agent.vision.stream.redirect import target_of
from agent.vision.stream.rtp import PacketOrder, parse
from agent.vision.stream.rtspwire import RtspWire
from agent.vision.stream.sdp import NoVideo, joined, pick_video, session_control
from agent.vision.stream.trouble import Ended
from agent.vision.stream.units import H264, H265, JpegFrames, NalFrames

_DESCRIPTION = (
    b"v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\n"
    b"a=fmtp:96 sprop-parameter-sets=Z0IAKeKQFAe2AtwEBAaQeJEV,aM48gA==;packetization-mode=1\r\na=control:trackID=1\r\n"
)
_HERE = Address(scheme="http", host="10.0.0.5", port=80, target="/1")
_PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 20\r\n\r\n"
SEEDS = [
    b'HTTP/1.1 401 N\r\nWWW-Authenticate: Digest realm="a, b", nonce="1", algorithm=SHA-256, qop="auth"\r\n\r\n',
    b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1;timeout=60\r\nContent-Length: 5\r\n\r\nv=0\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.5:80/a?b=[c]\r\n\r\n",
    b"RTSP/1.0 301 Moved\r\nLocation: rtsp://[fe80::1%25eth0]:99999/x\r\n\r\n",
    _DESCRIPTION,
    b"$\x00\x00\x20" + bytes([0x80, 0x60]) + bytes(range(30)),
    _PART + b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x04ab\x12\x34\xff\xd9",
    b"5\r\nabcde\r\nffffffff\r\n",
    b"\x90\xe0\x00\x01\x00\x00\x00\x00\x00\x00\x00\x07\x00\x01\x00\x01abcd\x7c\x85" + bytes(40),
]
_BOUND_S = 1.0
"""Of one input, on a machine with several others at work; a pattern that goes back and forth takes minutes."""


def mutated(rng: random.Random) -> bytes:
    """One of the seeds with bytes changed, repeated, cut out or put in."""
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(4)
        if what == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice(SEEDS)[: rng.randrange(60)]
        elif what == 2:
            del data[at : at + rng.randrange(20)]
        else:
            data[at:at] = bytes([rng.choice(b' =,;:"\\\r\n\xff\x00')]) * rng.randrange(1, 200)
    return bytes(data)


def take(data: bytes) -> None:
    """Everything that reads what a camera sends."""
    with contextlib.suppress(BadStreamMessage):
        found = split_head(data)
        head = parse_head(found[0] if found else data)
        head.length()
        with contextlib.suppress(Ended):
            assert "\n" not in target_of(_HERE, head.get("location"))
        with contextlib.suppress(Unknown):
            mine = Credentials("viewer", "word")
            mine.heed(head.all("www-authenticate"))
            assert "\n" not in mine.header("GET", "/")
    with contextlib.suppress(NoVideo):
        joined("rtsp://10.0.0.5/1", pick_video(data.decode("utf-8", "replace")).control)
    session_control(data.decode("utf-8", "replace"))
    with contextlib.suppress(BadStreamMessage):
        list(RtspWire().feed(data))
    with contextlib.suppress(Ended):
        Chunks().feed(data)
    for frame in Splitter().feed(data):
        size_of(frame)
    packet = parse(data)
    if packet is not None:
        for frames in (NalFrames(H264), NalFrames(H265), JpegFrames()):
            for each, missing in PacketOrder(held=0).push(packet):
                list(frames.push(each, missing))


@pytest.mark.fault(
    "a camera sends what no standard knows", "each answer is read or refused within its bound of time and memory"
)
@pytest.mark.parametrize("count", [3000, pytest.param(1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_whatever_a_camera_answers_is_read_or_refused_in_bounded_time(count: int) -> None:
    rng = random.Random(20261130)
    before = 0
    for number in range(count):
        data = mutated(rng)
        began_s = time.process_time()
        take(data)
        assert time.process_time() - began_s < _BOUND_S, data
        if number == 1000:
            before = resident_bytes()
    assert resident_bytes() - before < 32 * 1024 * 1024


LONGEST: dict[str, Callable[[int], bytes]] = {
    "spaces": lambda size: b"HTTP/1.1 200 OK\r\nA:" + b" " * size,
    "quotes": lambda size: b'HTTP/1.1 401 N\r\nWWW-Authenticate: Digest realm="' + b"\\" * size,
    "commas": lambda size: b"HTTP/1.1 401 N\r\nWWW-Authenticate: " + b", " * size,
    "names": lambda size: b"HTTP/1.1 401 N\r\nWWW-Authenticate: " + b"a " * size,
    "lines": lambda size: b"v=0\r\n" + b"m=video 0 RTP/AVP " + b"1 " * size,
    "attributes": lambda size: b"m=video 0 RTP/AVP 96\r\n" + b"a=fmtp:96 " + b";" * size,
    "marks": lambda size: b"\xff\xd8\xff" + b"\xff" * size,
    "empty segments": lambda size: b"\xff\xd8\xff\xe0\x00\x02" * size,
    "no method": lambda size: b"A" * size + b" HTTP/1",
}


@pytest.mark.parametrize("what", LONGEST)
def test_time_grows_with_length_and_not_with_its_square(what: str) -> None:
    def took_s(size: int) -> float:
        data = LONGEST[what](size)
        began_s = time.process_time()
        take(data)
        return time.process_time() - began_s

    took_s(1000)
    assert took_s(100_000) < 2.0, "ten times what it takes here; a square of it would take minutes"
