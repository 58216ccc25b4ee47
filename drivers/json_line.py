"""Devices that send JSON, one object per line: ESP32 boards, gateways, scripts.

    {"pm": {"2.5": 17, "10": 31}, "t": 264, "ok": true}<LF>      such a line, by itself or when asked
    [device.x.values.pm2_5]  path = "pm/2.5"

A path names keys from the outside in, parted by "/"; a number picks from a list. An object without the path is passed
over; a path that none of the first ten has is a fault that names those that there are. A null is a fault, and so is a
key that one object gives twice with two values, and what firmware writes for a value that it has not: nan, inf, None.
True and false are 1 and 0 of a switch, and no number of anything else. A byte order mark before the object is passed
over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from agent.api import (
    Annotated,
    Driver,
    Fault,
    FaultCode,
    Found,
    Item,
    Meta,
    Options,
    Probe,
    Quantity,
    Stamp,
    Unit,
)
from drivers import _sentences as say
from drivers import _sentences_options as about
from drivers._lines import SEVERAL, Lines, Scale, measured, problem_of

ABSENT = object()
TWICE = object()
"""In the place of a value that an object gives twice, and not the same."""
MOST_NAMED = 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
TOKEN = re.compile(
    rb'"(?:[^"\\]|\\.)*+"|[-+]?\b(?:nan(?:\(\w*\)|\b)|(?:inf(?:inity)?|none|null|undefined)\b|1\.#[a-z]+\b)',
    re.IGNORECASE,
)
"""Texts, and what C, Python and JavaScript write for a number that is none."""


TEXT = re.compile(rb'("(?:[^"\\]|\\.)*+")(\s*+:)?')
BEFORE_PIECE, AFTER_PIECE = re.compile(rb'["{},]|\[\s*$|^\s*:\s*$'), re.compile(rb'["{},\]]')
"""What shows that an object was cut, so that an inner one is not the whole."""


class Place(Scale, frozen=True, kw_only=True):
    """Where a value stands."""

    path: Annotated[str, Meta(min_length=1, max_length=200, description=about.KEYS_FROM_OUTSIDE_PM())]


class JsonOptions(Options, frozen=True, kw_only=True):
    """Which keys are which quantities."""

    values: Annotated[dict[str, Place], Meta(min_length=1, description=about.PLACE_EACH_QUANTITY())]
    question: Annotated[str, Meta(max_length=100, description=about.WHAT_SEND_LINE_NOTHING())] = ""


class JsonLine(Lines):
    """Readings of the named paths; a line that is no JSON is a fault, of an asked device where no object follows."""

    def __init__(self, device: str, options: JsonOptions) -> None:
        super().__init__(device, options.question, options.values)
        self._paths = [(name, place.path.split("/")) for name, place in options.values.items()]
        self._never = set(options.values)  # quantities that no object had so far
        self._objects = 0

    def decode(self, line: bytes, now: Stamp) -> list[Item]:
        reported = parse(line)
        if reported is ABSENT:
            fault = self.fault(FaultCode.BAD_FRAME, say.LINE_NO_JSON(), now)
            if not self._question:
                return [fault]
            self._hint = fault  # it may be the question, which the device repeats
            return []
        found = [(name, raw) for name, path in self._paths if (raw := _at(reported, path)) is not ABSENT]
        items = [self._one(name, raw, now) for name, raw in found]
        if self._never:
            self._objects += 1
            self._never -= {name for name, _ in found}
        self._hint = self._absent(reported, now) if self._never and self._objects >= SEVERAL else None
        return items

    def _absent(self, reported: Any, now: Stamp) -> Fault:
        """The fault of paths that so many objects did not have: they are not those of this device."""
        paths = ", ".join(f"'{'/'.join(path)}'" for name, path in self._paths if name in self._never)
        there = ", ".join(list(_leaves(reported, ""))[:MOST_NAMED])
        text = say.PATHS_NEVER_CAME(paths=paths, count=self._objects, there=there)
        fault = self.fault(FaultCode.NOT_AVAILABLE, text[:400], now, *sorted(self._never))
        return msgspec.structs.replace(fault, advice=say.SET_PATHS())

    def _one(self, name: str, raw: Any, now: Stamp) -> Item:
        if raw is TWICE:
            return self.fault(FaultCode.OUT_OF_RANGE, say.KEY_TWICE(name=name), now, name)
        if isinstance(raw, dict | list):
            return self.fault(FaultCode.OUT_OF_RANGE, say.PATH_ENDS_NO_VALUE(name=name), now, name)
        if isinstance(raw, bool) and self.measures(name).unit is not Unit.ONE:
            return self.fault(FaultCode.NOT_AVAILABLE, say.NO_MEASUREMENT(name=name, raw=raw).lower(), now, name)
        return self.item(name, raw, now)


_quick = msgspec.json.Decoder().decode


def _decode(text: bytes) -> Any:
    keys = [found[1] for found in TEXT.finditer(text) if found[2]]
    if len(set(keys)) == len(keys) and not any(b"\\" in key for key in keys):
        return _quick(text)
    _quick(text)  # as strict as for other lines
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = TWICE if found.get(key, value) != value else value
    return found


def parse(line: bytes) -> Any:
    """The object of a line, with null for what is no number; ``ABSENT`` where it is no JSON even so."""
    line = line.removeprefix(BYTE_ORDER_MARK)
    begin, end = line.find(b"{"), line.rfind(b"}") + 1
    texts = [line]
    if 0 <= begin < end and not BEFORE_PIECE.search(line[:begin]) and not AFTER_PIECE.search(line[end:]):
        texts.append(line[begin:end])  # a prompt or a time may stand before it, but no piece of an object
    for text in (each for plain in texts for each in (plain, _nulls(plain))):
        try:
            return _decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return ABSENT


def _nulls(line: bytes) -> bytes:
    return TOKEN.sub(lambda found: found[0] if found[0][:1] == b'"' else b"null", line)


def _at(reported: Any, path: list[str]) -> Any:
    for key in path:
        if isinstance(reported, dict):
            reported = reported.get(key, ABSENT)
        elif isinstance(reported, list) and key.isdecimal() and int(key[:9]) < len(reported):
            reported = reported[int(key)]
        else:
            return reported if reported is TWICE else ABSENT
    return reported


def _leaves(reported: Any, begin: str) -> Iterator[str]:
    """The paths of all values."""
    if isinstance(reported, dict | list):
        rows = reported.items() if isinstance(reported, dict) else enumerate(reported)
        for key, value in rows:
            yield from _leaves(value, f"{begin}/{key}" if begin else str(key))
    else:
        yield begin


def _quantities(options: JsonOptions) -> tuple[Quantity, ...]:
    return tuple(measured(name, place) for name, place in options.values.items())


def _guess(lines: Sequence[str]) -> Found | None:
    """Its numbers, to be named by a person."""
    reported = parse(lines[-1].encode())
    if not isinstance(reported, dict):
        return None
    values = {key: {"path": key} for key, value in reported.items() if isinstance(value, int | float)}
    return Found(options={"values": values}, text=f"sends {lines[-1][:80]}", complete=False)


DRIVER = Driver(
    name="json_line",
    summary=say.DEVICES_SEND_ONE_JSON(),
    options=JsonOptions,
    codec=JsonLine,
    quantities=_quantities,
    sample={"values": {"temperature": {"path": "t", "scale": 0.1}, "pm2_5": {"path": "pm/2.5"}}},
    check=lambda options: [
        f"values: {problem}" for problem in (problem_of(*row) for row in options.values.items()) if problem
    ],
    probe=Probe(text=_guess),
    checksum=False,
)
