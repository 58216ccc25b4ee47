"""What is hashed of a pole's events and not sealed yet; pure. Values on disk have a checksum."""

from __future__ import annotations

import base64
from zlib import crc32

import msgspec

from contract.events.seal import SealedRange
from contract.merkle import BLOCK, HASH, LEVELS, root


class HashedRange(msgspec.Struct, kw_only=True):
    """What is hashed of one epoch and not sealed. ``begins`` is its first number, ``ended`` its last, once it is over.

    ``hashed`` is the last number that is, ``first`` begins the first block of ``roots``; ``leaves`` are those of a
    block that is not full. ``sealed`` is the last number that a seal has; ``pole`` wrote them.
    """

    epoch: str
    previous: str | None
    begins: int
    first: int
    hashed: int
    sealed: int
    ended: int | None = None
    roots: bytes = b""
    leaves: bytes = b""
    pole: str = ""

    @property
    def open_block(self) -> int:
        """The first number of the block that is not full."""
        return max(self.begins, (self.hashed + 1) // BLOCK * BLOCK)

    def append(self, value: bytes) -> None:
        """The leaf of the next number."""
        start = self.open_block
        self.leaves += value
        self.hashed += 1
        if not (self.hashed + 1) % BLOCK:
            self.roots += self._root(start)
            self.leaves = b""

    def _root(self, start: int) -> bytes:
        cut = (self.leaves[at : at + HASH] for at in range(0, len(self.leaves), HASH))
        known = {(0, number): value for number, value in enumerate(cut, start)}
        return root(known, start >> LEVELS, start, self.hashed)

    def part(self, room: int) -> SealedRange | None:
        """What a seal with room for so many blocks says of it; None: nothing new."""
        full = len(self.roots) // HASH
        if full + bool(self.leaves) > room:
            last, blocks, whole = (self.first // BLOCK + room) * BLOCK - 1, self.roots[: room * HASH], False
        else:
            last, whole = self.hashed, True
            blocks = self.roots + (self._root(self.open_block) if self.leaves else b"")
        over = whole and self.ended == last
        if last <= self.sealed and not over:
            return None
        return SealedRange(
            epoch=self.epoch,
            previous=self.previous,
            begins=self.begins,
            first=self.first,
            last=last,
            ended=over,
            blocks=base64.b64encode(blocks).decode(),
        )

    def forget(self, last: int) -> None:
        """All up to ``last`` is sealed: roots of full blocks are not needed any more."""
        full = max(0, (last + 1) // BLOCK - self.first // BLOCK)
        self.roots = self.roots[full * HASH :]
        self.first = max(self.first, (last + 1) // BLOCK * BLOCK)
        self.sealed = max(self.sealed, last)


class SealBooks(msgspec.Struct, kw_only=True):
    """``since``: older numbers are not sealed; ``ranges`` in the order of their numbers, the open one last."""

    since: int
    ranges: list[HashedRange]


def with_check(value: bytes) -> bytes:
    """SQLite does not notice a flipped bit, and a seal over a wrong hash would be a false alarm."""
    return crc32(value).to_bytes(4, "big") + value


def checked(value: object) -> bytes | None:
    """None for what is not as it was written: a damaged file may hold anything."""
    if not isinstance(value, bytes) or len(value) < 4 or crc32(value[4:]).to_bytes(4, "big") != value[:4]:
        return None
    return value[4:]


def read_books(value: object) -> SealBooks | None:
    """None for what is not as it was written."""
    data = checked(value)
    return None if data is None else msgspec.msgpack.decode(data, type=SealBooks)
