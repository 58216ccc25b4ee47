"""The wire contract as documents, made from the types: AsyncAPI 3.0 and JSON Schema 2020-12 (docs/wire)."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

import msgspec

from contract.birth import Status
from contract.commands import Command, Face, Reply, commands_of
from contract.envelope import BATCH, LANES, ONE, Envelope, event_type
from contract.events import BODIES
from contract.topics import PREFIX
from contract.types import Lane
from contract.watermark import Watermark

Document = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = "2.0.0-draft"
"""Of the contract: a field that goes or changes its meaning raises the first number, a new one the second."""

_COMMANDS = tuple(commands_of(Face.MQTT).values())
_REPLY_TEXT = "The answer to the command of the same id."


def event() -> str:
    """One event of any kind: what ``data`` holds follows from ``type``."""
    return _text(_event() | {"title": "One event as a CloudEvent"})


def batch() -> str:
    schema = _event()
    definitions = schema.pop("$defs")
    del schema["$schema"]
    schema["title"] = "Event"
    return _text(
        {
            "$schema": DIALECT,
            "title": "A batch of events",
            "type": "array",
            "minItems": 2,
            "items": {"$ref": "#/$defs/AnyEvent"},
            "$defs": definitions | {"AnyEvent": schema},
        }
    )


def status() -> str:
    return _text(_single(Status))


def watermark() -> str:
    return _text(_single(Watermark))


def command() -> str:
    """A command of any name: what ``args`` must hold follows from ``name``."""
    rules: list[Document] = []
    definitions: Document = {}
    for row in _COMMANDS:
        args = _single(row.args)
        definitions |= args.pop("$defs")
        rules.append(_when("name", row.name, {"args": {"$ref": f"#/$defs/{row.args.__name__}"}}))
    schema = _single(Command)
    schema["$defs"] |= definitions
    schema["$defs"]["Command"]["properties"]["name"]["enum"] = [row.name for row in _COMMANDS]
    schema["allOf"] = rules
    return _text(schema)


def reply() -> str:
    """The reply to any command: what ``result`` holds follows from the command."""
    schema = _single(Reply)
    for row in _COMMANDS:
        schema["$defs"] |= _single(row.result)["$defs"]
    results = [{"title": row.name, "$ref": f"#/$defs/{row.result.__name__}"} for row in _COMMANDS]
    schema["$defs"]["Reply"]["properties"]["result"] |= {"anyOf": [*results, {"type": "null"}]}
    return _text(schema)


def asyncapi() -> str:
    """Every topic, who sends on it, and the schema of what is sent."""
    lanes = {name: _lane(name) for name in LANES}
    channels = lanes | {
        "status": _channel("status", "Birth, changes, offline message and last will; retained.", ["Status"]),
        "command": _channel("command", "Requests of the platform.", ["Command"]),
        "reply": _channel("reply", _REPLY_TEXT, ["Reply"]),
        "ack": _channel("ack", "The platform's word that it has stored events.", ["Watermark"]),
    }
    messages = {
        "Event": _message("One event", ONE, "event"),
        "Batch": _message("Two or more events", BATCH, "batch"),
        "Status": _message("Whether the pole is there", "application/json", "status"),
        "Command": _message("A request", "application/json", "command"),
        "Reply": _message(_REPLY_TEXT, "application/json", "reply"),
        "Watermark": _message("What is stored", "application/json", "watermark"),
    }
    operations = {f"send_{name}": _operation("send", name) for name in (*LANES, "status", "reply")}
    operations |= {f"receive_{name}": _operation("receive", name) for name in ("command", "ack")}
    return _text(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "poleagent",
                "version": VERSION,
                "description": "What a pole and its platform send each other over MQTT 5 or 3.1.1. "
                "Delivery rules: docs/platform.md.",
                "license": {"name": "MIT"},
            },
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": operations,
            "components": {"messages": messages},
        }
    )


def _event() -> Document:
    kinds = [body.kind for body in BODIES]
    schemas, definitions = _schemas(BODIES)
    own = _single(Envelope)
    shape: Document = own["$defs"]["Envelope"]
    shape["properties"]["type"]["enum"] = [event_type(kind) for kind in kinds]
    shape["additionalProperties"] = False
    rules = [_when("type", event_type(kind), {"data": schema}) for kind, schema in zip(kinds, schemas, strict=True)]
    return own | {"allOf": rules, "$defs": own["$defs"] | definitions}


def _single(type_: type) -> Document:
    (schema,), definitions = _schemas([type_])
    return {"$schema": DIALECT, **schema, "$defs": definitions}


def _schemas(types: Iterable[type]) -> tuple[Iterable[Document], Document]:
    """The schemas of ``types`` and their parts, worded alike whatever the release of msgspec (0.19 to 0.23 differ)."""
    schemas, parts = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    return _alike(schemas), _alike(parts)


def _alike(node: Any) -> Any:
    """Docstrings lose their indent, ``null`` stands last, and the names of a mapping's keys are not restricted."""
    if isinstance(node, dict):
        return {key: _alike(inner) for key, inner in node.items() if key != "propertyNames"}
    if isinstance(node, (list, tuple)):
        return sorted(map(_alike, node), key=lambda inner: inner == {"type": "null"})
    return inspect.cleandoc(node) if isinstance(node, str) else node


def _when(field: str, value: str, properties: Document) -> Document:
    return {
        "if": {"properties": {field: {"const": value}}, "required": [field]},
        "then": {"properties": properties},
    }


def _lane(name: str) -> Document:
    text = {
        Lane.ALARM: "What somebody should act on; never waits for company.",
        Lane.EVENT: "What happened: changes, states of devices, gaps, starts.",
        Lane.SUMMARY: "Statistics over windows.",
        Lane.RAW: "Readings one by one: quantities set to raw, and backfills that were asked for.",
    }[Lane[name.upper()]]
    return _channel(name, text, ["Event", "Batch"])


def _channel(name: str, text: str, messages: Iterable[str]) -> Document:
    return {
        "address": f"{{prefix}}/{{pole}}/{name}",
        "description": text,
        "parameters": {
            "prefix": {"description": "[uplink] prefix", "default": PREFIX},
            "pole": {"description": "[pole] id"},
        },
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {"mqtt": {"bindingVersion": "0.2.0"}},
    }


def _message(text: str, content_type: str, schema: str) -> Document:
    return {
        "summary": text,
        "contentType": content_type,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"schema/{schema}.json"},
        },
    }


def _operation(action: str, channel: str) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": {"mqtt": {"qos": 1, "retain": channel == "status", "bindingVersion": "0.2.0"}},
    }


def _text(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
