"""Columns of numbers in few bytes: differences, in the smallest array that holds them, byte planes, deflate.

A slowly moving measurement costs about one byte or less. What comes out is exactly what went in. Pure.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import Any, cast

import msgspec

from contract.types import Value

_INTEGERS = "bhiq"  # of 1, 2, 4 and 8 bytes; little-endian on every machine this runs on, and files do not travel
_MAX_DECIMALS = 6


class Column(msgspec.Struct, frozen=True, array_like=True):
    """``form``: '0' to '6' floats of so many decimals, 'n' integers, 'f' and 'd' IEEE floats, 'j' anything."""

    form: str
    data: bytes


def pack_integers(values: Sequence[int]) -> bytes:
    """At least one value. Raises ``OverflowError`` for what 64 bits do not hold."""
    steps = list(map(sub, values[1:], values))
    for code in _INTEGERS:
        try:
            packed = array(code, steps)
        except OverflowError:
            if code == _INTEGERS[-1]:
                raise
            continue
        break
    return code.encode() + array("q", values[:1]).tobytes() + _squeezed(packed)


def unpack_integers(data: bytes) -> list[int]:
    """Raises ``ValueError``, ``IndexError`` or ``zlib.error`` for damaged data."""
    first = array("q", data[1:9])
    return list(accumulate(_released(chr(data[0]), data[9:]), initial=first[0]))


def pack_values(values: Sequence[Value]) -> Column:
    kinds = set(map(type, values))
    try:
        if kinds == {int}:
            return Column("n", pack_integers(cast("Sequence[int]", values)))
        if kinds == {float}:
            return _pack_floats(cast("Sequence[float]", values))
    except OverflowError:
        pass
    return Column("j", zlib.compress(json.dumps(list(values), ensure_ascii=True).encode()))


def unpack_values(column: Column) -> list[Value]:
    """Raises ``ValueError``, ``IndexError`` or ``zlib.error`` for damaged data."""
    if column.form == "j":
        return list(json.loads(zlib.decompress(column.data)))
    if column.form in "fd":
        return list(_released(column.form, column.data))
    if column.form == "n":
        return list(unpack_integers(column.data))
    scale = 10 ** int(column.form)
    return [number / scale for number in unpack_integers(column.data)]


def _pack_floats(values: Sequence[float]) -> Column:
    for decimals in range(_MAX_DECIMALS + 1):
        scale = 10**decimals
        try:
            numbers = [round(value * scale) for value in values]
        except (OverflowError, ValueError):  # infinite, or not a number
            break
        if max(numbers) < 1 << 53 > -min(numbers) and all(
            number / scale == value for number, value in zip(numbers, values, strict=True)
        ):  # both are the double nearest to the decimal number
            return Column(str(decimals), pack_integers(numbers))
    try:
        single = array("f", values)
    except OverflowError:
        return Column("d", _squeezed(array("d", values)))
    if single.tolist() == list(values):
        return Column("f", _squeezed(single))
    return Column("d", _squeezed(array("d", values)))


def _squeezed(values: array[int] | array[float]) -> bytes:
    raw, width = values.tobytes(), values.itemsize
    return zlib.compress(b"".join(raw[plane::width] for plane in range(width)), 6)


def _released(code: str, data: bytes) -> array[Any]:
    raw = zlib.decompress(data)
    values: array[Any] = array(code)
    width, count = values.itemsize, len(raw) // values.itemsize
    planes = bytearray(count * width)
    for plane in range(width):
        planes[plane::width] = raw[plane * count : (plane + 1) * count]
    values.frombytes(planes)
    return values
