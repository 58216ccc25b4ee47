"""``poleagent check``: settings, before they are in force."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from agent.acquire.plan import plan
from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.cli._command import OK, SETTINGS, WRONG_SETTINGS, Commands
from agent.config.load import examine
from agent.config.problem import render
from agent.config.settings import Settings
from agent.errors import ConfigError
from agent.models.counting import counting_advice
from agent.models.describe import describe
from contract.model import Task


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "check",
        help="check a settings file",
        description="Checks a settings file and the conf.d folder next to it, and names every problem at once.",
    )
    command.add_argument("file", type=Path, nargs="?", default=SETTINGS, metavar="FILE", help="default %(default)s")
    command.add_argument("--explain", action="store_true", help="say what each device is asked and how it is read")
    command.set_defaults(do=_check)


def _check(options: argparse.Namespace) -> int:
    drivers = find_drivers()
    settings, problems = examine(options.file, drivers)
    if problems:
        print(render(problems), file=sys.stderr)
    if settings is None:
        return WRONG_SETTINGS
    counts = f"{len(settings.lines)} lines, {len(settings.devices)} devices"
    if settings.cameras:
        counts += f", {len(settings.cameras)} cameras"
    print(f"{options.file}: good: pole {settings.pole.id}, {counts}, revision {settings.revision}")
    for row in _loads(settings, drivers):
        print(row)
    if options.explain:
        for row in _explained(settings, drivers):
            print(row)
    wrong, advice = _models(settings)
    for row in advice:
        print(row)
    for row in wrong:
        print(row, file=sys.stderr)
    return WRONG_SETTINGS if wrong else OK


def _models(settings: Settings) -> tuple[list[str], list[str]]:
    """What is wrong with the models that are there, and what each camera's can and cannot count."""
    wrong, advice = [], []
    for folder, content in settings.models.items():
        if content:
            try:
                about = describe(Path(folder), get_args(Task)).about
            except ConfigError as reason:
                wrong.append(f"model {reason}")
            else:
                advice.append(f"model {folder}: {about.name} ({about.task}), content {content}")
    for name, camera in settings.cameras.items():
        advice += [f"camera {name}: {each}" for each in counting_advice(camera)]
    return wrong, advice


def _explained(settings: Settings, drivers: dict[str, Driver]) -> list[str]:
    """What each device is asked and how its answers are read, of drivers that can say so."""
    rows = []
    for name, device in settings.devices.items():
        explain = drivers[device.common.driver].explain
        if explain:
            rows += [f"device {name}:", *(f"  {line}" for line in explain(device.options))]
    return rows


def _loads(settings: Settings, drivers: dict[str, Driver]) -> list[str]:
    """A row for each line with a bit rate that polls: how much of its time is planned, and what cannot be met."""
    rows = []
    for name, line in settings.lines.items():
        devices = [device for device in settings.devices.values() if device.common.line == name]
        planned = plan(line, devices, drivers)
        if planned.shares:
            rows.append(f"line {name}: {planned.load:.0%} of its time is planned")
        rows += [f"line {name}: {problem}" for problem in planned.problems]
    return rows
