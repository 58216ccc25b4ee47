"""Bytes of an RTSP connection (RFC 2326, 10.12): answers, requests of the camera, and packets between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from agent.vision import sentences_stream as say
from agent.vision.stream.message import LONGEST, BadStreamMessage, Head, parse_head, split_head

_LARGEST_BODY = 256 * 1024


class Answer(NamedTuple):
    """An answer, or where ``head.status`` is 0, a request of the camera."""

    head: Head
    body: bytes


class Interleaved(NamedTuple):
    """A packet of RTP (even channels) or RTCP (odd ones)."""

    channel: int
    data: bytes


class RtspWire:
    """``feed`` bytes in pieces of any size. BadStreamMessage: what comes is no RTSP."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._lost = 0

    def feed(self, data: bytes) -> Iterator[Answer | Interleaved]:
        self._data += data
        while self._data:
            if self._data[0] == 0x24:
                if len(self._data) < 4:
                    return
                end = 4 + int.from_bytes(self._data[2:4], "big")
                if len(self._data) < end:
                    return
                packet = Interleaved(self._data[1], bytes(self._data[4:end]))
                del self._data[:end]
                yield packet
                continue
            if self._data[0] in b"\r\n":
                del self._data[:1]
                continue
            if not self._skipped():
                return
            if self._data[0] == 0x24:
                continue
            message = self._message()
            if message is None:
                return
            yield message

    def _skipped(self) -> bool:
        """Find the next message in what a camera that lost its place sends; False: more bytes are needed."""
        if self._data[:1].isalpha():
            return True
        places = [place for mark in (b"$", b"RTSP/") if (place := self._data.find(mark)) >= 0]
        skip = min(places, default=len(self._data))
        del self._data[:skip]
        self._lost += skip
        if self._lost > 8 * LONGEST:
            raise BadStreamMessage(say.BYTES_NO_RTSP())
        return bool(self._data)

    def _message(self) -> Answer | None:
        found = split_head(self._data)
        if found is None:
            return None
        head = parse_head(found[0])
        length = head.length()
        if length > _LARGEST_BODY:
            raise BadStreamMessage(say.DESCRIPTION_MORE_THAN_KIB())
        end = found[1] + length
        if len(self._data) < end:
            return None
        body = bytes(self._data[found[1] : end])
        del self._data[:end]
        return Answer(head, body)
