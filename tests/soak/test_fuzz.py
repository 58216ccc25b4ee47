"""Bytes from outside, changed at random: each is taken or refused with a sentence, in little time and memory."""

from __future__ import annotations

import contextlib
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import examine
from agent.control.protocol import ControlRequest
from agent.errors import ConfigError
from agent.models.describe import describe, shipped_folder
from agent.uplink.commands import Refused
from agent.uplink.commands import read as read_command
from agent.vision.stream.jpeg import size_of
from agent.vision.stream.message import BadStreamMessage, parse_head, split_head
from agent.vision.stream.rtp import parse as parse_rtp
from agent.vision.stream.sdp import NoVideo, pick_video
from contract.commands import Face, commands_of
from contract.watermark import BadWatermark, read_watermark

LONGEST_S = 2.0
"""Of the processor, for one input of at most some kB: none takes a hundredth of that on the slowest box tried."""
MOST_MIB = 64
FEW, MANY, PARTS = 300, 50_000, 20
"""Inputs; a part of many is a test of its own, so that `make test-long` goes on behind the parts that have passed."""

COMMAND = b'{"id":"c-1","name":"backfill","expires":"2026-11-30T06:00:00Z","args":{"device":"roof","quantity":"pm2_5"}}'
WATERMARK = b'{"epoch":"0123456789abcdef","ranges":[[1,40],[42,9000]]}'
CONTROL = b'{"ask":"events","args":{"limit":20,"kind":"gap","unsent":true}}'
SETTINGS = (
    b'[pole]\nid = "p-1"\n[line.a]\nport = "/dev/ttyS0"\n'
    b'[device.roof]\ndriver = "modbus_rtu"\nline = "a"\nprofile = "weather_six"\n'
)
HEAD = (
    b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="x", nonce="0a", qop="auth"\r\n'
    b"Content-Length: 12\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
)
SDP = (
    b"v=0\r\no=- 0 0 IN IP4 10.0.0.5\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    b"a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHpWoKA9k,aM48gA==\r\na=control:trackID=1\r\n"
)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0001108003000400301220002110103110100ffda")
RTP = bytes.fromhex("8060000100000002000000036742001e95a8280f64")


def changed(seed: bytes, chance: random.Random) -> bytes:
    """A few random changes: bits, bytes, pieces that go, come twice or move, and long runs."""
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 8, 64))
        what = chance.randrange(6)
        if what == 0 and data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[at : at + size] = chance.randbytes(size)
        elif what == 2:
            del data[at : at + size]
        elif what == 3:
            data[at:at] = data[at : at + size]
        elif what == 4:
            data[at:at] = bytes((chance.choice(b'[{"\\0,:=\r\n9-e'),)) * chance.choice((1, 3, 300))
        else:
            data[at:at] = chance.choice(
                (b"null", b"1e999", b"-0", b"\xff\xfe", b"true", b'{"a":', b"nan", b"18446744073709551616")
            )
    return bytes(data)


def command(data: bytes, _: Path) -> None:
    try:
        asked = read_command(data)
        msgspec.json.decode(asked.args, type=BY_NAME[asked.name].args)
    except (Refused, KeyError, msgspec.DecodeError):
        pass


def watermark(data: bytes, _: Path) -> None:
    with contextlib.suppress(BadWatermark):
        read_watermark(data)


def control(data: bytes, _: Path) -> None:
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msgspec.json.decode(data, type=ControlRequest)


def settings(data: bytes, folder: Path) -> None:
    file = folder / "poleagent.toml"
    file.write_bytes(data)
    read, problems = examine(file, DRIVERS)
    assert read is not None or problems


def model(data: bytes, folder: Path) -> None:
    (folder / "model.toml").write_bytes(data)
    with contextlib.suppress(ConfigError):
        describe(folder, ("detect", "classify"))


def camera(data: bytes, _: Path) -> None:
    try:
        split_head(data)
        parse_head(data)
    except BadStreamMessage:
        pass
    with contextlib.suppress(NoVideo):
        pick_video(data.decode("utf-8", "replace"))
    size_of(data)
    parse_rtp(data)


DRIVERS = find_drivers()
BY_NAME = commands_of(Face.MQTT)
TARGETS: dict[str, tuple[Callable[[bytes, Path], None], tuple[bytes, ...]]] = {
    "commands": (command, (COMMAND,)),
    "watermarks": (watermark, (WATERMARK,)),
    "control socket": (control, (CONTROL,)),
    "settings": (settings, (SETTINGS,)),
    "model descriptions": (model, ((shipped_folder() / "model.toml").read_bytes(),)),
    "camera headers": (camera, (HEAD, SDP, JPEG, RTP)),
}


@pytest.mark.fault("random bytes where the outside speaks", "each is taken or refused, in little time and memory")
@pytest.mark.parametrize(
    ("count", "part"),
    [
        (FEW, 0),
        *(pytest.param(MANY, part, marks=[pytest.mark.long, pytest.mark.timeout(3600)]) for part in range(PARTS)),
    ],
)
@pytest.mark.parametrize("name", TARGETS)
def test_what_comes_from_outside_is_taken_or_refused(
    name: str, count: int, part: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    read, seeds = TARGETS[name]
    chance = random.Random(f"{request.config.getoption('--seed')} {name} {part}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    longest_s = 0.0
    for number in range(count):
        data = changed(seeds[number % len(seeds)], chance)
        begun = time.process_time()
        read(data, tmp_path)
        longest_s = max(longest_s, time.process_time() - begun)
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{name}, part {part}: {count:,} inputs, the longest took {longest_s * 1e3:.1f} ms, {grown_mib:.1f} MiB more")
    assert longest_s < LONGEST_S
    assert grown_mib < MOST_MIB
