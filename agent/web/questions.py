"""What the page can ask, a row each: its path below ``/api``, and who answers. All of it needs a session."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from agent.errors import AgentError
from agent.spoken import spoken
from agent.web import sentences as say
from agent.web.ask import Daemon
from agent.web.http import Asked
from agent.web.view import ShownEvent, ShownPole, ShownSeries, shown_event, shown_pole, shown_series
from contract.commands import EventsArgs, EventsResult, ReadingsArgs, ReadingsResult
from contract.health import PoleStatus
from contract.words import Language

MOST_POINTS = 600
"""Readings in a chart: ten minutes of one a second."""
LAST_EVENTS = 50


class Parts:
    """What answers need: the daemon, and the settings file of the pole."""

    def __init__(self, daemon: Daemon, settings: Path, socket: str) -> None:
        self.daemon = daemon
        self.settings = settings
        self.socket = socket
        self.diagnosing = asyncio.Lock()


class SeriesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which quantity of which device."""

    device: str
    quantity: str


class ShownEvents(msgspec.Struct, frozen=True, kw_only=True):
    """The newest events, newest first."""

    events: tuple[ShownEvent, ...]


class ShownCause(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, what proves it, and what to do."""

    about: str
    text: str
    reading: str
    todo: str


class ShownDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The causes, the first one first; ``not_made`` are checks that could not be made, with the reason."""

    causes: tuple[ShownCause, ...]
    left_out: int
    made: int
    not_made: tuple[str, ...]
    seconds: float


async def status(parts: Parts, _: Asked, language: Language) -> ShownPole:
    return shown_pole(await parts.daemon.ask("status", PoleStatus), language)


async def series(parts: Parts, asked: Asked, _: Language) -> ShownSeries:
    wanted = msgspec.convert(asked.query, SeriesQuery)
    args = ReadingsArgs(last=MOST_POINTS, device=wanted.device, quantity=wanted.quantity)
    return shown_series((await parts.daemon.ask("readings", ReadingsResult, args)).readings)


async def events(parts: Parts, _: Asked, language: Language) -> ShownEvents:
    found = await parts.daemon.ask("events", EventsResult, EventsArgs(last=LAST_EVENTS))
    return ShownEvents(events=tuple(shown_event(event, language) for event in reversed(found.events)))


async def diagnose(parts: Parts, _: Asked, language: Language) -> ShownDiagnosis:
    """With the daemon dead as well, so it is made here and not asked for."""
    from agent.doctor.run import diagnose as looked  # noqa: PLC0415 - it knows every part of the agent

    if parts.diagnosing.locked():
        raise AgentError(say.BUSY())
    async with parts.diagnosing:
        found = await looked(parts.settings, socket=parts.socket)
    return ShownDiagnosis(
        causes=tuple(
            ShownCause(
                about=one.about, text=one.text[language], reading=spoken(one.reading, language), todo=one.todo[language]
            )
            for one in found.causes
        ),
        left_out=found.left_out,
        made=sum(not one.why_not for one in found.checks),
        not_made=tuple(f"{one.name}: {spoken(one.why_not, language)}" for one in found.checks if one.why_not),
        seconds=found.seconds,
    )


Question = Callable[[Parts, Asked, Language], Awaitable[Any]]
QUESTIONS: dict[str, Question] = {"status": status, "series": series, "events": events}
"""Those that change nothing."""
POSTS: dict[str, Question] = {"diagnose": diagnose}
