"""The anomaly engine on the Numenta Anomaly Benchmark: one set of parameters, one threshold, no look ahead.

Run as ``python -m bench.nab``. The published detectors' figures are of the same files: the sums of the scores per file
that NAB's repository publishes (results/*/*_scores.csv), normalised over the windows of these files; their thresholds
were chosen over all of NAB. ``--shake N`` repeats our run N times with every number of the engine moved by some 5 %.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence

from agent.analysis import engine
from bench.anomaly import nab_score
from bench.anomaly.data import Nab, nab
from bench.anomaly.nab_score import PROFILES
from bench.anomaly.ours import Anomalous
from bench.anomaly.peers import Detector, EwmaZ, WindowedGaussian

PUBLISHED = {
    "CAD OSE (needs each file's limits)": (76.1, 70.9, 80.0),
    "ARTime": (74.3, 65.3, 79.6),
    "Numenta HTM": (67.9, 63.9, 71.4),
}
WHOLE = (72.0, 64.0, 77.0)
FOLDS = 5


def run(files: Sequence[Nab], make: Callable[[], Detector]) -> list[list[float]]:
    out = []
    for file in files:
        detector = make()
        out.append([detector.step(*row) for row in file.rows])
    return out


def folds(files: Sequence[Nab], scores: Sequence[list[float]]) -> list[list[float]]:
    """For each profile the scores of the folds, each at the threshold that is best on the other four."""
    out = []
    for profile in PROFILES:
        row = []
        for fold in range(FOLDS):
            kept = [index for index in range(len(files)) if index % FOLDS != fold]
            left = [index for index in range(len(files)) if index % FOLDS == fold]
            _, threshold = nab_score.best([files[i] for i in kept], [scores[i] for i in kept], profile)
            row.append(nab_score.at([files[i] for i in left], [scores[i] for i in left], profile, threshold))
        out.append(row)
    return out


def shake(files: Sequence[Nab], times: int) -> list[tuple[float, ...]]:
    """Scores with every number of the engine moved by a normal 5 %."""
    numbers = ("SHARE", "LEARN", "FIRST_INDEX", "LEVEL", "SHORT", "LONG", "YOUNG")
    kept = {name: getattr(engine, name) for name in (*numbers, "CHANNELS")}
    out = []
    for seed in range(times):
        rng = random.Random(seed)
        for name in numbers:
            setattr(engine, name, kept[name] * rng.lognormvariate(0.0, 0.05))
        moved = [
            row._replace(
                weight=row.weight * rng.lognormvariate(0.0, 0.05),
                pace=row.pace * rng.lognormvariate(0.0, 0.05),
                floor=row.floor * rng.lognormvariate(0.0, 0.05),
            )
            for row in kept["CHANNELS"]
        ]
        engine.CHANNELS = tuple(moved)
        scores = run(files, Anomalous)
        out.append(tuple(nab_score.best(files, scores, profile)[0] for profile in PROFILES))
    for name, value in kept.items():
        setattr(engine, name, value)
    return out


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shake", type=int, default=0, metavar="N")
    options = parser.parse_args(arguments)
    files = nab()
    rows = sum(len(file.rows) for file in files)
    windows = sum(len(file.windows) for file in files)
    print(f"NAB: {len(files)} files, {rows} rows, {windows} windows{'':12}{'  '.join(p.name for p in PROFILES)}")
    began = time.perf_counter()
    scores = run(files, Anomalous)
    cost = (time.perf_counter() - began) / rows * 1e6
    results = [("poleagent", scores), *((name, run(files, make)) for name, make in _simple().items())]
    for name, series in results:
        line = "".join(f"{nab_score.best(files, series, profile)[0]:8.1f}" for profile in PROFILES)
        print(f"{name:48}{line}")
    for name, published in PUBLISHED.items():
        print(f"{name + ', published':48}{''.join(f'{value:8.1f}' for value in published)}")
    print(f"{'target on the whole benchmark':48}{''.join(f'{value:8.1f}' for value in WHOLE)}")
    for profile, row in zip(PROFILES, folds(files, scores), strict=True):
        cells = " ".join(f"{value:5.1f}" for value in row)
        print(f"threshold from the other four folds, {profile.name:9}: {cells}   mean {statistics.fmean(row):.1f}")
    print(f"threshold {nab_score.best(files, scores, PROFILES[0])[1]:.2f}, {cost:.1f} us per row")
    if options.shake:
        shaken = shake(files, options.shake)
        for profile, series in zip(PROFILES, zip(*shaken, strict=True), strict=True):
            low, middle, high = min(series), statistics.fmean(series), max(series)
            print(f"all numbers moved by 5 %, {profile.name:9}: {low:.1f} .. {middle:.1f} .. {high:.1f}")


def _simple() -> dict[str, Callable[[], Detector]]:
    return {"EWMA z-score": EwmaZ, "windowed Gaussian": WindowedGaussian}


if __name__ == "__main__":
    main()
