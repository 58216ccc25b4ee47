"""Everything that `poleagent doctor` can name, a row each with its sentences in English and Chinese.

A module of this folder has ``CAUSES``; nothing lists them, so a new file or row is found by itself. Names are
``part.what``; the platform shows a diagnosis by them.
"""

from __future__ import annotations

import importlib
import pkgutil

from contract.causes.row import CauseRow, Rank

__all__ = ["CAUSES", "CauseRow", "Rank"]

CAUSES: dict[str, CauseRow] = {
    row.name: row
    for name in sorted(part.name for part in pkgutil.iter_modules(__path__))
    for row in getattr(importlib.import_module(f"{__name__}.{name}"), "CAUSES", ())
}
"""Every cause by its name."""
