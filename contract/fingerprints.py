"""What was said under a name, in eight bytes each and within a bound of memory; pure."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from hashlib import blake2b

_BLOCK = 1024  # numbers in a row that share one array
BLOCK_BYTES = 8 * _BLOCK
"""Memory of one block, about."""


def fingerprint(kind: str, data: bytes) -> int:
    """64 bits of BLAKE2b over the type and the data of an event; never 0.

    The time is left out: an event that was taken before the clock was set may come again with its true time.
    """
    digest = blake2b(b"\0".join((kind.encode(), data)), digest_size=8).digest()
    return int.from_bytes(digest) or 1


class Fingerprints:
    """Of the numbers that were looked at last: ``blocks`` times 1,024 of them, ``blocks`` times 8 KiB."""

    def __init__(self, blocks: int) -> None:
        self._most = blocks
        self._blocks: OrderedDict[tuple[str, int], array[int]] = OrderedDict()

    def compare(self, epoch: str, seq: int, value: int) -> int | None:
        """What is known under this name: None, or the first value; remembers ``value`` where nothing was."""
        name, at = (epoch, seq // _BLOCK), seq % _BLOCK
        block = self._blocks.get(name)
        if block is None:
            block = self._blocks[name] = array("Q", bytes(BLOCK_BYTES))
            if len(self._blocks) > self._most:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(name)
        if block[at]:
            return block[at]
        block[at] = value
        return None
