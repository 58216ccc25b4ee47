"""The bytes of a message to the events in it; pure."""

from __future__ import annotations

import zlib

import msgspec

from contract.envelope import Envelope

MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message after decompression: a gzip frame of a few KB can hold gigabytes."""
_one = msgspec.json.Decoder(Envelope)
_batch = msgspec.json.Decoder(list[Envelope])
_pieces = msgspec.json.Decoder(list[msgspec.Raw])


class BadMessage(ValueError):
    """The payload is not what a pole sends; ``str()`` says why."""


def decode(payload: bytes) -> list[Envelope]:
    """The events of one message, in their order; raises ``BadMessage``."""
    if payload[:2] == b"\x1f\x8b":
        payload = _inflate(payload)
    try:
        if payload[:1] == b"[":
            return _batch.decode(payload)
        return [_one.decode(payload)]
    except (msgspec.DecodeError, RecursionError) as exc:
        raise BadMessage(f"no CloudEvents: {exc}") from exc


def pieces(payload: bytes) -> list[msgspec.Raw]:
    """The events of one message, each as the bytes that were sent; raises ``BadMessage``."""
    if payload[:2] == b"\x1f\x8b":
        payload = _inflate(payload)
    try:
        if payload[:1] == b"[":
            return _pieces.decode(payload)
        return [msgspec.json.decode(payload, type=msgspec.Raw)]
    except (msgspec.DecodeError, RecursionError) as exc:
        raise BadMessage(f"no CloudEvents: {exc}") from exc


def _inflate(payload: bytes) -> bytes:
    frame = zlib.decompressobj(wbits=31)
    try:
        plain = frame.decompress(payload, MESSAGE_BYTES)
    except zlib.error as exc:
        raise BadMessage(f"a broken gzip frame: {exc}") from exc
    if frame.unconsumed_tail:
        raise BadMessage(f"more than {MESSAGE_BYTES} bytes in one message")
    if not frame.eof:
        raise BadMessage("a gzip frame that ends too early")
    return plain
