"""JPEG frames in a stream of bytes, by their own markers (ITU-T T.81, annex B), whatever stands between them.

Cameras write multipart/x-mixed-replace in every way: without a first boundary, with other types or none, with wrong
lengths or none. What they all send is SOI, segments with lengths, scans, and mostly EOI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LARGEST = 32 * 1024 * 1024
"""Bytes of one frame."""
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"
_IN_SCAN = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])(.)", re.DOTALL)
_EOI, _SOI, _SOS = 0xD9, 0xD8, 0xDA
_FRAME_HEADS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


class Splitter:
    """``feed`` bytes in pieces of any size; whole frames come out. A damaged one is dropped, and the next one found."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._at = 0
        """Up to here the frame that begins at 0 has been walked; 0: no frame has begun."""
        self._scan = False
        self._ends = False
        self.dropped = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._data += data
        while True:
            if not self._at and not self._begin():
                return
            end = self._walk()
            if end is None:
                if len(self._data) > LARGEST:
                    self._drop(3)
                return
            if end:
                frame = bytes(self._data[:end])
                self._drop(end, good=True)
                yield frame

    def _begin(self) -> bool:
        place = self._data.find(_START)
        if place < 0:
            del self._data[: max(0, len(self._data) - 2)]
            return False
        del self._data[:place]
        self._at, self._scan = 2, False
        return True

    def _walk(self) -> int | None:
        """Where the frame ends; 0: it was dropped, look on; None: more bytes are needed."""
        while self._at_marker():
            marker = self._data[self._at + 1]
            if self._data[self._at] != 0xFF:
                return self._drop(2)
            if marker == _EOI:
                self._ends = True
                return self._at + 2
            if marker == _SOI:
                return self._without_end()
            step = self._segment(marker)
            if step == 0:
                return self._drop(2)
            if len(self._data) < self._at + step:
                return None
            self._at += step
            self._scan = marker == _SOS
        return None

    def _at_marker(self) -> bool:
        """Whether a marker and its length are there; in a scan the next one is looked for first."""
        if self._scan:
            found = _IN_SCAN.search(self._data, self._at)
            if found is None:
                self._at = max(2, len(self._data) - 1)
                return False
            self._at, self._scan = found.start(), False
        return len(self._data) >= self._at + 4 or self._data[self._at : self._at + 2] == _END

    def _segment(self, marker: int) -> int:
        """Bytes of the segment at hand; 0: there is none."""
        if marker == 0xFF:  # a fill byte
            return 1
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            return 2
        length = int.from_bytes(self._data[self._at + 2 : self._at + 4], "big")
        return 2 + length if length >= 2 and marker >= 0xC0 else 0

    def _without_end(self) -> int:
        """The next frame begins: some cameras never write EOI; of one that does, this is half a frame."""
        return self._drop(self._at) if self._ends else self._at

    def _drop(self, size: int, *, good: bool = False) -> int:
        del self._data[:size]
        self._at, self._scan = 0, False
        self.dropped += not good
        return 0


def size_of(frame: bytes) -> tuple[int, int] | None:
    """Width and height as the frame head states them, read without decoding; None: there is no head."""
    at = 2
    while at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _FRAME_HEADS:
            return int.from_bytes(frame[at + 7 : at + 9], "big"), int.from_bytes(frame[at + 5 : at + 7], "big")
        if marker == _SOS:
            return None
        at += 2 + (0 if marker == 0x01 or 0xD0 <= marker <= 0xD8 else int.from_bytes(frame[at + 2 : at + 4], "big"))
    return None
