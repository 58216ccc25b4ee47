"""A camera by HTTP/1.1: JPEG frames without end, or a container (MPEG-TS, FLV, fragmented MP4)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator

from agent.config.address import Address
from agent.vision import sentences_stream as say
from agent.vision.stream.auth import Credentials, Unknown
from agent.vision.stream.door import Door
from agent.vision.stream.jpeg import Splitter
from agent.vision.stream.message import BadStreamMessage, Head, parse_head, split_head
from agent.vision.stream.redirect import REDIRECTS, target_of
from agent.vision.stream.tls import connected
from agent.vision.stream.trouble import LOCKED, NO_USER, REFUSED, Ended, NotThere, StreamRefused
from agent.vision.stream.units import Coded

_READ = 1 << 16
_ENOUGH = 32
"""Bytes by which a web page, a list and a frame are recognised."""
_TURNS = 5
"""Requests until the stream: one to be asked for a password, one with it, some to be sent elsewhere."""
_WEB_PAGE = say.ADDRESS_WEB_PAGE_CAMERA()
_JPEG = re.compile(rb"\s*(--|\xff\xd8\xff|content-|[\r\n]+[\w-]+:)", re.IGNORECASE)
"""How a stream of JPEG begins: with a boundary, a frame, or the head of one."""


class HttpBody:
    """What follows the head, without chunks: ``read`` as of a file. Ended: no data within the limit, or the end."""

    def __init__(self, wire: socket.socket, rest: bytes, *, chunked: bool, read_s: float) -> None:
        self._wire = wire
        wire.settimeout(read_s)
        self._read_s = read_s
        self._chunks = Chunks() if chunked else None
        self._ready = bytearray(self._chunks.feed(rest) if self._chunks else rest)

    def read(self, size: int = _READ) -> bytes:
        """At least one byte; nothing at the end."""
        while not self._ready:
            try:
                data = self._wire.recv(_READ)
            except TimeoutError as exc:
                raise Ended(say.STREAM_SENT_NO_FRAME(read_s=self._read_s)) from exc
            except OSError as exc:
                raise Ended(say.CAMERA_ENDED_CONNECTION()) from exc
            if not data:
                return b""
            self._ready += self._chunks.feed(data) if self._chunks else data
        part = bytes(self._ready[:size])
        del self._ready[:size]
        return part

    def peek(self) -> bytes:
        """The first bytes, which are read again."""
        data = bytearray()
        while len(data) < _ENOUGH and (more := self.read()):
            data += more
        self._ready[:0] = data
        return bytes(data)


class Chunks:
    """Chunked transfer coding (RFC 9112, section 7.1), fed in pieces of any size. Ended: it is none."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._left = 0
        self._line = True

    def feed(self, data: bytes) -> bytes:
        self._data += data
        out = bytearray()
        while self._data:
            if self._line:
                end = self._data.find(b"\n")
                if end < 0:
                    break
                word = bytes(self._data[:end]).split(b";")[0].strip()
                del self._data[: end + 1]
                if not word:
                    continue
                if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", word):
                    raise Ended(say.CAMERA_SENDS_CHUNKS_WITHOUT())
                self._left, self._line = int(word, 16), False
            part = self._data[: self._left]
            del self._data[: self._left]
            out += part
            self._left -= len(part)
            self._line = self._left == 0
        return bytes(out)


class Http:
    """An open answer: ``jpeg`` says whether ``frames`` gives frames, or ``body`` is a container."""

    def __init__(self, address: Address, door: Door, open_s: float, read_s: float, now: Callable[[], float]) -> None:
        """NotThere, StreamRefused, Ended: it does not open, and why, in a sentence without anything of the address."""
        self._door = door
        self._now = now
        self._read_s = read_s
        self._end_s = now() + open_s
        self._target = address.target if address.target.startswith("/") else f"/{address.target}"
        self._credentials = Credentials(address.user, address.password)
        self._address = address
        for _ in range(_TURNS):
            self._wire = connected(self._door, self._address, self._end_s - self._now())
            try:
                body = self._ask()
            except BaseException:
                self._wire.close()
                raise
            if body is not None:
                self.body = body
                return
            self._wire.close()
        raise Ended(say.CAMERA_SENDS_US_FROM())

    @property
    def jpeg(self) -> bool:
        """Ended: it is neither."""
        first = self.body.peek()
        if not first:
            raise Ended(say.CAMERA_ANSWERS_NOTHING())
        if re.match(rb"\s*(<!doctype|<html|<\?xml)", first, re.IGNORECASE) or self._type.startswith("text/html"):
            raise Ended(_WEB_PAGE)
        if first.startswith(b"#EXTM3U"):
            raise Ended(say.LIST_HLS_NOT_READ())
        return bool(_JPEG.match(first)) or self._type.startswith(("multipart/", "image/")) or "jpeg" in self._type

    def frames(self) -> Iterator[Coded | None]:
        """JPEG frames as they come; None: data came, and no frame of it. Ended: no more of them."""
        splitter = Splitter()
        good_s, number = self._now(), 0
        while data := self.body.read():
            got = False
            for frame in splitter.feed(data):
                got, good_s, number = True, self._now(), number + 1
                yield Coded(frame)
            if self._now() - good_s > self._read_s:
                raise Ended(say.DATA_COMES_NO_JPEG(read_s=self._read_s))
            if not got:
                yield None
        if number <= 1 and self._type.startswith("image/"):
            raise Ended(say.ADDRESS_GIVES_ONE_SNAPSHOT())
        raise Ended(say.CAMERA_ENDED_STREAM())

    def close(self) -> None:
        self._wire.close()

    def _ask(self) -> HttpBody | None:
        """The body of the stream; None: ask again, with what was learnt."""
        said = f"GET {self._target} HTTP/1.1\r\nHost: {self._address.place}\r\nUser-Agent: poleagent\r\nAccept: */*\r\n"
        proof = self._credentials.header("GET", self._target)
        said += f"Authorization: {proof}\r\n" if proof else ""
        try:
            self._wire.sendall(f"{said}Connection: close\r\n\r\n".encode())
            head, rest = self._head()
        except TimeoutError as exc:
            raise NotThere(say.NO_ANSWER_TIME_CAMERA()) from exc
        except OSError as exc:
            raise Ended(say.CAMERA_ENDED_CONNECTION()) from exc
        if head.status == 401:
            self._challenged(head)
            return None
        if head.status in REDIRECTS:
            self._target = target_of(self._address, head.get("location"))
            return None
        if head.status in LOCKED and (self._credentials.sent or self._address.in_target):
            raise StreamRefused(REFUSED)
        if not 200 <= head.status < 300:
            raise Ended(_refusal(head.status))
        self._type = head.get("content-type").lower()
        return HttpBody(
            self._wire, rest, chunked="chunked" in head.get("transfer-encoding").lower(), read_s=self._read_s
        )

    def _head(self) -> tuple[Head, bytes]:
        data = bytearray()
        while True:
            try:
                while (found := split_head(data)) is not None:
                    head = self._http(parse_head(found[0]))
                    del data[: found[1]]
                    if not 100 <= head.status < 200:  # before the answer proper (RFC 9110, 15.2)
                        return head, bytes(data)
            except BadStreamMessage as exc:
                raise Ended(say.PORT_SENDS_RIGHT_ONE(exc=exc)) from exc
            if self._now() > self._end_s:
                raise TimeoutError
            more = self._wire.recv(_READ)
            if not more:
                raise Ended(say.CAMERA_ENDED_CONNECTION_BEFORE())
            data += more

    @staticmethod
    def _http(head: Head) -> Head:
        if head.protocol != "HTTP":
            raise Ended(say.PORT_SPEAKS_RTSP_NOT())
        return head

    def _challenged(self, head: Head) -> None:
        if not self._credentials.user:
            raise StreamRefused(NO_USER)
        try:
            if self._credentials.heed(head.all("www-authenticate")):
                return
        except Unknown as exc:
            raise Ended(str(exc)) from exc
        raise StreamRefused(REFUSED)


def _refusal(status: int) -> str:
    if status == 403:
        return say.CAMERA_REFUSES_USER_OR()
    if status == 404:
        return say.CAMERA_ANSWERS_BUT_NO()
    if status == 503:
        return say.CAMERA_BUSY_OR_STILL()
    return say.CAMERA_ANSWERS(status=status)
