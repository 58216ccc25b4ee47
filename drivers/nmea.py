"""GNSS receivers that speak NMEA 0183: position, time, quality of the fix.

NMEA 0183 v4, one line of ASCII per sentence, at most 82 characters by the standard:

    $TTSSS,field,field,...*KK<CR><LF>

    TT   talker: GP GPS, GL GLONASS, GA Galileo, GB or BD BeiDou, GQ or QZ QZSS, GI NavIC, GN several
    SSS  sentence
    KK   exclusive or of all characters between $ and *, hexadecimal

    RMC  1 hhmmss.ss  2 A valid, V not  3-4 ddmm.mmmm N|S  5-6 dddmm.mmmm E|W  7 knots  8 course  9 ddmmyy
    GGA  1 hhmmss.ss  2-3 latitude  4-5 longitude  6 fix quality  7 satellites  8 HDOP  9 height, metres
    GSA  2 fix 1 none, 2 two, 3 three dimensions  15 PDOP  16 HDOP  17 VDOP
    GSV  1 sentences  2 number of this one  3 satellites in view  then four times satellite, elevation, azimuth, signal
    ZDA  1 hhmmss.ss  2 day  3 month  4 year

Satellites in view are counted once a round of GSV (drivers/_gsv.py). Position comes from GGA; from RMC, with the HDOP
of GSA, where the receiver sends no GGA. The time is that of RMC, or of ZDA where RMC has no date. What stands between
sentences (UBX and other binary) is passed over. 0 north 0 east is no position. A date that cannot be makes the
receiver's other values uncertain.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from agent.api import Annotated, Codec, Driver, Fault, FaultCode, Item, Meta, Options, Probe, Quality, Reading, Stamp
from drivers import _sentences as say
from drivers import _sentences_options as about
from drivers._gsv import InView, Sky
from drivers._nmea import (
    EARLIEST,
    ESTIMATED,
    FAR_S,
    FASTEST,
    FEWEST,
    FIXED_S,
    HEAD,
    HIGHEST,
    KNOT,
    LATEST,
    LOWEST,
    MANUAL,
    NO_DILUTION,
    POOR,
    POSITION,
    QUANTITIES,
    REPEATS,
    SIMULATED,
    STAR,
    STILL_S,
    TWO_CLOCKS,
    UNREAL,
    RunningTime,
    moment,
    no_checksum,
    plain,
    plausible,
    position_of,
)

LONGEST = 256
"""Characters of a line that are kept; receivers exceed the standard's 82, none this."""


class NmeaOptions(Options, frozen=True, kw_only=True):
    """A receiver needs no settings."""

    delay_s: Annotated[float, Meta(ge=0, lt=1, description=about.HOW_LONG_AFTER_SECOND())] = 0.0
    checksum: Annotated[
        Literal["required", "optional"],
        Meta(description=about.OPTIONAL_RECEIVER_SENDS_NONE()),
    ] = "required"


class Nmea(Codec):
    """Readings as sentences complete; a line with a wrong checksum is a fault, other lines are ignored."""

    def __init__(self, device: str, options: NmeaOptions) -> None:
        self._device = device
        self._delay = timedelta(seconds=options.delay_s)
        self._strict = options.checksum == "required"
        self._line = b""
        self._dated = False  # RMC brings a date, so that ZDA is not needed
        self._gga = False
        self._flat = False  # GSA: a fix in two dimensions
        self._poor = False  # GSA: a position of poor geometry
        self._fixed_s = float("-inf")  # when a sentence last reported a fix
        self._clock = RunningTime()
        self._still_s = 0.0  # for how long its time has not moved on
        self._void = False  # RMC: no fix, so that the time is that of the receiver's own clock
        self._sky = Sky()
        self._doubt = False  # the date that came last cannot be
        self._quality = Quality.GOOD  # of what the sentence in work says

    def ask(self, step: int) -> bytes:  # noqa: ARG002 - it talks by itself
        return b""

    @property
    def waiting(self) -> bool:
        return False

    def feed(self, data: bytes, now: Stamp) -> Sequence[Item]:
        items: list[Item] = []
        *lines, rest = data.replace(b"\r", b"\n").split(b"\n")  # some end a line with either
        for piece in lines:
            items += self._sentence((self._line + piece)[-LONGEST:], now)
            self._line = b""
        self._line = (self._line + rest)[-LONGEST:]
        return items

    def _sentence(self, line: bytes, now: Stamp) -> Sequence[Item]:
        """Of a line: what follows its last ``$``, so that noise before it does no harm."""
        before, dollar, text = line.rpartition(b"$")
        if not dollar or HEAD.match(text) is None:
            return ()
        star = STAR.search(text)
        body = text[: star.start()] if star else text.rstrip()
        if star is None and (b"*" in text or self._strict or not plausible(before, body)):
            return (self._fault(FaultCode.BAD_FRAME, no_checksum(text), now),)
        if star and functools.reduce(operator.xor, body, 0) != int(star[1], 16):
            return (self._fault(FaultCode.BAD_FRAME, say.SENTENCE_WRONG_CHECKSUM(), now),)
        head, *fields = body.decode("ascii", "replace").split(",")
        decode = SENTENCES.get(head[2:])
        if head[2:] in {"RMC", "GGA"} or (head[2:] == "ZDA" and not self._dated):
            self._still_s = self._clock.stands_s(fields[0] if fields else "", now.boot_s)
        self._quality = self._worth()
        items = [] if head[2:] == "GSV" else self._in_view(self._sky.other(), now)
        try:
            if head[2:] == "GSV":
                return self._in_view(self._sky.add(head[:2], fields, now.boot_s), now)
            return [*items, *decode(self, [*fields, *[""] * 18], now)] if decode else items
        except ValueError:
            return [*items, self._fault(FaultCode.OUT_OF_RANGE, say.FIELD_CANNOT_READ(head=head), now)]

    def rmc(self, fields: list[str], now: Stamp) -> list[Item]:
        if self._no_fix(fields[1] != "A" or fields[11] == "N", now):
            missing = ("clock_offset",) if self._gga else ("clock_offset", *POSITION)
            return [self._fault(FaultCode.NOT_AVAILABLE, say.RECEIVER_NO_FIX(), now, missing)]
        date = fields[8] if fields[8].strip("0") else ""
        self._dated = bool(date)
        if date:
            year = int(date[4:6])
            items = self._time(fields[0], year + (1900 if year >= 80 else 2000), date[2:4], date[:2], now)
        else:
            items = [self._fault(FaultCode.NOT_AVAILABLE, say.RECEIVER_NO_DATE_YET(), now, ("clock_offset",))]
        position = position_of(fields[2:6])
        if position == (0.0, 0.0):
            names = ("speed", "course") if self._gga else (*POSITION, "speed", "course")
            return [*items, self._fault(FaultCode.NOT_AVAILABLE, say.NORTH_EAST_NO_POSITION(), now, names)]
        if fields[11] in {"S", "M"}:
            return [*items, self._fault(FaultCode.NOT_AVAILABLE, UNREAL, now, (*POSITION, "speed", "course"))]
        if fields[11] == "E":
            self._quality = Quality.UNCERTAIN
        items += self._speed(fields[6], now)
        items += self._course(fields[7], now)
        if not self._gga:
            if self._poor:
                self._quality = Quality.UNCERTAIN
            items += self._place(position, now)
        return items

    def gga(self, fields: list[str], now: Stamp) -> list[Item]:
        self._gga = True
        if fields[9] not in {"M", ""}:
            raise ValueError(fields[9])
        fix = int(fields[5] or 0)
        self._no_fix(fix == 0, now)
        if fix < 0 or (fields[6] and int(fields[6]) < 0):
            raise ValueError(f"{fields[5]}, {fields[6]}")
        items: list[Item] = [self._reading("fix_quality", fix, now)]
        items += self._number("satellites", fields[6], now, int)
        why = say.RECEIVER_NO_FIX()
        position = position_of(fields[1:5]) if fix else None
        if position == (0.0, 0.0):
            fix, why = 0, say.NORTH_EAST_NO_POSITION()
        if fix in {MANUAL, SIMULATED}:
            fix, why = 0, UNREAL
        if fix == 0:
            return [*items, self._fault(FaultCode.NOT_AVAILABLE, why, now, (*POSITION, "altitude"))]
        satellites = int(fields[6]) if fields[6] else None
        few = satellites is not None and satellites < FEWEST
        if fix == ESTIMATED or few or (fields[7] and plain(fields[7]) > POOR):
            self._quality = Quality.UNCERTAIN
        items += self._dilution("hdop", fields[7], now)
        items += self._place(position, now)
        if fields[8] and not LOWEST <= plain(fields[8]) <= HIGHEST:
            text = say.M_NO_HEIGHT_PLACE(fields=fields[8])
            return [*items, self._fault(FaultCode.OUT_OF_RANGE, text, now, ("altitude",))]
        if self._flat or satellites == FEWEST:
            self._quality = Quality.UNCERTAIN  # two dimensions: the height is an earlier one, or a guess
        return [*items, *self._number("altitude", fields[8], now)]

    def gsa(self, fields: list[str], now: Stamp) -> list[Item]:
        if fields[1] == "1":  # a system that is not used says nothing of the fix that the others have
            fixed = now.boot_s - self._fixed_s < FIXED_S
            return [] if fixed else self._number("fix_mode", fields[1], now, int)
        self._fixed_s, self._flat = now.boot_s, fields[1] == "2"
        self._poor = bool(fields[15]) and plain(fields[15]) > POOR
        return [*self._number("fix_mode", fields[1], now, int), *self._dilution("pdop", fields[14], now)]

    def zda(self, fields: list[str], now: Stamp) -> list[Item]:
        if self._dated or not (fields[0] and fields[3].strip("0")):
            return []
        return self._time(fields[0], int(fields[3]), fields[2], fields[1], now)

    def _in_view(self, skies: Sequence[InView], now: Stamp) -> list[Item]:
        items: list[Item] = []
        for sky in skies:
            items.append(self._reading("satellites_in_view", sky.satellites, now))
            if sky.signal is not None:
                items.append(self._reading("signal", sky.signal, now))
        return items

    def _time(self, clock: str, year: int, month: str, day: str, now: Stamp) -> list[Item]:
        """The offset of the box's clock; a date that cannot be casts doubt on what the receiver says besides."""
        reported = moment(clock, year, month, day) + self._delay
        self._doubt = not EARLIEST <= reported < LATEST
        self._quality = Quality.UNCERTAIN if self._void else self._worth()
        if self._still_s > STILL_S:
            text = say.RECEIVER_TIME_STANDS(for_s=self._still_s)
            return [self._fault(FaultCode.OUT_OF_RANGE, text, now, ("clock_offset",), REPEATS)]
        if self._doubt:
            text, advice = say.RECEIVER_SAYS_WEEK_COUNTER(reported=reported.date()), say.POSITIONS_UNCERTAIN_MEANWHILE()
            return [self._fault(FaultCode.OUT_OF_RANGE, text, now, ("clock_offset",), advice)]
        offset_s = round((reported - now.utc).total_seconds(), 3)
        reading = self._reading("clock_offset", offset_s, now)
        if not now.synced or abs(offset_s) <= FAR_S:
            return [reading]
        text = say.CLOCK_BOX_DAYS_APART(offset_s=abs(offset_s) / FAR_S)
        doubted = msgspec.structs.replace(reading, quality=Quality.UNCERTAIN)
        return [doubted, self._fault(FaultCode.OUT_OF_RANGE, text, now, advice=TWO_CLOCKS)]

    def _no_fix(self, void: bool, now: Stamp) -> bool:  # noqa: FBT001 - what it says
        """Take it from RMC or GGA whether there is a fix."""
        self._void, self._fixed_s = void, float("-inf") if void else now.boot_s
        self._quality = self._worth()
        return void

    def _worth(self) -> Quality:
        old = self._still_s > STILL_S and not self._void  # before a fix some have a clock that does not run
        return Quality.UNCERTAIN if self._doubt or old else Quality.GOOD

    def _place(self, position: tuple[float, float] | None, now: Stamp) -> list[Item]:
        if position is None:
            return [self._fault(FaultCode.NOT_AVAILABLE, say.RECEIVER_TELLS_NO_POSITION(), now, POSITION)]
        latitude, longitude = position
        if abs(latitude) > 90 or abs(longitude) > 180:
            return [self._fault(FaultCode.OUT_OF_RANGE, say.POSITION_NOT_EARTH(), now, POSITION)]
        return [self._reading("latitude", latitude, now), self._reading("longitude", longitude, now)]

    def _speed(self, field: str, now: Stamp) -> list[Item]:
        if field and not 0 <= plain(field) <= FASTEST:
            return [self._fault(FaultCode.OUT_OF_RANGE, say.SPEED_KNOTS(field=field), now, ("speed",))]
        return self._number("speed", field, now, lambda knots: round(knots * KNOT, 3))

    def _course(self, field: str, now: Stamp) -> list[Item]:
        if field and not 0 <= plain(field) <= 360:
            return [self._fault(FaultCode.OUT_OF_RANGE, say.COURSE_DEGREES(field=field), now, ("course",))]
        return self._number("course", field, now)

    def _dilution(self, quantity: str, field: str, now: Stamp) -> list[Item]:
        return self._number(quantity, field, now) if field and 0 < plain(field) < NO_DILUTION else []

    def _number(self, quantity: str, field: str, now: Stamp, convert: Callable[[float], float] = float) -> list[Item]:
        """An empty field is what the receiver does not tell: neither a reading nor a fault."""
        return [self._reading(quantity, convert(plain(field)), now)] if field else []

    def _reading(self, quantity: str, value: float, now: Stamp) -> Reading:
        unit = QUANTITIES[quantity].unit
        return Reading(device=self._device, quantity=quantity, value=value, unit=unit, at=now, quality=self._quality)

    def _fault(
        self, code: FaultCode, text: str, now: Stamp, quantities: tuple[str, ...] = (), advice: str = ""
    ) -> Fault:
        return Fault(device=self._device, code=code, text=text, at=now, quantities=quantities, advice=advice)


SENTENCES: dict[str, Callable[[Nmea, list[str], Stamp], list[Item]]] = {
    "RMC": Nmea.rmc,
    "GGA": Nmea.gga,
    "GSA": Nmea.gsa,
    "ZDA": Nmea.zda,
}
DRIVER = Driver(
    name="nmea",
    summary=say.GNSS_RECEIVERS_SPEAK_NMEA(),
    options=NmeaOptions,
    codec=Nmea,
    quantities=lambda _: tuple(QUANTITIES.values()),
    probe=Probe(listen={}),
)
