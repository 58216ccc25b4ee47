"""Rows that the broker has and the platform has not yet confirmed (``ack = "platform"``); pure.

A watermark confirms only what was sent over this link: a number that the platform names by mistake stays in the store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from contract.types import Key
from contract.watermark import Watermark

AGAIN_S = 120.0
"""Rows that the platform has not confirmed by then are sent again."""
MOST = 20_000
"""Rows that may await the platform's word; past it nothing more is sent until some of them are confirmed."""


class Awaiting:
    """Which rows await the platform's word, and until when; insertion order is order of sending."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    @property
    def full(self) -> bool:
        return len(self._until) >= MOST

    def sent(self, keys: Iterable[Key], now: float) -> None:
        for name in keys:
            self._until[name] = now + AGAIN_S

    def forget(self, keys: Iterable[Key]) -> None:
        for name in keys:
            self._until.pop(name, None)

    def confirmed(self, mark: Watermark) -> list[Key]:
        """The rows that ``mark`` names; they no longer wait."""
        ranges = sorted((min(pair), max(pair)) for pair in mark.ranges)
        firsts = [first for first, _ in ranges]
        reach: list[int] = []  # the largest last so far, since ranges may overlap
        for _, last in ranges:
            reach.append(max(last, reach[-1]) if reach else last)
        keys = [
            name
            for name in self._until
            if name[0] == mark.epoch and (at := bisect_right(firsts, name[1])) and name[1] <= reach[at - 1]
        ]
        self.forget(keys)
        return keys

    def overdue(self, now: float) -> list[Key]:
        """The rows to send again; they no longer wait."""
        keys = []
        for name, until in self._until.items():
            if until > now:
                break
            keys.append(name)
        self.forget(keys)
        return keys
