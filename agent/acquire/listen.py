"""Recognises streaming devices of any driver from what comes on a line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from agent.acquire import sentences as rows
from agent.api import Codec, Driver, Fault, FaultCode, Reading, Stamp

MOST_BYTES = 8192
LINES_WANTED = 2


class LineFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One device: what to write into its table, and what is to be said of it."""

    driver: str
    options: dict[str, Any] = {}
    text: str = ""
    others: tuple[str, ...] = ()  # profiles that fit as well
    complete: bool = True  # false where a person must add something before the agent can use it


class Listener:
    """Feed it what comes; ``found`` once it is known. Every driver whose probe listens is tried."""

    def __init__(self, drivers: Mapping[str, Driver]) -> None:
        self._drivers = drivers
        self._codecs: dict[str, Codec] = {}
        self._readings: dict[str, int] = {}
        self._received = b""
        for name, driver in drivers.items():
            if driver.probe is None or driver.probe.listen is None:
                continue
            codec = driver.codec(name, msgspec.convert(driver.probe.listen, driver.options))
            if not codec.ask(0):
                self._codecs[name] = codec
                self._readings[name] = 0

    @property
    def silent(self) -> bool:
        return not self._received

    def feed(self, data: bytes, now: Stamp) -> bytes:
        """Take what came; what a device wants to be asked before it explains itself (never more than a request)."""
        self._received = (self._received + data)[-MOST_BYTES:]
        said = b""
        now = msgspec.structs.replace(now, synced=False)  # no device is given the time: a scan changes nothing
        for name, codec in self._codecs.items():
            items = codec.feed(data, now)
            useful = [i for i in items if isinstance(i, Reading) or (isinstance(i, Fault) and i.code is FIXLESS)]
            self._readings[name] += len(useful)
            said += codec.say()
        return said

    @property
    def found(self) -> LineFinding | None:
        name = max(self._readings, key=self._readings.__getitem__, default="")
        if name and self._readings[name]:
            return LineFinding(driver=name, text=rows.TALKS_ITSELF_DEVICES_MUST())
        return self._text()

    def _text(self) -> LineFinding | None:
        """A device that sends lines of text, as far as a driver makes something of them."""
        lines = [line.strip() for line in self._received.split(b"\n")[1:-1]]  # the first may be a part of one
        printable = [line.decode("ascii") for line in lines if line and line.isascii() and line.decode().isprintable()]
        if len(printable) < LINES_WANTED or len(printable) < len([line for line in lines if line]):
            return None
        for name, driver in self._drivers.items():
            guess = driver.probe.text(printable) if driver.probe and driver.probe.text else None
            if guess is not None:
                return LineFinding(driver=name, options=guess.options, text=guess.text, complete=guess.complete)
        return None


FIXLESS = FaultCode.NOT_AVAILABLE


def looks_like(drivers: Mapping[str, Driver], data: bytes, now: Stamp) -> str:
    """A sentence about the device that sends ``data`` where another was expected; empty where nobody knows it."""
    listener = Listener(drivers)
    listener.feed(data, now)
    found = listener.found
    if found is None:
        return ""
    return rows.WHAT_COMES_WHAT_DEVICE(driver=found.driver)
