"""What a rule may wait for: the kinds of events, their fields, and what version 1 of the contract called them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from agent.config import sentences_checks as say
from agent.config.problem import Finding, Path, option, suggest
from agent.config.settings import ConditionSettings
from contract.events import BODIES

KINDS = {body.kind: body for body in BODIES}
_KINDS_OF_1 = {
    "camera": "camera_state",
    "clock": "clock_change",
    "device": "device_state",
    "epoch": "new_epoch",
    "settings": "settings_change",
    "water": "water_level",
}
_FIELDS_OF_1 = {
    "alert": {"state": "phase"},
    "anomaly": {"state": "phase"},
    "clock_change": {"change": "type"},
    "evidence": {"action": "type"},
    "incident": {"rule": "type", "state": "phase"},
    "sensor_fault": {"fault": "type", "state": "phase"},
    "tamper": {"what": "type", "state": "phase"},
}


def current(condition: ConditionSettings) -> ConditionSettings:
    """The same condition in the words of today's contract."""
    if condition.event is None:
        return condition
    kind = _KINDS_OF_1.get(condition.event, condition.event)
    renamed = _FIELDS_OF_1.get(kind, {})
    match = {renamed.get(name, name): value for name, value in condition.match.items()}
    return replace(condition, event=kind, match=match)


def check_event(condition: ConditionSettings, path: Path) -> Iterator[Finding]:
    """Warns of a kind, a field or a value that no event ever has: the rule would never hold."""
    if condition.event is None:
        return
    now = current(condition)
    where: Path = (*path, "event")
    if now.event not in KINDS:
        close = suggest(now.event or "", sorted(KINDS)) or say.THERE_ARE_KINDS(kinds=", ".join(sorted(KINDS)))
        text = f"{option(where)} {say.NO_EVENT_KIND(event=now.event, close=close)}"
        yield Finding(where, text, warning=True)
        return
    if now.event != condition.event:
        yield Finding(
            where, f"{option(where)} {say.CALLED_NOW(event=condition.event, event_2=now.event)}", warning=True
        )
    for (old, value), name in zip(condition.match.items(), now.match, strict=True):
        where = (*path, "match", old)
        if name != old:
            yield Finding(where, f"{option(where)} {say.FIELD_CALLED_NOW(name=name)}", warning=True)
        yield from _field(now.event, name, value, where)


def _field(kind: str, name: str, value: str | float, where: Path) -> Iterator[Finding]:
    types: Mapping[str, object] = get_type_hints(KINDS[kind], include_extras=True)
    fields = [field for field in KINDS[kind].__struct_fields__ if field in types]
    if name not in fields:
        close = suggest(name, fields) or say.IT_HAS_FIELDS(fields=", ".join(fields))
        text = f"{option(where)} {say.EVENT_KIND_NO_SUCH(kind=kind, close=close)}"
        yield Finding(where, text, warning=True)
        return
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    try:
        msgspec.convert(whole, type=types[name])
    except msgspec.ValidationError as error:
        words = [str(word) for word in get_args(types[name]) if get_origin(types[name]) is Literal]
        why = say.ONE(words=", ".join(words)) if words else f"{str(error)[0].lower()}{str(error)[1:]}"
        text = f"{option(where)} {say.NO_EVENT_KIND_VALUE(kind=kind, why=why)}"
        yield Finding(where, text, warning=True)
