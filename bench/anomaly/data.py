"""The recorded series that the anomaly benchmarks run on: found by ``POLEAGENT_DATA``, else ``../shared/data``."""

from __future__ import annotations

import csv
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from contract.types import Stamp

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("POLEAGENT_DATA", ROOT.parent / "shared" / "data")) / "sensors"

Series = list[tuple[float, float]]
"""Seconds since 1970 and value."""


class Nab(NamedTuple):
    """One file: its rows, and its anomaly windows as first and last index, both inside."""

    name: str
    rows: Series
    windows: list[tuple[int, int]]

    @property
    def category(self) -> str:
        return self.name.partition("/")[0]


class River(NamedTuple):
    """One sensor of one station and year: rows without missing values, and whether a technician labelled each."""

    name: str
    rows: Series
    labels: list[bool]

    @property
    def site(self) -> str:
        """The station without the year."""
        return self.name.partition("/")[0].rstrip("0123456789_")

    @property
    def quantity(self) -> str:
        return self.name.partition("/")[2]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def stamp(time_s: float) -> Stamp:
    """A moment of a recorded series; seconds since boot follow it."""
    return Stamp(datetime.fromtimestamp(time_s, UTC), time_s)


def need(folder: str) -> Path:
    path = DATA / folder
    if not path.is_dir():
        print(f"skipped: no {path}; set POLEAGENT_DATA to the folder that holds sensors/")
        sys.exit(0)
    return path


def nab() -> list[Nab]:
    root = need("nab")
    labels = json.loads((root / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    out = []
    for name, windows in sorted(labels.items()):
        path = root / "data" / name
        if not path.is_file():
            continue
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        times = [at for at, _ in rows]
        bounds = [(times.index(seconds(a)), len(times) - 1 - times[::-1].index(seconds(b))) for a, b in windows]
        out.append(Nab(name, rows, bounds))
    return out


METRES = {"stage": 0.01}
"""What a column's values are multiplied by to be in the unit of its quantity: the stations report centimetres."""


def river() -> list[River]:
    root = need("river")
    out = []
    for path in sorted(root.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        for quantity in ("temp", "cond", "ph", "do", "turb", "stage"):
            if f"{quantity}_qual" not in table[0]:
                continue
            kept = [row for row in table if row[quantity] not in {"NULL", "-9999", ""}]
            scale = METRES.get(quantity, 1.0)
            rows = [(seconds(row["datetime"]), round(float(row[quantity]) * scale, 6)) for row in kept]
            labels = [row[f"{quantity}_qual"] != "NULL" for row in kept]
            out.append(River(f"{path.stem}/{quantity}", rows, labels))
    return out


CORRECTED = (("FranklinBasin2020", "temp"), ("FranklinBasin2020", "do"), ("MainStreet2019", "temp"))
"""River sensors as their technicians corrected them."""
ROWS = 10_000


def clean() -> dict[str, Series]:
    """Ten series to inject faults into: the seven of the transformer and three corrected river sensors."""
    out: dict[str, Series] = {}
    with (need("electricity") / "ETTh1.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for column in table[0]:
        if column != "date":
            out[f"ETTh1/{column}"] = [(seconds(row["date"]), float(row[column])) for row in table]
    for station, column in CORRECTED:
        with (need("river") / f"{station}.csv").open(newline="", encoding="utf-8") as file:
            corrected = [(row["datetime"], row[f"{column}_cor"]) for row in csv.DictReader(file)]
        out[f"{station}/{column}"] = [
            (seconds(at), float(value)) for at, value in corrected if value not in {"NULL", "-9999"}
        ]
    return {name: rows[:ROWS] for name, rows in out.items()}
