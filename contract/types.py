"""What flows through the agent, from the wire to the store.

``Reading | Fault`` leave a codec; ``Event`` is what a stage makes of them and what the store keeps. All are frozen.
What an event says is its body, see ``contract.events``.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import ClassVar

import msgspec

from contract.units import Unit

Value = int | float | str
"""A measured number, or the label of an enumeration; a switch is 1 or 0."""


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """One moment on both clocks, so that it can be corrected once the wall clock is known.

    ``utc`` is aware; ``boot_s`` counts seconds since this boot (CLOCK_BOOTTIME); ``synced`` says whether the wall
    clock had been set from outside when ``utc`` was read.
    """

    utc: datetime
    boot_s: float
    synced: bool = True


class Quality(StrEnum):
    """OPC UA quality of a reading (OPC 10000-8, 6.3.3): what a consumer may do with the value."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


GOOD, UNCERTAIN, BAD = Quality
"""For what is done with each reading: a member asked of its class costs Python 3.11 six times as much."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One measured value of one quantity, in the unit of the settings or of ``contract.units``."""

    device: str
    quantity: str
    value: Value
    unit: Unit
    at: Stamp
    quality: Quality = Quality.GOOD


class FaultCode(StrEnum):
    """Why there is no reading. A technician's first question is which of these it is."""

    NO_ANSWER = "no_answer"  # nothing at all came back in time
    BAD_FRAME = "bad_frame"  # bytes came, none of them a whole frame with a right checksum
    WRONG_DEVICE = "wrong_device"  # a whole frame, of another device or another question
    EXCEPTION = "exception"  # the device answered that it cannot (a Modbus exception)
    NOT_AVAILABLE = "not_available"  # the device answers, but has no value (no fix, sensor missing)
    OUT_OF_RANGE = "out_of_range"  # the value cannot be represented or is outside the declared range
    LOST_FRAMES = "lost_frames"  # sequence numbers jumped: the line or the box was too slow
    PORT_GONE = "port_gone"  # the port itself is not there
    OVERDUE = "overdue"  # a device that talks by itself has been quiet for longer than it may


class Fault(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A missing measurement. ``quantities`` are those that were asked for; empty means the whole device."""

    device: str
    code: FaultCode
    text: str
    at: Stamp
    quantities: tuple[str, ...] = ()
    advice: str = ""
    """What a technician should do, where the codec knows better than the table of the code does."""
    again: bool = False
    """Whether the question is worth asking again at once: the device was busy."""


Item = Reading | Fault


class Lane(IntEnum):
    """Order of delivery, and reverse order of eviction."""

    ALARM = 0
    EVENT = 1
    SUMMARY = 2
    RAW = 3


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event says. ``kind`` names it on the wire (``poleagent.<kind>.v2``), ``lane`` is where it travels."""

    kind: ClassVar[str]
    lane: ClassVar[Lane] = Lane.EVENT


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth telling the platform. ``source`` is the device's name, or ``agent`` for the agent itself."""

    source: str
    at: Stamp
    body: Body
    lane: Lane

    @classmethod
    def of(cls, source: str, at: Stamp, body: Body, lane: Lane | None = None) -> Event:
        """An event in the lane of its kind, or in ``lane`` where this one is more urgent."""
        return cls(source=source, at=at, body=body, lane=body.lane if lane is None else lane)


CONTRACT = 2
"""Version of the contract that this code writes; rows of an older store keep theirs."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A committed event: ``body`` is its body as JSON, ``(pole, epoch, seq)`` its name for ever.

    Rows that were carried over from a broken file keep their epoch, so a repeat of them is still recognisable.
    """

    epoch: str
    seq: int
    lane: Lane
    kind: str
    source: str
    at: Stamp
    body: bytes
    contract: int = CONTRACT
    pole: str = ""
    """Id of the pole that wrote it; empty: the one that delivers it."""
    taken: str | None = None
    """Of a row that was taken before the clock was set: its time as it was then, see ``contract.merkle``."""


Key = tuple[str, int]
"""``(epoch, seq)``: with the pole's id, the name of an event for ever."""


def key(row: Row) -> Key:
    return (row.epoch, row.seq)
