"""Pairs of rows and columns at the least total cost, where only pairs below a limit may be.

Small problems, as tracking has them, in plain Python: an import of scipy would cost more memory than the tracker.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pairs = list[tuple[int, int]]


def assign(costs: NDArray[np.floating], limit: float) -> Pairs:
    """``costs`` (n x m): as many pairs below ``limit`` as possible pay, a pair left alone costs ``limit``.

    Rows and columns that are each other's only choice are paired at once; what is left is solved exactly.
    """
    rows, columns = np.nonzero(costs < limit)
    if not len(rows):
        return []
    row_uses = np.bincount(rows)
    column_uses = np.bincount(columns)
    alone = (row_uses[rows] == 1) & (column_uses[columns] == 1)
    if alone.all():
        return list(zip(rows.tolist(), columns.tolist(), strict=True))
    pairs: Pairs = list(zip(rows[alone].tolist(), columns[alone].tolist(), strict=True))
    rest = ~alone
    left = sorted(set(rows[rest].tolist()))
    right = sorted(set(columns[rest].tolist()))
    matrix = np.minimum(costs[np.ix_(left, right)], limit).tolist()
    pairs += [(left[r], right[c]) for r, c in solve(matrix) if matrix[r][c] < limit]
    return pairs


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
