"""Words for types, limits and values: what was expected, what was found, and what probably went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec.inspect as shapes

from agent.config.problem import Path, suggest

_UNITS = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_bytes": "bytes",
    "_bytes_per_s": "bytes/s",
    "_percent": "percent",
    "_c": "degrees Celsius",
    "_m": "metres",
    "_mm": "millimetres",
}
"""What an option's name ends in -> its unit in words."""

_SECRETS = ("password", "passwd", "secret", "token", "passphrase")
_LONGEST = 60


def expected(node: shapes.Type, path: Path = ()) -> str:
    """``a whole number from 1 to 247``, ``"none", "even" or "odd"``, ``a table``."""
    say = _KINDS.get(type(node))
    return say(node, path) if say else "another kind of value"


def _amount(node: Any, path: Path) -> str:
    kind = "a whole number" if isinstance(node, shapes.IntType) else "a number"
    unit = unit_of(path)
    return f"{kind}{f' of {unit}' if unit else ''}{limits(node)}"


def choices(node: shapes.Type) -> list[Any]:
    """The values of an enumeration or a ``Literal``; empty where ``node`` is neither."""
    if isinstance(node, shapes.LiteralType):
        return list(node.values)
    return [each.value for each in node.cls] if isinstance(node, shapes.EnumType) else []


def _choice(node: Any, _: Path) -> str:
    return _either([shown(value) for value in choices(node)])


def _one_of(node: Any, path: Path) -> str:
    return _either([expected(each, path) for each in node.types if not isinstance(each, shapes.NoneType)])


def _list(node: Any, _: Path) -> str:
    low, high = node.min_length, node.max_length
    if low and high:
        return f"a list of {low} to {high} items"
    if low:
        return f"a list of at least {low} item{'s' if low > 1 else ''}"
    return f"a list of at most {high} items" if high is not None else "a list"


def _text(node: Any, _: Path) -> str:
    if node.min_length == 1 and node.max_length is None:
        return "a text that is not empty"
    if node.max_length is not None:
        return f"a text of {f'{node.min_length} to' if node.min_length else 'at most'} {node.max_length} characters"
    return "a text"


_KINDS: dict[type[shapes.Type], Callable[[Any, Path], str]] = {
    shapes.Metadata: lambda node, path: expected(node.type, path),
    shapes.IntType: _amount,
    shapes.FloatType: _amount,
    shapes.LiteralType: _choice,
    shapes.EnumType: _choice,
    shapes.StrType: _text,
    shapes.UnionType: _one_of,
    shapes.BoolType: lambda *_: "true or false",
    shapes.StructType: lambda *_: "a table",
    shapes.DictType: lambda *_: "a table",
    shapes.TupleType: lambda node, _: f"a list of {len(node.item_types)} items",
    shapes.ListType: _list,
    shapes.VarTupleType: _list,
    shapes.SetType: _list,
    shapes.FrozenSetType: _list,
}


def unit_of(path: Path) -> str:
    """The unit that an option's name speaks of, in words; empty where it speaks of none."""
    name = next((str(key) for key in reversed(path) if isinstance(key, str)), "")
    ends = [end for end in _UNITS if name.endswith(end)]
    return _UNITS[max(ends, key=len)] if ends else ""


def limits(node: shapes.IntType | shapes.FloatType) -> str:
    """`` from 1 to 247``, `` above 0 and at most 60``; empty where there are none."""
    if node.ge is not None and node.le is not None:
        return f" from {_number(node.ge)} to {_number(node.le)}"
    words = []
    for bound, word in ((node.ge, "of at least"), (node.gt, "above"), (node.le, "of at most"), (node.lt, "below")):
        if bound is not None:
            words.append(f"{word} {_number(bound)}")
    return f" {' and '.join(words)}".replace("and of at", "and at") if words else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: Any) -> str:
    """A value as it stands in TOML, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value if len(value) <= _LONGEST else value[:_LONGEST] + "..."}"'
    return str(value)[:_LONGEST]


def found(value: Any, path: Path) -> str:
    """What stands there, for the sentence; the values of secrets are never shown."""
    if secret(path) or (isinstance(value, str) and "://" in value):
        return "something that is not shown here"
    for kind, word in ((bool, ""), (str, "the text "), ((int, float), ""), (list, "a list"), (dict, "a table")):
        if isinstance(value, kind):
            return f"{word}{shown(value)}" if kind not in (list, dict) else word
    return f"the date or time {value}"


def secret(path: Path) -> bool:
    """Whether the option at ``path`` may hold a secret, so that its value must not be shown."""
    return any(word in str(key).lower() for key in path for word in _SECRETS)


def description(node: shapes.Type) -> str:
    """The ``description`` of the option's ``Meta``, or nothing."""
    if isinstance(node, shapes.UnionType):
        return next(filter(None, map(description, node.types)), "")
    if not isinstance(node, shapes.Metadata):
        return ""
    return str((node.extra_json_schema or {}).get("description", "")) or description(node.type)


def form(node: shapes.Type) -> str:
    """What a text of the option looks like: ``extra={"form": ...}`` of its ``Meta``, else its description."""
    if not isinstance(node, shapes.Metadata):
        return ""
    return str((node.extra or {}).get("form", "")) or form(node.type) or description(node)


def requirement(node: shapes.Type, value: Any, path: Path, about: str) -> str:
    """``expected ..., found ...``; for a text of the wrong form, what the form is by its description."""
    if isinstance(node, shapes.StrType) and isinstance(value, str) and node.pattern is not None:
        return f"{shown(value)} will not do{f': {about}' if about else ''}"
    return f"expected {expected(node, path)}, found {found(value, path)}"


def hint(node: shapes.Type, value: Any, path: Path) -> str:
    """What probably went wrong, as the end of a sentence; empty where nothing comes to mind."""
    if secret(path):
        return ""
    if isinstance(value, str):
        return _hint_on_text(node, value)
    if isinstance(node, shapes.BoolType) and value in (0, 1):
        return f"; write {'true' if value else 'false'}"
    if isinstance(node, shapes.StrType) and isinstance(value, (int, float)):
        return "; write it in quotation marks"
    if isinstance(node, shapes.CollectionType) and isinstance(value, dict):
        return f"; write its head in double brackets: [[{'.'.join(map(str, path))}]]"
    return ""


def _hint_on_text(node: shapes.Type, value: str) -> str:
    bare = value.strip().lower()
    if isinstance(node, (shapes.IntType, shapes.FloatType)) and _NUMBER.fullmatch(bare):
        return "; write it without quotation marks"
    if isinstance(node, shapes.BoolType) and bare in _YES_NO:
        return f"; write {_YES_NO[bare]} without quotation marks"
    values = [each for each in choices(node) if isinstance(each, str)]
    begin = [each for each in values if bare and each.startswith(bare)]
    return suggest(begin[0] if len(begin) == 1 else value, values, '"') if values else ""


_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_YES_NO = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
