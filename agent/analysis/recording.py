"""Recorded series from CSV files as loggers write them, as readings: for replay, tuning and training.

The header decides the form: a column for the time (or one for the date and one for the time of day), then either
``quantity`` and ``value`` (and ``device``), or one column a quantity. What cannot be used is left out and counted.
"""

from __future__ import annotations

import csv
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from agent.analysis import sentences as say
from agent.errors import ConfigError
from contract.types import Reading, Stamp
from contract.units import QUANTITIES, Unit

DELIMITERS = ",;\t|"
QUANTITY_NAMES = ("quantity", "parameter", "variable")
VALUE_NAMES = ("value", "reading", "result")
DEVICE_NAMES = ("device", "station", "source")
MISSING = frozenset({"", "null", "nan", "na", "n/a", "#n/a", "none", "-", "--", "---", "missing", "inf", "-inf"})
DEVICE = "file"
LOOK = 2000  # rows that decide the form of the times

_STAMP = re.compile(
    r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})"
    r"(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d+))?)?\s*([AaPp][Mm])?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_ORDERS = ("YMD", "DMY", "MDY")
_EPOCHS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))  # from this number on, so many a second

TimeOf = Callable[[str], float | None]
"""Seconds since 1970 of a text; None where it is no time."""


class Recording:
    """One pass over a file: iterate ``readings()``, then ask what was left out.

    ``offset_h`` is local time less UTC for times without a zone. ConfigError for a file that cannot be read, or has no
    column of times.
    """

    def __init__(self, path: Path, offset_h: float = 0.0) -> None:
        self.path = path
        self._offset_s = offset_h * 3600.0
        self.rows = 0
        self.without_time = 0
        self.no_numbers: Counter[str] = Counter()
        """Cells that hold a text, by column."""
        self.unknown: list[str] = []
        """Columns that are no quantity of the table: they are judged by their own past only."""
        self.renamed: dict[str, str] = {}
        """Columns whose name was taken for that of a quantity."""

    def readings(self) -> Iterator[Reading]:
        try:
            with self.path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
                yield from self._read(file)
        except (OSError, csv.Error) as error:
            raise ConfigError(say.CANNOT_READ(path=self.path, error=error)) from error
        if self.rows and self.rows == self.without_time:
            raise ConfigError(say.NO_ROW_TIME_CAN(path=self.path))

    def _read(self, file: TextIO) -> Iterator[Reading]:
        first = next((line for line in file if line.strip() and not line.startswith("#")), "")
        delimiter = max(DELIMITERS, key=first.count)
        names = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        times = _time_columns(names)
        if not times or len(names) <= len(times):
            raise ConfigError(say.FIRST_LINE_MUST_NAME(path=self.path))
        table = csv.reader(file, delimiter=delimiter)
        look = list(itertools.islice(table, LOOK))
        time_of = _time_of([_join(row, times) for row in look], self._offset_s)
        long = _long_columns(names)
        columns = [] if long else self._columns(names, times)
        for row in itertools.chain(look, table):
            if not row:
                continue
            self.rows += 1
            at = _stamp(time_of, _join(row, times))
            if at is None:
                self.without_time += 1
            elif long:
                yield from self._long(row, long, at)
            else:
                yield from self._wide(row, columns, at)

    def _columns(self, names: Sequence[str], times: Sequence[int]) -> list[tuple[int, str, str, Unit]]:
        """Place, device, quantity and unit of each column. A quantity that comes twice is one of another device."""
        out = []
        seen: Counter[str] = Counter()
        for place, name in enumerate(names):
            if place in times or not name:
                continue
            quantity, unit = self._quantity(name)
            seen[quantity] += 1
            device = DEVICE if seen[quantity] == 1 else f"{DEVICE}_{seen[quantity]}"
            out.append((place, device, quantity, unit))
        return out

    def _quantity(self, name: str) -> tuple[str, Unit]:
        """The row of the table whose name this is, regardless of case, spaces and a unit in brackets."""
        plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\[(].*", "", name.lower())).strip("_")
        if plain in QUANTITIES:
            if plain != name:
                self.renamed[name] = plain
            return plain, QUANTITIES[plain].unit
        if name not in self.unknown:
            self.unknown.append(name)
        return name, Unit.ONE

    def _wide(self, row: Sequence[str], columns: Sequence[tuple[int, str, str, Unit]], at: Stamp) -> Iterator[Reading]:
        for place, device, quantity, unit in columns:
            value = self._number(row[place], quantity) if place < len(row) else None
            if value is not None:
                yield Reading(device=device, quantity=quantity, value=value, unit=unit, at=at)

    def _long(self, row: Sequence[str], columns: tuple[int, int, int], at: Stamp) -> Iterator[Reading]:
        device, quantity, value = columns
        if max(columns) >= len(row):
            return
        name, unit = self._quantity(row[quantity].strip())
        number = self._number(row[value], name)
        if number is not None:
            who = row[device].strip() if device >= 0 else DEVICE
            yield Reading(device=who or DEVICE, quantity=name, value=number, unit=unit, at=at)

    def _number(self, text: str, column: str) -> float | None:
        try:
            value = float(text)
        except ValueError:
            text = text.strip()
            if text.lower() in MISSING:
                return None
            try:
                value = float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else float(text)
            except ValueError:
                self.no_numbers[column] += 1
                return None
        return value if math.isfinite(value) else None


def readings(path: Path, offset_h: float = 0.0) -> Iterator[Reading]:
    """The readings of a file in its order."""
    return Recording(path, offset_h).readings()


def _time_columns(names: Sequence[str]) -> list[int]:
    """The column of the time; or that of the date, and that of the time of day."""
    plain = [re.sub(r"[^a-z]+", "", re.sub(r"[\[(].*", "", name.lower())) for name in names]
    for wanted in ("timestamp", "datetime", "dateandtime", "timeutc", "utc", "time", "date"):
        if wanted in plain:
            place = plain.index(wanted)
            if wanted in {"date", "time"} and {"date", "time"} <= set(plain):
                return [plain.index("date"), plain.index("time")]
            return [place]
    return [place for place, name in enumerate(plain) if name.startswith(("timestamp", "datetime", "time", "date"))][:1]


def _long_columns(names: Sequence[str]) -> tuple[int, int, int] | None:
    """Places of device (-1 for none), quantity and value."""
    plain = [name.lower() for name in names]
    quantity = next((plain.index(name) for name in QUANTITY_NAMES if name in plain), None)
    value = next((plain.index(name) for name in VALUE_NAMES if name in plain), None)
    if quantity is None or value is None:
        return None
    return next((plain.index(name) for name in DEVICE_NAMES if name in plain), -1), quantity, value


def _join(row: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(row[place] for place in places if place < len(row)).strip()


def _stamp(time_of: TimeOf, text: str) -> Stamp | None:
    """``boot_s`` follows the recorded time: nothing else is known of it."""
    seconds = time_of(text) if text else None
    if seconds is None:
        return None
    try:
        return Stamp(datetime.fromtimestamp(seconds, UTC), seconds)
    except (OverflowError, ValueError, OSError):
        return None


def _time_of(texts: Sequence[str], offset_s: float) -> TimeOf:
    """What reads most of ``texts`` as times; of two orders of day and month the one in which time runs forwards."""

    def worth(time_of: TimeOf) -> tuple[int, int]:
        times = [one for one in map(time_of, texts) if one is not None]
        return len(times), sum(after >= before for before, after in itertools.pairwise(times))

    best = max((_epoch, *(_calendar(order, offset_s) for order in _ORDERS)), key=worth)
    plain = (_epoch, _calendar("YMD", offset_s))  # no two of these read one text differently

    def time_of(text: str) -> float | None:
        time_s = best(text)
        if time_s is None:
            time_s = next((one for one in (of(text) for of in plain) if one is not None), None)
        return time_s

    return time_of


def _epoch(text: str) -> float | None:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return number / next(unit for least, unit in _EPOCHS if abs(number) >= least)


def _calendar(order: str, offset_s: float) -> TimeOf:
    places = [order.index(part) for part in "YMD"]

    def time_of(text: str) -> float | None:
        found = _STAMP.fullmatch(text)
        if found is None:
            return None
        year, month, day = (int(found[place + 1]) for place in places)
        hour, minute, second = (int(found[place] or 0) for place in (4, 5, 6))
        if found[8]:
            hour = hour % 12 + (12 if found[8].lower() == "pm" else 0)
        if year < 100 and len(found[places[0] + 1]) <= 2:
            year += 2000
        try:
            moment = datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute, seconds=second)
        except (ValueError, OverflowError):
            return None
        return moment.timestamp() + float(f"0.{found[7] or 0}") - _zone_s(found[9], offset_s)

    return time_of


def _zone_s(zone: str | None, offset_s: float) -> float:
    if zone is None:
        return offset_s
    if zone[0] not in "+-":
        return 0.0
    seconds = int(zone[1:3]) * 3600.0 + int(zone[-2:]) * 60.0
    return seconds if zone[0] == "+" else -seconds
