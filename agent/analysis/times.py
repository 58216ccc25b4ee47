"""Times as loggers write them: what reads most of a file's times is taken for its form."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

TimeOf = Callable[[str], float | None]
"""Seconds since 1970 of a text; None where it is no time."""

_CLOCK = (
    r"(?:[T ,_]+(?P<h>\d{1,2})[:.h时](?P<mi>\d{2})(?:[:.分](?P<s>\d{2})(?:[.,](?P<f>\d+))?秒?)?"
    r"\s*(?P<p>[AaPp]\.?[Mm]\.?)?)?"
)
_ZONE = r"\s*(?P<z>Z|UTC|GMT|CST|[+-]\d{2}(?::?\d{2})?)?"
_DIGITS = re.compile(r"(?P<a>\d{1,4})[-./年](?P<b>\d{1,2})[-./月](?P<c>\d{1,4})日?" + _CLOCK + _ZONE)
_DAY_FIRST = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<a>\d{1,2})[-\s.]+(?P<m>[A-Za-z]{3})[a-z]*[-\s.,]+(?P<c>\d{2,4})" + _CLOCK + _ZONE
)
_MONTH_FIRST = re.compile(r"(?P<m>[A-Za-z]{3})[a-z]*\s+(?P<a>\d{1,2}),?\s+(?P<c>\d{4})" + _CLOCK + _ZONE)
_COMPACT = re.compile(
    r"(?P<a>(?:19|20)\d{2})(?P<b>\d{2})(?P<c>\d{2})[T _]?(?P<h>\d{2}):?(?P<mi>\d{2})(?::?(?P<s>\d{2}))?" + _ZONE
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDERS = ("YMD", "DMY", "MDY")
_ORDERED = _YMD, _DMY, _MDY = 3, 4, 5  # their places among the forms
_EPOCHS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))  # from this number on, so many a second
_SHEET = 25569.0  # days of a spreadsheet (since 1899-12-30) at the beginning of 1970
_SHEET_FROM, _SHEET_TO = 20000.0, 80000.0  # 1954 .. 2119
ISO_LEAST = 15  # characters of a date and a time of day
SEVERAL = 3  # times a day: their days tell the order
ORDERLY = 0.75  # of the steps of a file that is in some order
RESET = 631152000.0
"""1990: a logger whose clock was lost writes 1970 or 1980, which is no time among others that are later."""


def times_of(texts: Sequence[str], offset_s: float) -> tuple[TimeOf, bool]:
    """What reads most of ``texts`` as times, and whether day, month and year might be in another order as well; of two
    orders the one in which time runs on, then the one of fewer days, then month first where hours are AM and PM, day
    first where dots or slashes part them, else the year. Of one reading a day and fewer the days prove nothing.

    ``offset_s`` is local time less UTC for times without a zone.
    """
    forms = (
        _sheet(offset_s),
        _pattern(_COMPACT, "YMD", offset_s),
        _epoch,
        *(_pattern(_DIGITS, order, offset_s) for order in _ORDERS),
        _pattern(_DAY_FIRST, "DMY", offset_s),
        _pattern(_MONTH_FIRST, "DMY", offset_s),
    )
    read = [[one for one in map(form, texts) if one is not None] for form in forms]
    american = any(text[-1:] in "mM." and text for text in texts[:10])
    dotted = any(re.match(r"\d{1,2}[./]", text) for text in texts[:10])  # 20.11.26, but 26-11-20
    usual = {_MDY: american, _DMY: dotted and not american}
    days = [_days(times) if place in _ORDERED else 0.0 for place, times in enumerate(read)]
    worth = [(len(times), _runs_on(times), -days[place], usual.get(place, False)) for place, times in enumerate(read)]
    best = max(range(len(forms)), key=worth.__getitem__)
    others_too = [one for one in _ORDERED if worth[one][:3] == worth[best][:3] and read[one] != read[best]]
    unclear = best in _ORDERED and bool(others_too) and not american
    first, others = forms[best], (_epoch, forms[1], forms[_YMD])  # no two of these read one text differently
    middle = sorted(read[best])[len(read[best]) // 2] if read[best] else 0.0
    least = RESET if middle >= RESET else -math.inf

    def time_of(text: str) -> float | None:
        time_s = _iso(text, offset_s) if best == _YMD else None
        if time_s is None:
            time_s = first(text)
        if time_s is None:
            time_s = next((one for one in (form(text) for form in others) if one is not None), None)
        return None if time_s is None or time_s < least else time_s

    return time_of, unclear


def _runs_on(times: Sequence[float]) -> int:
    """How many steps go the way that most go: a wrong order leaps back and forth. 0 where there is no order at all."""
    onwards = sum(after >= before for before, after in itertools.pairwise(times))
    backwards = sum(after <= before for before, after in itertools.pairwise(times))
    most = max(onwards, backwards)
    return most if most >= ORDERLY * (len(times) - 1) else 0


def _days(times: Sequence[float]) -> float:
    """Whole days that all but a few at both ends span: a wrong order makes months or years of days. Infinite where
    there are not several times a day.
    """
    few = len(times) // 20
    days = (sorted(times)[-1 - few] - sorted(times)[few]) // 86400.0 if times else 0.0
    return days if days * SEVERAL < len(times) else math.inf


def _epoch(text: str) -> float | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return number / next(unit for least, unit in _EPOCHS if abs(number) >= least)


def _iso(text: str, offset_s: float) -> float | None:
    """The usual form, five times as fast as by its pattern; None for all others."""
    if len(text) <= ISO_LEAST or not text[4] == text[7] == "-":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp() - offset_s


def _sheet(offset_s: float) -> TimeOf:
    """Days and their parts, as spreadsheets keep times."""

    def time_of(text: str) -> float | None:
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            return None
        return round((number - _SHEET) * 86400.0, 3) - offset_s if _SHEET_FROM <= number <= _SHEET_TO else None

    return time_of


def _pattern(pattern: re.Pattern[str], order: str, offset_s: float) -> TimeOf:
    names = pattern.groupindex
    keys = ["abc"[order.index(part)] for part in "YMD"]

    def time_of(text: str) -> float | None:
        found = pattern.fullmatch(text)
        if found is None:
            return None
        year, day = int(found[keys[0]]), int(found[keys[2]])
        if "m" in names:
            if found["m"].lower() not in _MONTHS:
                return None
            month = _MONTHS.index(found["m"].lower()) + 1
        else:
            month = int(found[keys[1]])
        if year < 100 and len(found[keys[0]]) <= 2:
            year += 2000
        hour, minute, second = int(found["h"] or 0), int(found["mi"] or 0), int(found["s"] or 0)
        if "p" in names and found["p"]:
            hour = hour % 12 + (12 if found["p"][0] in "pP" else 0)
        try:
            moment = datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute, seconds=second)
        except (ValueError, OverflowError):
            return None
        part = float(f"0.{found['f']}") if "f" in names and found["f"] else 0.0
        return moment.timestamp() + part - _zone_s(found["z"], offset_s)

    return time_of


def _zone_s(zone: str | None, offset_s: float) -> float:
    """Seconds east of UTC; CST means too many things to be heeded."""
    if zone is None or zone == "CST":
        return offset_s
    if zone[0] not in "+-":
        return 0.0
    seconds = int(zone[1:3]) * 3600.0 + (int(zone[-2:]) * 60.0 if len(zone) > 3 else 0.0)
    return seconds if zone[0] == "+" else -seconds
