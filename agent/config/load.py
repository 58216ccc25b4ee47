"""From files to ``Settings``: all that is wrong is named at once, each with its file and line."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, TypeVar

import msgspec

from agent.api import Driver
from agent.config import sentences as say
from agent.config.cameras import check_camera, check_scene, check_sources
from agent.config.checks import check_line, check_local, check_ports, check_rule, check_store, check_uplink
from agent.config.contents import content
from agent.config.devices import Devices, check_units
from agent.config.document import MANY, Document, read
from agent.config.models import check_anomaly
from agent.config.problem import UNKNOWN, Finding, Path, Problem, SettingsError, label, option, shortened, suggest
from agent.config.released import fill_slots
from agent.config.renamed import SCENE, rename
from agent.config.rest import overlap, rest
from agent.config.rules import check_rules
from agent.config.scene import CameraSettings, SceneSettings
from agent.config.settings import (
    SECTIONS,
    AnomalySettings,
    Device,
    LineSettings,
    Name,
    ReportSettings,
    RuleSettings,
    Settings,
    Table,
)
from agent.plain import plain

T = TypeVar("T")
_log = logging.getLogger(__name__)
_DEEPEST = 32
MOST_PROBLEMS = 100
"""Problems that are named at once; nobody reads more, and each costs a search for what was meant."""
MOST_NAMED = 500
"""Tables [line.NAME], [device.NAME] ... of each sort."""
_CHECKS: dict[str, Any] = {
    "store": check_store, "local": check_local, "uplink": check_uplink, "anomaly": check_anomaly
}  # fmt: skip


def load(path: FilePath, drivers: Mapping[str, Driver]) -> Settings:
    """The settings in ``path`` and in ``conf.d/*.toml`` next to it; SettingsError with all that is wrong."""
    settings, problems = examine(path, drivers)
    if settings is None:
        raise SettingsError(tuple(problem for problem in problems if not problem.warning))
    return settings


def check(path: FilePath, drivers: Mapping[str, Driver]) -> tuple[Problem, ...]:
    """All that is wrong with the settings, and what will do but deserves a look (``warning``)."""
    return examine(path, drivers)[1]


def examine(path: FilePath, drivers: Mapping[str, Driver]) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings, None where they cannot be used, and the problems in the order of files and lines."""
    document, problems = read(path)
    if problems:
        return None, tuple(problems)
    reading = SettingsReading(document)
    settings = reading.settings(drivers)
    problems += islice(_placed(reading.found, document), MOST_PROBLEMS)
    if any(not problem.warning for problem in problems):
        settings = None
    order = {file: index for index, file in enumerate(dict.fromkeys(problem.file for problem in problems))}
    return settings, tuple(sorted(problems, key=lambda problem: (order[problem.file], problem.line or 0)))


def read_scene(path: FilePath) -> SceneSettings:
    """The scene in a file of its own, as it would stand under ``[camera.NAME]``. SettingsError: all that is wrong.

    A warning is logged.
    """
    document, problems = read(path, alone=True)
    reading = SettingsReading(document)
    scene = None if problems else reading.scene()
    problems += _placed(reading.found, document)
    if scene is None or any(not problem.warning for problem in problems):
        raise SettingsError(tuple(problems))
    for problem in problems:
        _log.warning("%s", problem)
    return scene


def _placed(found: Iterable[Finding], document: Document) -> Iterator[Problem]:
    for finding in dict.fromkeys(found):
        file, line = document.place(finding.path)
        text = plain(shortened(finding.text))
        yield Problem(file=file, line=line, text=text, warning=finding.warning, cause=finding.cause)


def _models(anomaly: AnomalySettings, cameras: Mapping[str, CameraSettings]) -> dict[str, str]:
    named = {camera.model for camera in cameras.values() if camera.model}
    if anomaly.enabled and anomaly.model is not None:
        named.add(anomaly.model)
    return {folder: content(folder) for folder in sorted(named)}


def _revision(files: str, models: Mapping[str, str]) -> str:
    """``files`` itself where no model is named."""
    if not models:
        return files
    return hashlib.sha256(repr((files, sorted(models.items()))).encode()).hexdigest()[:12]


class SettingsReading:
    """One document on its way to settings, with what is found on it."""

    def __init__(self, document: Document) -> None:
        self._table = document.table
        self._said: dict[str, Any] = {"kept": tuple(document.kept), "releases": tuple(document.releases)}
        self._revision = document.revision
        self.found: list[Finding] = []

    def settings(self, drivers: Mapping[str, Driver]) -> Settings | None:
        self.found.extend(_numbers(self._table, ()))
        if self.found:
            return None
        self.found.extend(rename(self._table))
        self._strangers()
        self.found.extend(fill_slots(self._table))
        sections = {name: self._section(name, kind) for name, kind in SECTIONS.items()}
        lines = self._lines()
        rules = self._rules()
        cameras = self._cameras()
        report = sections["report"]
        pole_report = report if isinstance(report, ReportSettings) else ReportSettings()
        devices = self._devices(drivers, pole_report, rules)
        self.found.extend(islice(check_sources(devices, cameras), MOST_PROBLEMS))
        if any(not finding.warning for finding in self.found):
            return None
        parts: dict[str, Any] = {name: section for name, section in sections.items() if section is not None}
        parts |= {"lines": lines, "devices": devices, "rule": rules, "cameras": cameras}
        models = _models(parts.get("anomaly", AnomalySettings()), cameras)
        return Settings(**parts, models=models, revision=_revision(self._revision, models), **self._said)

    def scene(self) -> SceneSettings | None:
        """The whole document as one scene."""
        self.found.extend(_numbers(self._table, ()))
        if self.found:
            return None
        self.found.extend(rename(self._table, SCENE))
        scene = self.convert(SceneSettings, self._table, ())
        if scene is not None:
            self.found.extend(check_scene(scene, ()))
        return scene

    def convert(self, kind: type[T], value: Any, path: Path, also: Iterable[str] = ()) -> T | None:
        """``value`` as a ``kind``; None, and why in ``found``, where it is none."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            from agent.config.explain import explain  # noqa: PLC0415  only where something is wrong

            reasons = explain(kind, value, path, also, MOST_PROBLEMS)
            said = str(error).partition(" - at `")[0]  # a driver's own check in __post_init__
            self.found.extend(reasons or [Finding(path, f"{label(path)} {said}")])
            return None

    def _checked(
        self, kind: type[T], value: Any, path: Path, check: Callable[[T, Path], Iterable[Finding]] | None
    ) -> T | None:
        """``value`` as a ``kind`` that ``check`` has looked at too; None, and why in ``found``, where it is none.

        Where the shape is wrong the rest is checked all the same, so that all mistakes are named at once.
        """
        before = len(self.found)
        whole = self.convert(kind, value, path)
        wrong = [finding.path for finding in self.found[before:]]
        checked = whole if whole is not None or check is None else rest(kind, value, path, wrong)
        if checked is not None and check is not None:
            found = islice(check(checked, path), MOST_PROBLEMS)
            self.found.extend(each for each in found if not any(overlap(each.path, one) for one in wrong))
        return whole

    def _strangers(self) -> None:
        known = [*SECTIONS, *MANY]
        for name, value in islice(self._table.items(), MOST_PROBLEMS):
            if name in known:
                continue
            path = (name,)
            if isinstance(value, dict):
                close = suggest(name, known).replace("'", "[", 1).replace("'", "]", 1)
                for many in MANY:
                    close = close.replace(f"[{many}]", f"[{many}.NAME]")
                end = close or say.THERE_ARE_WHAT(what=", ".join(f"[{each}]" for each in known))
                self.found.append(Finding(path, say.NO_SECTION(name=name, end=end), cause=UNKNOWN))
            else:
                homes = [each for each, kind in SECTIONS.items() if name in kind.__struct_fields__]
                where = say.DID_YOU_MEAN_PUT(homes=homes[0]) if homes else ""
                self.found.append(Finding(path, say.OPTION_STANDS_OUTSIDE_EVERY(name=name, where=where)))

    def _section(self, name: str, kind: type[Table]) -> Table | None:
        if name not in self._table:
            if name == "pole":
                self.found.append(Finding((), say.NO_SECTION_POLE_NEEDS()))
            return None
        value = self._table[name]
        if isinstance(value, list):
            self.found.append(Finding((name,), say.STANDS_ONCE_WRITE_SINGLE(name=name)))
            return None
        return self._checked(kind, value, (name,), _CHECKS.get(name))

    def _named(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The tables of ``[line.NAME]``, ``[device.NAME]`` and the like whose names and shapes will do.

        It ends early where enough is wrong already.
        """
        tables = self._table.get(kind, {})
        if not isinstance(tables, dict):
            self.found.append(Finding((kind,), say.EACH_TABLE_NAME_NAME(kind=kind)))
            return
        if len(tables) > MOST_NAMED:
            self.found.append(
                Finding((kind,), say.TABLES_NAME_MORE_THAN(tables=len(tables), kind=kind, most_named=MOST_NAMED))
            )
            return
        for name, value in tables.items():
            path = (kind, name)
            if len(self.found) > MOST_PROBLEMS:
                return
            if not isinstance(value, dict):
                text = f"{option(path)} {say.EACH_TABLE_NAME_NAME(kind=kind)}"
                self.found.append(Finding(path, text))
            elif self.convert(dict[Name, Any], {name: value}, (kind,)) is not None:
                yield name, value

    def _lines(self) -> dict[str, LineSettings]:
        lines = {}
        for name, table in self._named("line"):
            line = self._checked(LineSettings, table, ("line", name), partial(check_line, table))
            if line is not None:
                lines[name] = line
        self.found.extend(check_ports(lines))
        return lines

    def _cameras(self) -> dict[str, CameraSettings]:
        cameras = {}
        for name, table in self._named("camera"):
            camera = self._checked(CameraSettings, table, ("camera", name), check_camera)
            if camera is not None:
                cameras[name] = camera
        return cameras

    def _rules(self) -> dict[str, RuleSettings]:
        rules = {}
        for name, table in self._named("rule"):
            rule = self._checked(RuleSettings, table, ("rule", name), check_rule)
            if rule is not None:
                rules[name] = rule
        return rules

    def _devices(
        self, drivers: Mapping[str, Driver], report: ReportSettings, rules: Mapping[str, RuleSettings]
    ) -> dict[str, Device]:
        lines = self._table.get("line", {})
        maker = Devices(drivers, lines if isinstance(lines, dict) else {}, report, self.found)
        devices = {}
        for name, table in self._named("device"):
            device = maker.device(name, table, self.convert)
            if device is not None:
                devices[name] = device
        self.found.extend(islice(check_units(devices), MOST_PROBLEMS))
        self.found.extend(islice(check_rules(rules, maker.quantities), MOST_PROBLEMS))
        return devices


def _numbers(value: Any, path: Path) -> Iterator[Finding]:
    """Numbers that TOML can write and nothing of ours can use."""
    if len(path) > _DEEPEST:
        yield Finding(path, f"{option(path[:3])} {say.TABLES_OR_LISTS_NESTED()}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Finding(path, f"{option(path)} {say.EXPECTED(what=say.NUMBERS[False, ''](), found=value)}")
    elif isinstance(value, int) and abs(value) >= 1 << 63:
        yield Finding(path, f"{option(path)} {say.NUMBER_TOO_MANY_DIGITS()}")
