"""The settings as a JSON Schema, for editors that complete and check TOML (Even Better TOML, taplo)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from agent.api import Driver
from agent.config.scene import CameraSettings
from agent.config.settings import SECTIONS, DeviceSettings, LineSettings, ReportSettings, RuleSettings

_REF = "#/$defs/{name}"


def schema_text(drivers: Mapping[str, Driver]) -> str:
    """The schema as JSON, ending in a line end."""
    return json.dumps(schema(drivers), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def schema(drivers: Mapping[str, Driver]) -> dict[str, Any]:
    """JSON Schema 2020-12 of a whole settings file, with the options of ``drivers``."""
    named = sorted(drivers.values(), key=lambda driver: driver.name)
    kinds = [
        *SECTIONS.values(),
        LineSettings,
        DeviceSettings,
        ReportSettings,
        RuleSettings,
        CameraSettings,
        *(driver.options for driver in named),
    ]
    refs, parts = msgspec.json.schema_components(kinds, ref_template=_REF)
    refs, parts = _without_null(list(refs)), _without_null(parts)
    by_kind = dict(zip(kinds, refs, strict=True))
    common = parts.pop(by_kind[DeviceSettings]["$ref"].rpartition("/")[2])
    report = parts[by_kind[ReportSettings]["$ref"].rpartition("/")[2]]
    common["properties"]["report"] = {
        "type": "object",
        "description": common["properties"]["report"].get("description", ""),
        "properties": report["properties"],
        "additionalProperties": by_kind[ReportSettings],
    }
    devices = [_device(driver, common, parts, by_kind[driver.options]["$ref"].rpartition("/")[2]) for driver in named]
    for driver in named:
        parts.pop(by_kind[driver.options]["$ref"].rpartition("/")[2], None)
    names = {"pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}
    tables = {"type": "object", "propertyNames": names}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of poleagent",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{name: by_kind[kind] for name, kind in SECTIONS.items()},
            "line": {**tables, "additionalProperties": by_kind[LineSettings]},
            "rule": {**tables, "additionalProperties": by_kind[RuleSettings]},
            "camera": {**tables, "additionalProperties": by_kind[CameraSettings]},
            "device": {**tables, "additionalProperties": {"oneOf": devices} if devices else {}},
        },
        "$defs": parts,
    }


def _device(driver: Driver, common: Any, parts: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A device's table with this driver: the options of every device, and the driver's own."""
    own = parts[name]
    return {
        "type": "object",
        "title": driver.name,
        "description": driver.summary,
        "properties": {
            **common["properties"],
            "driver": {"const": driver.name},
            **own.get("properties", {}),
        },
        "required": [*common["required"], *own.get("required", [])],
        "additionalProperties": False,
    }


def _without_null(part: Any) -> Any:
    """TOML has no null: what may be absent is just left out."""
    if isinstance(part, list):
        return [_without_null(item) for item in part if item != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_null(value) for key, value in part.items() if not (key == "default" and value is None)}
    choices = kept.get("anyOf")
    if isinstance(choices, list) and len(choices) == 1:
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept
