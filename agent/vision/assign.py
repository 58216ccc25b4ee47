"""Pairs of rows and columns at the least total cost, where only pairs below a limit may be.

Small problems, as tracking has them, in plain Python: an import of scipy would cost more memory than the tracker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pairs = list[tuple[int, int]]
Costs = dict[tuple[int, int], float]
"""(row, column) -> cost."""


def assign(costs: NDArray[np.floating], limit: float) -> Pairs:
    """``costs`` (n x m): as many pairs below ``limit`` as possible pay, a pair left alone costs ``limit``."""
    rows, columns = np.nonzero(costs < limit)
    near = zip(rows.tolist(), columns.tolist(), strict=True)
    return choose(dict(zip(near, costs[rows, columns].tolist(), strict=True)), limit)


def choose(costs: Costs, limit: float) -> Pairs:
    """As ``assign``, where only the pairs below ``limit`` are given.

    Rows and columns that are each other's only choice are paired at once; what is left is solved exactly.
    """
    row_uses, column_uses = Counter(row for row, _ in costs), Counter(column for _, column in costs)
    pairs: Pairs = []
    rest: Pairs = []
    for pair in costs:
        (pairs if row_uses[pair[0]] == 1 == column_uses[pair[1]] else rest).append(pair)
    if not rest:
        return pairs
    left, right = sorted({row for row, _ in rest}), sorted({column for _, column in rest})
    matrix = [[costs.get((row, column), limit) for column in right] for row in left]
    return pairs + [(left[r], right[c]) for r, c in solve(matrix) if matrix[r][c] < limit]


def solve(costs: Sequence[Sequence[float]]) -> Pairs:
    """The cheapest complete pairing of the shorter side: shortest augmenting paths (Jonker and Volgenant, 1987)."""
    rows = len(costs)
    columns = len(costs[0]) if rows else 0
    if rows > columns:
        return [(r, c) for c, r in solve(list(zip(*costs, strict=True)))]
    row_price = [0.0] * (rows + 1)
    column_price = [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # 1-based row that holds the column; 0 = nobody
    for row in range(1, rows + 1):
        owner[0] = row
        _augment(costs, owner, row_price, column_price)
    return [(owner[c] - 1, c - 1) for c in range(1, columns + 1) if owner[c]]


def _augment(
    costs: Sequence[Sequence[float]], owner: list[int], row_price: list[float], column_price: list[float]
) -> None:
    columns = len(owner) - 1
    distance = [float("inf")] * (columns + 1)
    before = [0] * (columns + 1)
    done = [False] * (columns + 1)
    at = 0
    while owner[at]:
        done[at] = True
        row = owner[at]
        line, price = costs[row - 1], row_price[row]
        step, nearest = float("inf"), 0
        for column in range(1, columns + 1):
            if done[column]:
                continue
            reduced = line[column - 1] - price - column_price[column]
            if reduced < distance[column]:
                distance[column], before[column] = reduced, at
            if distance[column] < step:
                step, nearest = distance[column], column
        for column in range(columns + 1):
            if done[column]:
                row_price[owner[column]] += step
                column_price[column] -= step
            else:
                distance[column] -= step
        at = nearest
    while at:
        owner[at] = owner[before[at]]
        at = before[at]
