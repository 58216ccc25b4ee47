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
from contract.health import DeviceResult, PoleStatus
from contract.requests import (
    AcceptanceArgs,
    AcceptanceResult,
    Args,
    BackfillArgs,
    BackfillResult,
    BackgroundArgs,
    BackgroundResult,
    CarryMarksArgs,
    CarryMarksResult,
    CarryRowsArgs,
    CarryRowsResult,
    DeviceArgs,
    EventsArgs,
    EventsResult,
    Name,
    NoArgs,
    PingResult,
    ReadingsArgs,
    ReadingsResult,
    ReloadResult,
    ResendArgs,
    ResendResult,
    RingArgs,
    RingResult,
    ShadowArgs,
    ShadowResult,
    UpdateStepArgs,
    UpdateStepResult,
    WhatIfArgs,
)
from contract.what_if import WhatIfResult

COMMAND_BYTES = 16 * 1024
"""Longest command that is read; a longer one is answered with an error and dropped."""

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
        name="ring",
        text="Gives blocks of the ring of raw readings as they are stored.",
        args=RingArgs,
        result=RingResult,
        harmless=True,
        faces=frozenset({Face.SOCKET}),
    ),
    CommandRow(
        name="what_if",
        text="Tries a published release on the pole's own ring, in a process aside; only counts come of it.",
        args=WhatIfArgs,
        result=WhatIfResult,
        harmless=True,
        faces=frozenset({Face.SOCKET, Face.MQTT}),
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
        name="carry_rows",
        text="Gives events that wait, for a stick that is carried to the platform; they go on waiting.",
        args=CarryRowsArgs,
        result=CarryRowsResult,
        harmless=True,
        faces=frozenset({Face.SOCKET}),
    ),
    CommandRow(
        name="carry_marks",
        text="Takes from a stick, signed by the platform, which events it has stored: these wait no more.",
        args=CarryMarksArgs,
        result=CarryMarksResult,
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
