"""Sensors of the same quantity on one pole should agree, whatever the weather: when one parts, it is the sensor.

The difference of two sensors has no daily rhythm and no storms in it, so a drift shows in it long before it shows in
either series. The one that left its own baseline further is wrong; where that is unclear, both are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from agent.analysis.tail import Sides, SidesState

PairState = tuple[tuple[str, str, str], float, float, SidesState]
"""Quantity and both devices, the difference of late and usually, its tails."""

MOST = 8  # devices of one quantity that are compared; each with the one before it
FRESH_S = 900.0
_FAST, _SLOW = 0.05, 0.0005
THRESHOLD = 3.2
CLEAR = 0.6  # a finding goes on, and teaches nothing, while it is at least this part of one
UNCLEAR = 0.3
"""Two that left their own baselines by about as much are both named."""


class _Pair:
    __slots__ = ("fast", "parted", "slow", "tail")

    def __init__(self) -> None:
        self.fast = 0.0
        self.slow = 0.0
        self.parted = False
        self.tail = Sides(share=0.002, pace=0.002, floor=0.3, learn=0.01, warm_up=300)


class Siblings:
    """``take`` gets the mean of a step of one sensor and returns the names of those that part, with a score each."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[str, tuple[float, float, float]]] = {}
        self._pairs: dict[tuple[str, str, str], _Pair] = {}

    def take(self, quantity: str, device: str, at_s: float, value: float, strange: float) -> dict[str, float]:
        """``strange`` is how far the sensor is from its own baseline just now, in any unit that both share."""
        latest = self._latest.setdefault(quantity, {})
        if device not in latest and len(latest) >= MOST:
            return {}
        latest[device] = (at_s, value, strange)
        out: dict[str, float] = {}
        for other, (then_s, their_value, other_strange) in latest.items():
            if other >= device or at_s - then_s > FRESH_S:
                continue
            score = self._score((quantity, other, device), value - their_value)
            if score >= CLEAR * THRESHOLD:
                for name, own, theirs in ((device, strange, other_strange), (other, other_strange, strange)):
                    if own >= theirs - UNCLEAR:
                        out[name] = max(out.get(name, 0.0), score / THRESHOLD)
        return out

    def silent(self, quantity: str, device: str, at_s: float) -> bool:
        """Whether it has siblings, and none speaks."""
        pairs = [key[1:] for key in self._pairs if key[0] == quantity and device in key[1:]]
        spoke = [at for name, (at, _, _) in self._latest.get(quantity, {}).items() if name != device]
        return bool(pairs) and all(at_s - at > FRESH_S for at in spoke)

    def _score(self, key: tuple[str, str, str], difference: float) -> float:
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = _Pair()
            pair.fast = pair.slow = difference
        pair.fast += _FAST * (difference - pair.fast)
        if pair.parted:
            score = pair.tail.rate(pair.fast - pair.slow)
        else:
            pair.slow += _SLOW * (difference - pair.slow)
            score = pair.tail.score(pair.fast - pair.slow, 0.0)
        pair.parted = score >= THRESHOLD * (CLEAR if pair.parted else 1.0)
        return score

    def forget(self, gone: str) -> None:
        """A device that is no more, or is another one from now on."""
        for latest in self._latest.values():
            latest.pop(gone, None)
        self._pairs = {key: pair for key, pair in self._pairs.items() if gone not in key[1:]}

    def state(self) -> list[PairState]:
        return [(key, pair.fast, pair.slow, pair.tail.state()) for key, pair in self._pairs.items()]

    def restore(self, state: Iterable[PairState]) -> None:
        for key, fast, slow, tail in state:
            if not math.isfinite(fast - slow):
                continue
            pair = self._pairs[key] = _Pair()
            pair.fast, pair.slow = fast, slow
            pair.tail.restore(tail)
            pair.parted = pair.tail.rate(fast - slow) >= CLEAR * THRESHOLD
