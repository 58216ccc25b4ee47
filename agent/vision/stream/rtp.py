"""RTP packets (RFC 3550), put in order, with what is missing between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_HELD = 48
"""Packets that wait for one that is late, over UDP: 0.1 to 0.3 s of a stream of 2 to 4 Mbit/s."""
_JUMP = 3000
"""Numbers by which a stream that begins anew differs; RFC 3550, appendix A.1, calls it MAX_DROPOUT."""


class Packet(NamedTuple):
    """``marker`` mostly ends a frame; ``stamp`` counts in the payload's clock and may be constant or jump."""

    kind: int
    number: int
    stamp: int
    source: int
    marker: bool
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """None: it is no RTP packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:  # an extension
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    if end < start:
        return None
    return Packet(
        kind=data[1] & 0x7F,
        number=int.from_bytes(data[2:4], "big"),
        stamp=int.from_bytes(data[4:8], "big"),
        source=int.from_bytes(data[8:12], "big"),
        marker=bool(data[1] & 0x80),
        payload=data[start:end],
    )


class PacketOrder:
    """``push`` packets as they come; they come out in order, each with how many are missing right before it."""

    def __init__(self, *, held: int = _HELD) -> None:
        """``held``: 0 over TCP, where nothing overtakes: what is missing there the camera itself has left out."""
        self._held = held
        self._next: int | None = None
        self._source: int | None = None
        self._waiting: dict[int, Packet] = {}
        self.lost = 0

    def push(self, packet: Packet) -> Iterator[tuple[Packet, int]]:
        if packet.source != self._source or self._next is None:
            self._source, self._next = packet.source, packet.number
            self._waiting.clear()
        ahead = (packet.number - self._next) % 65536
        if ahead >= 65536 - _JUMP:
            return  # late or twice
        if ahead > _JUMP:
            self._next = packet.number
            self._waiting.clear()
            yield from self._give(packet, 1)
            return
        self._waiting[packet.number] = packet
        yield from self._ready()
        while len(self._waiting) > self._held:
            first = min(self._waiting, key=lambda number: (number - (self._next or 0)) % 65536)
            missing = (first - self._next) % 65536
            self._next = first
            yield from self._give(self._waiting.pop(first), missing)
            yield from self._ready()

    def _ready(self) -> Iterator[tuple[Packet, int]]:
        while self._next is not None and (packet := self._waiting.pop(self._next, None)) is not None:
            yield from self._give(packet, 0)

    def _give(self, packet: Packet, missing: int) -> Iterator[tuple[Packet, int]]:
        self._next = (packet.number + 1) % 65536
        self.lost += missing
        yield packet, missing
