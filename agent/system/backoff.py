"""When to try again: the one back-off of the agent.

The wait is drawn at random below a ceiling that doubles with each failure, so that 15,000 poles do not come back in one
second (AWS Architecture Blog, "Exponential Backoff And Jitter").
"""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S = 1.0
"""Ceiling of the wait before the first connection of a run."""
LOST_S = 5.0
"""Ceiling of the first wait after a link was lost: one broker's restart is every pole's loss at the same moment."""
STABLE_S = 30.0
"""What lived this long was a success; after it the ceiling starts low again."""


class Backoff:
    """The next wait in seconds, between ``(1 - spread)`` of the ceiling and the ceiling.

    ``spread`` 1 is full jitter, for what many poles do at once; less keeps a least wait, for what costs this pole
    something. ``first_s`` is the first ceiling and ``longest_s`` the last. ``jitter`` gives 0 to 1.
    """

    def __init__(
        self,
        longest_s: float,
        jitter: Callable[[], float] = random.random,
        *,
        first_s: float = FIRST_S,
        spread: float = 1.0,
    ) -> None:
        self._longest_s = longest_s
        self._first_s = min(first_s, longest_s)
        self._jitter = jitter
        self._spread = spread
        self._ceiling_s = self._first_s

    def wait_s(self) -> float:
        """Does not change anything; ``failed``, ``lost`` and ``worked`` do."""
        return self._ceiling_s * (1.0 - self._spread + self._spread * self._jitter())

    def failed(self) -> None:
        """An attempt did not lead to something that lived."""
        self._ceiling_s = min(self._longest_s, self._ceiling_s * 2)

    def worked(self) -> None:
        """All is as at the beginning."""
        self._ceiling_s = self._first_s

    def lost(self, lived_s: float) -> None:
        """A link was up for ``lived_s`` and is gone."""
        if lived_s >= STABLE_S:
            self._ceiling_s = min(LOST_S, self._longest_s)
        else:
            self.failed()
