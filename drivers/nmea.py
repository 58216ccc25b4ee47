"""GNSS receivers that speak NMEA 0183: position, time, quality of the fix.

NMEA 0183 v4, one line of ASCII per sentence, at most 82 characters by the standard:

    $TTSSS,field,field,...*KK<CR><LF>

    TT   talker: GP GPS, GL GLONASS, GA Galileo, GB or BD BeiDou, GN several
    SSS  sentence
    KK   exclusive or of all characters between $ and *, hexadecimal

    RMC  1 hhmmss.ss  2 A valid, V not  3-4 ddmm.mmmm N|S  5-6 dddmm.mmmm E|W  7 knots  8 course  9 ddmmyy
    GGA  1 hhmmss.ss  2-3 latitude  4-5 longitude  6 fix quality  7 satellites  8 HDOP  9 height, metres
    GSA  2 fix 1 none, 2 two, 3 three dimensions  15 PDOP  16 HDOP  17 VDOP
    ZDA  1 hhmmss.ss  2 day  3 month  4 year

Position comes from GGA; from RMC where the receiver sends no GGA. The time is that of RMC, or of ZDA without it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from agent.api import QUANTITIES as TABLE
from agent.api import Annotated, Codec, Driver, Fault, FaultCode, Item, Meta, Options, Quantity, Reading, Stamp, Unit

LONGEST = 256
"""Characters of a line that are kept; receivers exceed the standard's 82, none this."""
KNOT = 1852 / 3600
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""An earlier date comes from a receiver whose GPS week counter rolled over."""

QUANTITIES = {
    name: TABLE[name]
    for name in (
        "latitude",
        "longitude",
        "altitude",
        "speed",
        "course",
        "satellites",
        "hdop",
        "fix_quality",
        "clock_offset",
    )
} | {
    "fix_mode": Quantity("fix_mode", Unit.ONE, "GNSS fix: 1 none, 2 two, 3 three dimensions"),
    "pdop": Quantity("pdop", Unit.ONE, "dilution of precision of the position"),
}
POSITION = ("latitude", "longitude")


class NmeaOptions(Options, frozen=True, kw_only=True):
    """A receiver needs no settings."""

    delay_s: Annotated[
        float, Meta(ge=0, lt=1, description="how long after its second the receiver begins to speak, in seconds")
    ] = 0.0


class Nmea(Codec):
    """Readings as sentences complete; a line with a wrong checksum is a fault, other lines are ignored."""

    def __init__(self, device: str, options: NmeaOptions) -> None:
        self._device = device
        self._delay = timedelta(seconds=options.delay_s)
        self._line = b""
        self._seen: set[str] = set()

    def ask(self, step: int) -> bytes:  # noqa: ARG002 - it talks by itself
        return b""

    @property
    def waiting(self) -> bool:
        return False

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        items: list[Item] = []
        *lines, rest = data.split(b"\n")
        for piece in lines:
            items += self._sentence((self._line + piece)[-LONGEST:], now)
            self._line = b""
        self._line = (self._line + rest)[-LONGEST:]
        return items

    def _sentence(self, line: bytes, now: Stamp) -> Sequence[Item]:
        """Of a line: what follows its last ``$``, so that noise before it does no harm."""
        _, dollar, text = line.strip(b"\r").rpartition(b"$")
        body, star, checksum = text.rpartition(b"*")
        if not dollar or not star:
            return ()
        if f"{functools.reduce(operator.xor, body, 0):02X}".encode() != checksum.strip().upper():
            return (self._fault(FaultCode.BAD_FRAME, "a sentence with a wrong checksum", now),)
        head, *fields = body.decode("ascii", "replace").split(",")
        kind = head[2:]
        decode = SENTENCES.get(kind)
        if decode is None or len(head) != 5:
            return ()
        self._seen.add(kind)
        try:
            return decode(self, ["", *fields, *[""] * 18], now)
        except ValueError:
            return (self._fault(FaultCode.OUT_OF_RANGE, f"a field of {head} cannot be read", now),)

    def rmc(self, fields: list[str], now: Stamp) -> list[Item]:
        if fields[2] != "A":
            return [self._fault(FaultCode.NOT_AVAILABLE, "the receiver has no fix", now, ("clock_offset",))]
        date = fields[9]
        items = self._time(fields[1], 2000 + int(date[4:6]), int(date[2:4]), int(date[:2]), now)
        items += self._number("speed", fields[7], now, lambda knots: round(knots * KNOT, 3))
        items += self._number("course", fields[8], now)
        if "GGA" not in self._seen:
            items += self._position(fields[3:7], now)
        return items

    def gga(self, fields: list[str], now: Stamp) -> list[Item]:
        fix = int(fields[6] or 0)
        items: list[Item] = [self._reading("fix_quality", fix, now)]
        items += self._number("satellites", fields[7], now, int)
        if fix == 0:
            return [
                *items,
                self._fault(FaultCode.NOT_AVAILABLE, "the receiver has no fix", now, (*POSITION, "altitude")),
            ]
        items += self._number("hdop", fields[8], now)
        items += self._position(fields[2:6], now)
        items += self._number("altitude", fields[9], now)
        return items

    def gsa(self, fields: list[str], now: Stamp) -> list[Item]:
        return [*self._number("fix_mode", fields[2], now, int), *self._number("pdop", fields[15], now)]

    def zda(self, fields: list[str], now: Stamp) -> list[Item]:
        if "RMC" in self._seen or not (fields[1] and fields[4]):
            return []
        return self._time(fields[1], int(fields[4]), int(fields[3]), int(fields[2]), now)

    def _time(self, clock: str, year: int, month: int, day: int, now: Stamp) -> list[Item]:
        seconds = float(clock[4:])
        if not 0 <= seconds < 61:
            raise ValueError(clock)
        minute = datetime(year, month, day, int(clock[:2]), int(clock[2:4]), tzinfo=UTC)
        told = minute + timedelta(seconds=seconds) + self._delay
        if told < EARLIEST:
            text = f"the receiver says {told.date()}: its week counter rolled over, it needs new firmware"
            return [self._fault(FaultCode.OUT_OF_RANGE, text, now, ("clock_offset",))]
        return [self._reading("clock_offset", round((told - now.utc).total_seconds(), 3), now)]

    def _position(self, fields: list[str], now: Stamp) -> list[Item]:
        latitude = _degrees(fields[0], 2, fields[1], "NS")
        longitude = _degrees(fields[2], 3, fields[3], "EW")
        if abs(latitude) > 90 or abs(longitude) > 180:
            return [self._fault(FaultCode.OUT_OF_RANGE, "a position that is not on Earth", now, POSITION)]
        return [self._reading("latitude", latitude, now), self._reading("longitude", longitude, now)]

    def _number(self, quantity: str, field: str, now: Stamp, convert: Callable[[float], float] = float) -> list[Item]:
        """An empty field is what the receiver does not tell: neither a reading nor a fault."""
        return [self._reading(quantity, convert(_plain(field)), now)] if field else []

    def _reading(self, quantity: str, value: float, now: Stamp) -> Reading:
        return Reading(device=self._device, quantity=quantity, value=value, unit=QUANTITIES[quantity].unit, at=now)

    def _fault(self, code: FaultCode, text: str, now: Stamp, quantities: tuple[str, ...] = ()) -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now, quantities=quantities)


def _plain(field: str) -> float:
    """A decimal number; ``ValueError`` for ``nan``, ``1e9`` and the like, which ``float`` would take."""
    if not field.removeprefix("-").replace(".", "", 1).isdecimal() or len(field) > 20:
        raise ValueError(field)
    return float(field)


def _degrees(field: str, width: int, side: str, sides: str) -> float:
    """``ddmm.mmmm`` and a letter."""
    if side not in sides or not side:
        raise ValueError(side)
    degrees = _plain(field[:width]) + _plain(field[width:]) / 60
    return round(-degrees if side == sides[1] else degrees, 7)


SENTENCES: dict[str, Callable[[Nmea, list[str], Stamp], list[Item]]] = {
    "RMC": Nmea.rmc,
    "GGA": Nmea.gga,
    "GSA": Nmea.gsa,
    "ZDA": Nmea.zda,
}

DRIVER = Driver(
    name="nmea",
    summary="GNSS receivers that speak NMEA 0183: position, time, quality of the fix",
    options=NmeaOptions,
    codec=Nmea,
    quantities=lambda _: tuple(QUANTITIES.values()),
)
