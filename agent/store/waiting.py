"""What waits in memory for the next commit, bounded by bytes. Plain lists; no disk, no time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

from agent.store.block import StoreBlock
from agent.store.gaps import Reason
from agent.store.outbox import Name
from agent.store.rows import Pending
from contract.types import Lane

_MAX_BLOCKS = 8
_size = attrgetter("size")


class Waiting:
    """Events in the order they were put; acknowledgements, ring blocks and states that ride along.

    Past ``limit`` bytes the oldest events of the lowest lane are dropped and counted in ``lost``, for a gap;
    so is an event that alone has more than ``body_limit`` bytes.
    """

    def __init__(self, limit: int, body_limit: int) -> None:
        self.limit = limit
        self.body_limit = body_limit
        self.events: list[Pending] = []
        self.bytes = 0
        self.lost: Counter[tuple[Lane, Reason]] = Counter()
        self.acks: dict[Name, Lane | None] = {}
        self.blocks: list[StoreBlock] = []
        self.states: dict[str, bytes] = {}
        self.ring_lost = 0

    def add(self, events: list[Pending]) -> None:
        if max(map(_size, events), default=0) > self.body_limit:
            self.lost.update((pending.lane, "refused") for pending in events if pending.size > self.body_limit)
            events = [pending for pending in events if pending.size <= self.body_limit]
        self.events += events
        self.bytes += sum(map(_size, events))
        if self.bytes > self.limit:
            self._shed()

    def _shed(self) -> None:
        target = self.limit * 7 // 8  # some air, so that not every event sheds again
        for lane in reversed(Lane):
            kept: list[Pending] = []
            for pending in self.events:
                if pending.lane == lane and self.bytes > target:
                    self.bytes -= pending.size
                    self.lost[lane, "not_committed"] += 1
                else:
                    kept.append(pending)
            self.events = kept

    def add_block(self, block: StoreBlock) -> int:
        """Queue a finished block of the ring; of too many the oldest is lost. Returns how many there are."""
        self.blocks.append(block)
        while len(self.blocks) > _MAX_BLOCKS:
            self.ring_lost += self.blocks.pop(0).count
        return len(self.blocks)

    def first(self, room: int) -> list[Pending]:
        """The first events that fit one transaction, at least one if there is one."""
        if self.bytes > room:
            for index, pending in enumerate(self.events):
                room -= pending.size
                if room < 0 and index:
                    return self.events[:index]
        return list(self.events)

    def committed(self, count: int, acks: Iterable[Name], states: Iterable[str]) -> None:
        """The first ``count`` events, these ``acks`` and ``states`` and all else that rides along are on disk."""
        self.bytes -= sum(map(_size, self.events[:count]))
        del self.events[:count]
        for name in acks:
            self.acks.pop(name, None)
        self.lost.clear()
        self.blocks.clear()
        for state in states:
            del self.states[state]

    def absorb(self, newer: Waiting) -> None:
        """What came while this could not be written goes behind it."""
        self.lost += newer.lost
        self.acks.update(newer.acks)
        self.states.update(newer.states)
        self.ring_lost += newer.ring_lost
        for block in newer.blocks:
            self.add_block(block)
        self.add(newer.events)

    @property
    def empty(self) -> bool:
        return not (self.events or self.lost or self.acks or self.blocks or self.states)
