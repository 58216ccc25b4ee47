"""Boxes, their overlaps, and the thinning out of detections."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vision.assign import assign, solve
from agent.vision.boxes import NOTHING, join, overlaps, suppress
from tests.vision.stage import found

costs = st.integers(1, 5).flatmap(
    lambda rows: st.integers(1, 5).flatmap(
        lambda columns: st.lists(
            st.lists(st.floats(0, 10), min_size=columns, max_size=columns), min_size=rows, max_size=rows
        )
    )
)


def test_the_overlap_of_a_box_with_itself_is_one_and_with_a_stranger_nought() -> None:
    boxes = np.array([[0, 0, 10, 10], [100, 100, 120, 140]], np.float32)
    assert overlaps(boxes, boxes).tolist() == [[1, 0], [0, 1]]
    assert overlaps(boxes[:1], np.array([[5, 0, 15, 10]], np.float32))[0, 0] == pytest.approx(1 / 3)


def test_of_boxes_on_one_object_the_best_stays_and_another_class_is_another_object() -> None:
    seen = found(
        ("person", 0.6, 0, 0, 10, 20),
        ("person", 0.9, 1, 0, 11, 20),
        ("vehicle", 0.5, 0, 0, 10, 20),
        ("person", 0.4, 50, 50, 60, 70),
    )
    kept = suppress(seen, 0.5)
    assert kept.scores.tolist() == pytest.approx([0.9, 0.5, 0.4])


def test_a_part_of_an_object_goes_when_the_whole_is_there() -> None:
    seen = found(("person", 0.9, 0, 0, 20, 60), ("person", 0.5, 2, 0, 18, 20))
    assert len(suppress(seen, 0.5)) == 2
    assert len(suppress(seen, 0.5, inside=0.8)) == 1


def test_nothing_stays_nothing() -> None:
    assert len(suppress(NOTHING, 0.5)) == 0
    assert len(join([])) == 0


@given(costs)
def test_the_pairing_is_as_cheap_as_trying_every_one(table: list[list[float]]) -> None:
    rows, columns = len(table), len(table[0])
    pairs = solve(table)
    assert len(pairs) == min(rows, columns)
    if rows <= columns:
        best = min(sum(table[r][c] for r, c in enumerate(p)) for p in itertools.permutations(range(columns), rows))
    else:
        best = min(sum(table[r][c] for c, r in enumerate(p)) for p in itertools.permutations(range(rows), columns))
    assert sum(table[r][c] for r, c in pairs) == pytest.approx(best)


@given(costs, st.floats(0.1, 10))
def test_no_pair_costs_more_than_the_limit_and_nobody_is_paired_twice(table: list[list[float]], limit: float) -> None:
    pairs = assign(np.array(table), limit)
    assert all(table[r][c] < limit for r, c in pairs)
    assert len({r for r, _ in pairs}) == len({c for _, c in pairs}) == len(pairs)
