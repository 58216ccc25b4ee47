"""HJ 212 packets: cutting them out of a stream, their checksum, their fields and factors. Pure.

drivers/hj212.py draws the packet.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from agent.api import QUANTITIES, Options, Quantity, Unit

LONGEST_SEGMENT = 9999  # what four digits can say; section 6.3.1 of the 2017 version allows 1024, not all keep to it
LONGEST = LONGEST_SEGMENT + 12
TABLE = Path(__file__).parent / "factors" / "hj212.toml"
BEGIN = re.compile(rb"##(?=\d{4})")
LINE = re.compile(rb"[\r\n]")
SEPARATOR = re.compile("[;,]")
NO_DIGIT = re.compile("[-/:. T]")
FIELD = re.compile(r"[^=\x00-\x1f\x7f\ufffd]{1,60}=[^=\x00-\x1f\x7f]*")
"""A name and a value; a value may be text in another encoding, such as a place's name in GBK."""


class FactorRow(Options, frozen=True, kw_only=True):
    """What a factor code means: ``value = number * scale``; outside ``low`` to ``high`` it is no value."""

    quantity: str
    unit: Unit | None = None
    scale: float = 1.0
    text: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def measures(self) -> Quantity:
        known = QUANTITIES.get(self.quantity)
        unit = self.unit or (known.unit if known else Unit.ONE)
        return Quantity(self.quantity, unit, self.text or (known.text if known else self.quantity))


def factor_table() -> dict[str, FactorRow]:
    """The factors of drivers/factors/hj212.toml by their code in small letters."""
    rows = msgspec.convert(tomllib.loads(TABLE.read_text(encoding="utf-8")), dict[str, FactorRow])
    return {code.lower(): factor for code, factor in rows.items()}


def checksum(segment: bytes) -> bytes:
    """Four hexadecimal digits: CRC of polynomial A001 in which a byte meets the shifted high half of the register."""
    crc = 0xFFFF
    for byte in segment:
        crc = (crc >> 8) ^ byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return f"{crc:04X}".encode("ascii")


def packet(segment: bytes) -> bytes:
    return b"##%04d%b%b\r\n" % (len(segment), segment, checksum(segment))


def answer(head: dict[str, str]) -> bytes:
    """Data response, CN 9014: the packet was taken."""
    number, password, station = (head.get(key, "")[:24] for key in ("QN", "PW", "MN"))
    segment = f"QN={number};ST=91;CN=9014;PW={password};MN={station};Flag=4;CP=&&&&"
    return packet(segment.encode("ascii", "replace"))


class CutPacket(NamedTuple):
    """What stands at the beginning of a buffer: a segment, or None for a damaged one; ``used`` bytes are done with."""

    segment: bytes | None
    used: int


def cut(received: bytes) -> CutPacket | None:
    """The packet at the beginning of ``received``, which begins with ``##`` and four digits; None = not yet whole.

    The length field decides; where the checksum does not fit there, the end of the line does: some monitors count the
    length otherwise than the standard.
    """
    end = 6 + int(received[2:6])
    whole = len(received) >= end + 4
    if whole and received[end : end + 4].upper() == checksum(received[6:end]):
        return CutPacket(received[6:end], end + 4)
    line, after = LINE.search(received, 6), BEGIN.search(received, 6)
    for stop in [found.start() for found in (line, after) if found]:
        if stop > 10 and received[stop - 4 : stop].upper() == checksum(received[6 : stop - 4]):
            return CutPacket(received[6 : stop - 4], stop)
    if after:
        return CutPacket(None, after.start())
    return CutPacket(None, 2) if len(received) > LONGEST or (whole and line) else None


class MonitorPacket(NamedTuple):
    """A data segment. ``readable`` is false where the data part is enciphered."""

    head: dict[str, str]
    """Fields before the data part, names in capitals."""
    groups: list[dict[str, str]]
    """Values by ``code-statistic`` in small letters; a second value of one name begins another group."""
    names: dict[str, str]
    """Those names as the monitor writes them."""
    readable: bool
    broken: str
    """The first part that is no ``name=value``, where others are."""


def parse(segment: str) -> MonitorPacket:
    """Fields of a data segment, whatever parts them and whether in capitals or not."""
    rest = segment.partition("&&" if "&&" in segment else "CP=")[2]
    data = rest.rpartition("&&")[0] if "&&" in rest else rest
    parts = [part for part in SEPARATOR.split(data) if part.strip()]
    named = any(part.lstrip().lower().startswith("datatime=") or "-" in part for part in parts)
    broken = next((part.strip() for part in parts if not FIELD.fullmatch(part)), "") if named else ""
    readable = named or not parts
    groups: list[dict[str, str]] = [{}]
    names: dict[str, str] = {}
    for name, text in _pairs(data) if readable and not broken else ():
        key = name.lower()
        names[key] = name
        if key in groups[-1]:
            groups.append({})
        groups[-1][key] = text
    return MonitorPacket(fields(segment), groups, names, readable, broken)


def fields(segment: str) -> dict[str, str]:
    """What stands before the data part, names in capitals."""
    head = segment.partition("&&" if "&&" in segment else "CP=")[0]
    return {name.upper(): text for name, text in _pairs(head)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for field in SEPARATOR.split(text):
        name, equals, value = field.partition("=")
        if equals:
            yield name.strip(), value.strip()


def moment(text: str, utc_offset_h: float) -> datetime | None:
    """``YYYYMMDDhhmm[ss]``, maybe parted by signs, of a clock that many hours before UTC; None where it is no time."""
    text = NO_DIGIT.sub("", text)[:14]
    if not text.isdecimal() or len(text) < 12:
        return None
    text = text.ljust(14, "0")
    try:
        month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(4, 14, 2))
        local = datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
        return local - timedelta(hours=utc_offset_h)
    except (ValueError, OverflowError):
        return None
