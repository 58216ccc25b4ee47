"""The API as an OpenAPI 3.1 document, made from its routes: docs/reference/openapi.json."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from fleet.api.changes import CHANGES
from fleet.api.reads import READS
from fleet.api.routes import ROOT, ApiProblem, ApiRoute, Nothing

ROUTES: tuple[ApiRoute, ...] = (*READS, *CHANGES)
_REF = "#/components/schemas/{name}"
_PROBLEM = {"description": "Not done; the sentence says why.", "content": {"application/json": {"schema": {}}}}


def document() -> dict[str, Any]:
    types = [*(route.asks for route in ROUTES), *(route.gives for route in ROUTES), ApiProblem]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    asks, gives, problem = schemas[: len(ROUTES)], schemas[len(ROUTES) : -1], schemas[-1]
    _PROBLEM["content"]["application/json"]["schema"] = problem  # type: ignore[index]
    paths: dict[str, dict[str, Any]] = {}
    for route, asked, given in zip(ROUTES, asks, gives, strict=True):
        paths.setdefault(ROOT + route.path, {})[route.method.lower()] = _operation(route, asked, given, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "polefleet", "version": "1", "description": "Lists come in parts: `next` is the cursor."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "a token of a program"},
                "session": {"type": "apiKey", "in": "cookie", "name": "polefleet"},
            },
        },
    }


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _operation(route: ApiRoute, asked: Any, given: Any, components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.text,
        "security": [] if route.role is None else [{"token": [route.scope.value]}, {"session": []}],
        "x-role": None if route.role is None else route.role.value,
    }
    if route.method == "POST":
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": asked}}}
    elif route.asks is not Nothing:
        schema = components[asked["$ref"].rpartition("/")[2]]
        operation["parameters"] = [
            {
                "name": name,
                "in": "path" if f"{{{name}}}" in route.path else "query",
                "required": name in schema.get("required", ()),
                "schema": field,
            }
            for name, field in schema["properties"].items()
        ]
    content = {"application/json": {"schema": given}}
    operation["responses"] = {"200": {"description": "The answer.", "content": content}, "default": _PROBLEM}
    return operation
