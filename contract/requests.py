"""The arguments and the results of the commands in ``contract.commands``, one type each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.events import Acceptance, UpdateStep
from contract.release import Number, ReleaseName
from contract.types import Reading, Stamp

LONGEST_WAIT_S = 30.0
DEVICE_S = 15.0
"""How long a device may take for one request: its time-outs, retries, and the turns of others before it."""
BACKGROUND_S = 150.0
"""How long a background may take; it is made of a minute of frames."""
MOST_EVENTS = 200
MOST_READINGS = 5000
MOST_BLOCKS = 32

LaneName = Literal["alarm", "event", "summary", "raw"]
Name = Annotated[str, Meta(min_length=1, max_length=64)]


class Args(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The arguments of one command."""


class NoArgs(Args, frozen=True, kw_only=True):
    """The command takes no arguments."""


class PingResult(msgspec.Struct, frozen=True, kw_only=True):
    """``received`` is the pole's own time."""

    version: str
    uptime_s: float
    received: datetime


class EventsArgs(Args, frozen=True, kw_only=True):
    """The newest ``last`` events, or all after the one with ``cursor`` ``after``, oldest first.

    With ``after`` the answer waits up to ``wait_s`` for the first one.
    """

    last: Annotated[int, Meta(ge=1, le=MOST_EVENTS)] = 20
    after: Annotated[int, Meta(ge=0)] | None = None
    wait_s: Annotated[float, Meta(ge=0, le=LONGEST_WAIT_S)] = 0.0
    source: str | None = None
    kind: str | None = None


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was handed to the store; ``body`` is its wire form."""

    cursor: int
    at: Stamp
    lane: str
    kind: str
    source: str
    body: msgspec.Raw


class EventsResult(msgspec.Struct, frozen=True, kw_only=True):
    """``cursor`` is where to go on; it grows even where a filter let nothing through."""

    events: tuple[EventLine, ...]
    cursor: int


class ReadingsArgs(Args, frozen=True, kw_only=True):
    """Readings kept on the pole, oldest first: the newest ``last`` of those taken after ``after``."""

    last: Annotated[int, Meta(ge=1, le=MOST_READINGS)] = 20
    after: datetime | None = None
    device: str | None = None
    quantity: str | None = None


class ReadingsResult(msgspec.Struct, frozen=True, kw_only=True):
    """The readings that were asked for, oldest first."""

    readings: tuple[Reading, ...]


class RingArgs(Args, frozen=True, kw_only=True):
    """Which blocks of the ring to give with their data; none: the list of all, without."""

    ids: Annotated[tuple[int, ...], Meta(max_length=MOST_BLOCKS)] = ()


class RingBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Readings of one stretch of time as they lie in the ring, the oldest first; times in ms of UTC."""

    id: int
    first_ms: int
    last_ms: int
    synced: bool
    size: int
    data: bytes = b""


class RingResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``learned``: what the analysis has learned of the sensors, with the list only."""

    blocks: tuple[RingBlock, ...]
    learned: bytes = b""


class WhatIfArgs(Args, frozen=True, kw_only=True):
    """Which published release to try on the ring; asked again, the answer says how far the run is."""

    release: Annotated[
        str,
        Meta(pattern=r"^(models|settings)/[a-z0-9][a-z0-9_-]{0,62}/[1-9][0-9]{0,8}$", description="settings/street/12"),
    ]
    hours: Annotated[
        Annotated[float, Meta(gt=0, le=24 * 366)] | None, Meta(description="of the ring, the newest; null: all of it")
    ] = None
    again: Annotated[bool, Meta(description="begin anew where there is an answer")] = False


class DeviceArgs(Args, frozen=True, kw_only=True):
    """What one device of the pole is to do at once; what it can do besides ``read`` depends on its driver."""

    device: Name
    action: Annotated[str, Meta(min_length=1, max_length=32, description="read, relearn, identify, self_test ...")] = (
        "read"
    )


class ReloadResult(msgspec.Struct, frozen=True, kw_only=True):
    """``problems`` empty: the settings of ``revision`` are in force; else nothing was changed.

    ``pending`` are options that differ from what is in force until the agent starts anew.
    """

    revision: str
    applied: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


class BackfillArgs(Args, frozen=True, kw_only=True):
    """Which part of the ring of raw readings to deliver, as ``backfill`` events in the raw lane."""

    device: Name
    quantity: Annotated[Name | None, Meta(description="null for all quantities of the device")] = None
    since: Annotated[datetime, Meta(tz=True, description="first moment, inclusive")]
    until: Annotated[datetime, Meta(tz=True, description="last moment, exclusive; at most 31 days after since")]


class ResendArgs(Args, frozen=True, kw_only=True):
    """Which events to send again, under the same names: inclusive ranges of seq of one epoch."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    ranges: Annotated[
        tuple[tuple[Annotated[int, Meta(ge=1)], Annotated[int, Meta(ge=1)]], ...],
        Meta(min_length=1, max_length=1000, description="[first, last], inclusive"),
    ]


class ResendResult(msgspec.Struct, frozen=True, kw_only=True):
    """How many delivered events of these ranges the pole still had, and sends again; others wait, or are gone."""

    events: int


class BackfillResult(msgspec.Struct, frozen=True, kw_only=True):
    """What is on its way in the raw lane: events of kind ``backfill`` with ``request`` = the command's id."""

    readings: int
    parts: int


class UpdateStepArgs(Args, frozen=True, kw_only=True):
    """One step of `poleagent update`, to be put into the numbered stream."""

    body: UpdateStep


class ShadowArgs(Args, frozen=True, kw_only=True):
    """A model that lies in its slot is to look next to the one that runs, for so long; 0: no more."""

    name: ReleaseName
    number: Number
    for_s: Annotated[float, Meta(ge=0, le=86400)]


class ShadowResult(msgspec.Struct, frozen=True, kw_only=True):
    """The cameras that use this slot; `status` has the figures of each."""

    cameras: tuple[str, ...]


class UpdateStepResult(msgspec.Struct, frozen=True, kw_only=True):
    """The step with this number is on disk."""

    number: int


class BackgroundArgs(Args, frozen=True, kw_only=True):
    """Which camera."""

    camera: Name


class BackgroundResult(msgspec.Struct, frozen=True, kw_only=True):
    """A background that shows nobody, ``width`` x ``height`` pixels; ``jpeg`` in base64."""

    width: int
    height: int
    jpeg: str


class AcceptanceArgs(Args, frozen=True, kw_only=True):
    """The report of a setup, to be put into the numbered stream."""

    body: Acceptance


class AcceptanceResult(msgspec.Struct, frozen=True, kw_only=True):
    """The report is on disk, under a number of ``epoch`` below ``next_seq``."""

    epoch: str
    next_seq: int


class CarryRowsArgs(Args, frozen=True, kw_only=True):
    """Waiting events of ``lane`` with larger numbers than ``after``."""

    lane: LaneName
    after: Annotated[int, Meta(ge=0)] = 0


class CarryRowsResult(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it would have been published, in base64; empty: there is no further one.

    ``last`` is the number of its last event: where to go on.
    """

    payload: str
    events: int
    last: int


class CarryMarksArgs(Args, frozen=True, kw_only=True):
    """What the platform has stored: base64 of ``contract.carry.CarriedMarks``, signed by the platform (CMS, DER)."""

    signed: Annotated[str, Meta(max_length=60_000)]


class CarryMarksResult(msgspec.Struct, frozen=True, kw_only=True):
    """How many waiting events count as delivered now."""

    events: int
