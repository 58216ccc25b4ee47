"""The trained model compared with the streaming stages, on a year that neither has seen.

Train first, in an environment with TensorFlow (models/window-autoencoder/train.py says how), on FranklinBasin2017_2019
(its columns temp, cond, ph and do, with ``--step-s 900``); then, in one with LiteRT and NumPy:

    python -m bench.anomaly_model FOLDER

Faults of two robust deviations (``--k``) are injected into one quantity at a time of FranklinBasin2020, as corrected by
its technicians; ``borrowed`` is a stretch of another day, likely in itself and wrong next to the other quantities. Each
detector gets the one threshold at which the clean year has at most 0.5 alarm episodes per 1,000 records; the streaming
ones see each quantity apart, so theirs is the rate of all four together.
"""

from __future__ import annotations

import argparse
import copy
import csv
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.analysis.engine import Engine
from agent.analysis.model import ModelDetector
from agent.analysis.sensorcheck import Check
from agent.analysis.windows import Windows
from agent.analysis.worker import SeriesModel
from agent.config.settings import AnomalySettings
from agent.models.describe import describe
from bench.anomaly.data import need, seconds, stamp
from bench.faults import KINDS, RATE, WARM_UP, inject, robust_deviation
from contract.types import Reading
from contract.units import Quantity, Unit

QUANTITIES = ("temp", "cond", "ph", "do")
PLACES, APART = 10, 24
NAMES = (*(kind for kind in KINDS if kind != "zero"), "borrowed")
Rows = dict[str, list[tuple[float, float]]]


def year() -> Rows:
    with (need("river") / "FranklinBasin2020.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    kept = [row for row in table if all(row[f"{name}_cor"] not in {"NULL", "-9999"} for name in QUANTITIES)]
    return {name: [(seconds(row["datetime"]), float(row[f"{name}_cor"])) for row in kept] for name in QUANTITIES}


def borrow(rows: list[tuple[float, float]], index: int) -> list[tuple[float, float]]:
    """Two days of ten days ago at another hour, joined without a jump: likely in itself, wrong next to the others."""
    then = index - 10 * 96 - 37
    shift = rows[index - 1][1] - rows[then - 1][1]
    return [(rows[index + i][0], rows[then + i][1] + shift) for i in range(192)]


class Streaming:
    """Checks, or engine, of all quantities; the worst counts."""

    def __init__(self, make: Any, score: Any) -> None:
        self._parts = [make() for _ in QUANTITIES]
        self._score = score

    def step(self, time_s: float, values: Sequence[float]) -> float:
        return max(self._score(part, time_s, value) for part, value in zip(self._parts, values, strict=True))


def _check() -> Check:
    return Check(Quantity("value", Unit.ONE, "value"), 0.0)


def _strength(check: Check, time_s: float, value: float) -> float:
    return max(check.take(time_s, time_s, value).values(), default=0.0)


class Trained:
    def __init__(self, folder: Path, model: SeriesModel) -> None:
        self._model = model
        self._windows = Windows(describe(folder, ("series",)).series)
        self._tails = ModelDetector(folder, AnomalySettings())

    def __deepcopy__(self, memo: dict[int, Any]) -> Trained:
        twin = copy.copy(self)  # the interpreter is shared, it keeps nothing between windows
        twin.__dict__ |= {name: copy.deepcopy(self.__dict__[name], memo) for name in ("_windows", "_tails")}
        return twin

    def step(self, time_s: float, values: Sequence[float]) -> float:
        at = stamp(time_s)
        score = 0.0
        for name, value in zip(QUANTITIES, values, strict=True):
            reading = Reading(device="d", quantity=name, value=value, unit=Unit.ONE, at=at)
            for _, window in self._windows.take(reading):  # the step before this one has ended
                score = sum(self._tails.scores(self._model.residuals([list(window)])[0]))
        return score


def run(rows: Rows, detector: Any, k: float) -> tuple[list[float], dict[str, list[list[float]]]]:
    rng = random.Random(1)
    table = list(zip(*(rows[name] for name in QUANTITIES), strict=True))
    sizes = [k * robust_deviation(rows[name]) for name in QUANTITIES]
    places = {WARM_UP + (len(table) - WARM_UP - 400) * number // PLACES for number in range(PLACES)}
    clean: list[float] = []
    trials: dict[str, list[list[float]]] = {kind: [] for kind in NAMES}
    for index, row in enumerate(table):
        if index in places:
            for kind, scores in trials.items():
                for place, name in enumerate(QUANTITIES):
                    borrows = kind == "borrowed"
                    spoilt = (
                        borrow(rows[name], index) if borrows else inject(rows[name], index, kind, sizes[place], rng)
                    )
                    twin = copy.deepcopy(detector)
                    scores.append([])
                    for offset, (time_s, value) in enumerate(spoilt):
                        values = [cell[1] for cell in table[index + offset]]
                        values[place] = value
                        scores[-1].append(twin.step(time_s, values))
        clean.append(detector.step(row[0][0], [cell[1] for cell in row]))
    return clean[WARM_UP:], trials


def threshold_for(clean: Sequence[float]) -> float:
    low, high = 0.0, max(clean) + 1.0
    for _ in range(30):
        middle = (low + high) / 2
        alarms = [index for index, score in enumerate(clean) if score >= middle]
        episodes = sum(after - before > APART for before, after in zip([-99, *alarms], alarms, strict=False))
        low, high = (middle, high) if 1000.0 * episodes / len(clean) > RATE else (low, middle)
    return high


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--k", type=float, default=2.0)
    options = parser.parse_args(arguments)
    rows = year()
    made = {
        "sensor checks": Streaming(_check, _strength),
        "anomaly engine": Streaming(Engine, lambda part, at, value: part.step(at, value).score),
        "trained model": Trained(options.folder, SeriesModel(options.folder)),
    }
    print(f"{'recall at k = ' + format(options.k, 'g'):20}{''.join(f'{kind:>9}' for kind in NAMES)}")
    for name, detector in made.items():
        clean, trials = run(rows, detector, options.k)
        threshold = threshold_for(clean)
        shares = [sum(max(one) >= threshold for one in scores) / len(scores) for scores in trials.values()]
        print(f"{name:20}{''.join(f'{share:9.2f}' for share in shares)}", flush=True)


if __name__ == "__main__":
    main()
