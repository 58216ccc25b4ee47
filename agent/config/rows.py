"""Settings types as rows for people: what an option is called, means, may be, and is by default."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import msgspec.inspect as shapes

from agent.config.settings import KIB, MIB
from agent.config.wording import description, expected


class OptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One option. ``default`` is None where there is none; ``example`` stands in for it in samples."""

    name: str
    about: str
    kind: str
    """What it may be, in words: ``a whole number from 1 to 247``."""
    required: bool
    default: Any
    example: Any
    table: type | None = None
    """The struct that the option, or each item of it, is made of."""
    many: bool = False
    """Whether it is a list of ``table``."""


def rows(kind: type) -> list[OptionRow]:
    """The options of a struct, in the order of its fields."""
    node = shapes.type_info(kind)
    assert isinstance(node, shapes.StructType)
    return [_row(field) for field in node.fields]


def _row(field: shapes.Field) -> OptionRow:
    table, many = _table(field.type)
    default = None if field.default is msgspec.NODEFAULT else field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return OptionRow(
        name=field.encode_name,
        about=description(field.type),
        kind=expected(field.type, (field.encode_name,)),
        required=field.required,
        default=default,
        example=_example(field.type, default),
        table=table,
        many=many,
    )


def _table(node: shapes.Type) -> tuple[type | None, bool]:
    if isinstance(node, shapes.Metadata):
        return _table(node.type)
    if isinstance(node, shapes.StructType):
        return node.cls, False
    if isinstance(node, shapes.CollectionType):
        return _table(node.item_type)[0], True
    if isinstance(node, shapes.UnionType):
        return next((found for found in map(_table, node.types) if found[0] is not None), (None, False))
    return None, False


def _example(node: shapes.Type, default: Any) -> Any:
    while isinstance(node, shapes.Metadata):
        examples = (node.extra_json_schema or {}).get("examples")
        if examples:
            return examples[0]
        node = node.type
    if isinstance(node, shapes.UnionType) and default is None:
        return next((found for found in (_example(each, None) for each in node.types) if found is not None), None)
    if isinstance(node, (shapes.IntType, shapes.FloatType)) and default is None:
        return next((bound for bound in (node.le, node.ge) if bound is not None), None)
    return default


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {toml(item)}' for key, item in value.items())} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, msgspec.Struct):
        return toml({name: item for name, item in msgspec.structs.asdict(value).items() if item is not None})
    return str(value)


def size(row: OptionRow) -> str:
    """``256 MiB`` for a default number of bytes that is a round one, else nothing."""
    if row.name.endswith("_bytes") and isinstance(row.default, int) and row.default >= KIB:
        for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
            if row.default % unit == 0:
                return f"{row.default // unit} {name}"
    return ""
