"""From RTP payloads to coded frames: H.264 (RFC 6184), H.265 (RFC 7798), MPEG-4 (RFC 6416), JPEG (RFC 2435).

A frame is *whole* when nothing of it is missing, and *clean* when nothing is missing of those that it is decoded from:
after a loss that is the next whole key frame. Only clean frames are given on: others are smeared, and move.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from agent.vision.stream.rtp import Packet
from agent.vision.stream.rtpjpeg import JpegParts

_START = b"\0\0\0\1"
_LARGEST = 32 * 1024 * 1024


class Coded(NamedTuple):
    """One coded frame for the decoder; ``shown``: False where it only helps to decode those that follow."""

    data: bytes
    shown: bool = True


class Frames(Protocol):
    """Puts one stream's frames together. ``came`` counts all frames, ``smeared`` those that were held back."""

    came: int
    smeared: int
    waiting: bool
    """Whether frames come and none is clean yet."""
    lossy: bool
    """Whether that is because something was lost."""

    def push(self, packet: Packet, missing: int) -> Iterator[Coded]:
        """The clean frames that end with this packet."""


class _Gate:
    """Lets clean frames through."""

    def __init__(self) -> None:
        self.came = 0
        self.smeared = 0
        self.waiting = True
        self.lossy = False

    def lose(self) -> None:
        self.waiting = self.lossy = True

    def judge(self, data: bytes, *, key: bool, whole: bool, helps: bool = False) -> Iterator[Coded]:
        self.came += 1
        if key and whole:
            self.waiting = self.lossy = False
        if not self.waiting:
            yield Coded(data)
            return
        self.smeared += self.lossy
        if helps:
            yield Coded(data, shown=False)


class _Kind(NamedTuple):
    """Where a NAL unit's type stands, and which types are what."""

    head: int
    shift: int
    mask: int
    slices: range
    keys: range
    parameters: range
    after: frozenset[int]
    """Types that are no slices and begin the next frame."""
    several: int
    pieces: int


H264 = _Kind(1, 0, 0x1F, range(1, 6), range(5, 6), range(7, 9), frozenset({6, 7, 8, 9, *range(14, 19)}), 24, 28)
_AFTER = frozenset({32, 33, 34, 35, 39, *range(41, 45), *range(48, 56)})
H265 = _Kind(2, 1, 0x3F, range(32), range(16, 24), range(32, 35), _AFTER, 48, 49)


class NalFrames(_Gate):
    """H.264 and H.265. Markers end frames, until they are found to lie; the slices' own heads are always right."""

    def __init__(self, kind: _Kind, parameters: Sequence[bytes] = (), *, numbered: bool = False) -> None:
        """``parameters``: sets from the description; ``numbered``: units have decoding order numbers (DONL)."""
        super().__init__()
        self._kind = kind
        self._described = [unit for unit in parameters if unit]
        self._skip = 2 if numbered else 0
        self._units: list[bytes] = []
        self._size = 0
        self._piece: bytearray | None = None
        self._slices = self._key = self._sets = False
        self._whole = True
        self._trust = True
        self._ended_by_marker = False
        self._recover: int | None = None

    def push(self, packet: Packet, missing: int) -> Iterator[Coded]:
        if missing:
            self.lose()
            self._whole = False
            self._piece = None
            self._recover = None
        for unit in self._unpack(packet.payload):
            yield from self._unit(unit)
        if packet.marker and self._trust and self._slices and self._piece is None:
            self._ended_by_marker = True
            yield from self._end()

    def _unpack(self, payload: bytes) -> Iterator[bytes]:
        kind = self._kind
        if len(payload) <= kind.head:
            return
        what = payload[0] >> kind.shift & kind.mask
        if what == kind.several:
            yield from self._several(payload[kind.head :])
        elif what == kind.pieces:
            yield from self._pieces(payload)
        elif what < kind.several:
            yield payload

    def _several(self, body: bytes) -> Iterator[bytes]:
        at, first = self._skip, True
        while at + 2 <= len(body):
            length = int.from_bytes(body[at : at + 2], "big")
            if length:
                yield body[at + 2 : at + 2 + length]
            at += 2 + length + (1 if self._skip and not first else 0)
            first = False

    def _pieces(self, payload: bytes) -> Iterator[bytes]:
        kind = self._kind
        flags, body = payload[kind.head], payload[kind.head + 1 :]
        if flags & 0x80:
            what = flags & (0x1F if kind is H264 else 0x3F)
            if kind is H264:
                head = bytes([payload[0] & 0xE0 | what])
            else:
                head = bytes([payload[0] & 0x81 | what << 1, payload[1]])
            self._piece = bytearray(head + body[self._skip :])
        elif self._piece is not None:
            self._piece += body
            if len(self._piece) > _LARGEST:
                self._piece = None
        else:
            self._whole = False
        if flags & 0x40 and self._piece is not None:
            unit, self._piece = bytes(self._piece), None
            yield unit

    def _unit(self, unit: bytes) -> Iterator[Coded]:
        kind = self._kind
        if len(unit) <= kind.head:
            return
        what = unit[0] >> kind.shift & kind.mask
        is_slice = what in kind.slices
        begins = is_slice and bool(unit[kind.head] & 0x80)  # first_mb_in_slice = 0; first_slice_segment_in_pic_flag
        if self._slices and (begins or what in kind.after):
            yield from self._end()
        if is_slice and not begins and not self._slices:
            if self._ended_by_marker and self._whole:
                self._trust = False  # a marker stood after each slice: what was given on was half a frame
                self.waiting = True
            self._whole = False
        self._ended_by_marker = False
        if is_slice:
            self._slices = True
            self._key = self._key or what in kind.keys
        elif what in kind.parameters:
            self._sets = True
        elif kind is H264 and what == 6 and self._recover is None:
            self._recover = _recovery(unit)
        self._size += len(unit)
        if self._size <= _LARGEST:
            self._units.append(unit)

    def _end(self) -> Iterator[Coded]:
        key = self._key or self._recovered()
        units = self._units if self._sets or not self._key else [*self._described, *self._units]
        data = b"".join(_START + unit for unit in units)
        whole = self._whole and self._size <= _LARGEST
        self._units, self._size, self._whole = [], 0, True
        self._slices = self._key = self._sets = False
        yield from self.judge(data, key=key, whole=whole, helps=self._recover is not None and whole)

    def _recovered(self) -> bool:
        """Streams without key frames say in how many frames the whole image will have been drawn anew."""
        if self._recover is None or not self._whole:
            return False
        self._recover -= 1
        if self._recover >= 0:
            return False
        self._recover = None
        return True


def _recovery(unit: bytes) -> int | None:
    """Frames until the image is right, of a recovery point (H.264, D.1.8), as a first message of an SEI."""
    if len(unit) < 4 or unit[1] != 6:
        return None
    bits = "".join(f"{byte:08b}" for byte in unit[3:9])
    zeros = bits.find("1")
    if zeros < 0 or 2 * zeros + 1 > len(bits):
        return None
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


class Mpeg4Frames(_Gate):
    """MPEG-4 part 2: a marker ends each frame."""

    def __init__(self) -> None:
        super().__init__()
        self._data = bytearray()
        self._stamp: int | None = None
        self._whole = True

    def push(self, packet: Packet, missing: int) -> Iterator[Coded]:
        if missing:
            self.lose()
            self._whole = False
        if self._data and packet.stamp != self._stamp:
            yield from self._end()
        self._stamp = packet.stamp
        self._data += packet.payload[: max(0, _LARGEST - len(self._data))]
        if packet.marker:
            yield from self._end()

    def _end(self) -> Iterator[Coded]:
        data, whole = bytes(self._data), self._whole
        self._data.clear()
        self._whole = True
        start = data.find(b"\0\0\1\xb6")
        if start >= 0 and start + 4 < len(data):
            yield from self.judge(data, key=data[start + 4] >> 6 == 0, whole=whole)


class JpegFrames(_Gate):
    """Each frame stands for itself."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = JpegParts()

    def push(self, packet: Packet, missing: int) -> Iterator[Coded]:
        if missing:
            self.lose()
        ended, frame = self._parts.push(packet.payload, packet.stamp, marker=packet.marker, broken=bool(missing))
        if ended:
            yield from self.judge(frame, key=True, whole=bool(frame))
