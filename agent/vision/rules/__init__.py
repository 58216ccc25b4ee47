"""What is concluded from tracks: counting lines, zones, and the rules of zones.

Each module here that has a ``RULE`` is a rule of zones (see ``rule``); adding one edits no other file here.
"""

from __future__ import annotations

import importlib
import pkgutil

from agent.vision.rules.rule import ZoneRule


def zone_rules() -> tuple[ZoneRule, ...]:
    """Every rule of this package, by name."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return tuple(sorted((it.RULE for it in modules if hasattr(it, "RULE")), key=lambda rule: rule.name))
