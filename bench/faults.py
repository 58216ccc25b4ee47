"""Faults injected into clean real series: how many a platform gets events for, how soon, and how many by chance.

Run as ``python -m bench.faults``. Ten series, 3,000 records of warm-up, six positions each, one fault a trial,
through the whole pipeline of a new pole with the row of the quantity. ``k`` is the size in robust deviations from a
median of 24 h. ``chance`` is the share of the same stretches in which an event comes without a fault. ETTh1 holds
days that its makers filled with one value: a stuck sensor by any measure, so they are no part of the clean records.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import random
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from bench.anomaly.data import Series, clean
from bench.anomaly.reported import Pole

WARM_UP, POSITIONS = 3000, 6
RATE = 0.5  # events per 1,000 clean records
FLAT = 12  # so many equal records are a filled gap of the source
ROWS = {"ETTh1/OT": "temperature", "FranklinBasin2020/temp": "temperature", "MainStreet2019/temp": "temperature"}


class Kind(NamedTuple):
    """How many records the fault lasts, within how many it must be found, and the share that must be."""

    lasts: int
    within: int
    target: float


KINDS = {
    "stuck": Kind(60, 15, 0.95),
    "zero": Kind(15, 15, 0.95),
    "spike": Kind(1, 3, 0.85),
    "offset": Kind(100, 48, 0.92),
    "noise": Kind(60, 30, 0.95),
    "drift": Kind(240, 240, 0.80),
}


class Trial(NamedTuple):
    """``delay``: records to the first event; None where none came. ``chance``: one came without the fault, too."""

    kind: str
    delay: int | None
    chance: bool


def robust_deviation(rows: Series) -> float:
    """1.4826 times the median distance from the running median of the last 24 h."""
    interval = statistics.median(after[0] - before[0] for before, after in itertools.pairwise(rows))
    width = int(86400 / interval)
    window: list[float] = []
    distances = []
    for index, (_, value) in enumerate(rows):
        bisect.insort(window, value)
        if index >= width:
            window.pop(bisect.bisect_left(window, rows[index - width][1]))
            distances.append(abs(value - window[len(window) // 2]))
    return 1.4826 * statistics.median(distances)


def inject(rows: Series, at: int, kind: str, size: float, rng: random.Random) -> Series:
    """The records from ``at`` on, with a fault of ``size`` (in units of the series) in them."""
    lasts = KINDS[kind].lasts
    sign = rng.choice((-1.0, 1.0))
    stuck = rows[at][1]
    out = []
    for index, (time_s, value) in enumerate(rows[at : at + KINDS[kind].within]):
        fault = index < lasts
        changed = {
            "stuck": stuck,
            "zero": 0.0,
            "spike": value + sign * size,
            "offset": value + sign * size,
            "noise": value + rng.gauss(0.0, size),
            "drift": value + sign * size * (index + 1) / lasts,
        }[kind]
        out.append((time_s, changed if fault else value))
    return out


def flat(rows: Series) -> set[int]:
    """Records in and right after runs of equal values that no working sensor gives."""
    out: set[int] = set()
    began = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or rows[index][1] != rows[began][1]:
            if index - began >= FLAT:
                out.update(range(began, index + FLAT))
            began = index
    return out


def positions(rows: Series, excluded: set[int]) -> list[int]:
    out = []
    for number in range(POSITIONS):
        at = WARM_UP + int((len(rows) - WARM_UP - 400) * (number + 0.5) / POSITIONS)
        while any(index in excluded for index in range(at - 30, at + 20)):
            at += 1
        out.append(at)
    return out


def run(name: str, rows: Series, k: float) -> tuple[int, int, list[Trial]]:
    """Events in the clean records, their number, and the trials."""
    rng = random.Random(name)
    size = k * robust_deviation(rows)
    pole = Pole(ROWS.get(name, name.partition("/")[2]))
    excluded = flat(rows)
    places = set(positions(rows, excluded))
    delays: list[tuple[int, str, int | None]] = []
    reported: list[int] = []
    for index, row in enumerate(rows):
        if index in places:
            for kind in KINDS:
                twin = pole.twin()
                came = [bool(twin.step(*one)[0]) for one in inject(rows, index, kind, size, rng)]
                delays.append((index, kind, came.index(True) if any(came) else None))
        if pole.step(*row)[0]:
            reported.append(index)
    trials = [
        Trial(kind, delay, any(at <= i < at + KINDS[kind].within for i in reported)) for at, kind, delay in delays
    ]
    counted = set(range(WARM_UP, len(rows))) - excluded
    return sum(index in counted for index in reported), len(counted), trials


def share(trials: Sequence[Trial], kind: str) -> float:
    group = [trial for trial in trials if trial.kind == kind]
    return sum(trial.delay is not None for trial in group) / len(group)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=float, default=8.0, help="size of the faults in robust deviations")
    options = parser.parse_args(arguments)
    events = records = 0
    trials: list[Trial] = []
    for name, rows in clean().items():
        of_clean, counted, more = run(name, rows, options.k)
        events, records, trials = events + of_clean, records + counted, trials + more
    rate = 1000.0 * events / records
    missed = rate > RATE
    print(f"{rate:.2f} events per 1,000 clean records (target {RATE})\n{'':10}recall  chance  median delay  target")
    for kind, wanted in KINDS.items():
        group = [trial for trial in trials if trial.kind == kind]
        delays = sorted(trial.delay for trial in group if trial.delay is not None)
        chance = sum(trial.chance for trial in group) / len(group)
        middle = delays[len(delays) // 2] if delays else -1
        print(f"{kind:8}{share(trials, kind):8.2f}{chance:8.2f}{middle:14}{wanted.target:8.2f}", flush=True)
        missed |= share(trials, kind) < wanted.target
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
