"""The figures that docs/analysis.md states hold on the recorded series."""

from __future__ import annotations

import pytest

from bench import faults, nab, river
from bench.anomaly import data as recorded
from bench.anomaly import nab_score
from bench.anomaly.nab_score import PROFILES
from bench.anomaly.ours import Anomalous, FaultyRested

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not recorded.DATA.is_dir(), reason=f"no recorded series in {recorded.DATA}"),
]


def test_nab_stays_above_the_best_published_detectors_on_the_same_files() -> None:
    files = recorded.nab()
    scores = nab.run(files, Anomalous)
    for profile, least in zip(PROFILES, (76.1, 70.9, 80.0), strict=True):
        assert nab_score.best(files, scores, profile)[0] >= least


def test_eight_of_ten_labelled_river_faults_are_found_at_one_false_alarm_in_a_thousand() -> None:
    data = recorded.river()
    scores = []
    for one in data:
        detector = FaultyRested()
        scores.append([detector.step(*row) for row in one.rows])
    assert river.recall(data, scores, river.RATE)[0] >= river.TARGET


def test_injected_faults_are_found_as_the_product_ships() -> None:
    data = recorded.clean()
    scores, trials = faults.run(data, lambda name: faults.Findings(faults.LIMITS.get(name)), 8.0)
    assert faults.episodes(data, scores, 1.0) <= faults.RATE
    for kind, wanted in faults.KINDS.items():
        tops = [max(trial.scores) for trial in trials if trial.kind == kind]
        assert sum(top >= 1.0 for top in tops) / len(tops) >= wanted.target, kind
