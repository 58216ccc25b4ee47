"""Consistent Overhead Byte Stuffing: bytes without a zero, so that a zero can end a frame.

Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999. Each block begins with its length; a block shorter
than 255 stands for its bytes and a zero, the last zero is implied.
"""

from __future__ import annotations


def cobs_encode(data: bytes) -> bytes:
    """``data`` without any zero byte, at most one byte in 254 longer; the delimiter is not included."""
    out = bytearray()
    for run in data.split(b"\0"):
        rest = run
        while len(rest) >= 254:
            out.append(255)
            out += rest[:254]
            rest = rest[254:]
        out.append(len(rest) + 1)
        out += rest
    return bytes(out)


def cobs_decode(frame: bytes) -> bytes | None:
    """What ``frame`` (without its delimiter) stands for; None where it is no COBS."""
    out = bytearray()
    at = 0
    while at < len(frame):
        length = frame[at]
        block = frame[at + 1 : at + length]
        if length == 0 or len(block) != length - 1 or 0 in block:
            return None
        out += block
        at += length
        if length < 255 and at < len(frame):
            out.append(0)
    return bytes(out) if frame else None
