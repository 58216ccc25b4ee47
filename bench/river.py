"""Faults of river sensors, labelled by their technicians: how many a platform gets events for, and what else it gets.

Run as ``python -m bench.river``. 36 sensors of three sites at 15 minutes, raw, each with the row of its quantity,
through the whole pipeline of a new pole. A fault is a run of labelled records; it is found by an event that begins
from an hour before it to an hour after it. All other events are counted per sensor and 30 days. The peers are scores
with a rest; their threshold is the one that gives the same number of other events on the other two sites.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agent.analysis.trigger import Rest
from bench.anomaly.data import River, river
from bench.anomaly.peers import Detector, peers
from bench.anomaly.reported import Reported, per_month, reported

TOLERANCE = 4  # records: an hour
ALLOWED, TARGET = 1.5, 0.70
NAMES = {"temp": "temperature", "stage": "water_level"}
SLOW = {"KNN-CAD", "random cut forest"}  # not on a million records


class Outcome(NamedTuple):
    """Of one sensor: which faults were found, how late in records, and the other events."""

    delays: list[int | None]
    others: list[Reported]


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


def outcome(sensor: River, events: Sequence[Reported]) -> Outcome:
    near = [(first - TOLERANCE, last + TOLERANCE) for first, last in faults(sensor.labels)]
    delays = []
    for first, last in near:
        inside = [event.at for event in events if first <= event.at <= last]
        delays.append(inside[0] - first - TOLERANCE if inside else None)
    others = [event for event in events if not any(first <= event.at <= last for first, last in near)]
    return Outcome(delays, others)


def recall(outcomes: Sequence[Outcome]) -> float:
    delays = [delay for one in outcomes for delay in one.delays]
    return sum(delay is not None for delay in delays) / max(1, len(delays))


def others(sensors: Sequence[River], outcomes: Sequence[Outcome]) -> float:
    return per_month((len(one.others), sensor.rows) for sensor, one in zip(sensors, outcomes, strict=True))


def peer(sensors: Sequence[River], make: Callable[[], Detector], allowed: float) -> list[Outcome]:
    """Outcomes at the thresholds that give ``allowed`` other events on the other sites."""
    scores = []
    for sensor in sensors:
        detector, rest = make(), Rest(0.97, 1.2)
        scores.append([rest.pass_(detector.step(*row)) for row in sensor.rows])
    out: list[Outcome] = [Outcome([], [])] * len(sensors)
    for site in {sensor.site for sensor in sensors}:
        kept = [place for place, sensor in enumerate(sensors) if sensor.site != site]
        low, high = 0.0, 1e3
        for _ in range(40):
            middle = (low + high) / 2.0
            tried = [outcome(sensors[i], _points(scores[i], middle)) for i in kept]
            low, high = (middle, high) if others([sensors[i] for i in kept], tried) > allowed else (low, middle)
        for place, sensor in enumerate(sensors):
            if sensor.site == site:
                out[place] = outcome(sensor, _points(scores[place], high))
    return out


def _points(scores: Sequence[float], threshold: float) -> list[Reported]:
    return [Reported(index, "score", outside=True) for index, score in enumerate(scores) if score > threshold]


def main() -> int:
    sensors = river()
    found = [outcome(sensor, reported(sensor.rows, NAMES.get(sensor.quantity, sensor.quantity))) for sensor in sensors]
    print(f"{len(sensors)} sensors; recall of labelled faults, other events per sensor and 30 days")
    for title, key in (("site", "site"), ("quantity", "quantity")):
        for name in sorted({getattr(sensor, key) for sensor in sensors}):
            places = [place for place, sensor in enumerate(sensors) if getattr(sensor, key) == name]
            part = [found[place] for place in places]
            line = f"{recall(part):8.2f}{others([sensors[place] for place in places], part):8.2f}"
            print(f"{title + ' ' + name:28}{line}   {sum(len(one.delays) for one in part)} faults")
    rate = others(sensors, found)
    delays = sorted(delay for one in found for delay in one.delays if delay is not None)
    print(f"{'all':28}{recall(found):8.2f}{rate:8.2f}   target {TARGET} at {ALLOWED}")
    print(f"median delay {delays[len(delays) // 2]} records")
    print("other events by kind:", dict(Counter(event.kind for one in found for event in one.others)))
    for name, make in peers().items():
        if name not in SLOW:
            theirs = peer(sensors, make, rate)
            print(f"{name:28}{recall(theirs):8.2f}{others(sensors, theirs):8.2f}", flush=True)
    return int(recall(found) < TARGET or rate > ALLOWED)


if __name__ == "__main__":
    raise SystemExit(main())
