"""The way to where a quantity rests at the end of its range, and back: fog comes and goes within hours."""

from __future__ import annotations

import math

from agent.analysis.trigger import CLEAR
from contract.units import Quantity

PATIENCE_S = 6 * 3600.0
"""Fog and dry air come and go faster. Chosen as a round number; drawn fog takes two to five hours."""
NEAR, NEAR_S = 0.05, 72 * 3600.0
"""So near to such an end (a part of the range) fog may be all there is, for three days: few sensors come to 100 %."""
KINDS = ("noise", "offset")


def ends(row: Quantity) -> bool:
    """Whether the quantity rests at an end of its range."""
    return any(low <= row.low or high >= row.high for low, high in row.rests)


def near(row: Quantity, value: float) -> bool:
    """Whether ``value`` is so near to an end at which the quantity rests that it may be at rest."""
    room = NEAR * (row.high - row.low)
    return any(
        (low <= row.low and value <= high + room) or (high >= row.high and value >= low - room)
        for low, high in row.rests
    )


class Approach:
    """``patient`` leaves out another level or noise that may be such a way: it has not lasted since a rest."""

    __slots__ = ("_near", "_rested_s", "_since_s")

    def __init__(self) -> None:
        self._near = False
        self._rested_s = -math.inf
        self._since_s: dict[str, float] = {}

    def goes_on(self, kind: str) -> None:
        """It had lasted when the state was saved."""
        self._since_s[kind] = -math.inf

    def left(self, *, near: bool) -> bool:
        """Whether the quantity was near such an end until now."""
        was, self._near = self._near, near
        return was and not near

    def rest(self, at_s: float) -> None:
        self._rested_s = at_s
        self._since_s.clear()

    def patient(self, found: dict[str, float], at_s: float, *, near: bool = False) -> dict[str, float]:
        for kind in KINDS:
            strength = found.get(kind, 0.0)
            if strength < CLEAR or (strength < 1.0 and kind not in self._since_s):
                self._since_s.pop(kind, None)
                continue
            since_s = self._since_s.setdefault(kind, at_s)
            if near and at_s - since_s < NEAR_S:
                self._rested_s = at_s
            if at_s - max(since_s, self._rested_s) < PATIENCE_S:
                del found[kind]
        return found
