"""Video coded by real encoders, and RTP packets of it as cameras send them, well or badly."""

from __future__ import annotations

import functools
import io
import itertools
import random
import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from agent.vision.boxes import Frame
from agent.vision.stream.rtp import Packet, parse

SIZE = (160, 96)
_ENCODERS = {"h264": "libx264", "hevc": "libx265", "mpeg4": "mpeg4"}


def moving(count: int, size: tuple[int, int] = SIZE) -> Iterator[Frame]:
    """A pattern with a bar that moves, so that a frame decoded from a wrong one shows it."""
    x, y = np.arange(size[0]), np.arange(size[1])[:, None]
    for number in range(count):
        grey = (60 + 50 * ((x // 16 + y // 16) % 3)).astype(np.uint8)
        left = 4 * number % size[0]
        grey[:, left : left + 12] = 230
        yield np.repeat(grey[:, :, None], 3, axis=2)


@functools.cache
def encoded(
    codec: str, count: int = 40, gop: int = 10, *, b_frames: int = 0, slices: int = 1, intra_refresh: bool = False
) -> tuple[bytes, ...]:
    """Access units of ``moving`` in Annex B form, in the order of decoding."""
    encoder: Any = av.CodecContext.create(_ENCODERS[codec], "w")
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.time_base, encoder.thread_count = "yuv420p", Fraction(1, 25), 1
    encoder.gop_size, encoder.max_b_frames = gop, b_frames
    if codec == "h264":
        refresh = ":intra-refresh=1" if intra_refresh else ""
        params = f"slices={slices}:scenecut=0:keyint={gop}:min-keyint={gop}:bframes={b_frames}:ref=1{refresh}"
        encoder.options = {"preset": "ultrafast", "x264-params": params}
    elif codec == "hevc":
        params = f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:repeat-headers=1"
        encoder.options = {"preset": "ultrafast", "x265-params": params}
    out: list[bytes] = []
    for number, frame in enumerate(moving(count)):
        image = av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format="yuv420p")
        image.pts = number
        out += [bytes(packet) for packet in encoder.encode(image)]
    return (*out, *(bytes(packet) for packet in encoder.encode(None)))


@functools.cache
def transport_stream(codec: str, count: int = 200, gop: int = 25) -> bytes:
    """MPEG-TS of ``moving``."""
    options = {
        "libx264": {"preset": "ultrafast", "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0"},
        "libx265": {"preset": "ultrafast", "x265-params": f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0"},
    }
    data = io.BytesIO()
    with av.open(data, "w", format="mpegts") as out:
        stream: Any = out.add_stream(codec, rate=25, options=options.get(codec, {}))
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.gop_size = gop
        for frame in moving(count, (320, 180)):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24").reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    return data.getvalue()


def damaged(stream: bytes, share: float, seed: int) -> bytes:
    """MPEG-TS of which packets are lost, but for the first ones."""
    rng = random.Random(seed)
    parts = [stream[at : at + 188] for at in range(0, len(stream), 188)]
    return b"".join(part for number, part in enumerate(parts) if number < 20 or rng.random() > share)


def units_of(access: bytes) -> list[bytes]:
    """The NAL units of an access unit."""
    parts = access.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def payloads(unit: bytes, codec: str, size: int) -> list[bytes]:
    """One NAL unit as it is, or in pieces (FU-A, FU)."""
    if len(unit) <= size:
        return [unit]
    head = 1 if codec == "h264" else 2
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    pieces = [unit[place : place + size] for place in range(head, len(unit), size)]
    lead = bytes([unit[0] & 0xE0 | 28]) if codec == "h264" else bytes([unit[0] & 0x81 | 49 << 1, unit[1]])
    out = []
    for number, piece in enumerate(pieces):
        flags = kind | (0x80 if number == 0 else 0) | (0x40 if number == len(pieces) - 1 else 0)
        out.append(lead + bytes([flags]) + piece)
    return out


def packets(
    frames: Sequence[bytes],
    codec: str = "h264",
    *,
    size: int = 200,
    first: int = 65_500,
    markers: str = "right",
    stamps: Iterable[int] | None = None,
) -> list[Packet]:
    """``markers``: right, none, or slices (one after each slice)."""
    numbers, out = itertools.count(first), []
    for stamp, access in zip(stamps or itertools.count(0, 3600), frames, strict=False):
        units = units_of(access)
        for unit in units:
            parts = payloads(unit, codec, size)
            for part in parts:
                last = part is parts[-1] and (unit is units[-1] or markers == "slices") and markers != "none"
                packet = parse(rtp(next(numbers), stamp, part, marker=last))
                assert packet is not None
                out.append(packet)
    return out


def rtp(number: int, stamp: int, payload: bytes, *, marker: bool = False, kind: int = 96, source: int = 7) -> bytes:
    return struct.pack(">BBHII", 0x80, kind | marker << 7, number % 65536, stamp % 2**32, source) + payload
