"""Recorded series from CSV files, as readings: for replay, tuning and training."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from agent.errors import ConfigError
from contract.types import Reading, Stamp
from contract.units import QUANTITIES, Unit

TIMES = ("timestamp", "time", "datetime", "date")
MISSING = frozenset({"", "NULL", "null", "NaN", "nan", "NA"})
DEVICE = "file"


def readings(path: Path) -> Iterator[Reading]:
    """The readings of a file in its order, times without a zone taken as UTC.

    The header decides: ``timestamp, quantity, value`` (and ``device``, if there is such a column), or ``timestamp`` and
    one column per quantity. Missing values are left out. ConfigError for a file that is of neither form.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            names = list(table.fieldnames or ())
            time = next((name for name in names if name.strip().lower() in TIMES), None)
            if time is None or len(names) < 2:
                raise ConfigError(f"{path}: the first line must name the columns, one of them 'timestamp'")
            for number, row in enumerate(table, start=2):
                yield from _row(path, number, row, time)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _row(path: Path, number: int, row: dict[str, str | None], time: str) -> Iterator[Reading]:
    at = _stamp(path, number, row[time] or "")
    if row.keys() >= {"quantity", "value"}:
        cells = [(row.get("device") or DEVICE, row["quantity"] or "", row["value"])]
    else:
        cells = [(DEVICE, name.strip(), cell) for name, cell in row.items() if name not in {time, None}]
    for device, quantity, cell in cells:
        text = (cell or "").strip()
        if text in MISSING:
            continue
        try:
            value = float(text)
        except ValueError as error:
            raise ConfigError(f"{path}:{number}: {quantity} is {text!r}, which is no number") from error
        if math.isfinite(value):
            unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else Unit.ONE
            yield Reading(device=device, quantity=quantity, value=value, unit=unit, at=at)


def _stamp(path: Path, number: int, text: str) -> Stamp:
    """``boot_s`` follows the recorded time: nothing else is known of it."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError as error:
            raise ConfigError(f"{path}:{number}: {text!r} is no time; write 2026-11-20T12:00:00Z") from error
        utc = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        seconds = utc.timestamp()
    try:
        return Stamp(datetime.fromtimestamp(seconds, UTC), seconds)
    except (OverflowError, ValueError, OSError) as error:
        raise ConfigError(f"{path}:{number}: {text!r} is no time that a calendar holds") from error
