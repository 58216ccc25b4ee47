"""What a cause of trouble is: a name for machines, one sentence of what is wrong and one of what to do."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from contract.words import Words, both


class Rank(IntEnum):
    """Which cause is named first: one that explains others comes before them."""

    NOTHING_RUNS = 0  # settings that cannot be read: nothing else can be judged
    BOX = 1  # supply, disk, clock, memory: all else stands on them
    DAEMON = 2
    PART = 3  # a line, the link
    DEVICE = 4  # one device, one camera, one model
    LATER = 5  # works today


class CauseRow(msgspec.Struct, frozen=True):
    """One row a cause, in ``CAUSES`` of its module; nothing lists them."""

    name: str
    rank: Rank
    text: Words
    todo: Words


def cause(name: str, rank: Rank, text: tuple[str, str], todo: tuple[str, str]) -> CauseRow:
    """A row; each pair is English and Chinese."""
    return CauseRow(name, rank, both(*text), both(*todo))
