"""All that is wrong with a table, in sentences for technicians. Only walked once msgspec has refused the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import islice
from operator import or_
from typing import Annotated, Any, Literal

import msgspec
import msgspec.inspect as shapes

from agent.config import sentences as say
from agent.config.problem import UNKNOWN, Finding, Path, label, option, suggest
from agent.config.wording import description, expected, form, hint, requirement


def explain(kind: Any, value: Any, path: Path, also: Iterable[str], most: int) -> list[Finding]:
    """The first ``most`` problems of ``value``, that stands at ``path``, as a ``kind``.

    ``also`` are names that the same table may have beyond the fields of ``kind``; they were taken out before.
    """
    node = shapes.type_info(kind)
    if isinstance(node, shapes.StructType) and isinstance(value, dict):
        return list(islice(_struct(node, value, path, also), most))
    return list(islice(_any(node, value, path, ""), most))


def _any(node: shapes.Type, value: Any, path: Path, about: str) -> Iterator[Finding]:
    if isinstance(node, shapes.Metadata):
        yield from _any(node.type, value, path, form(node) or about)
        return
    if isinstance(node, shapes.UnionType):
        node = _member(node, value)
    for kinds, holder, walk in _HOLDERS:
        if isinstance(node, kinds) and isinstance(value, holder):
            yield from walk(node, value, path)
            return
    if not fits(node, value):
        yield Finding(path, f"{option(path)} {requirement(node, value, path, about)}{hint(node, value, path)}")


def _member(node: shapes.UnionType, value: Any) -> shapes.Type:
    """The one of a union's types that ``value`` was meant to be, or the union itself where none is."""
    types = [each for each in node.types if not isinstance(each, shapes.NoneType)]
    if len(types) == 1:
        return _bare(types[0])
    tables = [each for each in types if isinstance(each, shapes.StructType)]
    if isinstance(value, dict) and tables:
        tagged = (each for each in tables if each.tag_field is not None and value.get(each.tag_field) == each.tag)
        return next(tagged, tables[0])
    for each in map(_bare, types):
        if isinstance(each, shapes.CollectionType) and isinstance(value, list):
            return each
        if fits(each, value):
            return each
    return node


def _bare(node: shapes.Type) -> shapes.Type:
    return _bare(node.type) if isinstance(node, shapes.Metadata) else node


def _struct(node: shapes.StructType, table: dict[str, Any], path: Path, also: Iterable[str] = ()) -> Iterator[Finding]:
    fields = {field.encode_name: field for field in node.fields}
    known = [*fields, *also]
    for name, value in table.items():
        if name in fields:
            yield from _any(fields[name].type, value, (*path, name), "")
        elif name != node.tag_field:
            yield Finding((*path, name), unknown(name, known, path), cause=UNKNOWN)
    for name, field in fields.items():
        if field.required and name not in table:
            about = description(field.type)
            needs = (say.NEEDS_ABOUT if about else say.NEEDS)(name=f"'{name}'", about=about)
            yield Finding(path, f"{label(path)} {needs}")


def unknown(name: str, known: Iterable[str], path: Path) -> str:
    """The sentence about an option that is none."""
    known = sorted(known)
    sentence = say.HAS_NO_OPTION(path=label(path), name=name)
    if "password" in name.lower() and "password_file" in known:
        return say.SECRETS_NOT_STAND_SETTINGS(sentence=sentence)
    close = suggest(name, known)
    if close or not known:
        return sentence + close
    return say.OPTIONS(sentence=sentence, known=", ".join(known))


def _dict(node: shapes.DictType, table: dict[str, Any], path: Path) -> Iterator[Finding]:
    for name, value in table.items():
        if not fits(node.key_type, name):
            wants = say.HAS_FORM(form=form(node.key_type)) if form(node.key_type) else ""
            yield Finding((*path, name), say.NOT_NAME(path=label(path), name=name, wants=wants))
        yield from _any(node.value_type, value, (*path, name), "")


def _list(node: shapes.CollectionType, items: list[Any], path: Path) -> Iterator[Finding]:
    low, high = node.min_length or 0, node.max_length
    if len(items) < low or (high is not None and len(items) > high):
        yield Finding(path, f"{option(path)} {say.EXPECTED(what=expected(node, path), found=len(items))}")
    for index, item in enumerate(items):
        yield from _any(node.item_type, item, (*path, index), "")


def _tuple(node: shapes.TupleType, items: list[Any], path: Path) -> Iterator[Finding]:
    if len(items) != len(node.item_types):
        yield Finding(path, f"{option(path)} {say.EXPECTED(what=expected(node, path), found=len(items))}")
        return
    for index, (kind, item) in enumerate(zip(node.item_types, items, strict=True)):
        yield from _any(kind, item, (*path, index), "")


_Walk = Callable[[Any, Any, Path], Iterator[Finding]]
_HOLDERS: tuple[tuple[Any, type, _Walk], ...] = (
    (shapes.StructType, dict, _struct),
    (shapes.DictType, dict, _dict),
    (shapes.TupleType, list, _tuple),
    (shapes.CollectionType, list, _list),
)


def fits(node: shapes.Type, value: Any) -> bool:
    """Whether msgspec takes ``value`` for ``node``, where ``node`` is no table and no list."""
    if isinstance(node, (shapes.StructType, shapes.DictType, shapes.CollectionType, shapes.TupleType)):
        return False
    try:
        msgspec.convert(value, _rebuilt(node))
    except msgspec.ValidationError:
        return False
    return True


def _rebuilt(node: Any) -> Any:
    """A type that checks what ``node`` checks; msgspec gives no way back from its shapes to its types."""
    build = _TYPES.get(type(node))
    return build(node) if build else Any


def _limited(kind: Any, node: Any, names: Iterable[str]) -> Any:
    return Annotated[kind, msgspec.Meta(**{name: getattr(node, name) for name in names})]


_RANGE = ("gt", "ge", "lt", "le", "multiple_of")
_TYPES: dict[type[shapes.Type], Callable[[Any], Any]] = {
    shapes.Metadata: lambda node: _rebuilt(node.type),
    shapes.BoolType: lambda _: bool,
    shapes.IntType: lambda node: _limited(int, node, _RANGE),
    shapes.FloatType: lambda node: _limited(float, node, _RANGE),
    shapes.StrType: lambda node: _limited(str, node, ("min_length", "max_length", "pattern")),
    shapes.LiteralType: lambda node: Literal[node.values],
    shapes.EnumType: lambda node: node.cls,
    shapes.UnionType: lambda node: reduce(or_, (_rebuilt(each) for each in node.types if each != shapes.NoneType())),
}
