"""Values and rows of PostgreSQL as SQLite would give them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import psycopg
from psycopg.rows import RowMaker
from psycopg.types.numeric import NumericLoader
from psycopg.types.string import StrBinaryDumper, StrDumper, StrDumperUnknown


class PostgresRow(tuple[Any, ...]):
    """Read by position and by name, as ``sqlite3.Row``."""

    __slots__ = ()
    places: ClassVar[dict[str, int]] = {}

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.places[key] if type(key) is str else key)

    def keys(self) -> list[str]:
        return list(self.places)


@lru_cache(maxsize=1000)
def _row_type(names: tuple[str, ...]) -> type[PostgresRow]:
    return type(
        "_Row", (PostgresRow,), {"__slots__": (), "places": {name: number for number, name in enumerate(names)}}
    )


def named_rows(cursor: Any) -> RowMaker[PostgresRow]:
    return _row_type(tuple(column.name for column in cursor.description or ()))


class _Text(StrDumper):
    """PostgreSQL's texts have no character 0."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _AnyText(StrDumperUnknown):
    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _BinaryText(StrBinaryDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _Number(NumericLoader):
    """Sums of whole numbers are whole."""

    def load(self, data: Any) -> Any:
        found = super().load(data)
        return int(found) if found == int(found) else float(found)


class _AsItCame(psycopg.adapt.Loader):
    def load(self, data: Any) -> bytes:
        return bytes(data)


def adapt(pg: psycopg.Connection[Any]) -> None:
    """Of one connection."""
    for dumper in (_BinaryText, _AnyText, _Text):
        pg.adapters.register_dumper(str, dumper)
    pg.adapters.register_loader("numeric", _Number)
    pg.adapters.register_loader("json", _AsItCame)
