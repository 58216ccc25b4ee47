"""The tree over a pole's events that its seals sign: leaves, nodes, blocks; pure.

A leaf is the SHA-256 of one event, a node that of its two children (with a byte in front that tells them apart, as in
RFC 6962, 2.1). Nodes lie at fixed places: the one at (level, index) covers the numbers from ``index << level`` on,
``1 << level`` of them. Where an epoch begins or ends inside a node, the half without numbers does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import msgspec

LEVELS = 8
BLOCK = 1 << LEVELS
"""Numbers of a block: the finest stretch that a seal names by itself. 44 bytes of a seal each."""
HASH = 32
Place = tuple[int, int]
"""(level, index) of a node."""
_encode = msgspec.json.Encoder().encode


class UnknownHash(LookupError):
    """A node cannot be computed: ``number`` is the first one of which nothing is known."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def leaf(head: tuple[str, str, str, str, str], body: bytes) -> bytes:
    """The hash of one event: ``head`` are its id, source, type, lane and ``sealed_time``, ``body`` its data as sent."""
    return sha256(b"\0" + _encode(head) + body).digest()


def sealed_time(utc_us: int, boot_us: int | None) -> str:
    """The time of an event as it is sealed: microseconds since 1970.

    Where the clock had not been set, as it was read then, with the microseconds since boot, from which the true time
    follows later.
    """
    return str(utc_us) if boot_us is None else f"{utc_us}/{boot_us}"


def nothing(epoch: str, number: int) -> bytes:
    """In place of the leaf of an event that the pole could not read any more when it was to be sealed."""
    return sha256(b"\2" + f"{epoch}/{number}".encode()).digest()


def above(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root(known: Mapping[Place, bytes], block: int, first: int, last: int) -> bytes:
    """The hash of ``block`` over its numbers from ``first`` to ``last``. Raises ``UnknownHash``.

    ``known`` has leaves at level 0, and nodes of which no leaves are known.
    """
    found = _node(known, LEVELS, block, first, last)
    if found is None:
        raise ValueError(f"block {block} has no number from {first} to {last}")
    return found


def _node(known: Mapping[Place, bytes], level: int, index: int, first: int, last: int) -> bytes | None:
    low, high = index << level, ((index + 1) << level) - 1
    if high < first or low > last:
        return None
    if first <= low and high <= last and (level, index) in known:
        return known[level, index]
    if not level:
        raise UnknownHash(low)
    left = _node(known, level - 1, index * 2, first, last)
    right = _node(known, level - 1, index * 2 + 1, first, last)
    return left if right is None else right if left is None else above(left, right)


def bounds(first: int, last: int) -> list[tuple[int, int, int]]:
    """The blocks from ``first`` to ``last``: index, first and last number of each."""
    blocks = range(first >> LEVELS, (last >> LEVELS) + 1)
    return [(each, max(first, each << LEVELS), min(last, ((each + 1) << LEVELS) - 1)) for each in blocks]
