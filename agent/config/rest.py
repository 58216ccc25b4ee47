"""What is left of a table without its wrong parts, so that the rest can be checked as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from agent.config.problem import Path

T = TypeVar("T")


def rest(kind: type[T], value: Any, path: Path, wrong: Iterable[Path]) -> T | None:
    """``value``, that stands at ``path``, as a ``kind`` without the parts at ``wrong``; None where too little is left.

    A part goes alone where the rest can be read without it, else with the table that holds it.
    """
    parts = {each[len(path) :] for each in wrong if len(each) > len(path)}
    for depth in range(max(map(len, parts), default=0), 0, -1):
        try:
            return msgspec.convert(_without(value, {part[:depth] for part in parts}), kind)
        except msgspec.ValidationError:
            continue
    return None


def overlap(one: Path, other: Path) -> bool:
    """Whether one of them holds the other."""
    end = min(len(one), len(other))
    return one[:end] == other[:end]


def _without(value: Any, parts: set[Path]) -> Any:
    """A copy; an item of a list goes with its list, since the others would change their places."""
    if not isinstance(value, dict):
        return value
    inner = {key: {part[1:] for part in parts if len(part) > 1 and part[0] == key} for key in value}
    gone = {part[0] for part in parts if len(part) == 1} | {
        key for key in inner if isinstance(value[key], list) and inner[key]
    }
    return {key: _without(item, inner[key]) for key, item in value.items() if key not in gone}
