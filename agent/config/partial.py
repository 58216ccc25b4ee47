"""What of broken settings can still be used, for who looks for what is wrong; the daemon never runs with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path as FilePath
from typing import Any

from agent.api import Driver
from agent.config.document import MANY, Document
from agent.config.load import SettingsReading
from agent.config.problem import Path
from agent.config.settings import Settings

ROUNDS = 6
"""A table that is left out can make another one wrong, such as a device whose line is gone."""
UNNAMED = "unnamed"


def usable(path: FilePath, table: Mapping[str, Any], drivers: Mapping[str, Driver]) -> Settings | None:
    """``table``, the settings of the file ``path`` as far as they are TOML, without the tables in which something is
    wrong; None where that is no settings either.
    """
    left = deepcopy(dict(table))
    for _ in range(ROUNDS):
        document = Document(str(path))
        document.table = deepcopy(left)
        reading = SettingsReading(document)
        settings = reading.settings(drivers)
        if settings is not None:
            return settings
        wrong = {finding.path for finding in reading.found if not finding.warning}
        _leave_out(left, wrong)
    return None


def _leave_out(table: dict[str, Any], wrong: Iterable[Path]) -> None:
    for path in wrong:
        name = path[0] if path else "pole"
        if name == "pole":
            table["pole"] = {"id": UNNAMED}
        elif name in MANY and len(path) > 1 and isinstance(table.get(str(name)), dict):
            table[str(name)].pop(path[1], None)
        else:
            table.pop(str(name), None)
