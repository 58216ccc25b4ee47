"""Rows that were sent and that the platform has not yet confirmed (``ack = "platform"``); pure, outlives links.

A watermark confirms only what this run of the agent has sent: a number that the platform names by mistake stays.

While the platform confirms, what it leaves out is sent again after ``AGAIN_S``, each time twice as long. A platform
that confirms nothing gets alarms, and one probe at a time of what it had before: seldomer each time, and never more
than ``PROBE_BYTES_PER_S``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from agent.system.backoff import Backoff
from agent.uplink.delivery.pace import SendPace
from contract.types import Key, Lane, Row, key
from contract.watermark import Watermark

AGAIN_S = 120.0
"""Rows that the platform has not confirmed by then are sent again; one that confirms nothing so long is silent."""
QUIET_S = 45.0
"""A platform that has confirmed nothing for so long is reported."""
AGAIN_LONGEST_S = 3600.0
PROBE_FIRST_S = 15.0
PROBE_LONGEST_S = 600.0
PROBE_BYTES_PER_S = 440
"""1.6 MB per hour, so that with headers it stays below 2 MB; a probe is one small message."""
PROBE_BYTES = 16 * 1024
MOST = 20_000
"""Rows other than alarms that may await the platform's confirmation."""


class Awaiting:
    """Which rows await confirmation, and until when; insertion order is order of sending."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}
        self._lanes: dict[Key, Lane] = {}
        self._tries: dict[Key, int] = {}  # of rows that were sent again
        self._quiet_since: float | None = None
        self._confirmed_at: float | None = None  # on this link
        self._pace = SendPace(PROBE_BYTES_PER_S)
        self._probes = Backoff(PROBE_LONGEST_S, first_s=PROBE_FIRST_S, spread=0.0)
        self._probe_at = float("-inf")

    def __len__(self) -> int:
        return len(self._until)

    @property
    def keys(self) -> Iterable[Key]:
        return self._until.keys()

    @property
    def full(self) -> bool:
        return len(self._until) >= MOST

    def quiet_s(self, now: float) -> float:
        """How long nothing was confirmed while something waited for it."""
        return now - self._quiet_since if self._until and self._quiet_since is not None else 0.0

    def silent(self, now: float) -> bool:
        """Whether the platform confirms nothing, so that nothing but alarms and probes goes to it."""
        return self.quiet_s(now) >= AGAIN_S

    def link_up(self) -> None:
        self._confirmed_at = None
        self._probe_at = float("-inf")
        self._probes.worked()

    def sent(self, rows: Iterable[Row], size: int, now: float) -> None:
        """``rows`` went out in one message of ``size`` bytes."""
        if not self._until:
            self._quiet_since = now
        again = False
        for row in rows:
            name = key(row)
            tries = self._tries.get(name, -1) + 1
            again = again or tries > 0
            self._tries[name] = tries
            self._until.pop(name, None)
            self._until[name] = now + min(AGAIN_LONGEST_S, AGAIN_S * 2 ** min(tries, 8))
            self._lanes[name] = row.lane
        if again:
            self._pace.spent(size, now)

    def forget(self, keys: Iterable[Key]) -> None:
        """These no longer wait: they were not accepted, or they are confirmed."""
        for name in keys:
            self._tries.pop(name, None)
            self._until.pop(name, None)
            self._lanes.pop(name, None)

    def confirmed(self, mark: Watermark, now: float) -> list[Key]:
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
        if keys:
            self._quiet_since = self._confirmed_at = now
            self._probes.worked()
            self._probe_at = float("-inf")
        return keys

    def overdue(self, now: float) -> list[Key]:
        """Rows to send again, while the platform confirms others; they no longer wait."""
        if self._confirmed_at is None or now - self._confirmed_at >= AGAIN_S:
            return []
        keys = [name for name, until in self._until.items() if until <= now]
        if len(self._tries) > 2 * MOST:  # some of them have left the store in other ways
            self._tries.clear()
        for name in keys:
            del self._until[name], self._lanes[name]
        return keys

    def probe(self, now: float) -> tuple[Lane, Key] | None:
        """The oldest overdue row, an alarm if there is one, where a platform that confirms nothing is to be tried."""
        if self._confirmed_at is not None and now - self._confirmed_at < AGAIN_S:
            return None
        if now < self._probe_at or self._pace.wait_s(now) > 0:
            return None
        oldest = [name for name, until in self._until.items() if until <= now or self.silent(now)]
        if not oldest:
            return None
        self._probe_at = now + self._probes.wait_s()
        self._probes.failed()
        first = next((name for name in oldest if self._lanes[name] is Lane.ALARM), oldest[0])
        return self._lanes[first], first
