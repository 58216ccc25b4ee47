"""Heads of HTTP/1.1 and RTSP/1.0 messages (RFC 9112, RFC 2326): one parser for both, as cameras write them."""

from __future__ import annotations

import re
from typing import NamedTuple

from agent.vision import sentences_stream as say

LONGEST = 32 * 1024
"""Bytes of a head; a longer one is none."""
_STATUS = re.compile(r"(HTTP|RTSP)/\d\.\d +(\d{3})", re.IGNORECASE)
_REQUEST = re.compile(r"[A-Z_]+ .* (HTTP|RTSP)/\d\.\d\s*$", re.IGNORECASE)


class BadStreamMessage(ValueError):
    """What came is no message; the text says what it is."""


class Head(NamedTuple):
    """``status`` is 0 in a request. Names of headers are in lower case; one name may stand there several times."""

    protocol: str
    """HTTP or RTSP."""
    status: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The first value, or nothing."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def length(self) -> int:
        """Content-Length. BadStreamMessage: it is no number, or more than any description of a stream has."""
        text = self.get("content-length") or "0"
        if not text.isdecimal() or len(text) > 9:
            raise BadStreamMessage(say.LENGTH_NO_NUMBER())
        return int(text)


def split_head(data: bytes | bytearray) -> tuple[bytes, int] | None:
    """The first head of ``data``, and where its body begins; None: it is not complete. BadStreamMessage: too long."""
    found = re.search(rb"\r?\n\r?\n", data)
    if found is None:
        if len(data) > LONGEST:
            raise BadStreamMessage(say.HEAD_WITHOUT_END())
        return None
    return bytes(data[: found.start()]), found.end()


def parse_head(data: bytes) -> Head:
    """BadMessage: the first line is neither a status nor a request."""
    first, *lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    answer = _STATUS.match(first)
    found = answer or _REQUEST.match(first)
    if found is None:
        raise BadStreamMessage(say.ANSWER_NEITHER_HTTP_NOR())
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:  # a value that goes on
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon:
            headers.append((name.strip().lower(), value.strip()))
    return Head(found[1].upper(), int(answer[2]) if answer else 0, tuple(headers))
