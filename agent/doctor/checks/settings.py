"""The settings: there, readable for the agent, well-formed, and without a mistake."""

from __future__ import annotations

import os
import tomllib

from agent.config.document import read
from agent.config.problem import Problem
from agent.config.sample import sample
from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.system.aside import aside
from contract.health import PoleStatus

LIMIT_S = 12.0
MOST = 5
"""Problems that are named, each with its line; 'poleagent check' names all."""


async def look(pole: PoleAtHand, tell: Tell) -> str:
    if pole.status is not None:
        _reported(pole.status, tell)
    if not await aside(pole.path.exists, "settings"):
        tell("settings.missing", say.NO_FILE(file=pole.path), str(pole.path))
        return ""
    if pole.limited:
        return pole.limited
    await aside(lambda: _files(pole, tell), "settings")
    return ""


def _files(pole: PoleAtHand, tell: Tell) -> None:
    for file in (pole.path, *sorted((pole.path.parent / "conf.d").glob("*.toml"))):
        if not pole.user.may(file, os.R_OK):
            tell("settings.unreadable", say.MAY_NOT_READ(file=file, name=pole.user.name), str(file))
    _, broken = read(pole.path)
    if broken:
        for problem in broken[:MOST]:
            tell("settings.syntax", str(problem), _place(problem))
        return
    if pole.table == tomllib.loads(sample(pole.drivers)):
        tell("settings.sample", say.IS_SAMPLE(file=pole.path), str(pole.path))
        return
    for problem in pole.problems[:MOST]:
        tell("settings.warning" if problem.warning else problem.cause, str(problem), _place(problem))


def _place(problem: Problem) -> str:
    return problem.file if problem.line is None else f"{problem.file}:{problem.line}"


def _reported(status: PoleStatus, tell: Tell) -> None:
    for problem in status.problems[:MOST]:
        tell("settings.refused", problem, "settings")
    if status.pending:
        tell("settings.pending", say.CHANGED(option=", ".join(status.pending)), "settings")
    if not status.devices and not status.cameras:
        tell("settings.nothing", say.NOTHING_RUNS(), "settings")
