"""The tail of sizes, and the trigger that turns scores into episodes."""

from __future__ import annotations

import math
import random

import pytest

from agent.analysis.bound import DayBound
from agent.analysis.tail import Tail
from agent.analysis.trigger import Rest, Trigger


def exponential(share: float = 0.02) -> tuple[Tail, random.Random]:
    rng = random.Random(1)
    tail = Tail(share=share, pace=0.02, floor=0.02)
    for _ in range(20000):
        tail.score(rng.paretovariate(3.0), 0.0)
    return tail, rng


def test_the_score_is_the_decades_of_the_chance() -> None:
    tail, rng = exponential()
    sizes = [rng.paretovariate(3.0) for _ in range(50000)]
    for decades in (2.0, 2.5, 3.0):
        share = sum(tail.rate(size) >= decades for size in sizes) / len(sizes)
        assert math.log10(share) == pytest.approx(-decades, abs=0.6)


def test_size_of_is_the_inverse_of_the_score() -> None:
    tail, _ = exponential()
    assert tail.rate(tail.size_of(3.3, 0.0)) == pytest.approx(3.3)


def test_nothing_is_unusual_before_the_warm_up_and_below_the_least_size() -> None:
    tail = Tail(share=0.02, pace=0.02, floor=0.1, warm_up=50)
    assert [tail.score(1e9, 0.0) for _ in range(50)] == [0.0] * 50
    fresh = Tail(share=0.02, pace=0.02, floor=0.1, warm_up=50)
    assert all(fresh.score(float(size), 5.0) == 0.0 for size in [1, 2] * 100)


def test_the_saved_state_goes_on_as_the_original() -> None:
    tail, rng = exponential()
    copy = Tail(share=0.02, pace=0.02, floor=0.02)
    copy.restore(tail.state())
    sizes = [rng.paretovariate(3.0) for _ in range(200)]
    assert [tail.score(size, 0.0) for size in sizes] == [copy.score(size, 0.0) for size in sizes]


def test_an_episode_begins_once_and_ends_after_quiet() -> None:
    trigger = Trigger()
    scores = [0.0, 1.2, 3.0, 0.9, 0.1, 1.1, 0.0, 0.0, 0.0, 0.0]
    steps = [trigger.step(score, index * 10.0, 30.0) for index, score in enumerate(scores)]
    assert steps == [None, "begin", None, None, None, None, None, None, "end", None]
    assert trigger.top == 3.0


def test_an_episode_lasts_as_long_as_what_began_it() -> None:
    trigger = Trigger()
    steps = [trigger.step(0.7 if index else 1.0, index * 600.0, 0.0) for index in range(1000)]
    assert steps.count("begin") == 1
    assert "end" not in steps


def test_within_a_rest_only_a_clearly_higher_score_passes() -> None:
    rest = Rest(decay=0.9, margin=1.1)
    assert [rest.pass_(score) for score in (1.0, 0.9, 1.0, 1.5, 1.0)] == [1.0, 0.0, 1.0, 1.5, 0.0]


def test_a_day_has_a_bound_and_what_is_left_out_is_counted() -> None:
    bound = DayBound(2)
    begun = [bound.pass_(hour * 3600.0, begins=True, kind=str(hour)) for hour in range(1, 6)]
    assert begun == [0, 0, None, None, None]
    assert bound.pass_(5 * 3600.0, begins=False, kind="1") == 0
    assert bound.pass_(5 * 3600.0, begins=False, kind="4") is None
    assert bound.pass_(30 * 3600.0, begins=True, kind="x") == 3
