"""What the first lines of a recorded file say: how its cells are parted, which columns are what, in which unit."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from contract.units import QUANTITIES, Unit

DELIMITERS = ",;\t|"
HEAD = 40  # lines among which the names of the columns are looked for: loggers write about themselves before
TIME_NAMES = (
    "timestamp", "datetime", "dateandtime", "timeutc", "datetimeutc", "utc", "time", "date", "ts", "tmstamp",
    "zeitstempel", "zeit", "datum", "时间", "日期", "采集时间", "记录时间",
)  # fmt: skip
_PAIRS = (("date", "time"), ("datum", "zeit"), ("datum", "uhrzeit"), ("日期", "时间"))
QUANTITY_NAMES = ("quantity", "parameter", "variable", "metric", "measurement", "field", "channel", "tag")
VALUE_NAMES = ("value", "reading", "result", "val")
UNIT_NAMES = ("unit", "units", "uom", "einheit", "单位")
DEVICE_NAMES = ("device", "station", "source", "deviceid", "stationid", "sensorid")

_CELSIUS = {"c": 1.0, "°c": 1.0, "degc": 1.0, "celsius": 1.0, "℃": 1.0, "cel": 1.0}
_METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254, "km": 1000.0}
UNITS: dict[Unit, dict[str, float]] = {
    Unit.CELSIUS: _CELSIUS,
    Unit.HECTOPASCAL: {
        "hpa": 1,
        "mbar": 1,
        "mb": 1,
        "pa": 0.01,
        "kpa": 10,
        "bar": 1000,
        "inhg": 33.8639,
        "mmhg": 1.33322,
    },
    Unit.METRE: _METRES,
    Unit.MILLIMETRE: {"mm": 1.0, "cm": 10.0, "in": 25.4, "m": 1000.0},
    Unit.METRE_PER_SECOND: {"m/s": 1, "km/h": 1 / 3.6, "kmh": 1 / 3.6, "mph": 0.44704, "kn": 0.514444, "kt": 0.514444},
    Unit.UG_PER_M3: {"ug/m3": 1.0, "µg/m3": 1.0, "μg/m3": 1.0, "mg/m3": 1000.0},
    Unit.AMPERE: {"a": 1.0, "ma": 0.001},
    Unit.MILLIAMPERE: {"ma": 1.0, "a": 1000.0},
    Unit.VOLT: {"v": 1.0, "mv": 0.001, "kv": 1000.0},
    Unit.WATT: {"w": 1.0, "kw": 1000.0},
    Unit.LUX: {"lx": 1.0, "lux": 1.0, "klx": 1000.0},
    Unit.WATT_PER_M2: {"w/m2": 1.0, "kw/m2": 1000.0},
    Unit.PERCENT: {"%": 1.0, "%rh": 1.0, "rh%": 1.0, "percent": 1.0, "pct": 1.0},
    Unit.DEGREE: {"deg": 1.0, "°": 1.0, "degrees": 1.0},
    Unit.DECIBEL: {"db": 1.0, "dba": 1.0, "db(a)": 1.0},
}
"""What a value in a unit, as people write it, is multiplied by to be in the unit of its quantity."""
_SHIFTED = {
    "f": (5 / 9, -160 / 9),
    "°f": (5 / 9, -160 / 9),
    "degf": (5 / 9, -160 / 9),
    "℉": (5 / 9, -160 / 9),
    "k": (1.0, -273.15),
}


class NamedColumn(NamedTuple):
    """A column: its quantity and unit, and what makes its values be in it. ``foreign`` is a unit that cannot be."""

    quantity: str
    unit: Unit
    scale: float = 1.0
    shift: float = 0.0
    foreign: str = ""


class Header(NamedTuple):
    """``times``: places of the time, or of the date and the time of day; empty where no name says so."""

    names: list[str]
    delimiter: str
    times: list[int]


def open_text(path: Path) -> TextIO:
    """UTF-8 with or without a mark, UTF-16 with one; packed by gzip or not. OSError where it cannot be read."""
    packed = path.suffix == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        first = file.read(4)
    encoding = "utf-16" if first[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    if packed:
        return gzip.open(path, "rt", newline="", encoding=encoding, errors="replace")
    return path.open(newline="", encoding=encoding, errors="replace")


def header_of(lines: Sequence[str]) -> tuple[Header, int]:
    """The names and how many of ``lines`` are behind them; the first that names a time, else the first of words."""
    words: tuple[Header, int] | None = None
    said = next((line.strip()[4:] for line in lines[:1] if re.fullmatch(r"sep=[,;|\t]", line.strip("\r\n"))), "")
    for number, line in enumerate(lines):
        if not line.strip() or line.startswith("#") or (said and number == 0):
            continue
        delimiter = said or max(DELIMITERS, key=line.count)
        names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter), [])]
        times = _times(names)
        if len(names) > max(1, len(times)):
            if times:
                return Header(names, delimiter, times), number + 1
            if words is None and not any(
                re.search(r"\d{2}", name) and not re.search("[A-Za-z]", name) for name in names
            ):
                words = Header(names, delimiter, times), number + 1
    return words or (Header([], ",", []), 0)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z\u4e00-\u9fff]+", "", re.sub(r"[\[(（].*", "", name.lower()))


def _times(names: Sequence[str]) -> list[int]:
    plain = [_plain(name) for name in names]
    for date, time in _PAIRS:
        whole = [one for one in TIME_NAMES[:6] if one in plain]
        if date in plain and time in plain and not whole:
            return [plain.index(date), plain.index(time)]
    for wanted in TIME_NAMES:
        if wanted in plain:
            return [plain.index(wanted)]
    found = [place for place, name in enumerate(plain) if name.startswith(("timestamp", "datetime", "time", "date"))]
    return (
        found[:1] or [place for place, name in enumerate(plain) if name.endswith(("timestamp", "datetime", "time"))][:1]
    )


class LongColumns(NamedTuple):
    """Places where each row holds one reading; -1 for none."""

    device: int
    quantity: int
    value: int
    unit: int


def long_columns(names: Sequence[str]) -> LongColumns | None:
    """Where each row holds one reading: the places of what it says; None where there is a column a quantity."""
    plain = [_plain(name) for name in names]

    def place(wanted: Sequence[str]) -> int:
        return next((plain.index(name) for name in wanted if name in plain), -1)

    found = LongColumns(*map(place, (DEVICE_NAMES, QUANTITY_NAMES, VALUE_NAMES, UNIT_NAMES)))
    return found if min(found.quantity, found.value) >= 0 else None


def named(name: str) -> NamedColumn:
    """The row of the table whose name this is, regardless of case and spaces, and the unit in or without brackets."""
    found = re.fullmatch(r"(.*?)[\s_]*[\[(（](.*?)[\])）]?\s*", name)
    text, unit = (found[1], found[2]) if found else (name, "")
    plain = _snake(text)
    if plain not in QUANTITIES and not unit:
        text, _, unit = name.strip().rpartition(" ")
        plain = _snake(text)
    row = QUANTITIES.get(plain)
    if row is None:
        return NamedColumn(name, Unit.ONE)
    unit = re.sub(r"\s+", "", unit).lower().replace("³", "3").replace("²", "2")
    known = UNITS.get(row.unit, {})
    if not unit or unit in known or unit == row.unit.lower():
        return NamedColumn(plain, row.unit, float(known.get(unit, 1.0)))
    if row.unit is Unit.CELSIUS and unit in _SHIFTED:
        return NamedColumn(plain, row.unit, *_SHIFTED[unit])
    return NamedColumn(name, Unit.ONE, foreign=unit)


def _snake(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return re.sub(r"^pm_?(2_?5|25)$", "pm2_5", plain)


def thousands(cells: Iterable[str], delimiter: str) -> bool:
    """Whether commas in numbers part thousands: each is followed by three digits, no number begins with 0, and commas
    part the cells too or some number has a dot or two commas, which a decimal comma would not.
    """
    with_comma = [cell for cell in cells if re.fullmatch(r"[+-]?\d+(,\d+)+(\.\d+)?", cell)]
    return all(re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", cell) for cell in with_comma) and any(
        delimiter == "," or "." in cell or cell.count(",") > 1 for cell in with_comma
    )
