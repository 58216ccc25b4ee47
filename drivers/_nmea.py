"""What sentences of NMEA 0183 hold: quantities, fields, and limits that tell damage and nonsense. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from agent.api import QUANTITIES as TABLE
from agent.api import Quantity, Unit
from drivers import _sentences as say

KNOT = 1852 / 3600
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""An earlier date comes from a receiver whose GPS week counter rolled over."""
LATEST = EARLIEST + timedelta(weeks=1024)
"""So does a later one: the counter has 10 bits (IS-GPS-200, 20.3.3.3.1.1)."""
FAR_S = 86_400.0
"""Clocks that are further apart than a day: one of them is wrong, and the sentence cannot say which."""
FASTEST = 1000.0
"""Knots past which export rules let no civil receiver report."""
FEWEST = 3
"""Satellites that a position takes at least."""
TWO_CLOCKS = say.ONE_THEM_WRONG_COMPARE()
LOWEST, HIGHEST = -500.0, 9000.0
"""Metres above the sea between which the Earth's land lies, and a little more."""
NO_DILUTION = 99.0
"""Receivers say 99.9 or 99.99, or 0, where they have no dilution of precision."""
FIXED_S = 5.0
"""Longer than between two GSA sentences of a system; those of all systems come one after another."""
POOR = 20.0
"""A horizontal dilution of precision beyond which a position may be a hundred metres off."""
ESTIMATED, MANUAL, SIMULATED = 6, 7, 8
STILL_S = 10.0
"""A time that is the same for longer is that of a receiver, or of something on the way, that repeats itself."""
REPEATS = say.RESTART_RECEIVER()
UNREAL = say.POSITION_SIMULATED_OR_SET()
HEAD = re.compile(rb"(?!P[^Q])[A-Z]{2}[A-Z]{3},")
"""How a sentence begins; one of a maker's own begins with P, and its checksum is the maker's affair (PQ: QZSS)."""
CLOCK = re.compile(r"\d{6}(?:\.\d*)?$", re.ASCII)
STAR = re.compile(rb"\*\s*([0-9A-Fa-f]{2})[\s\0]*$")

LEAST = {b"RMC": 9, b"GGA": 13, b"GSA": 17, b"GSV": 7, b"ZDA": 4}
"""Commas of a whole sentence at least, as older receivers send it."""


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
    "satellites_in_view": Quantity("satellites_in_view", Unit.ONE, "satellites in view, all systems"),
    "signal": Quantity("signal", Unit.ONE, "signal of the four strongest satellites, C/N0 in dB-Hz"),
    "pdop": Quantity("pdop", Unit.ONE, "dilution of precision of the position"),
}
POSITION = ("latitude", "longitude")


def no_checksum(text: bytes) -> str:
    if b"*" in text:
        return say.SENTENCE_WRONG_CHECKSUM()
    return say.SENTENCE_WITHOUT_CHECKSUM_DAMAGED()


def plausible(before: bytes, body: bytes) -> bool:
    """Whether a sentence without a checksum is whole, as far as its form tells."""
    form = not before and body.isascii() and body.decode().isprintable()
    return form and body.count(b",") >= LEAST.get(body[2:5], 0)


def moment(clock: str, year: int, month: str, day: str) -> datetime:
    """The time that the fields of a sentence are; ``ValueError``: they are none."""
    seconds = float(clock[4:])
    if not 0 <= seconds < 61:
        raise ValueError(clock)
    minute = datetime(year, int(month), int(day), int(clock[:2]), int(clock[2:4]), tzinfo=UTC)
    return minute + timedelta(seconds=seconds)


class RunningTime:
    """Whether the time of day that a receiver says runs on, in whatever form its sentences write it."""

    def __init__(self) -> None:
        self._newest: float | None = None  # seconds of the day
        self._moved_s = 0.0  # when it last moved on
        self._begin = self._last = 0.0  # of an earlier time, which may run on in its turn: from, to

    def stands_s(self, clock: str, now_s: float) -> float:
        """For how long no later time came than had come before; one that went back counts once it has run on."""
        if not CLOCK.match(clock):
            self._newest = None
            return 0.0
        seconds = int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + float(clock[4:])
        if self._newest is None or _ahead_s(seconds, self._newest) > 0:
            self._newest, self._moved_s = seconds, now_s
            self._begin = self._last = seconds
        elif _ahead_s(seconds, self._last) > 0:
            self._last = seconds
            if _ahead_s(seconds, self._begin) > STILL_S:
                self._newest, self._moved_s = seconds, now_s
        elif _ahead_s(seconds, self._last) <= -1:  # sentences of one second may stand in any order
            self._begin = self._last = seconds
        return now_s - self._moved_s


def _ahead_s(seconds: float, than: float) -> float:
    """How far one time of day is ahead of another, less than half a day."""
    return (seconds - than + FAR_S / 2) % FAR_S - FAR_S / 2


def plain(field: str) -> float:
    """A decimal number; ``ValueError`` for ``nan``, ``1e9`` and the like, which ``float`` would take."""
    if not field.removeprefix("-").replace(".", "", 1).isdecimal() or len(field) > 20:
        raise ValueError(field)
    return float(field)


def position_of(fields: list[str]) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None where the fields are empty. ``ValueError``: they cannot be read."""
    if not any(fields):
        return None
    return degrees_of(fields[0], fields[1], "NS"), degrees_of(fields[2], fields[3], "EW")


def degrees_of(field: str, side: str, sides: str) -> float:
    """``ddmm.mmmm`` and a letter; leading zeros may be missing."""
    whole, point, fraction = field.partition(".")
    if side not in sides or not side or not whole.isdecimal() or not field.isascii():
        raise ValueError(field)
    minutes = plain(whole[-2:] + point + fraction)
    if minutes >= 60:
        raise ValueError(field)
    degrees = int(whole[:-2] or 0) + minutes / 60
    return round(-degrees if side == sides[1] else degrees, 7)
