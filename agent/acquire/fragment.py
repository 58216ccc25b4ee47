"""What a scan found, as settings that can be pasted: TOML with a comment where a person must decide. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from agent.acquire.listen import LineFinding
from agent.acquire.scan import Result
from agent.config.settings import LineSettings


def fragment(result: Result, line: str, names: Sequence[str] | None = None) -> str:
    """``[line.LINE]`` and a ``[device.*]`` each; empty where nothing was found.

    ``names``: one for each device, empty for one that is left out; default what ``name_of`` gives.
    """
    if result.line is None:
        return ""
    rows = [*_line(result.line, line)]
    for found, name in zip(result.devices, names or map(name_of, result.devices), strict=True):
        if name:
            rows += ["", *_device(found, line, name)]
    return "\n".join(rows) + "\n"


def name_of(found: LineFinding) -> str:
    """A name for the device that is unique on its line."""
    number = found.options.get("unit") or found.options.get("address")
    what = found.options.get("profile") or ("unit" if found.driver == "modbus_rtu" else found.driver)
    return f"{what}_{number}" if number else str(what)


def _line(settings: LineSettings, name: str) -> Iterator[str]:
    yield f"[line.{name}]"
    if settings.tcp:
        yield f"tcp = {_toml(settings.tcp)}"
        yield "rfc2217 = true"
    else:
        yield f"port = {_toml(settings.port)}"
    yield f"baud = {settings.baud}"
    yield f"parity = {_toml(settings.parity)}"


def _device(found: LineFinding, line: str, name: str) -> Iterator[str]:
    mark = "" if found.complete else "#"
    if found.text:
        yield f"# {found.text}"
    if not found.complete:
        yield f"# complete it (docs/drivers.md), then take the {mark} away"
    yield f"{mark}[device.{name}]"
    yield f"{mark}driver = {_toml(found.driver)}"
    yield f"{mark}line = {_toml(line)}"
    for key, value in found.options.items():
        yield f"{mark}{key} = {_toml(value)}"
    if found.others:
        yield f"# its answers fit {', '.join(found.others)} as well"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)
