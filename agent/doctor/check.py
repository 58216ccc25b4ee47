"""What a check is, and where they are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from agent.doctor import checks
from agent.doctor.pole import PoleAtHand

LIMIT_S = 8.0
"""How long a check may take that does not say otherwise."""


class Tell(Protocol):
    """How a check names a cause."""

    def __call__(self, name: str, reading: str, about: str = "") -> None:
        """``name``: a row of ``contract.causes``; ``reading``: what proves it; ``about``: which line, device, file."""


class DoctorCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check."""

    name: str
    limit_s: float
    look: Callable[[PoleAtHand, Tell], Awaitable[str]]


def find_checks() -> tuple[DoctorCheck, ...]:
    """Every check, in the order of names."""
    found = []
    for name in sorted(part.name for part in pkgutil.iter_modules(checks.__path__)):
        if not name.startswith("_"):
            module = importlib.import_module(f"{checks.__name__}.{name}")
            found.append(DoctorCheck(name=name, limit_s=getattr(module, "LIMIT_S", LIMIT_S), look=module.look))
    return tuple(found)
