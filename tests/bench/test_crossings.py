"""How the benchmark of counting tells right from wrong."""

from __future__ import annotations

from bench.vision.crossings import Truth, Wrong, compare

WHEN = Truth(2, 1, [(5.0, 1), (20.0, -1), (30.0, 1)])


def test_what_comes_in_time_and_direction_is_right() -> None:
    assert compare(WHEN, [(5.4, 1), (19.2, -1), (31.0, 1)]) == Wrong(0, 0, 0)


def test_a_missed_and_a_false_crossing_do_not_cancel() -> None:
    assert compare(WHEN, [(5.4, 1), (19.2, -1), (40.0, 1)]) == Wrong(1, 1, 0)


def test_the_wrong_direction_is_one_error_of_its_own() -> None:
    assert compare(WHEN, [(5.4, 1), (19.2, 1), (31.0, 1)]) == Wrong(0, 0, 1)
    assert compare(WHEN, []) == Wrong(3, 0, 0)


def test_of_two_counts_for_one_crossing_one_is_false() -> None:
    assert compare(WHEN, [(4.9, 1), (5.4, 1), (19.2, -1), (31.0, 1)]) == Wrong(0, 1, 0)


def test_without_times_the_numbers_are_compared() -> None:
    assert compare(Truth(2, 5), [(1.0, 1)] * 3 + [(1.0, -1)] * 3) == Wrong(1, 0, 1)
