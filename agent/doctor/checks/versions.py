"""Versions of the libraries against those that the agent works with."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires

from agent.doctor import sentences_checks as say
from agent.doctor.check import Tell
from agent.doctor.pole import PoleAtHand
from agent.system.aside import aside

_NEED = re.compile(r"([A-Za-z0-9._-]+)\s*([<>=!~,.0-9\s]*)$")
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9.]+)")


async def look(pole: PoleAtHand, tell: Tell) -> str:
    return await aside(lambda: _compared(pole, tell), "versions")


def _compared(pole: PoleAtHand, tell: Tell) -> str:
    try:
        needs = requires("poleagent") or []
    except PackageNotFoundError:
        return say.NO_PACKAGE()
    for need in needs:
        found = _NEED.match(need)
        if ";" in need or found is None:
            continue
        name, bounds = found.groups()
        try:
            version = pole.box.version(name)
        except PackageNotFoundError:
            tell("version.library", say.NOT_INSTALLED(name=name), f"library {name}")
            continue
        if not all(_fits(version, *bound) for bound in _BOUND.findall(bounds)):
            tell(
                "version.library",
                say.WRONG_VERSION(name=name, version=version, wanted=bounds.strip()),
                f"library {name}",
            )
    return ""


def _fits(version: str, sign: str, bound: str) -> bool:
    mine, other = _numbers(version), _numbers(bound)
    return {"==": mine == other, ">=": mine >= other, "<=": mine <= other, "<": mine < other, ">": mine > other}[sign]


def _numbers(version: str) -> tuple[int, ...]:
    """``2.5.0`` as (2, 5): zeros at the end say nothing."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", version)
    parts = [int(part) for part in found[0].split(".")] if found else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)
