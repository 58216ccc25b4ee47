"""Report settings in layers: ``[report]``, then ``[device.X.report]``, then ``[device.X.report.QUANTITY]``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from agent.config.settings import ReportSettings, Settings


def report_of(settings: Settings, device: str, quantity: str) -> ReportSettings:
    """What becomes of this quantity of this device: the layers, put together."""
    return settings.devices[device].common.report.get(quantity, settings.report)


def split(table: dict[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """``[device.X.report]`` as its own options and its tables of quantities."""
    tables = {name: value for name, value in table.items() if isinstance(value, dict)}
    return {name: value for name, value in table.items() if name not in tables}, tables


def layered(pole: ReportSettings, table: dict[str, Any], quantities: Iterable[str]) -> dict[str, ReportSettings]:
    """The settings of each quantity for which ``table`` says something; raises what ``msgspec.convert`` raises."""
    own, tables = split(table)
    names = dict.fromkeys((*quantities, *tables)) if own else dict.fromkeys(tables)
    below = msgspec.structs.asdict(pole) | own
    return {name: msgspec.convert(below | tables.get(name, {}), ReportSettings) for name in names}
