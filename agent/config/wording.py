"""Words for types, limits and values: what was expected, what was found, and what probably went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec.inspect as shapes

from agent.config import sentences as say
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
    describe = _KINDS.get(type(node))
    return describe(node, path) if describe else say.ANOTHER_KIND()


def _amount(node: Any, path: Path) -> str:
    number = say.NUMBERS[isinstance(node, shapes.IntType), unit_of(path)]()
    low = next((name for name in ("ge", "gt") if getattr(node, name) is not None), "")
    high = next((name for name in ("le", "lt") if getattr(node, name) is not None), "")
    bounds = {"low": _number(getattr(node, low)) if low else "", "high": _number(getattr(node, high)) if high else ""}
    return say.LIMITS[low, high](number=number, **bounds) if low or high else number


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
        return say.LIST_BETWEEN(low=low, high=high)
    if low:
        return say.LIST_OF_ONE() if low == 1 else say.LIST_FROM(low=low)
    return say.LIST_UP_TO(high=high) if high is not None else say.A_LIST()


def _text(node: Any, _: Path) -> str:
    if node.max_length is None:
        return say.TEXT_NOT_EMPTY() if node.min_length == 1 else say.A_TEXT()
    row = say.TEXT_BETWEEN if node.min_length else say.TEXT_UP_TO
    return row(low=node.min_length, high=node.max_length)


_KINDS: dict[type[shapes.Type], Callable[[Any, Path], str]] = {
    shapes.Metadata: lambda node, path: expected(node.type, path),
    shapes.IntType: _amount,
    shapes.FloatType: _amount,
    shapes.LiteralType: _choice,
    shapes.EnumType: _choice,
    shapes.StrType: _text,
    shapes.UnionType: _one_of,
    shapes.BoolType: lambda *_: say.TRUE_OR_FALSE(),
    shapes.StructType: lambda *_: say.A_TABLE(),
    shapes.DictType: lambda *_: say.A_TABLE(),
    shapes.TupleType: lambda node, _: say.LIST_OF(count=len(node.item_types)),
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


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else say.OR(list=", ".join(words[:-1]), last=words[-1])


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
        return say.NOT_SHOWN()
    if isinstance(value, (list, dict)):
        return (say.A_LIST if isinstance(value, list) else say.A_TABLE)()
    if isinstance(value, (bool, int, float)):
        return shown(value)
    return (say.THE_TEXT if isinstance(value, str) else say.THE_DATE)(shown=shown(value))


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
        return (say.WILL_NOT_DO_SINCE if about else say.WILL_NOT_DO)(shown=shown(value), about=about)
    return say.EXPECTED(what=expected(node, path), found=found(value, path))


def hint(node: shapes.Type, value: Any, path: Path) -> str:
    """What probably went wrong, as the end of a sentence; empty where nothing comes to mind."""
    if secret(path):
        return ""
    if isinstance(value, str):
        return _hint_on_text(node, value)
    if isinstance(node, shapes.BoolType) and value in (0, 1):
        return say.WRITE_IT(shown=shown(bool(value)))
    if isinstance(node, shapes.StrType) and isinstance(value, (int, float)):
        return say.WRITE_IN_QUOTES()
    if isinstance(node, shapes.CollectionType) and isinstance(value, dict):
        return say.WRITE_HEAD(head=".".join(map(str, path)))
    return ""


def _hint_on_text(node: shapes.Type, value: str) -> str:
    bare = value.strip().lower()
    if isinstance(node, (shapes.IntType, shapes.FloatType)) and _NUMBER.fullmatch(bare):
        return say.WRITE_BARE()
    if isinstance(node, shapes.BoolType) and bare in _YES_NO:
        return say.WRITE_WORD_BARE(shown=_YES_NO[bare])
    values = [each for each in choices(node) if isinstance(each, str)]
    begin = [each for each in values if bare and each.startswith(bare)]
    return suggest(begin[0] if len(begin) == 1 else value, values, '"') if values else ""


_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_YES_NO = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
