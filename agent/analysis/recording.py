"""Recorded series from CSV files as loggers write them, as readings: for replay, tuning and training.

The header decides the form: a column for the time (or one for the date and one for the time of day), then either
``quantity`` and ``value`` (and ``device``), or one column a quantity. What cannot be used is left out and counted.
"""

from __future__ import annotations

import csv
import itertools
import logging
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from agent.analysis import sentences as say
from agent.analysis.header import HEAD, LongColumns, NamedColumn, header_of, long_columns, named, open_text, thousands
from agent.analysis.times import TimeOf, times_of
from agent.errors import ConfigError
from contract.types import Reading, Stamp
from contract.units import QUANTITIES, Unit

log = logging.getLogger(__name__)

MISSING = frozenset(
    {
        *("", "null", "nan", "na", "n/a", "n.a.", "#n/a", "#na", "#value!", "none", "nil", "-", "--", "---", "?", "*"),
        *("missing", "no data", "nodata", "inf", "-inf", "+inf", "infinity", "err", "error", "无", "缺测", "/", "//"),
    }
)
DEVICE = "file"
LOOK = 2000  # rows that decide the form of times and numbers
EPOCH_DIGITS = 12  # of milliseconds since 1970, and of a date and time without separators
READ_AS_TIMES = 0.9  # of a column that no name says is the time


class _Form(NamedTuple):
    """What the first rows say of all of them."""

    times: list[int]
    time_of: TimeOf
    long: LongColumns | None
    columns: list[tuple[int, str, NamedColumn]]
    """Place, device and quantity."""
    thousands: bool


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
        self.foreign: dict[str, str] = {}
        """Columns in a unit that their quantity cannot have: they are judged by their own past only."""
        self.out_of_order = 0
        """Rows that were put in order of time."""
        self.unclear_order = False
        """Whether day, month and year may be in another order."""
        self._thousands = False
        self._names: dict[tuple[str, str], NamedColumn] = {}

    def readings(self) -> Iterator[Reading]:
        """In the order of time. A file in another order is read into memory, some 100 bytes a reading."""
        try:
            with open_text(self.path) as file:
                backwards = self._backwards(file)
            with open_text(self.path) as file:
                found = self._read(file)
                if backwards:
                    found = iter(sorted(found, key=lambda reading: reading.at.boot_s))
                yield from found
        except (OSError, EOFError, UnicodeError, zlib.error, csv.Error) as error:
            raise ConfigError(say.CANNOT_READ(path=self.path, error=error)) from error
        self.out_of_order = backwards
        if self.rows and self.rows == self.without_time:
            raise ConfigError(say.NO_ROW_TIME_CAN(path=self.path))

    def _backwards(self, file: TextIO) -> int:
        """How many rows are earlier than one before."""
        form, rows = self._form(file)
        latest, count = -math.inf, 0
        for row in rows:
            time_s = form.time_of(_join(row, form.times)) if row else None
            if time_s is not None:
                count += time_s < latest
                latest = max(latest, time_s)
        return count

    def _form(self, file: TextIO) -> tuple[_Form, Iterator[list[str]]]:
        """The form, and all rows."""
        lines = list(itertools.islice(file, HEAD))
        header, behind = header_of(lines)
        table = csv.reader(itertools.chain(lines[behind:], file), delimiter=header.delimiter)
        look = list(itertools.islice(table, LOOK))
        times = header.times or self._of_values(header.names, look)
        if not times or len(header.names) <= len(times):
            raise ConfigError(say.FIRST_LINE_MUST_NAME(path=self.path))
        time_of, self.unclear_order = times_of([_join(row, times) for row in look], self._offset_s)
        long = long_columns(header.names)
        columns = [] if long else self._columns(header.names, times)
        cells = (cell.strip() for row in look for place, cell in enumerate(row) if place not in times)
        return _Form(times, time_of, long, columns, thousands(cells, header.delimiter)), itertools.chain(look, table)

    def _of_values(self, names: Sequence[str], look: Sequence[Sequence[str]]) -> list[int]:
        """The first column that reads as times, which numbers of less than twelve digits do not."""
        for place in range(len(names)):
            cells = [row[place].strip() for row in look if place < len(row) and row[place].strip()]
            words = [cell for cell in cells if len(cell) >= EPOCH_DIGITS or not _is_number(cell)]
            time_of, _ = times_of(words[:100], self._offset_s)
            read = sum(time_of(cell) is not None for cell in words[:100])
            if words and len(words) >= READ_AS_TIMES * len(cells) and read >= READ_AS_TIMES * len(words[:100]):
                return [place]
        return []

    def _read(self, file: TextIO) -> Iterator[Reading]:
        form, rows = self._form(file)
        self._thousands = form.thousands
        for row in rows:
            if not any(map(str.strip, row)):
                continue
            self.rows += 1
            at = _stamp(form.time_of, _join(row, form.times))
            if at is None:
                self.without_time += 1
            elif form.long:
                yield from self._long(row, form.long, at)
            else:
                yield from self._wide(row, form.columns, at)

    def _columns(self, names: Sequence[str], times: Sequence[int]) -> list[tuple[int, str, NamedColumn]]:
        """A quantity that comes twice is one of another device."""
        out = []
        seen: Counter[str] = Counter()
        for place, name in enumerate(names):
            if place in times or not name:
                continue
            column = self._named(name)
            seen[column.quantity] += 1
            device = DEVICE if seen[column.quantity] == 1 else f"{DEVICE}_{seen[column.quantity]}"
            out.append((place, device, column))
        return out

    def _named(self, name: str, unit: str = "") -> NamedColumn:
        """``unit`` is what another column says; where the name says another, no quantity has it."""
        known = self._names.get((name, unit))
        if known is None:
            said = unit.lower() in MISSING or re.search(rf"[\[(（\s]{re.escape(unit)}[\])）]?$", name)
            whole = f"{name} [{unit}]" if not said and named(name).quantity in QUANTITIES else name
            known = self._names[name, unit] = named(whole)
            if known.foreign:
                self.foreign[whole] = known.foreign
            elif known.unit is Unit.ONE and known.quantity not in QUANTITIES:
                self.unknown.append(whole)
            elif known.quantity != whole:
                self.renamed[whole] = known.quantity
        return known

    def _wide(
        self, row: Sequence[str], columns: Sequence[tuple[int, str, NamedColumn]], at: Stamp
    ) -> Iterator[Reading]:
        for place, device, column in columns:
            value = self._number(row[place], column) if place < len(row) else None
            if value is not None:
                yield Reading(device=device, quantity=column.quantity, value=value, unit=column.unit, at=at)

    def _long(self, row: Sequence[str], columns: LongColumns, at: Stamp) -> Iterator[Reading]:
        if max(columns) >= len(row):
            return
        column = self._named(row[columns.quantity].strip(), row[columns.unit].strip() if columns.unit >= 0 else "")
        number = self._number(row[columns.value], column)
        if number is not None:
            who = row[columns.device].strip() if columns.device >= 0 else DEVICE
            yield Reading(device=who or DEVICE, quantity=column.quantity, value=number, unit=column.unit, at=at)

    def _number(self, text: str, column: NamedColumn) -> float | None:
        try:
            value = float(text)
        except ValueError:
            text = text.strip().strip("'")
            if text.lower() in MISSING:
                return None
            try:
                value = float(self._plain(text))
            except ValueError:
                self.no_numbers[column.quantity] += 1
                return None
        if not math.isfinite(value):
            return None
        return value if column.scale == 1.0 and not column.shift else round(value * column.scale + column.shift, 6)

    def _plain(self, text: str) -> str:
        """Of a dot and a comma the last one is the decimal's; a comma alone is, unless commas part thousands."""
        text = text.replace("\u202f", "").replace("\xa0", "").replace("\u2212", "-")
        if self._thousands or text.rfind(",") < text.rfind("."):
            return text.replace(",", "")
        return text.replace(".", "").replace(",", ".") if text.count(",") == 1 else text


def readings(path: Path, offset_h: float = 0.0) -> Iterator[Reading]:
    """The readings of a file in the order of time. An unclear order of its dates is logged."""
    recording = Recording(path, offset_h)
    yield from recording.readings()
    if recording.unclear_order:
        log.warning("%s: %s", path, say.UNCLEAR_ORDER())


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _join(row: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(row[place].strip() for place in places if place < len(row)).strip()


def _stamp(time_of: TimeOf, text: str) -> Stamp | None:
    """``boot_s`` follows the recorded time: nothing else is known of it."""
    seconds = time_of(text) if text else None
    if seconds is None:
        return None
    try:
        return Stamp(datetime.fromtimestamp(seconds, UTC), seconds)
    except (OverflowError, ValueError, OSError):
        return None
