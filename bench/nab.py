"""The Numenta Anomaly Benchmark, each category at a threshold that was chosen on the others; no look ahead.

Run as ``python -m bench.nab``. Four of its seven categories are at hand. ``left out`` pools the files of all of them,
each scored at the threshold that is best for the other categories; the peers get the same, and the same rest after an
alarm; none knows a file's range or length, as a pole does not. ``as events`` are the beginnings of what the whole
pipeline reports with the settings of a new pole. The curve lays the settings next to each other: what is found, and
what is reported outside of the windows.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.analysis.engine import Engine
from agent.analysis.pipeline import Analysis
from agent.analysis.track import FADE, MARGIN
from agent.analysis.trigger import Rest
from agent.config.settings import AnomalySettings
from bench.anomaly import nab_score
from bench.anomaly.data import Nab, nab
from bench.anomaly.nab_score import PROFILES, Profile
from bench.anomaly.peers import Detector, peers
from bench.anomaly.reported import Reported, per_month, reported

BUDGETS = (0.5, 1.0, 2.0, 4.0, 8.0)
EVENTS_TARGET = 60.0
Scores = Sequence[Sequence[float]]


def engine_scores(file: Nab) -> list[float]:
    """The engine's scores with the rest after each alarm, as the product has it."""
    engine, rest = Engine(), Rest(FADE, MARGIN)
    return [rest.pass_(engine.step(time_s, value).score) for time_s, value in file.rows]


def rested(detector: Detector, file: Nab) -> list[float]:
    """A peer's scores with the same rest."""
    rest = Rest(FADE, MARGIN)
    return [rest.pass_(detector.step(*row)) for row in file.rows]


def left_out(files: Sequence[Nab], scores: Scores, profile: Profile) -> float:
    """All files, each at the threshold that is best for the other categories."""
    scaled: list[list[float]] = [[] for _ in files]
    for category in {one.category for one in files}:
        others = [place for place, one in enumerate(files) if one.category != category]
        _, threshold = nab_score.best([files[i] for i in others], [scores[i] for i in others], profile)
        for place, file in enumerate(files):
            if file.category == category:
                scaled[place] = [score / threshold for score in scores[place]]
    return nab_score.at(files, scaled, profile, 1.0)


def as_points(file: Nab, events: Sequence[Reported]) -> list[float]:
    """Events as scores: 1 where one begins."""
    out = [0.0] * len(file.rows)
    for event in events:
        out[event.at] = 1.0
    return out


def outside(file: Nab, events: Sequence[Reported]) -> int:
    """Events in no window, after the part of the file that does not count."""
    first = nab_score.probation(len(file.rows))
    return sum(event.at >= first and not any(a <= event.at <= b for a, b in file.windows) for event in events)


def shipped(files: Sequence[Nab], analysis: Analysis | None = None) -> list[list[Reported]]:
    """Anomalies and findings of a new pole; the files have no quantity of ours."""
    return [reported(file.rows, "value", analysis) for file in files]


def _anomalies(events: Sequence[Sequence[Reported]]) -> list[list[Reported]]:
    return [[one for one in of if one.kind == "anomaly"] for of in events]


def _standard(files: Sequence[Nab], events: Sequence[Sequence[Reported]], profile: Profile) -> float:
    return nab_score.at(files, [as_points(*one) for one in zip(files, events, strict=True)], profile, 1.0)


def _line(name: str, values: Sequence[float]) -> None:
    print(f"{name:52}{''.join(f'{value:9.1f}' for value in values)}", flush=True)


def main() -> int:
    files = nab()
    windows = sum(len(file.windows) for file in files)
    print(f"{len(files)} files, {windows} windows{'':33}{''.join(f'{p.name:>9}' for p in PROFILES)}")
    ours = [engine_scores(file) for file in files]
    _line("engine, category left out", [left_out(files, ours, profile) for profile in PROFILES])
    for name, make in peers().items():
        scores = [rested(make(), file) for file in files]
        _line(f"{name}, category left out", [left_out(files, scores, profile) for profile in PROFILES])
    events = shipped(files)
    values = [_standard(files, events, profile) for profile in PROFILES]
    _line("as events, settings of a new pole", values)
    _line("the same, anomalies alone", [_standard(files, _anomalies(events), profile) for profile in PROFILES])
    print("\nallowed a month; standard score, windows found, other events per sensor and month; of anomalies alone")
    for budget in BUDGETS:
        events = shipped(files, Analysis(anomaly=AnomalySettings(false_alarms_per_month=budget)))
        line = f"{budget:14.1f}"
        for some in (events, _anomalies(events)):
            pairs = list(zip(files, some, strict=True))
            found = sum(any(a <= one.at <= b for one in of) for file, of in pairs for a, b in file.windows)
            other = per_month((outside(file, of), file.rows) for file, of in pairs)
            line += f"{_standard(files, some, PROFILES[0]):14.1f}{found / windows:8.2f}{other:8.2f}"
        print(line, flush=True)
    return int(values[0] < EVENTS_TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
