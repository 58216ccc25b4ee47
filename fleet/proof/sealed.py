"""What valid seals say of one epoch; pure."""

from __future__ import annotations

from contract.events import SealedRange
from contract.merkle import HASH, LEVELS, bounds
from fleet.proof.evidence import bytes_of


def hashes_of(part: SealedRange) -> bytes | None:
    """The hashes of its blocks, one after the other; None where they are not those of ``first`` to ``last``."""
    count = (part.last >> LEVELS) - (part.first >> LEVELS) + 1 if part.last >= part.first else 0
    values = bytes_of(part.blocks)
    return values if values is not None and len(values) == HASH * count and part.first >= part.begins else None


class SealedEpoch:
    """What valid seals say of one epoch."""

    def __init__(self, part: SealedRange) -> None:
        self.begins, self.previous = part.begins, part.previous
        self.last, self.ended = part.begins - 1, False
        self.blocks: dict[int, tuple[int, set[bytes]]] = {}  # block -> how far it is sealed, its hashes

    def add(self, part: SealedRange) -> bool:
        """Whether it fits together."""
        values = hashes_of(part)
        if values is None or part.begins != self.begins:
            return False
        for at, (block, _, high) in enumerate(bounds(part.first, part.last) if values else ()):
            value = values[at * HASH : (at + 1) * HASH]
            reach, known = self.blocks.get(block, (0, set()))
            self.blocks[block] = (
                max(reach, high),
                known | {value} if high == reach else {value} if high > reach else known,
            )
        self.last = max(self.last, part.last)
        self.ended = self.ended or part.ended
        return True
