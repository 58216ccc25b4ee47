"""What settings of a maintainer may speak of: never of who a pole is, of its secrets, or of how it trusts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

LOCAL_ONLY: dict[str, frozenset[str] | None] = {
    "pole": frozenset({"id", "latitude", "longitude"}),
    "store": frozenset({"path"}),
    "clock": None,
    "local": None,
    "update": None,
}
"""Section -> the options of it that only the pole's own files may set; None: all of them."""
_SECRET = re.compile(r"pass(word|wd|phrase)?$|secret$|token$|private", re.IGNORECASE)
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]*@")
_DEEPEST = 32


def forbidden(table: Mapping[str, Any]) -> str:
    """Why these settings may not travel, as a sentence; empty where they may."""
    for section, options in LOCAL_ONLY.items():
        held = table.get(section)
        if held is None:
            continue
        if options is None or not isinstance(held, Mapping):
            return f"[{section}] belongs to the pole: only its own files set it"
        if mine := sorted(options & set(held)):
            return f"'{mine[0]}' of [{section}] belongs to the pole: only its own files set it"
    return next(_secrets(table, ()), "")


def _secrets(value: object, path: tuple[str, ...]) -> Iterator[str]:
    where = ".".join(path)
    if len(path) > _DEEPEST:
        yield f"{'.'.join(path[:3])}: tables are nested too deeply"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets(item, (*path, str(key)))
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, path)
    elif isinstance(value, str):
        if path and _SECRET.search(path[-1]):
            yield f"{where} looks like a secret; a secret lies in a file on the pole and never travels"
        elif "PRIVATE KEY" in value or _WITH_PASSWORD.search(value):
            yield f"{where} holds a password or a key; a secret lies in a file on the pole and never travels"
