"""The benchmark's score follows its published definition: null is 0, perfect is 100, and the sigmoid in between."""

from __future__ import annotations

import math

import pytest

from bench.anomaly import nab_score
from bench.anomaly.data import Nab
from bench.anomaly.nab_score import PROFILES, Profile

ROWS = [(float(index) * 300.0, 0.0) for index in range(2000)]
FILES = [Nab("a.csv", ROWS, [(500, 699), (1500, 1599)]), Nab("b.csv", ROWS, [])]


def scores(*alarms: int) -> list[list[float]]:
    return [[1.0 if index in alarms else 0.0 for index in range(2000)], [0.0] * 2000]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_silent_detector_scores_0_and_a_perfect_one_100(profile: Profile) -> None:
    assert nab_score.at(FILES, scores(), profile, 0.5) == 0.0
    assert nab_score.at(FILES, scores(500, 1500), profile, 0.5) == pytest.approx(100.0)


def test_a_late_hit_earns_less_and_further_hits_nothing() -> None:
    standard = PROFILES[0]
    late = nab_score.at(FILES, scores(500, 1550), standard, 0.5)
    sigmoid = 2.0 / (1.0 + math.exp(5.0 * -0.5)) - 1.0
    best = 2.0 / (1.0 + math.exp(-5.0)) - 1.0
    assert late == pytest.approx(100.0 * (2.0 + 1.0 + sigmoid / best) / 4.0)
    assert nab_score.at(FILES, scores(500, 1550, 1560, 1599), standard, 0.5) == pytest.approx(late)


def test_a_false_alarm_costs_by_its_distance_from_the_window_before() -> None:
    standard = PROFILES[0]
    full = nab_score.at(FILES, scores(500, 1500), standard, 0.5)
    far = nab_score.at(FILES, scores(500, 1500, 400), standard, 0.5)
    near = nab_score.at(FILES, scores(500, 1500, 705), standard, 0.5)
    assert full - far == pytest.approx(100.0 * 0.11 / 4.0)
    assert 0.0 < full - near < 0.1 * (full - far)


def test_the_probation_does_not_count() -> None:
    assert nab_score.probation(2000) == 300
    assert nab_score.probation(20000) == 750
    assert nab_score.at(FILES, scores(299), PROFILES[0], 0.5) == 0.0
    assert nab_score.at(FILES, scores(300), PROFILES[0], 0.5) < 0.0


def test_the_best_threshold_serves_all_files() -> None:
    series = scores(500, 1500)
    series[0][400] = 0.4
    best, threshold = nab_score.best(FILES, series, PROFILES[0])
    assert best == pytest.approx(100.0)
    assert threshold == 1.0
