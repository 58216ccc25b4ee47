"""From strengths to episodes: when one begins, and when it is over."""

from __future__ import annotations

CLEAR = 0.6
"""An episode may end when the strength has stayed below this part of what begins one."""


class Trigger:
    """``step`` returns ``"begin"``, ``"end"`` or None; a strength of 1 begins an episode.

    It is over when the strength has been low for ``hold_s``, given with each step because intervals are learned.
    """

    __slots__ = ("_low_s", "active", "since_s", "top")

    def __init__(self) -> None:
        self._low_s = 0.0
        self.active = False
        self.since_s = 0.0
        self.top = 0.0
        """The highest strength of the episode."""

    def step(self, strength: float, at_s: float, hold_s: float) -> str | None:
        if self.active:
            self.top = max(self.top, strength)
            if strength >= CLEAR:
                self._low_s = at_s
            elif at_s - self._low_s >= hold_s:
                self.active = False
                return "end"
            return None
        if strength < 1.0:
            return None
        self.active = True
        self.since_s = self._low_s = at_s
        self.top = strength
        return "begin"

    def wait(self, at_s: float) -> None:
        """Nothing is known of it now."""
        self._low_s = at_s

    def resume(self, at_s: float) -> None:
        """An episode of an earlier run goes on."""
        self.active = True
        self.since_s = self._low_s = at_s


class Rest:
    """Each score may pass only if it beats by ``margin`` what passed of late, which fades by ``decay`` in a unit of
    time.

    ``pass_`` returns the score, or 0: what follows an alarm is the same story unless it is clearly worse.
    """

    __slots__ = ("_decay", "_margin", "_recent")

    def __init__(self, decay: float, margin: float) -> None:
        self._decay = decay
        self._margin = margin
        self._recent = 0.0

    def pass_(self, score: float, least: float = 0.0, passed: float = 1.0) -> float:
        """A score below ``least`` neither passes nor counts as passed; ``passed``: time since the last call."""
        self._recent *= self._decay if passed == 1.0 else self._decay**passed
        if score <= self._recent * self._margin or score <= least:
            return 0.0
        self._recent = score
        return score
