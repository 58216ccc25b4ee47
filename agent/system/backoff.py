"""When to try again: full jitter under a ceiling that doubles, so that 15,000 poles do not come back in one second."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 1.0
"""Ceiling of the wait before the first connection of a run."""
LOST_S = 5.0
"""Ceiling of the first wait after a link was lost: one broker's restart is every pole's loss at the same moment."""
STABLE_S = 30.0
"""A link that lived this long was a good one; after it the ceiling starts low again."""


class Backoff:
    """The next wait in seconds: uniform between 0 and the ceiling (AWS Architecture Blog, "full jitter")."""

    def __init__(self, longest_s: float, jitter: Callable[[], float] = random.random) -> None:
        self._longest_s = longest_s
        self._jitter = jitter
        self._ceiling_s = min(FIRST_S, longest_s)

    def wait_s(self) -> float:
        return self._jitter() * self._ceiling_s

    def failed(self) -> None:
        """An attempt did not lead to a link that lived."""
        self._ceiling_s = min(self._longest_s, max(self._ceiling_s * 2, min(FIRST_S, self._longest_s)))

    def lost(self, lived_s: float) -> None:
        """A link was up for ``lived_s`` and is gone."""
        if lived_s >= STABLE_S:
            self._ceiling_s = min(LOST_S, self._longest_s)
        else:
            self.failed()
