"""Recognises devices that talk by themselves from what comes on a line, whoever they are. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from agent.api import Codec, Driver, Fault, FaultCode, Reading, Stamp

MOST_BYTES = 8192
LINES_WANTED = 2
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One device: what to write into its table, and what is to be said of it."""

    driver: str
    options: dict[str, Any] = {}
    text: str = ""
    others: tuple[str, ...] = ()  # profiles that fit as well
    complete: bool = True  # false where a person must add something before the agent can use it


class Listener:
    """Feed it what comes; ``found`` once it is known. Every driver that needs no options and is only fed is tried."""

    def __init__(self, drivers: Mapping[str, Driver]) -> None:
        self._codecs: dict[str, Codec] = {}
        self._readings: dict[str, int] = {}
        self._heard = b""
        for name, driver in drivers.items():
            try:
                options = driver.options()
            except TypeError:  # it has options that must be given
                continue
            if "answer" in options.__struct_fields__:  # who thanks for a report has it deleted
                options = msgspec.structs.replace(options, answer=False)
            codec = driver.codec(name, options)
            if not codec.ask(0):
                self._codecs[name] = codec
                self._readings[name] = 0

    @property
    def silent(self) -> bool:
        return not self._heard

    def feed(self, data: bytes, now: Stamp) -> bytes:
        """Take what came; what a device wants to be asked before it explains itself (never more than a request)."""
        self._heard = (self._heard + data)[-MOST_BYTES:]
        said = b""
        now = msgspec.structs.replace(now, synced=False)  # nobody is told the time: a scan changes nothing
        for name, codec in self._codecs.items():
            items = codec.feed(data, now)
            useful = [i for i in items if isinstance(i, Reading) or (isinstance(i, Fault) and i.code is FIXLESS)]
            self._readings[name] += len(useful)
            said += codec.say()
        return said

    @property
    def found(self) -> Found | None:
        name = max(self._readings, key=self._readings.__getitem__, default="")
        if name and self._readings[name]:
            return Found(
                driver=name, text="talks by itself; devices that must be asked were not looked for on this line"
            )
        return _text(self._heard)


FIXLESS = FaultCode.NOT_AVAILABLE


def _text(heard: bytes) -> Found | None:
    """A device that sends lines: JSON objects, or text with numbers in it."""
    lines = [line.strip() for line in heard.split(b"\n")[1:-1]]  # the first may be a part of one
    printable = [line.decode("ascii") for line in lines if line and line.isascii() and line.decode().isprintable()]
    if len(printable) < LINES_WANTED or len(printable) < len([line for line in lines if line]):
        return None
    told = _object(printable[-1])
    if told is not None:
        values = {key: {"path": key} for key, value in told.items() if isinstance(value, int | float)}
        return Found(driver="json_line", options={"values": values}, text=f"sends {printable[-1][:80]}", complete=False)
    if not NUMBER.search(printable[-1]):
        return None
    return Found(
        driver="ascii_line",
        options={"pattern": pattern(printable[-1])},
        text=f"sends {printable[-1][:80]}",
        complete=False,
    )


def _object(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def pattern(line: str) -> str:
    """A regular expression for lines like this, each number a group ``value_1``, ``value_2`` ... to be renamed."""
    parts, at = [], 0
    for count, found in enumerate(NUMBER.finditer(line[:80]), 1):
        number = r"[-+]?[0-9]+[.][0-9]+" if "." in found.group() else r"[-+]?[0-9]+"
        parts += [re.escape(line[at : found.start()]), f"(?P<value_{count}>{number})"]
        at = found.end()
    return "".join([*parts, re.escape(line[at:80])])
