"""Options that have a new name. The old one works for one version, with a warning that names the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.config import sentences as say
from agent.config.problem import Finding, Path, option

RENAMED: dict[tuple[str, ...], str] = {("camera", "*", "picture"): "frame_size"}
"""Path of the old name -> the new name in the same table; ``*`` stands for a name of the user's."""
SCENE = {path[2:]: new for path, new in RENAMED.items() if path[:2] == ("camera", "*")}
"""The same for a scene in a file of its own."""


def rename(table: dict[str, Any], renamed: Mapping[tuple[str, ...], str] = RENAMED) -> Iterator[Finding]:
    """Move each old name of ``table`` to its new one, in place, and say so; an error where both stand."""
    for old, new in renamed.items():
        for path, holder in list(_holders(table, old[:-1], ())):
            if old[-1] not in holder:
                continue
            there = (*path, old[-1])
            if new in holder:
                yield Finding(there, say.OLD_NAME_STANDS_TOO(there=option(there), new=new))
            else:
                holder[new] = holder[old[-1]]
                yield Finding(there, say.NOW_CALLED_VERSION_TAKES(there=option(there), new=new), warning=True)
            del holder[old[-1]]


def _holders(table: Any, names: tuple[str, ...], path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The tables at ``names``."""
    if not isinstance(table, dict):
        return
    if not names:
        yield path, table
        return
    for key in list(table) if names[0] == "*" else [names[0]]:
        if key in table:
            yield from _holders(table[key], names[1:], (*path, key))
