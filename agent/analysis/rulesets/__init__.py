"""Ready-made sets of rules: one TOML file each, read when the settings name it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files

import msgspec

from agent.config.settings import RuleSettings


def rule_set(name: str) -> dict[str, RuleSettings]:
    """The rules of one set by their names; FileNotFoundError for a name that is none of ours."""
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["rule"], dict[str, RuleSettings])


def all_rules(sets: Iterable[str], own: Mapping[str, RuleSettings]) -> dict[str, RuleSettings]:
    """The rules of ``sets``, then the pole's own, which replace those of the same name."""
    rules: dict[str, RuleSettings] = {}
    for name in sets:
        rules |= rule_set(name)
    return rules | dict(own)
