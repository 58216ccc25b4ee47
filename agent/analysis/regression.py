"""One quantity foretold by others, and how unusual what is left over is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from agent.analysis.tail import Sides, SidesState, Tail, TailState

PARTNERS = 4  # quantities that foretell one
GAIN = 0.02  # part of the variance that another partner must add
LEAST = 0.2  # part of the variance that all must explain, or there is none
ALONE = 0.01  # part of a partner's variance that those before it may leave
MEMORY = 1000.0  # steps: some days of five minutes
EXPLAINED, LOST = 0.5, 0.4
"""Part of the variance that must be foretold before anything is judged, and below which nothing is any more."""
WARM_UP = 300  # steps that it only learns from
THRESHOLD = 4.0
"""Decades of unlikelihood of the residuals of late, or of their size, that are a finding."""
LASTS = 1008
"""Steps that a finding is measured against the past before it; then it is the new usual."""
_PACE = 1.0 / 500.0  # of the variance that is foretold
_SHORT, _STRAIN = 0.2, 1.0 / 36.0

RegressionState = tuple[int, float, float, float, SidesState, TailState]
"""What is saved: steps, variance without and with the others, mean size of the residuals, tails."""


class Regression:
    """One signal of one quantity foretold by signals of others."""

    __slots__ = (
        "lasted",
        "open",
        "own",
        "places",
        "residuals",
        "short",
        "steps",
        "strain",
        "strains",
        "unexplained",
        "usual",
        "weights",
    )

    def __init__(self) -> None:
        self.places: list[int] = []
        self.weights: list[float] = []
        self.steps = 0
        self.lasted = 0  # steps of the finding
        self.own = self.unexplained = 0.0
        self.usual = 0.0
        """Mean size of a residual."""
        self.open = False
        self.residuals = Sides(share=0.002, pace=0.002, floor=0.3, learn=0.01, warm_up=WARM_UP)
        self.strains = Tail(share=0.002, pace=0.002, floor=0.3, learn=0.01, warm_up=WARM_UP)
        self.short = self.strain = 0.0  # mean of the residuals of late, and of their size

    def judge(self, value: float, foretold: float, clip: float) -> float:
        """How unusual a residual is, after learning it; 1 is a finding, 0 where the others explain too little."""
        self.steps += 1
        pace = max(_PACE, 1.0 / self.steps)
        residual = min(max(value - foretold, -clip), clip)
        size = abs(residual)
        self.own += pace * (min(abs(value), clip) ** 2 - self.own)
        self.unexplained += pace * (residual * residual - self.unexplained)
        self.open = self.unexplained < (1.0 - (LOST if self.open else EXPLAINED)) * self.own
        self.short += _SHORT * (residual - self.short)
        self.strain += _STRAIN * (size - self.strain)
        if 0 < self.lasted < LASTS:
            score = max(self.residuals.rate(self.short), self.strains.rate(self.strain))
        else:
            self.usual += max(1.0 / MEMORY, 1.0 / self.steps) * (size - self.usual)
            score = max(self.residuals.score(self.short, 0.0), self.strains.score(self.strain, 0.0))
        strength = score / THRESHOLD
        self.lasted = self.lasted + 1 if strength >= 1.0 else 0
        return strength if self.open else 0.0

    def solve(self, own: int, candidates: Sequence[int], moment: Callable[[int, int], float]) -> None:
        """Forward selection among signals by their second moments: what explains most of what is left, until none adds
        much (Cholesky, one column a partner).
        """
        self.places, self.weights = [], []
        left = whole = moment(own, own)
        if whole <= 0.0:
            return
        covariance = {one: moment(own, one) for one in candidates}
        first = {one: moment(one, one) for one in candidates}
        variance = dict(first)
        chosen: list[int] = []
        columns: list[dict[int, float]] = []
        targets: list[float] = []
        while len(chosen) < PARTNERS:
            free = [one for one in candidates if one not in chosen and variance[one] > ALONE * first[one]]
            pick = max(free, key=lambda one: covariance[one] ** 2 / variance[one], default=None)
            if pick is None or covariance[pick] ** 2 / variance[pick] < GAIN * whole:
                break
            scale = math.sqrt(variance[pick])
            target = covariance[pick] / scale
            column = {
                one: (moment(pick, one) - sum(known[pick] * known[one] for known in columns)) / scale
                for one in candidates
            }
            for one in candidates:
                covariance[one] -= column[one] * target
                variance[one] -= column[one] ** 2
            left -= target * target
            chosen.append(pick)
            columns.append(column)
            targets.append(target)
        if left > (1.0 - LEAST) * whole:
            return
        weights = [0.0] * len(chosen)
        for index in reversed(range(len(chosen))):
            later = sum(weights[place] * columns[index][chosen[place]] for place in range(index + 1, len(chosen)))
            weights[index] = (targets[index] - later) / columns[index][chosen[index]]
        self.places, self.weights = chosen, weights

    def state(self) -> RegressionState:
        """What it foretells is solved anew."""
        return self.steps, self.own, self.unexplained, self.usual, self.residuals.state(), self.strains.state()

    def restore(self, state: RegressionState) -> None:
        self.steps, self.own, self.unexplained, self.usual, residuals, strains = state
        self.strain = self.usual
        self.residuals.restore(residuals)
        self.strains.restore(strains)
