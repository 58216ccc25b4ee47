"""docs/reference/causes.md, made from the table of causes."""

from __future__ import annotations

from itertools import groupby

from contract.causes import CAUSES

HEAD = """# Causes

Everything that `poleagent doctor` and the command `diagnose` can name, made from `contract/causes/`. The cause with the
lowest rank is named first: 0 nothing can run, 1 the box, 2 the agent, 3 a line or the link, 4 a device, 5 works today.
"""


def page() -> str:
    rows = [HEAD]
    for part, causes in groupby(sorted(CAUSES.values(), key=lambda row: row.name), lambda row: row.name.split(".")[0]):
        rows += [f"## {part}\n", "| name | rank | what is wrong | what to do | 中文 |", "|---|---|---|---|---|"]
        for row in causes:
            words = (row.text["en"], row.todo["en"], f"{row.text['zh']}{row.todo['zh']}")
            rows.append(
                f"| `{row.name}` | {int(row.rank)} | " + " | ".join(text.replace("|", "\\|") for text in words) + " |"
            )
        rows.append("")
    return "\n".join(rows)
