"""Devices that send JSON, one object per line: ESP32 boards, gateways, scripts.

    {"pm": {"2.5": 17, "10": 31}, "t": 264, "ok": true}<LF>      such a line, by itself or when asked
    [device.x.values.pm2_5]  path = "pm/2.5"

A path names keys from the outside in, parted by "/"; a number picks from a list. An object without the path is passed
over, a null is a fault, true and false are 1 and 0.
"""

from __future__ import annotations

from typing import Any

import msgspec

from agent.api import Annotated, Driver, FaultCode, Item, Meta, Options, Quantity, Stamp
from drivers._lines import Lines, Scale, measured, unit_problem

ABSENT = object()


class Place(Scale, frozen=True, kw_only=True):
    """Where a value stands."""

    path: Annotated[str, Meta(min_length=1, max_length=200, description='keys from the outside in: "pm/2.5"')]


class JsonOptions(Options, frozen=True, kw_only=True):
    """Which keys are which quantities."""

    values: Annotated[dict[str, Place], Meta(min_length=1, description="the place of each quantity")]
    question: Annotated[str, Meta(max_length=100, description='what to send for a line; "" = nothing')] = ""


class JsonLine(Lines):
    """Readings of the named paths; a line that is no JSON is a fault."""

    def __init__(self, device: str, options: JsonOptions) -> None:
        super().__init__(device, options.question, options.values)
        self._paths = [(name, place.path.split("/")) for name, place in options.values.items()]
        self._decode = msgspec.json.Decoder().decode

    def decode(self, line: bytes, now: Stamp) -> list[Item]:
        try:
            told = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return [self.fault(FaultCode.BAD_FRAME, "a line that is no JSON", now)]
        found = ((name, _at(told, path)) for name, path in self._paths)
        return [self._one(name, raw, now) for name, raw in found if raw is not ABSENT]

    def _one(self, name: str, raw: Any, now: Stamp) -> Item:
        if isinstance(raw, dict | list):
            return self.fault(FaultCode.OUT_OF_RANGE, f"{name}: the path ends in no value", now, name)
        return self.item(name, raw, now)


def _at(told: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(told, dict):
            told = told.get(key, ABSENT)
        elif isinstance(told, list) and key.isdecimal() and int(key[:9]) < len(told):
            told = told[int(key)]
        else:
            return ABSENT
    return told


def _quantities(options: JsonOptions) -> tuple[Quantity, ...]:
    return tuple(measured(name, place) for name, place in options.values.items())


DRIVER = Driver(
    name="json_line",
    summary="devices that send one JSON object per line",
    options=JsonOptions,
    codec=JsonLine,
    quantities=_quantities,
    sample={"values": {"temperature": {"path": "t", "scale": 0.1}, "pm2_5": {"path": "pm/2.5"}}},
    check=lambda options: [
        f"values: {problem}" for problem in (unit_problem(*row) for row in options.values.items()) if problem
    ],
)
