"""``[device.NAME]`` tables: the common options, the driver's own, and how they go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from agent.api import Driver
from agent.config import sentences_checks as say
from agent.config.problem import Finding, Path, label, nearest, option, suggest
from agent.config.report import layered, split
from agent.config.settings import Device, DeviceSettings, ReportSettings
from agent.errors import ConfigError

T = TypeVar("T")
Convert = Callable[..., Any]
ADDRESSES = ("unit", "address")
"""Options that tell devices of one line apart."""
COMMON = frozenset(field.encode_name for field in msgspec.structs.fields(DeviceSettings))


class Devices:
    """Makes the devices of one document; all that is wrong with them is added to ``found``."""

    def __init__(
        self, drivers: Mapping[str, Driver], lines: Mapping[str, Any], report: ReportSettings, found: list[Finding]
    ) -> None:
        self._drivers = drivers
        self._lines = lines  # as they stand in the file, right or wrong
        self._report = report
        self._found = found
        self.quantities: dict[str, list[str] | None] = {}
        """What each device reports; None where its settings are wrong."""

    def device(self, name: str, table: dict[str, Any], convert: Convert) -> Device | None:
        path: Path = ("device", name)
        self.quantities[name] = None
        common = {key: value for key, value in table.items() if key in COMMON and key != "report"}
        own = {key: value for key, value in table.items() if key not in COMMON}
        settings: DeviceSettings | None = convert(DeviceSettings, common, path)
        line = table.get("line")
        if isinstance(line, str) and line not in self._lines:
            self._found.append(Finding((*path, "line"), _no_line(line, self._lines, path)))
        driver, named = self._driver(table.get("driver"), path)
        if driver is None:
            return None
        where = self._lines.get(line) if isinstance(line, str) else None
        if driver.network and isinstance(where, dict) and "port" in where:
            text = say.SPOKEN_OVER_NETWORK_LINE(name=driver.name, line=line)
            self._found.append(Finding((*path, "driver"), f"{option((*path, 'driver'))} {text}"))
        before = len(self._found)
        options = convert(driver.options, own, path, also=COMMON)
        report = table.get("report", {})
        right = self._report_types(report, (*path, "report"), convert)
        if options is None:
            quantities = self._rest(driver, own, path, before)
        else:
            quantities = self._quantities(driver, options, path)
        if quantities is None:
            return None
        for key in ("limits", "offsets", "report"):
            self._found.extend(_strangers(table.get(key, {}), quantities, (*path, key)))
        if settings is None or options is None or not right or not named:
            return None
        self.quantities[name] = quantities
        self._found.extend(_limits(settings, path))
        self._found.extend(_timing(settings, driver, options, name, path))
        if settings.every_s is None:
            settings = msgspec.structs.replace(settings, every_s=driver.every_s)
        settings = msgspec.structs.replace(settings, report=layered(self._report, report, quantities))
        return Device(name=name, common=settings, options=options)

    def _driver(self, name: Any, path: Path) -> tuple[Driver | None, bool]:
        """The driver of this name and True, or the one that was meant: its options can be checked all the same."""
        if not isinstance(name, str):
            return None, False  # named by the common part
        if name in self._drivers:
            return self._drivers[name], True
        known = sorted(self._drivers)
        close = nearest(name, known)
        if close:
            end = say.DID_YOU_MEAN(close=close)
        else:
            end = say.THERE_ARE(known=", ".join(known)) if known else say.NONE_INSTALLED()
        self._found.append(
            Finding((*path, "driver"), f"{option((*path, 'driver'))} {say.NO_DRIVER(name=name, end=end)}")
        )
        return self._drivers.get(close), False

    def _report_types(self, table: Any, path: Path, convert: Convert) -> bool:
        if not isinstance(table, dict):
            self._found.append(Finding(path, f"{option(path)} {say.EXPECTED_TABLE()}"))
            return False
        own, tables = split(table)
        parts = [convert(ReportSettings, own, path)]
        parts += [convert(ReportSettings, value, (*path, name)) for name, value in tables.items()]
        return None not in parts

    def _rest(self, driver: Driver, own: dict[str, Any], path: Path, before: int) -> list[str] | None:
        """What the device reports, and what the driver says, by those of its options in ``own`` that are not wrong.

        A sentence about anything else may come of what is left out here, such as a misspelt option, so it is not named.
        """
        wrong = {finding.path[len(path)] for finding in self._found[before:] if len(finding.path) > len(path)}
        rest = {key: value for key, value in own.items() if key not in wrong}
        try:
            options = msgspec.convert(rest, driver.options)
        except msgspec.ValidationError:
            return None
        before = len(self._found)
        quantities = self._quantities(driver, options, path)
        self._found[before:] = [each for each in self._found[before:] if each.path[len(path)] in rest]
        return quantities

    def _quantities(self, driver: Driver, options: Any, path: Path) -> list[str] | None:
        """What the device reports; None where its driver refuses the options."""
        try:
            wrong = driver.check(options) if driver.check else ()
            if not wrong:
                return [each.name for each in driver.quantities(options)]
        except ConfigError as error:
            wrong = (str(error),)
        self._found.extend(Finding(_said_of(sentence, path), f"{label(path)} {sentence}") for sentence in wrong)
        return None


def _said_of(sentence: str, path: Path) -> Path:
    """The path that a driver's sentence begins with (``registers[2].address: ...``), as far as it can be read."""
    words = sentence.partition(":")[0].replace("[", ".").replace("]", "").split(".")
    if any(not word or " " in word for word in words):
        words = [sentence.split(" ", 1)[0].strip("':,")]
    return (*path, *(int(word) if word.isascii() and word.isdigit() else word for word in words))


def _no_line(line: str, lines: Mapping[str, Any], path: Path) -> str:
    there = say.THERE_ARE_LINES(lines=", ".join(sorted(lines))) if lines else say.NONE_ALL()
    return f"{option((*path, 'line'))} {say.NO_LINE(line=line, what=suggest(line, lines) or there)}"


def _strangers(table: Any, quantities: list[str], path: Path) -> Iterator[Finding]:
    """Names in a table of quantities that the device does not report."""
    if not isinstance(table, dict):
        return  # named by the common part
    for name, value in table.items():
        if path[-1] == "report" and not isinstance(value, dict):
            continue
        if name not in quantities:
            reports = say.REPORTS(quantities=", ".join(sorted(quantities)))
            text = f"{label(path)} {say.DEVICE_NO_QUANTITY(name=name, what=suggest(name, quantities) or reports)}"
            yield Finding((*path, name), text)


def _limits(settings: DeviceSettings, path: Path) -> Iterator[Finding]:
    for name, (low, high) in settings.limits.items():
        if low >= high:
            where = (*path, "limits", name)
            text = f"{option(where)} {say.LOWEST_MUST_LESS_THAN(low=low, high=high)}"
            yield Finding(where, text)


def polled(driver: Driver, name: str, options: Any) -> bool:
    """Whether such a device is asked, rather than talks by itself."""
    return driver.every_s is not None or driver.codec(name, options).ask(0) != b""


def _timing(settings: DeviceSettings, driver: Driver, options: Any, name: str, path: Path) -> Iterator[Finding]:
    if not polled(driver, name, options):
        return
    every_s = settings.every_s if settings.every_s is not None else driver.every_s
    if every_s is None:
        yield Finding(path, f"{label(path)} {say.NEEDS_EVERY_S_HOW()}")
        return
    silent_s = settings.timeout_s * (settings.retries + 1)
    if silent_s > every_s:
        text = f"{label(path)} {say.SILENT_DEVICE_HOLDS_LINE(silent_s=silent_s, every_s=every_s)}"
        yield Finding((*path, "timeout_s") if settings.timeout_s > every_s else path, text, warning=True)


def check_units(devices: Mapping[str, Device]) -> Iterator[Finding]:
    """Two devices on one line with the same bus address, or one that is asked for its own and so must be alone."""
    seen: dict[tuple[str, str], list[tuple[str, str | None]]] = {}
    for name, device in devices.items():
        for key in ADDRESSES:
            given = getattr(device.options, key, msgspec.UNSET)
            if given is msgspec.UNSET:
                continue
            number = None if given is None else str(given).lstrip("0")
            there = seen.setdefault((device.common.line, key), [])
            for owner, theirs in there:
                if None in {number, theirs}:
                    lonely = name if number is None else owner
                    text = say.DEVICE_LINE_TOO(what=name if lonely == owner else owner, line=device.common.line)
                    path: Path = ("device", lonely)
                    yield Finding(path, f"{label(path)} needs '{key}': {text}")
                elif number == theirs:
                    path = ("device", name, key)
                    text = say.ALREADY_DEVICE_LINE(given=given, key=key, owner=owner, line=device.common.line)
                    yield Finding(path, f"{option(path)} {say.GIVE_EACH_DEVICE_OWN(text=text)}")
            there.append((name, number))
