"""Wald's test: its bounds, what it does at each share of failures, and what the order of reports cannot do to it."""

from __future__ import annotations

import random
from itertools import repeat

import pytest

from contract.sequential import BAD, ERROR, FLOOR, GOOD, LOWER, UPPER, operating, weigh


def test_the_bounds_are_walds() -> None:
    assert pytest.approx(4.59512, abs=1e-5) == UPPER
    assert LOWER == -UPPER
    assert not weigh([False, False]).stopped
    assert weigh([False, False, False]).stopped
    assert not weigh([True] * 111).accepted
    assert weigh([True] * 112).accepted
    assert not weigh([True] * 112 + [False]).accepted


@pytest.mark.parametrize(("share", "most", "reports"), [(1.0, 10, 3.0), (0.3, 300, 11.84), (0.1, 800, 43.0)])
def test_a_bad_release_is_stopped_after_as_few_reports_as_the_theory_says(
    share: float, most: int, reports: float
) -> None:
    found = operating(share, most)
    assert found.stops == pytest.approx(1.0, abs=1e-4)
    assert found.reports == pytest.approx(reports, abs=0.05)


def test_the_errors_are_smaller_than_what_was_asked_for() -> None:
    assert operating(GOOD, 1500).stops < 0.006 < ERROR
    assert operating(BAD, 1200).stops > 1 - ERROR


def test_failures_that_are_reported_first_stop_no_release_that_would_not_be_stopped_in_the_end() -> None:
    """At any time the sum that can stop is at most the one that all poles give in the end."""
    chance = random.Random(4)
    for _ in range(200):
        ends = [chance.random() > 0.02 for _ in range(300)]
        begun = chance.randrange(300)
        reported = [ends[place] if not ends[place] or chance.random() < 0.3 else None for place in range(begun)]
        assert weigh(reported).hopeful <= weigh(ends[:begun]).hopeful + 1e-9


def test_poles_that_have_not_said_how_it_went_prove_nothing() -> None:
    assert not weigh(repeat(None, 5000)).accepted
    assert weigh(repeat(None, 5000)).value == 0.0


def test_a_release_that_was_proven_and_then_fails_everywhere_is_stopped_by_ten_failures() -> None:
    assert weigh([True] * 10_000).value == FLOOR
    assert not weigh([True] * 10_000 + [False] * 9).stopped
    assert weigh([True] * 10_000 + [False] * 10).stopped
