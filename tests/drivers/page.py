"""docs/reference/drivers.md, made from the drivers that are there (see tests/docs_check.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from agent.acquire.registry import find_drivers
from agent.api import Driver, Options
from agent.config.rows import OptionRow, rows
from drivers._modbus import ModbusOptions
from drivers._profile import ReadWhole, Write, load_profile, profile_names
from drivers._registers import Register, Sum

HEAD = """# Drivers

What `driver = "..."` in a `[device.NAME]` table may be, and the options that each adds to those of every device
([settings.md](settings.md)). This page is made from the code; [drivers.md](../drivers.md) tells how to add one."""


def page() -> str:
    drivers = find_drivers()
    parts = [HEAD, "\n".join(_overview(drivers)), *("\n".join(_driver(driver)) for driver in drivers.values())]
    return "\n\n".join([*parts, "\n".join(_registers()), "\n".join(_profiles())]) + "\n"


def _overview(drivers: dict[str, Driver]) -> Iterator[str]:
    yield "| driver | reads | by default |"
    yield "|---|---|---|"
    for driver in drivers.values():
        every = f"asked every {driver.every_s:g} s" if driver.every_s else "talks by itself"
        yield f"| [`{driver.name}`](#{driver.name}) | {driver.summary} | {every} |"


def _driver(driver: Driver) -> Iterator[str]:
    yield f"## {driver.name}"
    yield ""
    yield f"{driver.summary[0].upper()}{driver.summary[1:]}."
    yield ""
    yield from _table(rows(driver.options))
    if issubclass(driver.options, ModbusOptions):
        yield ""
        yield "What it reports is what its registers say: see [registers](#registers-of-the-modbus-drivers) and"
        yield "[profiles](#profiles-of-the-modbus-drivers)."
        return
    if driver.actions:
        yield ""
        yield "| `poleagent device NAME ...` | what happens |"
        yield "|---|---|"
        for action in driver.actions:
            yield f"| `{action.name}` | {action.summary} |"
    yield ""
    yield "| quantity | unit | what |"
    yield "|---|---|---|"
    for quantity in driver.quantities(msgspec.convert(driver.sample, driver.options)):
        yield f"| `{quantity.name}` | {quantity.unit.value} | {quantity.text} |"


def _table(options: list[OptionRow]) -> Iterator[str]:
    yield "| option | what | may be | default |"
    yield "|---|---|---|---|"
    for row in options:
        default = "**required**" if row.required else "" if row.default is None else f"`{_shown(row.default)}`"
        yield f"| `{row.name}` | {row.about} | {row.kind} | {default} |"


def _shown(default: object) -> str:
    return json.dumps(msgspec.to_builtins(default), ensure_ascii=False)


def _registers() -> Iterator[str]:
    yield "## Registers of the Modbus drivers"
    yield ""
    yield 'One table per value, as in `registers = [{ address = 0, quantity = "voltage", scale = 0.1 }]`. A quantity'
    yield "that `contract/units.py` knows must come out in its unit there; any other name may be used with any unit."
    yield ""
    assert issubclass(Register, Options)
    yield from _table(rows(Register))
    for kind, text in (
        (Sum, "One table per sum, in `sums`:"),
        (ReadWhole, "One table per block that is read whole, in `read`:"),
        (Write, "What must be written before such a block can be read, in its `write`:"),
    ):
        yield ""
        yield text
        yield ""
        yield from _table(rows(kind))


def _profiles() -> Iterator[str]:
    yield "## Profiles of the Modbus drivers"
    yield ""
    yield "| profile | device | quantities |"
    yield "|---|---|---|"
    for name in profile_names():
        profile = load_profile(name)
        rows = [*(row.quantity for row in profile.registers if not row.hidden), *(row.quantity for row in profile.sums)]
        yield f"| `{name}` | {profile.summary} | {', '.join(rows)} |"
