"""Every command that a pole knows, in one table for the platform, the control socket and the pages.

A command is one row of ``COMMANDS``; its handler is the method of that name in ``agent.handlers``. Nothing lists it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from contract.diagnosis import Diagnosis
from contract.events import Acceptance, UpdateStep
from contract.health import DeviceResult, PoleStatus
from contract.release import Number, ReleaseName
from contract.types import Reading, Stamp

COMMAND_BYTES = 16 * 1024
"""Longest command that is read; a longer one is answered with an error and dropped."""
LONGEST_WAIT_S = 30.0
DEVICE_S = 15.0
"""How long a device may take for one request: its time-outs, retries, and the turns of others before it."""
BACKGROUND_S = 150.0
"""How long a background may take; it is made of a minute of frames."""
MOST_EVENTS = 200
MOST_READINGS = 5000

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Aware = Annotated[datetime, Meta(tz=True)]


class Face(StrEnum):
    """Where a command can be asked."""

    SOCKET = "socket"  # people on the pole, over the control socket
    MQTT = "mqtt"  # the platform
    PAGE = "page"  # the technician's page


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request of the platform. It is carried out at most once, and never after ``expires``."""

    id: Annotated[str, Meta(min_length=1, max_length=64, description="chosen by the platform; the reply carries it")]
    name: Name
    expires: Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone; later the command is refused")]
    args: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to the command of the same id: ``result`` where it worked, else one sentence in ``error``."""

    id: str
    ok: bool
    at: Aware
    clock: Literal["synced", "unsynced"]
    error: str | None = None
    result: Annotated[Any, Meta(description="what the command gives, see its own result")] = None


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


class DeviceArgs(Args, frozen=True, kw_only=True):
    """What one device of the pole is to do at once; what it can do besides ``read`` depends on its driver."""

    device: Name
    action: Annotated[str, Meta(min_length=1, max_length=32, description="read, identify, self_test ...")] = "read"


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


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """One command. ``harmless``: changes nothing, so it is answered even while the clock cannot tell its expiry."""

    name: str
    text: str
    args: type[Args]
    result: type[msgspec.Struct]
    harmless: bool = False
    faces: frozenset[Face]


_ALL = frozenset(Face)
_LOCAL = frozenset({Face.SOCKET, Face.PAGE})

COMMANDS: tuple[CommandRow, ...] = (
    CommandRow(
        name="ping",
        text="Answers, to show that the way there and back is open.",
        args=NoArgs,
        result=PingResult,
        harmless=True,
        faces=_ALL,
    ),
    CommandRow(
        name="status",
        text="Reports the health of every part of the pole.",
        args=NoArgs,
        result=PoleStatus,
        harmless=True,
        faces=_ALL,
    ),
    CommandRow(
        name="diagnose",
        text="Looks for what is wrong with the pole and names the causes, the first one first; takes 20 s at most.",
        args=NoArgs,
        result=Diagnosis,
        harmless=True,
        faces=_ALL,
    ),
    CommandRow(
        name="events",
        text="Lists the newest events of the pole, delivered or not.",
        args=EventsArgs,
        result=EventsResult,
        harmless=True,
        faces=_LOCAL,
    ),
    CommandRow(
        name="readings",
        text="Lists the newest raw readings that the pole has kept.",
        args=ReadingsArgs,
        result=ReadingsResult,
        harmless=True,
        faces=_LOCAL,
    ),
    CommandRow(
        name="device",
        text="Reads a device at once, before all others on its line, or has it do an action of its driver.",
        args=DeviceArgs,
        result=DeviceResult,
        faces=_ALL,
    ),
    CommandRow(
        name="reload",
        text="Reads the settings again and applies what changed.",
        args=NoArgs,
        result=ReloadResult,
        faces=_LOCAL,
    ),
    CommandRow(
        name="background",
        text="Makes a small background that shows nobody, for aiming a camera; it takes a minute and leaves no trace.",
        args=BackgroundArgs,
        result=BackgroundResult,
        faces=_LOCAL,
    ),
    CommandRow(
        name="update_step",
        text="Takes a step of an update into the pole's events; answers when it is on disk.",
        args=UpdateStepArgs,
        result=UpdateStepResult,
        faces=frozenset({Face.SOCKET}),
    ),
    CommandRow(
        name="acceptance",
        text="Takes the report of a setup into the pole's events; answers when it is on disk.",
        args=AcceptanceArgs,
        result=AcceptanceResult,
        faces=frozenset({Face.SOCKET}),
    ),
    CommandRow(
        name="shadow",
        text="Has a model look next to the one that counts, on live frames; only figures come of it.",
        args=ShadowArgs,
        result=ShadowResult,
        faces=frozenset({Face.SOCKET}),
    ),
    CommandRow(
        name="resend",
        text="Delivers events again that were delivered before, as far as the pole still has them.",
        args=ResendArgs,
        result=ResendResult,
        faces=frozenset({Face.MQTT}),
    ),
    CommandRow(
        name="backfill",
        text="Delivers raw readings that the pole has kept.",
        args=BackfillArgs,
        result=BackfillResult,
        faces=frozenset({Face.MQTT}),
    ),
)


def commands_of(face: Face) -> dict[str, CommandRow]:
    """The commands that may be asked over ``face``, by name."""
    return {row.name: row for row in COMMANDS if face in row.faces}
