"""Zero where a sensor never says zero: it fell there at once, and no working sensor of the kind does."""

from __future__ import annotations

import math

from contract.units import Quantity

WARM_UP = 100  # readings before a zero is judged
ZERO = 2.8  # decades: one reading in 600 is 0
MEMORY = 3000.0
NEVER = 3.0  # strength where the quantity cannot be zero


class Zeros:
    """How often a sensor says zero, and whether it fell to the zero that lasts."""

    __slots__ = ("dropped", "share")

    def __init__(self) -> None:
        self.share = 0.0
        self.dropped = False

    def strength(self, row: Quantity, size: float, usual: float, count: int) -> float:
        """Learn a zero after a change of ``size``, where 98 of 100 are at most ``usual``; 1 is a finding. A slow way
        there is none: the world comes to rest by itself. A drop teaches once, however long it lasts.
        """
        strength = 0.0
        if count > WARM_UP and not row.zero_is_usual:
            strength = NEVER
        elif count > WARM_UP and not row.sudden and not row.echo:
            self.dropped = self.dropped or size > usual
            memory = min(float(count), MEMORY)
            if self.dropped:
                strength = -math.log10((self.share * memory + 0.5) / (memory + 1.0)) / ZERO
        if size or not self.dropped:
            self.share += (1.0 - self.share) / min(float(count), MEMORY)
        return strength

    def left(self) -> None:
        """Another value came."""
        self.dropped = False
        self.share -= self.share / MEMORY
