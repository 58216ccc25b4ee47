"""The other end, for platform engineers, the demo and the long tests: bytes to events, each once, and what is missing.

Pure: it is fed payloads and asked questions; where the events go and when the watermark is sent is the caller's.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

import msgspec

from contract.envelope import Envelope, event_type
from contract.events import Gap
from contract.watermark import Watermark

MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message after decompression: a gzip frame of a few KB can hold gigabytes."""


GAPS = frozenset(event_type(Gap.kind, contract) for contract in (1, 2))
"""Gap events have the same fields in both versions of the contract."""


class BadMessage(ValueError):
    """The payload is not what a pole sends; ``str()`` says why."""


_one = msgspec.json.Decoder(Envelope)
_batch = msgspec.json.Decoder(list[Envelope])
_gap = msgspec.json.Decoder(Gap)


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


def _read_gap(data: bytes) -> Gap:
    try:
        return _gap.decode(data)
    except msgspec.DecodeError as exc:
        raise BadMessage(f"a gap event that cannot be read: {exc}") from exc


class Ranges:
    """A set of whole numbers that are mostly in a row, kept as disjoint inclusive ranges in ascending order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> bool:
        """Takes all from ``first`` to ``last``; whether any of them was new."""
        at = bisect_right(self._firsts, first) - 1
        if at >= 0 and self._lasts[at] >= last:
            return False
        low = at if at >= 0 and self._lasts[at] >= first - 1 else at + 1
        high = low
        while high < len(self._firsts) and self._firsts[high] <= last + 1:
            first = min(first, self._firsts[high])
            last = max(last, self._lasts[high])
            high += 1
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]
        return True

    def holes(self) -> tuple[tuple[int, int], ...]:
        """What is missing between 1 and the largest number."""
        befores = [0, *self._lasts]
        return tuple(
            (before + 1, first - 1) for before, first in zip(befores, self._firsts, strict=False) if first > before + 1
        )

    def ranges(self) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self._firsts, self._lasts, strict=True))

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges())


class Receiver:
    """What has come from one pole.

    A repeat is known by (epoch, seq) and dropped. A number below the largest that has not come is a hole: it is on
    its way (the backlog drains while live events pass), or a ``gap`` event says that the pole had to delete it.
    """

    def __init__(self, pole: str) -> None:
        self.pole = pole
        self.duplicates = 0
        self._stored: defaultdict[str, Ranges] = defaultdict(Ranges)
        self._deleted: defaultdict[str, Ranges] = defaultdict(Ranges)

    def take(self, payload: bytes) -> list[Envelope]:
        """The events of this message that had not come before; raises ``BadMessage``, and then none is taken."""
        fresh = []
        events = decode(payload)
        gaps = [_read_gap(event.data) for event in events if event.type in GAPS]
        for event in events:
            if self._stored[event.epoch].add(event.seq, event.seq):
                fresh.append(event)
            else:
                self.duplicates += 1
        self._note(gaps)
        return fresh

    def recall(self, epoch: str, seq: int, kind: str, data: bytes) -> None:
        """An event that was stored before this receiver was made: after a restart, each is recalled once.

        ``kind`` is the event's ``type``, ``data`` its own as JSON; raises ``BadMessage`` for a gap that is none.
        """
        gaps = [_read_gap(data)] if kind in GAPS else []
        self._stored[epoch].add(seq, seq)
        self._note(gaps)

    def _note(self, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            for first, last in gap.ranges:
                self._deleted[gap.epoch].add(first, last)

    def epochs(self) -> tuple[str, ...]:
        return tuple(self._stored)

    def count(self, epoch: str) -> int:
        return len(self._stored[epoch])

    def deleted(self, epoch: str) -> tuple[tuple[int, int], ...]:
        """What the pole said it had to delete."""
        return self._deleted[epoch].ranges()

    def holes(self, epoch: str) -> tuple[tuple[int, int], ...]:
        """Numbers that have neither come nor been reported as deleted. Once the backlog is drained, these are lost."""
        known = Ranges()
        for ranges in (self._stored[epoch], self._deleted[epoch]):
            for first, last in ranges.ranges():
                known.add(first, last)
        return known.holes()

    def watermark(self, epoch: str) -> bytes:
        """What to publish to ``{prefix}/{pole}/ack`` once the events are stored for good (``ack = "platform"``)."""
        return msgspec.json.encode(Watermark(epoch=epoch, ranges=self._stored[epoch].ranges()[-1000:]))
