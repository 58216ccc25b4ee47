"""The allowance of mobile data on one link: what is spent, which lanes wait, when an hour of summaries passes; pure."""

from __future__ import annotations

from agent.uplink import sentences as say
from agent.uplink.delivery.meter import LONGER_S, DataMeter
from agent.uplink.delivery.reports import LinkReports
from contract.types import Lane, Stamp

MESSAGE_BYTES = 160
"""Of a message around its payload: topic, properties and headers, and the PUBACK."""
_USED_UP = say.ALLOWANCE_MOBILE_DATA_USED()


class LinkAllowance:
    """Made for one link and gone with it; ``meter`` outlives it."""

    def __init__(self, meter: DataMeter, reports: LinkReports) -> None:
        self._meter = meter
        self._reports = reports
        self._counted = 0  # of the link's bytes
        self._hour: int | None = None  # since the allowance is used up
        self._passing = False  # summaries of the last hour may pass

    def held(self, now: Stamp, *, summaries: bool) -> frozenset[Lane]:
        """Lanes that wait for another day; ``summaries``: whether some are still to be sent."""
        held = self._meter.held(now)
        self._passing = self._passing and summaries
        return held - {Lane.SUMMARY} if self._passing else held

    def spent(self, lane: Lane, size: int, now: Stamp) -> None:
        """A message with ``size`` bytes of payload went out."""
        whole = size + MESSAGE_BYTES
        self._meter.spent(lane, whole, now)
        self._counted += whole

    def measure(self, traffic: int, now: Stamp) -> bool:
        """Count what else there was of ``traffic``, all bytes of the link; whether an hour of summaries is over."""
        rest = traffic - self._counted
        self._meter.spent(None, rest, now)
        self._counted += max(0, rest)
        held = self._meter.held(now)
        if held:
            self._reports.begin("allowance", _USED_UP)
        else:
            self._reports.end("allowance")
        before, self._hour = self._hour, int(now.utc.timestamp() // LONGER_S) if Lane.SUMMARY in held else None
        return before is not None and self._hour is not None and before != self._hour

    def let_pass(self) -> None:
        """The summaries that wait now may go."""
        self._passing = True

    def state(self) -> bytes | None:
        """For the store; None where nothing has changed."""
        return self._meter.state() if self._meter.changed else None
