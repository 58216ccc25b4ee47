"""The ring through both sides: all of it, or hours spread evenly over it where all would take too much of the box."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby

from agent.store.block import DAMAGED, unpacked
from agent.update import sentences as say
from agent.update.compared import Side, Undone
from agent.update.fit import ReleaseRefused
from contract.requests import RingBlock, RingResult
from contract.types import Reading, Stamp
from contract.what_if import WhatIfResult

HOUR_MS = 3_600_000
GAP_MS = 120_000
"""Between two blocks that follow each other in one stretch; past it the sides end and begin anew."""
CPU_S = 45.0
"""Seconds of one core that a run takes: of a day of a pole with some hundred readings a second it looks at a part."""
LEAST_S = 1.0
"""Of which to learn what a reading costs."""

AskRing = Callable[[tuple[int, ...]], RingResult]
"""The daemon's ring: the list of its blocks, or some of them with their data."""


def cpu_s() -> float:
    """Seconds of a core that this process and its children have taken."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def readings_in(block: RingBlock) -> list[Reading]:
    """In the order of their times; none of a block that is damaged. ``boot_s`` follows the recorded time."""
    out: list[Reading] = []
    stamps: dict[int, Stamp] = {}
    try:
        for points in unpacked(block.data, None, None):
            for time in points.times.utc_ms:
                if time not in stamps:
                    stamps[time] = Stamp(datetime.fromtimestamp(time / 1000.0, UTC), time / 1000.0, True)  # noqa: FBT003
            device, quantity, unit, utc_ms = points.device, points.quantity, points.unit, points.times.utc_ms
            out += [
                Reading(device=device, quantity=quantity, value=value, unit=unit, at=stamps[utc_ms[row]])
                for row, value in zip(points.rows, points.values, strict=True)
            ]
    except DAMAGED:
        return []
    out.sort(key=lambda reading: reading.at.boot_s)
    return out


class RingRun:
    """One comparison. ``spent`` says how much of a core was taken so far; tests bring their own."""

    def __init__(
        self,
        ask: AskRing,
        sides: Callable[[bytes], tuple[Side, Side]],
        undone: Undone,
        *,
        most_s: float = CPU_S,
        spent: Callable[[], float] = cpu_s,
    ) -> None:
        self._ask = ask
        self._make = sides
        self._undone = undone
        self._most_s = most_s
        self._spent = spent
        self._readings = 0

    def run(self, release: str, hours: float | None = None) -> WhatIfResult:
        """``hours``: of the ring, the newest. ReleaseRefused: the ring holds nothing that could be looked at."""
        began = self._spent()
        listed = self._ask(())
        blocks = [block for block in listed.blocks if block.synced]
        if hours is not None and blocks:
            blocks = [block for block in blocks if block.last_ms > blocks[-1].last_ms - hours * HOUR_MS]
        if not blocks:
            raise ReleaseRefused(say.RING_HOLDS_NOTHING())
        by_hour = [list(group) for _, group in groupby(blocks, lambda block: block.first_ms // HOUR_MS)]
        chosen = self._affordable(by_hour, listed.learned, began)
        self._readings = 0
        sides = self._make(listed.learned)
        done = self._all(sides, [block for group in chosen for block in group], began)
        if not self._readings:
            raise ReleaseRefused(say.RING_HOLDS_NOTHING())
        looked, whole = _span_ms(done), _span_ms(blocks)
        return WhatIfResult(
            release=release,
            state="done",
            since=_moment(done[0].first_ms),
            until=_moment(done[-1].last_ms),
            hours=round(looked / HOUR_MS, 3),
            share=round(looked / whole, 4) if whole else 1.0,
            readings=self._readings,
            before=sides[0].counts.total(),
            after=sides[1].counts.total(),
            cpu_s=round(self._spent() - began, 2),
        )

    def _affordable(
        self, by_hour: Sequence[list[RingBlock]], learned: bytes, began: float
    ) -> Sequence[list[RingBlock]]:
        """All hours, or so many of them as the time of a core allows; the newest blocks tell what a byte costs."""
        sides, tried = self._make(learned), 0
        first = self._spent()
        for block in reversed([block for group in by_hour for block in group]):
            self._take(sides, block)
            tried += block.size
            if self._spent() - first >= LEAST_S:
                break
        cost = (self._spent() - first) / tried
        left = max(0.0, self._most_s - (self._spent() - began))
        total = sum(block.size for group in by_hour for block in group)
        count = int(len(by_hour) * left / (cost * total)) if cost else len(by_hour)
        if count >= len(by_hour):
            return by_hour
        if count <= 1:
            return by_hour[-1:]
        last = len(by_hour) - 1
        return [by_hour[round(place * last / (count - 1))] for place in range(count)]

    def _all(self, sides: tuple[Side, Side], blocks: Sequence[RingBlock], began: float) -> list[RingBlock]:
        """Those that were looked at, in order; fewer where they cost more than was thought."""
        done: list[RingBlock] = []
        for block in blocks:
            if done and not 0 <= block.first_ms - done[-1].last_ms <= GAP_MS:
                self._end(sides, done[-1])
            self._take(sides, block)
            done.append(block)
            if self._spent() - began > 1.2 * self._most_s:
                break
        self._end(sides, done[-1])
        return done

    def _take(self, sides: tuple[Side, Side], block: RingBlock) -> None:
        undone, second = self._undone, None
        before, after = sides
        for whole in self._ask((block.id,)).blocks:  # none where it has left the ring since
            for reading in map(undone, readings_in(whole)):
                at = reading.at
                if int(at.boot_s) != second:
                    second = int(at.boot_s)
                    before.tick(at)
                    after.tick(at)
                before.take(reading)
                after.take(reading)
                self._readings += 1

    @staticmethod
    def _end(sides: tuple[Side, Side], block: RingBlock) -> None:
        at = Stamp(_moment(block.last_ms), block.last_ms / 1000.0, True)  # noqa: FBT003
        for side in sides:
            side.end(at)


def _span_ms(blocks: Sequence[RingBlock]) -> int:
    return sum(block.last_ms - block.first_ms for block in blocks)


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000.0, UTC)
