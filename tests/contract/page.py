"""docs/reference/events.md, made from the kinds of events that are there (see tests/docs_check.py)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import msgspec

from contract.events import KINDS, Kind

HEAD = """# Events

Every kind of event that a pole delivers, with its lane, examples of its body, and what screens say of them. This page
is made from the rows in `contract/events/`; a new kind is one class and one row there. The schemas are in
[wire/schema/event.json](../wire/schema/event.json), the delivery rules in [platform.md](../platform.md)."""


def page() -> str:
    return "\n\n".join([HEAD, *("\n".join(_kind(kind)) for kind in KINDS.values())]) + "\n"


def _kind(kind: Kind) -> Iterator[str]:
    yield f"## {kind.body.kind}"
    yield ""
    yield inspect.cleandoc(kind.body.__doc__ or "")
    yield ""
    yield f"Lane {kind.body.lane.name.lower()}."
    yield ""
    yield "| example | English | Chinese |"
    yield "|---|---|---|"
    for body in kind.examples:
        words = kind.says(body)
        yield f"| `{msgspec.json.encode(body).decode()}` | {words['en']} | {words['zh']} |"
