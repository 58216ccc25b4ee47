"""Messages that the broker did not take: what may be split, what must wait, and what is given up; pure.

A row is given up only on the broker's own word about the row itself (``FOR_GOOD``). A row that seems to break the link
is set aside for a while, so that the others get past it. Every other refusal is about the lane, the account or the
broker: the lane waits and its rows stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.types import Key, Lane, Row, key

FOR_GOOD = {149: "packet too large", 153: "payload format invalid", 144: "topic name invalid"}
"""Reason codes (MQTT 5.0, 2.4) that come again however often the same message is sent."""
HOLD_FIRST_S = 2.0
HOLD_LONGEST_S = 300.0
ASIDE_S = 600.0
MOST_ASIDE = 1000
TRIES = 5
"""Links that may die with one and the same row alone in flight, before it is set aside."""
ALONE = 512
"""Bytes; messages of links that die of them shrink down to this, and then every row travels alone."""
GROW = 16
"""Messages in a row that must be accepted before they grow again."""


class Suspects:
    """What is known about refusals and deaths; lives as long as the uplink, over all its links."""

    def __init__(self, message_bytes: int) -> None:
        self.message_bytes = message_bytes
        self._full = message_bytes
        self._accepted = 0
        self._hold_until = dict.fromkeys(Lane, float("-inf"))
        self._hold_s = dict.fromkeys(Lane, HOLD_FIRST_S)
        self._most_rows: dict[Lane, int] = {}
        self._aside: dict[Key, float] = {}
        self._deaths: dict[Key, int] = {}

    @property
    def alone(self) -> bool:
        """Whether one row at a time travels, to find the one that links die of, or since the link is that slow."""
        return self.message_bytes <= ALONE

    def wait_s(self, lane: Lane, now: float) -> float:
        return max(0.0, self._hold_until[lane] - now)

    def most_rows(self, lane: Lane) -> int | None:
        """How many rows of this lane one message may have; None for no limit."""
        return self._most_rows.get(lane)

    def accepted(self, lane: Lane, rows: Sequence[Row]) -> None:
        self._hold_s[lane] = HOLD_FIRST_S
        if lane in self._most_rows:
            self._most_rows[lane] *= 2
            if self._most_rows[lane] > 1000:
                del self._most_rows[lane]
        if self._deaths:
            for row in rows:
                self._deaths.pop(key(row), None)
        self._accepted += 1
        if self._accepted >= GROW and self.message_bytes < self._full:
            self._accepted = 0
            self.message_bytes = min(self._full, self.message_bytes * 2)

    def refused(self, lane: Lane, rows: Sequence[Row], code: int, now: float) -> bool:
        """Takes a refusal; whether ``rows``, a single one, must be given up."""
        if len(rows) > 1:
            self._most_rows[lane] = max(1, len(rows) // 2)
            if code in FOR_GOOD:
                return False
        elif code in FOR_GOOD and rows[0].kind != "gap":  # a gap event that is given up would beget the next
            return True
        self._hold_until[lane] = now + self._hold_s[lane]
        self._hold_s[lane] = min(HOLD_LONGEST_S, self._hold_s[lane] * 2)
        return False

    def died(self, alone: Row | None, now: float) -> bool:
        """The link died while messages were in flight, ``alone`` if it was one row; whether that is set aside now."""
        self._accepted = 0
        self.message_bytes = max(ALONE, self.message_bytes // 2)
        if alone is None or len(self._deaths) >= MOST_ASIDE:
            return False
        name = key(alone)
        self._deaths[name] = self._deaths.get(name, 0) + 1
        if self._deaths[name] < TRIES or len(self._aside) >= MOST_ASIDE:
            return False
        self._aside[name] = now + ASIDE_S
        del self._deaths[name]
        return True

    def aside(self, row: Row) -> bool:
        return bool(self._aside) and key(row) in self._aside

    def due(self, now: float) -> bool:
        """Whether rows that were set aside may be tried again; forgets that they were."""
        back = [name for name, until in self._aside.items() if until <= now]
        for name in back:
            del self._aside[name]
        return bool(back)

    @property
    def next_due(self) -> float:
        return min(self._aside.values(), default=float("inf"))
