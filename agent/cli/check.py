"""``poleagent check``: settings, before they are in force."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import get_args

from agent.acquire.plan import plan
from agent.acquire.registry import find_drivers
from agent.api import Driver
from agent.cli import _sentences as say
from agent.cli import _sentences_help as about
from agent.cli._command import OK, SETTINGS, WRONG_SETTINGS, Commands
from agent.cli._language import err, out
from agent.config.bounds import parsed
from agent.config.files import off_the_pole
from agent.config.load import examine
from agent.config.problem import render
from agent.config.sample import sample
from agent.config.settings import Settings
from agent.errors import AgentError, ConfigError
from agent.models.counting import counting_advice
from agent.models.describe import describe
from agent.system.clock import SystemClock, always_synced
from agent.uplink.trust import examined
from contract.model import Task

_USELESS = {"unusable", "expired"}
"""States of a certificate with which no link comes about."""


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "check",
        help=about.CHECK_SETTINGS_FILES(),
        description=about.CHECKS_SETTINGS_FILE_CONF(),
    )
    command.add_argument("files", type=Path, nargs="*", metavar="FILE", help=about.FILES_DEFAULT(file=SETTINGS))
    command.add_argument("--offline", action="store_true", help=about.CHECK_FILES_OTHER_POLES())
    command.add_argument("--explain", action="store_true", help=about.SAY_WHAT_EACH_DEVICE())
    command.set_defaults(do=_check)


def _check(options: argparse.Namespace) -> int:
    files = options.files or [SETTINGS]
    if len(files) > 1 and not options.offline:
        raise AgentError(say.POLE_ONE_SETTINGS_FILE())
    drivers = find_drivers()
    if not options.offline:
        return _check_one(files[0], drivers, options)
    with off_the_pole():
        codes = [_check_one(file, drivers, options, ids) for ids in [dict[str, Path]()] for file in files]
    out(say.GOOD(ok=codes.count(OK), codes=len(codes)))
    return max(codes)


def _check_one(
    file: Path, drivers: dict[str, Driver], options: argparse.Namespace, ids: dict[str, Path] | None = None
) -> int:
    """One settings file; ``ids`` are the poles of those before, by id."""
    settings, problems = examine(file, drivers)
    if problems:
        err(render(problems))
    if settings is None:
        return WRONG_SETTINGS
    if _is_sample(file, drivers):
        err(say.STILL_SAMPLE_SET_LEAST(file=file))
        return WRONG_SETTINGS
    if ids is not None and ids.setdefault(settings.pole.id, file) != file:
        err(say.POLE_ID_TOO(file=file, id=settings.pole.id, ids=ids[settings.pole.id]))
        return WRONG_SETTINGS
    counts = say.LINES_DEVICES(lines=len(settings.lines), devices=len(settings.devices))
    if settings.cameras:
        counts += say.AND_CAMERAS(cameras=len(settings.cameras))
    out(say.GOOD_POLE_REVISION(file=file, id=settings.pole.id, counts=counts, revision=settings.revision))
    for row in _loads(settings, drivers):
        out(row)
    if options.explain:
        for row in _explained(settings, drivers):
            out(row)
    return OK if options.offline else _on_this_box(settings)


def _on_this_box(settings: Settings) -> int:
    """What the files that the settings name are good for."""
    wrong, advice = _models(settings)
    tls = settings.uplink.tls if settings.uplink else None
    for one in examined(tls, SystemClock(always_synced).now()):
        if one.text:
            (wrong if one.state in _USELESS else advice).append(one.text)
        elif one.not_after is not None:
            advice.append(say.CERTIFICATE_VALID_UNTIL(role=one.role, file=one.file, not_after=one.not_after))
    for row in advice:
        out(row)
    for row in wrong:
        err(row)
    return WRONG_SETTINGS if wrong else OK


def _is_sample(file: Path, drivers: dict[str, Driver]) -> bool:
    """Whether nothing has been set yet; the unit does not start then."""
    try:
        return parsed(file.read_text(encoding="utf-8-sig")) == tomllib.loads(sample(drivers))
    except (OSError, ValueError):
        return False


def _models(settings: Settings) -> tuple[list[str], list[str]]:
    """What is wrong with the models that are there, and what each camera's can and cannot count."""
    wrong, advice = [], []
    for folder, content in settings.models.items():
        if content:
            try:
                model = describe(Path(folder), get_args(Task)).about
            except ConfigError as reason:
                wrong.append(say.MODEL_WRONG(reason=reason))
            else:
                advice.append(say.MODEL_CONTENT(folder=folder, name=model.name, task=model.task, content=content))
    for name, camera in settings.cameras.items():
        advice += [say.OF_CAMERA(name=name, text=each) for each in counting_advice(camera)]
    return wrong, advice


def _explained(settings: Settings, drivers: dict[str, Driver]) -> list[str]:
    """What each device is asked and how its answers are read, of drivers that can say so."""
    rows = []
    for name, device in settings.devices.items():
        explain = drivers[device.common.driver].explain
        if explain:
            rows += [say.OF_DEVICE(name=name), *(f"  {line}" for line in explain(device.options))]
    return rows


def _loads(settings: Settings, drivers: dict[str, Driver]) -> list[str]:
    """A row for each line with a bit rate that polls: how much of its time is planned, and what cannot be met."""
    rows = []
    for name, line in settings.lines.items():
        devices = [device for device in settings.devices.values() if device.common.line == name]
        planned = plan(line, devices, drivers)
        if planned.shares:
            rows.append(say.LINE_TIME_PLANNED(name=name, load=planned.load))
        rows += [say.OF_LINE(name=name, text=problem) for problem in planned.problems]
    return rows
