"""What becomes of rows once a message has come to its end: delivered, kept, split, or given up with a gap."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from agent.system.clock import Clock
from agent.uplink import sentences as say
from agent.uplink.delivery.awaiting import Awaiting
from agent.uplink.delivery.counters import Counters
from agent.uplink.delivery.plan import SendBatch, SendPlan
from agent.uplink.delivery.reports import LinkReports
from agent.uplink.delivery.sink import Accepted, Later, Never, Outcome
from agent.uplink.delivery.suspects import Suspects
from agent.uplink.delivery.unsent import Unsent
from contract.events import Gap
from contract.types import Event, Lane, Row, key

_log = logging.getLogger("agent.uplink")


class Outcomes:
    """Lives as long as the uplink. With ``awaiting`` a row is delivered only when the platform has confirmed it.

    ``unheard_s``: how long rows wait for somebody to subscribe; 0 for ever.
    """

    def __init__(
        self,
        *,
        store: Unsent,
        suspects: Suspects,
        counters: Counters,
        reports: LinkReports,
        awaiting: Awaiting | None,
        clock: Clock,
        unheard_s: float,
    ) -> None:
        self._store = store
        self._suspects = suspects
        self._counters = counters
        self._reports = reports
        self._awaiting = awaiting
        self._clock = clock
        self._unheard_s = unheard_s
        self.closed: dict[Lane, Later] = {}
        """Lanes that are refused, and why."""

    def take(self, plan: SendPlan, batch: SendBatch, size: int, outcome: Outcome) -> None:
        """The end of ``batch``, which went out as ``size`` bytes."""
        now = self._clock.monotonic()
        if isinstance(outcome, Accepted):
            self._accepted(plan, batch, size, now)
            return
        if self._awaiting is not None:
            self._awaiting.forget(map(key, batch.rows))
        if isinstance(outcome, Never):
            if self._suspects.never(batch.lane, batch.rows):
                self._never(batch, outcome)
        elif not (outcome.unheard and self._unheard(batch, outcome)):
            if not outcome.unheard and batch.lane not in self.closed:
                _log.warning("uplink: %s", outcome.text)
                self.closed[batch.lane] = outcome
            self._suspects.later(batch.lane, batch.at, now)
        plan.landed(batch, now, accepted=False)

    def _accepted(self, plan: SendPlan, batch: SendBatch, size: int, now: float) -> None:
        counters = self._counters
        counters.messages += 1
        counters.events += len(batch.rows)
        counters.payload_bytes += size
        counters.last_acknowledged = self._clock.now().utc
        self.closed.pop(batch.lane, None)
        self._reports.end("unheard", batch.lane.name)
        if self._awaiting is None:
            self._store.acknowledge(map(key, batch.rows))
        plan.landed(batch, now, accepted=True, keep=self._awaiting is not None)

    def _unheard(self, batch: SendBatch, outcome: Later) -> bool:
        """Nobody would get it; whether its rows have waited long enough and are given up.

        Gap events wait for ever: one that is given up would beget the next.
        """
        lane = batch.lane.name
        self._reports.begin("unheard", outcome.text, lane)
        if not self._unheard_s or self._reports.lasted_s("unheard", lane) < self._unheard_s:
            return False
        now = self._clock.now().utc
        old = [
            row for row in batch.rows if row.kind != Gap.kind and (now - row.at.utc).total_seconds() >= self._unheard_s
        ]
        if old:
            self._give_up(old, say.NOBODY_SUBSCRIBED_THEY_STAY(unheard_s=self._unheard_s))
        return len(old) == len(batch.rows)

    def _never(self, batch: SendBatch, outcome: Never) -> None:
        row, lane = batch.rows[0], batch.lane
        text = say.BROKER_REFUSES_MESSAGE_GOOD(name=lane.name.lower(), text=outcome.text, body=len(row.body))
        _log.warning("uplink: %s", text)
        if row.kind == Gap.kind:  # as above
            self.closed[lane] = Later(text=text)
            self._suspects.later(lane, batch.at, self._clock.monotonic())
            return
        self._give_up([row], text)

    def _give_up(self, rows: Sequence[Row], text: str) -> None:
        self._counters.given_up += len(rows)
        by_epoch: dict[str, list[int]] = {}
        for row in rows:
            by_epoch.setdefault(row.epoch, []).append(row.seq)
        gaps = [
            Gap(
                epoch=epoch,
                deleted_lane=rows[0].lane.name.lower(),
                ranges=tuple((seq, seq) for seq in seqs),
                count=len(seqs),
                reason="refused",
                text=text,
            )
            for epoch, seqs in by_epoch.items()
        ]
        self._store.put([Event.of("agent", self._clock.now(), gap) for gap in gaps])
        self._store.acknowledge(map(key, rows))
