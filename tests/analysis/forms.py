"""Recorded files as loggers, sheets and exports write them, drawn from a seed, with what they hold."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

OFFSET_H = 8.0
Truth = list[tuple[float, str, float]]
"""Seconds since 1970, quantity and value, in the order of time."""


class Form(NamedTuple):
    """A file and what a reader must find in it; ``said`` names the parts that it was made of."""

    path: Path
    truth: Truth
    said: str


def _local(at: datetime) -> datetime:
    return at + timedelta(hours=OFFSET_H)


TIMES: dict[str, Callable[[datetime], str]] = {
    "iso Z": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "iso zone": lambda at: f"{_local(at):%Y-%m-%dT%H:%M:%S}+08:00",
    "iso zone without colon": lambda at: f"{_local(at):%Y-%m-%d %H:%M:%S}+0800",
    "iso short zone": lambda at: f"{_local(at):%Y-%m-%d %H:%M:%S}+08",
    "iso local": lambda at: f"{_local(at):%Y-%m-%d %H:%M:%S}",
    "iso ms": lambda at: f"{_local(at):%Y-%m-%dT%H:%M:%S}.000",
    "slashes": lambda at: f"{_local(at):%Y/%m/%d %H:%M}",
    "chinese": lambda at: f"{_local(at):%Y年%m月%d日 %H:%M:%S}",
    "eu": lambda at: f"{_local(at):%d.%m.%Y %H:%M}",
    "eu slashes": lambda at: f"{_local(at):%d/%m/%Y %H:%M:%S}",
    "us": lambda at: f"{_local(at):%m/%d/%Y %I:%M:%S %p}",
    "us 24": lambda at: f"{_local(at):%m/%d/%Y %H:%M}",
    "short year": lambda at: f"{_local(at):%d.%m.%y %H:%M:%S}",
    "month word": lambda at: f"{_local(at):%d %b %Y %H:%M:%S}",
    "american words": lambda at: f"{_local(at):%b %d, %Y %I:%M:%S %p}",
    "compact": lambda at: f"{_local(at):%Y%m%d%H%M%S}",
    "compact T": lambda at: f"{_local(at):%Y%m%dT%H%M%S}",
    "epoch": lambda at: f"{at.timestamp():.0f}",
    "epoch ms": lambda at: f"{at.timestamp() * 1e3:.0f}",
    "epoch us": lambda at: f"{at.timestamp() * 1e6:.0f}",
    "sheet": lambda at: f"{25569 + _local(at).timestamp() / 86400:.8f}",
}
NAMES = {
    "temperature": (
        "temperature",
        "Temperature",
        "TEMPERATURE",
        "Temperature (°C)",
        "temperature [degC]",
        "Temperature °C",
    ),
    "humidity": ("humidity", "Humidity", "Humidity (%)", "HUMIDITY[%RH]"),
    "pressure": ("pressure", "Pressure (hPa)", "Pressure [mbar]"),
}
MISSING = ("", "NaN", "NULL", "n/a", "-", "#N/A", "---", "null", "ERR")
TIME_NAMES = (
    "timestamp",
    "Timestamp",
    "DateTime",
    "Date/Time",
    "TIMESTAMP",
    "time",
    "Date and Time",
    "Zeitstempel",
    "Logged at",
)


def draw(seed: int, folder: Path) -> Form:  # noqa: C901, PLR0912 - one branch for each way in which files differ
    rng = random.Random(seed)
    parts: list[str] = []

    def pick(name: str, table: tuple[str, ...] | list[str], usual: float = 0.5) -> str:
        chosen = table[0] if rng.random() < usual else rng.choice(table)
        if chosen != table[0]:
            parts.append(f"{name} {chosen!r}")
        return chosen

    form = rng.choice(list(TIMES))
    parts.append(form)
    delimiter = pick("delimiter", (",", ";", "\t", "|"))
    comma = delimiter != "," and rng.random() < 0.4
    if comma:
        parts.append("decimal comma")
    split = form in {"iso local", "eu", "us 24", "slashes", "short year"} and rng.random() < 0.4
    columns = {one: rng.choice(NAMES[one]) for one in sorted(NAMES, key=lambda _: rng.random())[: rng.randint(1, 3)]}
    long = rng.random() < 0.25 and not split
    text_column = rng.random() < 0.3 and not long
    start = datetime(2026, 1, 20, tzinfo=UTC) + timedelta(minutes=5 * rng.randint(0, 100000))
    rows: list[tuple[list[str], Truth]] = []
    for index in range(rng.randint(60, 200)):
        at = start + timedelta(hours=5 * index)
        stamp = TIMES[form](at)
        time_cells = stamp.split(" ", 1) if split else [stamp]
        if rng.random() < 0.02:
            time_cells, at_s = [rng.choice(("", "n/a", "??"))] + [""] * split, None
        else:
            at_s = at.timestamp()
        cells: list[str] = []
        truth: Truth = []
        for quantity in columns:
            value = round(rng.uniform(0.0, 30.0) + (980.0 if quantity == "pressure" else 0.0), 2)
            if rng.random() < 0.05:
                cell = rng.choice(MISSING)
            else:
                cell = f"{value:.2f}"
                if at_s is not None:
                    truth.append((at_s, quantity, value))
            cells.append(cell.replace(".", ",") if comma else cell)
        if long:
            for name, cell in zip(columns.values(), cells, strict=True):
                mine = [one for one in truth if columns[one[1]] == name]
                rows.append(([*time_cells, name, cell], mine))
        else:
            rows.append(([*time_cells, *(["ok"] if text_column else []), *cells], truth))
    order = pick("order", ("onwards", "backwards", "shuffled"), 0.7)
    if order == "backwards":
        rows.reverse()
    elif order == "shuffled":
        rng.shuffle(rows)
    if rng.random() < 0.1:
        parts.append("epoch 0 of a lost clock")
        if form.startswith("iso local"):
            rows.insert(len(rows) // 2, (["1970-01-01 00:00:00"] if not split else ["1970-01-01", "00:00:00"], []))
    head = (
        ["Date", "Time"]
        if split
        else [rng.choice(TIME_NAMES if "epoch" not in form and form != "sheet" else TIME_NAMES[:5])]
    )
    head += ["parameter", "value"] if long else [*(["Status"] if text_column else []), *columns.values()]
    out = io.StringIO()
    newline = pick("newline", ("\n", "\r\n"))
    quoting: Literal[0, 1] = csv.QUOTE_ALL if rng.random() < 0.3 else csv.QUOTE_MINIMAL
    if rng.random() < 0.2:
        parts.append("lines before the names")
        out.write(
            f"# made by a logger{newline}" if rng.random() < 0.5 else f"Logger 7{newline}Serial 123{newline}{newline}"
        )
    elif delimiter == ";" and rng.random() < 0.3:
        parts.append("sep=")
        out.write(f"sep=;{newline}")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=newline)
    writer.writerow(head)
    blanks = rng.random() < 0.3
    for cells, _ in rows:
        writer.writerow(cells)
        if blanks and rng.random() < 0.05:
            out.write(newline if rng.random() < 0.5 else delimiter * (len(head) - 1) + newline)
    out.write(newline * rng.randint(0, 3))
    data = out.getvalue().encode(pick("encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-8")))
    path = folder / (f"{seed}.csv.gz" if rng.random() < 0.15 else f"{seed}.csv")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return Form(path, sorted(one for _, mine in rows for one in mine), "; ".join(parts))
