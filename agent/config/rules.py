"""Rules against the pole that they stand on: devices, quantities and events that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.config import sentences_checks as say
from agent.config.matching import check_event
from agent.config.problem import Finding, Path, option, suggest
from agent.config.settings import ConditionSettings, RuleSettings
from contract.units import QUANTITIES


def check_rules(rules: Mapping[str, RuleSettings], quantities: Mapping[str, list[str] | None]) -> Iterator[Finding]:
    """``quantities`` of each device, None where its own settings are wrong: then nothing is said about it."""
    for name, rule in rules.items():
        path: Path = ("rule", name)
        for part in ("all", "any"):
            for index, condition in enumerate(getattr(rule, part)):
                yield from _condition(condition, (*path, part, index), quantities)
        for index, device in enumerate(rule.boost.devices if rule.boost else ()):
            yield from _device(device, (*path, "boost", "devices", index), quantities)


def _condition(
    condition: ConditionSettings, path: Path, quantities: Mapping[str, list[str] | None]
) -> Iterator[Finding]:
    yield from check_event(condition, path)
    if condition.device is not None and condition.event is None:
        yield from _device(condition.device, (*path, "device"), quantities)
    asked = [condition.device] if condition.device in quantities else list(quantities)
    known = set(QUANTITIES)  # rules are written for many poles: a standard quantity that this one lacks is no mistake
    for device in asked:
        reported = quantities[device or ""]
        if reported is None:
            return
        known.update(reported)
    if condition.quantity is not None and condition.quantity not in known:
        text = say.NO_STANDARD_QUANTITY_NO(quantity=condition.quantity)
        where = (*path, "quantity")
        close = suggest(condition.quantity, sorted(known))
        yield Finding(where, f"{option(where)} {text}{close}", warning=True)


def _device(name: str, path: Path, quantities: Mapping[str, list[str] | None]) -> Iterator[Finding]:
    if name not in quantities:
        there = say.THERE_ARE_QUANTITIES(quantities=", ".join(sorted(quantities))) if quantities else say.NONE_ALL()
        yield Finding(path, f"{option(path)} {say.NO_DEVICE(name=name, what=suggest(name, quantities) or there)}")
