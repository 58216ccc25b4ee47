"""docs/reference/settings.md, made from the types."""

from __future__ import annotations

from collections.abc import Iterable

from agent.config.rows import OptionRow, rows, size, toml
from agent.config.scene import CameraSettings, CountingLine, Gauge, Zone
from agent.config.settings import SECTIONS, ConditionSettings, DeviceSettings, LineSettings, RuleSettings

_HEAD = """\
# Settings

The agent reads one TOML file, by default `/etc/poleagent/poleagent.toml`, and then `conf.d/*.toml` next to it in the
order of their names. `[line.NAME]`, `[device.NAME]` and `[rule.NAME]` may stand in any of them; the same table twice
is an error. This page is made from the code, as is the commented sample (`poleagent sample`) and the JSON Schema for
editors (`poleagent schema`, [settings.schema.json](settings.schema.json)).

`poleagent check FILE` tells everything that is wrong at once, each with its file and line:

```
/etc/poleagent/poleagent.toml:14: [device.roof] has no option 'ofset_c'; did you mean 'offset_c'?
/etc/poleagent/conf.d/mast.toml:3: [line.mast] baud: expected a whole number from 300 to 4000000, found 96
```

A *warning* deserves a look and keeps nothing from running. `poleagent reload` (or SIGHUP) applies what changed;
settings with an error are refused as a whole and the old ones stay in force. Changes of `[store]`, `[clock]`,
`[local]` and `pole.id` take effect at the next start.

**Secrets** never stand in settings. An option whose name ends in `_file` names a file with a full path, or a systemd
credential as `credential:NAME`; passwords and private keys must not be readable by every user of the box.
"""

_LAYERS = """
### Report settings in layers

What becomes of a quantity is set in three layers; each sets only what differs from the one before it. The options are
those of [`[report]`](#report).

```toml
[report]                          # every quantity of every device
window_s = 60.0

[device.roof.report]              # every quantity of this device
window_s = 300.0

[device.roof.report.temperature]  # this quantity
mode = "change"
dead_band = 0.2
```
"""


def reference() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for name, kind in SECTIONS.items():
        parts.append(_section(f"[{name}]", kind))
    parts.append(_section("[line.NAME]", LineSettings))
    parts.append(_section("[device.NAME]", DeviceSettings))
    parts.append(_LAYERS.lstrip("\n"))
    parts.append(_section("[rule.NAME]", RuleSettings))
    parts.append(_section("A condition of a rule", ConditionSettings, 3))
    parts.append(_section("[camera.NAME]", CameraSettings))
    parts += [
        _section(f"[camera.NAME.{part}.NAME]", kind, 3)
        for part, kind in (("line", CountingLine), ("zone", Zone), ("gauge", Gauge))
    ]
    return "\n".join(parts)


def _section(head: str, kind: type, level: int = 2) -> str:
    table = rows(kind)
    lines = [f"{'#' * level} `{head}`", "", *((kind.__doc__ or "").strip().splitlines()), ""]
    lines += _options(row for row in table if row.table is None or row.many)
    for row in table:
        if row.table is not None and not row.many:
            lines += ["", _section(f"{head.rstrip(']')}.{row.name}]", row.table, level + 1).rstrip("\n")]
    return "\n".join(lines) + "\n"


def _options(table: Iterable[OptionRow]) -> list[str]:
    lines = ["| option | what | may be | default |", "|---|---|---|---|"]
    for row in table:
        default = "**required**" if row.required else "" if row.default in (None, {}, ()) else f"`{toml(row.default)}`"
        default += f" ({size(row)})" if size(row) else ""
        cells = (f"`{row.name}`", row.about, row.kind, default)
        escaped = [cell.replace("|", "\\|") for cell in cells]
        lines.append(f"| {' | '.join(escaped)} |")
    return lines
