"""Faults injected into clean real series: how many are found, how soon, and how many would be by chance.

Run as ``python -m bench.faults``. Ten series, 3,000 records of warm-up, six positions each, one fault a trial; all
detectors see the same. ``k`` is the size in robust deviations from a median of 24 h. One threshold serves all kinds:
the lowest at which the clean records raise at most 0.5 alarm episodes per 1,000 (alarms less than a day of ETTh1 apart
are one); our sensor checks run at the thresholds that the product ships. ETTh1 holds days that its makers filled with
one value: a stuck sensor by any measure, so they are no part of the clean records. Drop to zero is also reported for
the series where physical limits are set and zero lies outside.
"""

from __future__ import annotations

import argparse
import bisect
import copy
import itertools
import random
import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

from agent.analysis.sensorcheck import THRESHOLDS
from bench.anomaly.data import Series, clean
from bench.anomaly.ours import Faulty
from bench.anomaly.peers import Detector, peers

WARM_UP, POSITIONS, APART = 3000, 6, 24
RATE = 0.5
FLAT = 12  # so many equal records are a filled gap of the source
LIMITS = {"FranklinBasin2020/do": (0.5, 25.0), "ETTh1/OT": (-30.0, 80.0)}


class Kind(NamedTuple):
    """How many records the fault lasts, within how many it must be found, and the share that must be."""

    lasts: int
    within: int
    target: float


KINDS = {
    "stuck": Kind(60, 15, 0.95),
    "zero": Kind(15, 15, 0.95),
    "spike": Kind(1, 3, 0.75),
    "offset": Kind(100, 48, 0.75),
    "noise": Kind(60, 30, 0.75),
    "drift": Kind(240, 240, 0.55),
}


class Trial(NamedTuple):
    series: str
    kind: str
    at: int
    scores: list[float]


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


def positions(rows: Series, left_out: set[int]) -> list[int]:
    out = []
    for number in range(POSITIONS):
        at = WARM_UP + int((len(rows) - WARM_UP - 400) * (number + 0.5) / POSITIONS)
        while any(index in left_out for index in range(at - 30, at + 20)):
            at += 1
        out.append(at)
    return out


def run(
    data: Mapping[str, Series], make: Callable[[str], Detector], k: float
) -> tuple[dict[str, list[float]], list[Trial]]:
    """Scores of the clean series, and of each trial."""
    scores: dict[str, list[float]] = {}
    trials = []
    for name, rows in data.items():
        rng = random.Random(name)
        size = k * robust_deviation(rows)
        detector = make(name)
        places = set(positions(rows, flat(rows)))
        series = []
        for index, row in enumerate(rows):
            if index in places:
                for kind in KINDS:
                    faulty = copy.deepcopy(detector)
                    trial = [faulty.step(*one) for one in inject(rows, index, kind, size, rng)]
                    trials.append(Trial(name, kind, index, trial))
            series.append(detector.step(*row))
        scores[name] = series
    return scores, trials


def episodes(data: Mapping[str, Series], scores: Mapping[str, list[float]], threshold: float) -> float:
    """Alarm episodes per 1,000 clean records."""
    count = records = 0
    for name, rows in data.items():
        left_out = flat(rows)
        last = -APART - 1
        for index in range(WARM_UP, len(rows)):
            if index in left_out:
                continue
            records += 1
            if scores[name][index] >= threshold:
                count += index - last > APART
                last = index
    return 1000.0 * count / records


def threshold_for(data: Mapping[str, Series], scores: Mapping[str, list[float]]) -> float:
    """The lowest at which the clean records hold the allowed rate."""
    low, high = 0.0, max(max(series[WARM_UP:]) for series in scores.values()) + 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if episodes(data, scores, middle) > RATE else (low, middle)
    return high


class Findings:
    """Our sensor checks at their own thresholds: the score is the largest part of a threshold."""

    def __init__(self, limits: tuple[float, float] | None) -> None:
        self._faulty = Faulty(*limits) if limits else Faulty()

    def step(self, time_s: float, value: float) -> float:
        scores = self._faulty.scores(time_s, value)
        return max((score / THRESHOLDS[kind] for kind, score in scores.items()), default=0.0)


def show(name: str, data: Mapping[str, Series], make: Callable[[str], Detector], k: float, fixed: float | None) -> None:
    scores, trials = run(data, make, k)
    threshold = threshold_for(data, scores) if fixed is None else fixed
    rate = episodes(data, scores, threshold)
    print(f"\n{name}: {rate:.2f} episodes per 1,000 clean records   recall  chance  median delay")
    groups = {kind: [one for one in trials if one.kind == kind] for kind in KINDS}
    groups["zero, limits"] = [one for one in groups["zero"] if one.series in LIMITS and LIMITS[one.series][0] > 0]
    for kind, group in groups.items():
        delays = [next((i for i, one in enumerate(trial.scores) if one >= threshold), None) for trial in group]
        found = [delay for delay in delays if delay is not None]
        chance = sum(
            any(one >= threshold for one in scores[trial.series][trial.at : trial.at + len(trial.scores)])
            for trial in group
        )
        delay = f"{statistics.median(found):.0f}" if found else "-"
        target = f"target {KINDS[kind.split(',')[0]].target:.2f}" if fixed is not None else ""
        share, by_chance = len(found) / len(group), chance / len(group)
        print(f"  {kind:14}{'':32}{share:10.2f}{by_chance:8.2f}{delay:>10}     {target}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--k", type=float, default=8.0, help="size of the faults in robust deviations")
    options = parser.parse_args(arguments)
    data = clean()
    show("poleagent, as shipped", data, lambda name: Findings(LIMITS.get(name)), options.k, 1.0)
    for name, make in peers().items():
        show(name, data, lambda _, make=make: make(), options.k, None)  # type: ignore[misc]


if __name__ == "__main__":
    main()
