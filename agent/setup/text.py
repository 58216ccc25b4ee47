"""Settings as text with comments: a table of options, each behind what it means; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from textwrap import wrap
from typing import Any

from agent.config.rows import rows, toml


def head(what: str, at: datetime) -> str:
    """The first lines of a file that the setup writes."""
    return (
        f"# {what}, written by 'poleagent setup' at {at:%Y-%m-%d %H:%M} UTC. It may be edited: a second run asks\n"
        "# before it changes anything here. 'poleagent sample' shows every option with its meaning.\n\n"
    )


def table(name: str, kind: type, values: Mapping[str, Any]) -> str:
    """``[name]`` with ``values``, each option of the struct ``kind`` explained; tables in it follow."""
    lines, later = [f"[{name}]"], ""
    for row in rows(kind):
        value = values.get(row.name)
        if value is None:
            continue
        if isinstance(value, Mapping) and row.table is not None and not row.many:
            later += "\n" + table(f"{name}.{row.name}", row.table, value)
            continue
        lines += [f"# {line}" for line in wrap(row.about, 118, break_on_hyphens=False)]
        lines.append(f"{row.name} = {toml(value)}")
    return "\n".join(lines) + "\n" + later
