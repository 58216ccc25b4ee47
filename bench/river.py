"""Faults of river sensors, labelled by their technicians: how many are found at one false alarm per 1,000 records.

Run as ``python -m bench.river``. 36 sensors at 15 minutes, raw. A fault is a run of labelled records; it is found by an
alarm from an hour before it to an hour after it. A false alarm is a record that is not labelled and scores above the
threshold; one threshold for all sensors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.anomaly.data import River, river
from bench.anomaly.ours import Faulty, FaultyRested
from bench.anomaly.peers import Detector, peers

RATE = 1.0  # false alarms per 1,000 records
TOLERANCE = 4  # records: an hour
TARGET = 0.80
PUBLISHED = {"EWMA z-score": 0.68, "CAD OSE": 0.49, "river HalfSpaceTrees": 0.45}
SLOW = {"Hampel filter"}


def faults(labels: Sequence[bool]) -> list[tuple[int, int]]:
    """First and last record of each run of labelled ones."""
    out, began = [], -1
    for index, label in enumerate([*labels, False]):
        if label and began < 0:
            began = index
        elif not label and began >= 0:
            out.append((began, index - 1))
            began = -1
    return out


def recall(data: Sequence[River], scores: Sequence[Sequence[float]], rate: float) -> tuple[float, float, int]:
    """Share of faults found, the threshold, and the number of faults."""
    false = sorted(
        (
            score
            for one, series in zip(data, scores, strict=True)
            for score, label in zip(series, one.labels, strict=True)
            if not label
        ),
        reverse=True,
    )
    threshold = false[int(rate * len(false) / 1000.0)]
    tops = [
        max(series[max(0, first - TOLERANCE) : last + TOLERANCE + 1])
        for one, series in zip(data, scores, strict=True)
        for first, last in faults(one.labels)
    ]
    return sum(top > threshold for top in tops) / len(tops), threshold, len(tops)


def main() -> None:
    data = river()
    records = sum(len(one.rows) for one in data)
    _, _, count = recall(data, [[0.0] * len(one.rows) for one in data], RATE)
    print(f"{len(data)} sensors, {records} records, {count} faults; recall at {RATE} false alarm per 1,000 records")
    ours: dict[str, Callable[[], Detector]] = {"poleagent": FaultyRested, "poleagent without rest": Faulty}
    for name, make in (ours | peers()).items():
        if name in SLOW:
            continue
        began = time.perf_counter()
        scores = []
        for one in data:
            detector = make()
            scores.append([detector.step(*row) for row in one.rows])
        cost = (time.perf_counter() - began) / records * 1e6
        found, threshold, _ = recall(data, scores, RATE)
        known = f"   elsewhere {PUBLISHED[name]:.2f}" if name in PUBLISHED else ""
        print(f"{name:28}{found:8.3f}   threshold {threshold:8.3f}   {cost:7.1f} us per record{known}", flush=True)
    print(f"{'target':28}{TARGET:8.3f}   CAD OSE, measured elsewhere: {PUBLISHED['CAD OSE']:.2f}")


if __name__ == "__main__":
    main()
