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
from agent.web.aim import Aim, DrawnScene
from agent.web.ask import DaemonDoor
from agent.web.http import WebAnswer, WebRequest
from agent.web.keeper import KeeperDoor
from agent.web.set_up import AnswerSetup, BeginSetup, SetUp, ShownSetup
from agent.web.view import ShownEvent, ShownPole, ShownSeries, shown_event, shown_pole, shown_series
from contract.health import PoleStatus
from contract.requests import (
    BACKGROUND_S,
    BackgroundArgs,
    BackgroundResult,
    EventsArgs,
    EventsResult,
    ReadingsArgs,
    ReadingsResult,
)
from contract.words import Language

MOST_POINTS = 600
"""Readings in a chart: ten minutes of one a second."""
LAST_EVENTS = 50


class Parts:
    """What answers need: the daemon, and the settings file of the pole."""

    def __init__(self, daemon: DaemonDoor, settings: Path, socket: str, keeper: KeeperDoor) -> None:
        self.daemon = daemon
        self.settings = settings
        self.socket = socket
        self.aim = Aim(settings, daemon, keeper)
        self.set_up = SetUp(keeper, settings)
        self.diagnosing = asyncio.Lock()
        self.changing = asyncio.Lock()


class ShownScenes(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn for each camera; ``can_undo``: the last change of this run can be taken back."""

    scenes: dict[str, DrawnScene]
    can_undo: bool


class SaveScene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is to be drawn for a camera."""

    camera: str
    scene: DrawnScene


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


async def status(parts: Parts, _: WebRequest, language: Language) -> ShownPole:
    return shown_pole(await parts.daemon.ask("status", PoleStatus), language)


async def series(parts: Parts, asked: WebRequest, _: Language) -> ShownSeries:
    wanted = msgspec.convert(asked.query, SeriesQuery)
    args = ReadingsArgs(last=MOST_POINTS, device=wanted.device, quantity=wanted.quantity)
    return shown_series((await parts.daemon.ask("readings", ReadingsResult, args)).readings)


async def events(parts: Parts, _: WebRequest, language: Language) -> ShownEvents:
    found = await parts.daemon.ask("events", EventsResult, EventsArgs(last=LAST_EVENTS))
    return ShownEvents(events=tuple(shown_event(event, language) for event in reversed(found.events)))


async def diagnose(parts: Parts, _: WebRequest, language: Language) -> ShownDiagnosis:
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


async def scenes(parts: Parts, _: WebRequest, __: Language) -> ShownScenes:
    return ShownScenes(scenes=parts.aim.scenes(), can_undo=parts.aim.can_undo)


async def background(parts: Parts, asked: WebRequest, _: Language) -> BackgroundResult:
    """Takes a minute; the answer is shown and kept nowhere."""
    args = msgspec.json.decode(asked.body, type=BackgroundArgs)
    return await parts.daemon.ask("background", BackgroundResult, args, wait_s=BACKGROUND_S)


async def save(parts: Parts, asked: WebRequest, language: Language) -> ShownScenes:
    wanted = msgspec.json.decode(asked.body, type=SaveScene)
    async with parts.changing:
        _no_setup(parts)
        await parts.aim.save(wanted.camera, wanted.scene)
    return await scenes(parts, asked, language)


async def undo(parts: Parts, asked: WebRequest, language: Language) -> ShownScenes:
    async with parts.changing:
        _no_setup(parts)
        await parts.aim.undo()
    return await scenes(parts, asked, language)


def _no_setup(parts: Parts) -> None:
    """Two that write the settings would write over each other."""
    if parts.set_up.runs:
        raise AgentError(say.BUSY())


async def setup(parts: Parts, _: WebRequest, language: Language) -> ShownSetup:
    return await parts.set_up.shown(language)


async def acceptance(parts: Parts, _: WebRequest, language: Language) -> WebAnswer:
    """The newest report as a page to print; its own style is all that it may use."""
    from agent.setup.kept import newest_page  # noqa: PLC0415 - rarely asked for

    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    body = newest_page(parts.settings, language).encode()
    return WebAnswer(body=body, kind="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


async def begin_setup(parts: Parts, asked: WebRequest, language: Language) -> ShownSetup:
    wanted = msgspec.json.decode(asked.body, type=BeginSetup)
    async with parts.changing:
        await parts.set_up.begin(wanted, language)
    return await parts.set_up.shown(language)


async def answer_setup(parts: Parts, asked: WebRequest, language: Language) -> ShownSetup:
    parts.set_up.answer(msgspec.json.decode(asked.body, type=AnswerSetup))
    return await parts.set_up.shown(language)


async def stop_setup(parts: Parts, _: WebRequest, language: Language) -> ShownSetup:
    await parts.set_up.stop()
    return await parts.set_up.shown(language)


Question = Callable[[Parts, WebRequest, Language], Awaitable[Any]]
QUESTIONS: dict[str, Question] = {
    "status": status,
    "series": series,
    "events": events,
    "scenes": scenes,
    "setup": setup,
    "acceptance": acceptance,
}
"""Those that change nothing."""
POSTS: dict[str, Question] = {
    "diagnose": diagnose,
    "background": background,
    "save": save,
    "undo": undo,
    "begin-setup": begin_setup,
    "answer-setup": answer_setup,
    "stop-setup": stop_setup,
}
