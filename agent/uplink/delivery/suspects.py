"""Messages that did not get through: what may be split, what must wait, and which row links die of; pure.

A row is given up only where the other end says so of the row itself. A row that links seem to die of is spared: on the
next link others go first, so that it is proved on a link that carried something, and after ``TRIES`` deaths it waits
between its tries. Every other refusal is about the lane, the account or the broker: the lane waits, its rows stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.system.backoff import Backoff
from contract.types import Key, Lane, Row, key

HOLD_FIRST_S = 2.0
HOLD_LONGEST_S = 300.0
SPARE_FIRST_S = 10.0
SPARE_LONGEST_S = 600.0
MOST_SPARED = 1000
TRIES = 3
"""Links that carried other messages and died with one and the same row alone in flight, before that row waits."""
PATIENCE = 6
"""The same on links that carried nothing else, where the link may be what is wrong; and for alarms."""
ALONE = 512
"""Bytes; messages of links that die of them shrink down to this, and then every row travels alone."""
GROW = 16
"""Messages in a row that must be accepted before they grow again."""


class _Suspect(msgspec.Struct):
    """A row that was alone in flight when a link died: ``proved`` times on links that had carried others."""

    lane: Lane
    proved: int = 0
    deaths: int = 0
    until: float = float("-inf")

    @property
    def spared(self) -> int:
        """How many deaths are too many."""
        proved = 0 if self.lane is Lane.ALARM else self.proved - TRIES + 1
        return max(proved, self.deaths - PATIENCE + 1)


class Suspects:
    """What is known about refusals and deaths; lives as long as the uplink, over all its links."""

    def __init__(self, message_bytes: int) -> None:
        self.message_bytes = message_bytes
        self._full = message_bytes
        self._accepted = 0
        self.carried = False
        """Whether this link has carried a message of rows that are no suspects."""
        self._holds = {lane: Backoff(HOLD_LONGEST_S, first_s=HOLD_FIRST_S, spread=0.0) for lane in Lane}
        self._held_at = dict.fromkeys(Lane, float("-inf"))
        self._hold_until = dict.fromkeys(Lane, float("-inf"))
        self._most_rows: dict[Lane, int] = {}
        self._suspects: dict[Key, _Suspect] = {}
        self._nothing_else = False

    @property
    def alone(self) -> bool:
        """Whether one row at a time travels, to find the one that links die of, or since the link is that slow."""
        return self.message_bytes <= ALONE

    def wait_s(self, lane: Lane, now: float) -> float:
        return max(0.0, self._hold_until[lane] - now)

    def most_rows(self, lane: Lane) -> int | None:
        """How many rows of this lane one message may have; None for no limit."""
        return self._most_rows.get(lane)

    def link_up(self) -> None:
        self.carried = self._nothing_else = False

    def accepted(self, lane: Lane, rows: Sequence[Row]) -> bool:
        """Takes an acceptance; whether suspects may be tried now that were kept back until others passed."""
        self._holds[lane].worked()
        if lane in self._most_rows:
            self._most_rows[lane] *= 2
            if self._most_rows[lane] > 1000:
                del self._most_rows[lane]
        self._accepted += 1
        if self._accepted >= GROW and self.message_bytes < self._full:
            self._accepted = 0
            self.message_bytes = min(self._full, self.message_bytes * 2)
        cleared = [self._suspects.pop(key(row), None) for row in rows] if self._suspects else [None]
        first = not self.carried and not any(cleared)
        self.carried = self.carried or first
        return first and bool(self._suspects)

    def later(self, lane: Lane, sent_at: float, now: float) -> None:
        """The lane waits; twice as long as before, once for all that was sent before that."""
        if sent_at < self._held_at[lane]:
            return
        self._held_at[lane] = now
        self._hold_until[lane] = now + self._holds[lane].wait_s()
        self._holds[lane].failed()

    def never(self, lane: Lane, rows: Sequence[Row]) -> bool:
        """The message is refused for good; whether ``rows``, a single one, must be given up."""
        if len(rows) > 1:
            self._most_rows[lane] = max(1, len(rows) // 2)
        return len(rows) == 1

    def died(self, alone: Row | None, now: float, *, flying: bool) -> bool:
        """The link died, with ``alone`` as the only row in flight; whether that is spared from now on."""
        if not flying:  # links die by themselves
            self._suspects.clear()
            return False
        self._accepted = 0
        self.message_bytes = max(ALONE, self.message_bytes // 2)
        if alone is None or (len(self._suspects) >= MOST_SPARED and key(alone) not in self._suspects):
            return False
        suspect = self._suspects.setdefault(key(alone), _Suspect(alone.lane))
        suspect.deaths += 1
        suspect.proved += self.carried
        spared = suspect.spared
        if spared > 0:
            suspect.until = now + min(SPARE_LONGEST_S, SPARE_FIRST_S * 2 ** min(spared - 1, 10))
        return spared == 1

    def aside(self, row: Row, now: float) -> bool:
        """Whether the row must not be sent now: it is spared, or others go first on this link."""
        suspect = self._suspects.get(key(row)) if self._suspects else None
        return suspect is not None and (suspect.until > now or not (self.carried or self._nothing_else))

    def let_go(self) -> bool:
        """There is nothing else to send: whether suspects may be tried now that waited for others to pass."""
        first = bool(self._suspects) and not (self.carried or self._nothing_else)
        self._nothing_else = True
        return first

    def due(self, now: float) -> bool:
        """Whether rows that were spared may be tried again; reports each once."""
        back = [suspect for suspect in self._suspects.values() if float("-inf") < suspect.until <= now]
        for suspect in back:
            suspect.until = float("-inf")
        return bool(back)

    @property
    def next_due(self) -> float:
        waits = [suspect.until for suspect in self._suspects.values() if suspect.until > float("-inf")]
        return min(waits, default=float("inf"))
