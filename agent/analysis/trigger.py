"""From scores to episodes: when to speak, when to be quiet again, and how often at most.

The bar rises with each alarm and sinks at the rate of the alarms that are allowed, so that whatever the scores are, no
more than that many come in the long run (adaptive conformal inference, Gibbs and Candes 2021, with the rate of episodes
in place of the rate of misses).
"""

from __future__ import annotations

import math

MONTH_S = 30 * 86400.0
RAISE = 0.25
"""How much an alarm raises the bar: to 1.28 times what it was."""
LOWEST = -0.4
"""How far the bar sinks where fewer alarms come than are allowed: to 0.67 times the threshold."""
CLEAR = 0.6
"""An episode ends when the score has stayed below this part of the threshold."""


class Trigger:
    """``step`` returns ``"begin"``, ``"end"`` or None. Scores are in parts of the threshold: 1 is an alarm by itself.

    ``hold_s``: how long the score must stay low before the episode is over. ``per_month``: alarms allowed in the long
    run, beyond some at first (four times the logarithm of the highest score); None for what is no matter of chance.
    """

    __slots__ = ("_at_s", "_bar", "_hold_s", "_low_s", "_per_month", "active", "since_s", "top")

    def __init__(self, per_month: float | None, hold_s: float) -> None:
        self._per_month = per_month
        self._hold_s = hold_s
        self._bar = 0.0
        self._at_s = math.inf
        self._low_s = 0.0
        self.active = False
        self.since_s = 0.0
        self.top = 0.0
        """The highest score of the episode."""

    def step(self, score: float, at_s: float) -> str | None:
        if self._per_month is not None and self._bar > LOWEST:
            passed = min(max(0.0, at_s - self._at_s), MONTH_S)
            self._bar = max(LOWEST, self._bar - RAISE * self._per_month * passed / MONTH_S)
        self._at_s = at_s
        if self.active:
            return self._go_on(score, at_s)
        if score <= 0.0 or math.log(score) < self._bar:
            return None
        self.active = True
        self.since_s = self._low_s = at_s
        self.top = score
        if self._per_month is not None:
            self._bar += RAISE
        return "begin"

    def _go_on(self, score: float, at_s: float) -> str | None:
        self.top = max(self.top, score)
        if score >= CLEAR:
            self._low_s = at_s
        elif at_s - self._low_s >= self._hold_s:
            self.active = False
            return "end"
        return None

    @property
    def bar(self) -> float:
        """All that is saved of a trigger."""
        return self._bar

    def restore(self, bar: float) -> None:
        self._bar = min(max(LOWEST, bar), 100.0)


class Rest:
    """The same for a stream of scores without time: each may pass only if it beats what was passed of late.

    Each score that passes also takes ``fatigue`` from the next ones, forgotten at ``forget`` a step. ``pass_`` returns
    what is left of the score, or 0. The benchmarks, whose detections are points, use it.
    """

    __slots__ = ("_decay", "_fatigue", "_forget", "_margin", "_recent", "_tired")

    def __init__(self, decay: float, margin: float, fatigue: float = 0.0, forget: float = 0.0) -> None:
        self._decay = decay
        self._margin = margin
        self._fatigue = fatigue
        self._forget = forget
        self._recent = 0.0
        self._tired = 0.0

    def pass_(self, score: float) -> float:
        self._recent *= self._decay
        self._tired *= 1.0 - self._forget
        score -= self._tired
        if score <= self._recent * self._margin or score <= 0.0:
            return 0.0
        self._recent = score
        self._tired += self._fatigue
        return score
