"""Which rows go next: pure scheduling over the four lanes, live before backlog; time and rows are handed in.

What is committed while the link is up is *live*; what was waiting when it came up is the *backlog*. Alarms go first,
then the live lanes, then the backlog lanes. The last slot in flight is the alarms'; of the others, backlog and live
lanes leave each other one, so that neither starves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from math import inf

import msgspec

from agent.uplink.delivery.pace import SendPace, SendWindow
from agent.uplink.delivery.suspects import Suspects
from contract.envelope import OVERHEAD
from contract.types import Key, Lane, Row, key

FETCH = 4
"""Messages' worth of rows that are fetched at once: a question to the store costs as much as packing a message."""


class SendLimits(msgspec.Struct, frozen=True, kw_only=True):
    in_flight: int
    linger_s: float
    backlog_bytes_per_s: int = 0


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The rows to fetch: ``Unsent.unsent(lane, after=..., before=..., max_bytes=...)``; nothing to fetch: ``ready``."""

    lane: Lane
    live: bool
    after: int
    before: int | None
    max_bytes: int
    newest: int
    ready: bool
    scan: int


class SendBatch(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one message, on their way."""

    lane: Lane
    live: bool
    rows: tuple[Row, ...]
    at: float


class _Source:
    """One lane's live stream or backlog, and how far it has been read."""

    def __init__(self, lane: Lane, *, live: bool, after: int, before: int | None) -> None:
        self.lane = lane
        self.live = live
        self.after = after
        self.before = before
        self.more = not live
        self.due = inf if live else -inf
        self.sent = False
        self.stash: deque[Row] = deque()

    @property
    def open(self) -> bool:
        return self.more or bool(self.stash)


def _order(mark: int) -> tuple[_Source, ...]:
    live = [_Source(lane, live=True, after=mark, before=None) for lane in Lane]
    backlog = [_Source(lane, live=False, after=0, before=mark + 1) for lane in Lane]
    return (live[0], backlog[0], *live[1:], *backlog[1:])


class SendPlan:
    """The schedule of one link, from its birth to its end; ``mark`` is the last seq that was committed before it."""

    def __init__(self, limits: SendLimits, suspects: Suspects, *, mark: int, busy: Iterable[Key] = ()) -> None:
        """``busy``: rows that are on their way since an earlier link."""
        self._limits = limits
        self._suspects = suspects
        self._newest: Mapping[Lane, int] = dict.fromkeys(Lane, mark)
        self._sources = _order(mark)
        self._backlog = [source for source in self._sources if not source.live]
        self._busy: set[Key] = set(busy)
        self.held: frozenset[Lane] = frozenset()
        """Lanes that must wait."""
        self._asking = False
        self._scan = 0
        """Grows with each ``rescan``: what was asked for before it is no answer any more."""
        self._late: set[Key] = set()
        self._flying = {True: 0, False: 0}  # live, backlog
        self._window = SendWindow(limits.in_flight - 2)
        self._pace = SendPace(limits.backlog_bytes_per_s)

    @property
    def drained(self) -> bool:
        """Whether nothing of the backlog is left to send."""
        return not any(source.open for source in self._backlog)

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not any(self._flying.values())

    def left(self, lane: Lane) -> bool:
        """Whether something of a lane may be left to send."""
        return any(source.open for source in self._sources if source.lane is lane)

    def committed(self, newest: Mapping[Lane, int], now: float) -> None:
        """Rows up to ``newest`` of each lane are on disk: alarms are due now, the others after their linger."""
        self._newest = newest
        for source in self._sources:
            if source.live and not source.more and newest[source.lane] > source.after:
                source.more = True
                source.due = now if source.lane is Lane.ALARM else now + self._limits.linger_s

    def next(self, now: float) -> Ask | float:
        """What to take next, or how many seconds from ``now`` there may be something (``inf``: after an event)."""
        if self._suspects.due(now):
            self.rescan()
        soonest = self._suspects.next_due - now
        for source in self._sources:
            if not source.open or source.lane in self.held:
                continue
            wait = self._wait_s(source, now)
            if wait <= 0:
                self._asking = not source.stash
                return self._ask(source)
            soonest = min(soonest, wait)
        return soonest

    def _ask(self, source: _Source) -> Ask:
        return Ask(
            lane=source.lane,
            live=source.live,
            after=source.after,
            before=source.before,
            max_bytes=FETCH * self._suspects.message_bytes,
            newest=self._newest[source.lane],
            ready=bool(source.stash),
            scan=self._scan,
        )

    def _wait_s(self, source: _Source, now: float) -> float:
        if not self._room(source):
            return inf
        held = self._suspects.wait_s(source.lane, now)
        if source.live:
            return max(held, 0.0 if source.stash else source.due - now)
        return max(held, self._pace.wait_s(now))

    def _room(self, source: _Source) -> bool:
        """Whether one more message of ``source`` may be in flight: the last slot is the alarms'."""
        limit = 1 if self._suspects.alone else self._limits.in_flight
        mine = self._flying[source.live]
        flying = mine + self._flying[not source.live]
        if source.live and source.lane is Lane.ALARM:
            return flying < limit
        if flying >= max(1, limit - 1):
            return False
        if source.live:
            return self.drained or mine < max(1, limit - 2)
        return mine < min(self._window.size, max(1, limit - 2))

    def take(self, ask: Ask, rows: Sequence[Row], now: float) -> SendBatch | None:
        """The next message out of what was fetched for ``ask``; what does not fit is kept for the one after it."""
        source = next(s for s in self._sources if s.lane is ask.lane and s.live is ask.live)
        if not ask.ready and ask.scan == self._scan:
            self._fetched(source, ask, rows, now)
        self._asking = False
        self._busy -= self._late
        self._late.clear()
        batch = self._fill(source)
        if not batch:
            return None
        self._busy.update(map(key, batch))
        self._flying[source.live] += 1
        source.sent = True
        return SendBatch(lane=source.lane, live=source.live, rows=tuple(batch), at=now)

    def _fetched(self, source: _Source, ask: Ask, rows: Sequence[Row], now: float) -> None:
        if rows:
            source.after = rows[-1].seq
            source.stash.extend(
                row for row in rows if (row.epoch, row.seq) not in self._busy and not self._suspects.aside(row, now)
            )
            if source.live:
                source.more = self._newest[source.lane] > source.after
            if source.live and source.lane is not Lane.ALARM and _size(rows) < self._suspects.message_bytes // 2:
                source.due = now + self._limits.linger_s  # all there was: what comes now may wait for company again
        elif source.live:
            source.more = ask.newest < self._newest[source.lane]
            if source.more:
                source.due = now if source.lane is Lane.ALARM else now + self._limits.linger_s
        elif source.sent:
            source.after, source.sent = 0, False  # once more from the start: rows of two epochs may share a seq
        else:
            source.more = False

    def _fill(self, source: _Source) -> list[Row]:
        most = 1 if self._suspects.alone else self._suspects.most_rows(source.lane) or len(source.stash)
        batch: list[Row] = []
        size = 0
        while source.stash and len(batch) < most:
            size += len(source.stash[0].body) + OVERHEAD
            if batch and size > self._suspects.message_bytes:
                break
            batch.append(source.stash.popleft())
        return batch

    def probe(self, lane: Lane, rows: Sequence[Row], now: float) -> SendBatch:
        """A message of rows that were sent before, beyond what is planned."""
        self._busy.update(map(key, rows))
        self._flying[False] += 1
        return SendBatch(lane=lane, live=False, rows=tuple(rows), at=now)

    def spent(self, batch: SendBatch, size: int, now: float) -> None:
        """``batch`` went out as ``size`` bytes."""
        if not batch.live:
            self._pace.spent(size, now)

    def landed(self, batch: SendBatch, now: float, *, accepted: bool, keep: bool = False) -> None:
        """The broker answered for ``batch``; ``keep``: its rows still await the platform's word (see ``release``)."""
        self._flying[batch.live] -= 1
        if accepted:
            if self._suspects.accepted(batch.lane, batch.rows):
                self.rescan()
            if not batch.live:
                self._window.acknowledged(now - batch.at)
        if not keep:
            self.release(map(key, batch.rows))
        if not accepted:
            self.rescan(batch.lane)

    def release(self, keys: Iterable[Key]) -> None:
        """These rows are no longer on their way: they have left the store, or may be sent again.

        While rows are being fetched this is put off: the answer may still hold them.
        """
        (self._late.update if self._asking else self._busy.difference_update)(keys)

    def rescan(self, lane: Lane | None = None) -> None:
        """Looks through the backlog (of one lane) again from its start, with all that was live so far."""
        self._scan += 1
        for source in self._backlog:
            if lane is None or source.lane is lane:
                live = next(s for s in self._sources if s.lane is source.lane and s.live)
                if live.stash:
                    live.after = live.stash[0].seq - 1
                    live.stash.clear()
                    live.more, live.due = True, -inf
                source.after, source.before, source.more, source.sent = 0, live.after + 1, True, False
                source.stash.clear()


def _size(rows: Sequence[Row]) -> int:
    return sum(len(row.body) for row in rows)
