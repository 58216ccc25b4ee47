"""Readings that were measured long before they came: a device kept them during an outage. Pure.

They are history, delivered at their own stamps: in a window, a check or a rule of now they would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.analysis.batch import ReadingBatch
from contract.events import Samples
from contract.types import Event, Item, Reading, Stamp

LATE_S = 60.0
"""What came is late from this age on: lines deliver within seconds, and devices that keep readings keep minutes."""


def late(item: Item, now: Stamp) -> bool:
    """Whether ``item`` was measured so long ago that it says nothing about now."""
    return now.boot_s - item.at.boot_s > LATE_S


def late_samples(readings: Iterable[Reading]) -> list[Event]:
    """The readings as they were measured, one event for each device and stamp."""
    batches: dict[tuple[str, Stamp], ReadingBatch] = {}
    for reading in readings:
        offset = reading.at.utc.timestamp() - reading.at.boot_s
        batches.setdefault((reading.device, reading.at), ReadingBatch()).add(reading, offset)
    return [Event.of(device, at, Samples(series=batch.take())) for (device, at), batch in batches.items()]
