"""A pole that is only its numbered events: packs them as a pole does, cut in any way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from contract.envelope import Envelope, envelope
from contract.events import Summary, Window
from contract.types import Body, Lane, Row, Stamp
from contract.units import Unit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EPOCH = "3f9a1c7e"


def summary(value: float) -> Summary:
    window = Window(
        quantity="temperature", unit=Unit.CELSIUS, count=60, mean=value, min=value - 1, max=value + 1, last=value
    )
    return Summary(duration_s=60.0, windows=(window,))


def row(seq: int, body: Body | None = None, *, epoch: str = EPOCH, at: datetime | None = None) -> Row:
    body = body or summary(20.0 + seq % 10)
    at = at or NOON + timedelta(minutes=seq)
    return Row(
        epoch=epoch,
        seq=seq,
        lane=body.lane,
        kind=body.kind,
        source="roof",
        at=Stamp(at, float(seq)),
        body=msgspec.json.encode(body),
    )


def event(pole: str, seq: int, body: Body | None = None, *, epoch: str = EPOCH) -> Envelope:
    return envelope(pole, row(seq, body, epoch=epoch))


def message(pole: str, numbers: Iterable[int], *, epoch: str = EPOCH) -> bytes:
    """One batch of summaries."""
    return msgspec.json.encode([event(pole, seq, epoch=epoch) for seq in numbers])


__all__ = ["EPOCH", "NOON", "Lane", "event", "message", "row", "summary"]
