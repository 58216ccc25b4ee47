"""What new events change in the small tables, as rows; pure."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contract.envelope import Envelope
from contract.events import (
    Alert,
    Anomaly,
    CameraState,
    Change,
    DeviceState,
    Episode,
    Gap,
    Incident,
    NewEpoch,
    Samples,
    SensorFault,
    Series,
    Summary,
    Tamper,
    Window,
)
from contract.types import Quality, Value
from contract.units import circle
from fleet.ledger import body_of, readable

_EPISODES: dict[str, type[Episode]] = {body.kind: body for body in (Alert, Anomaly, Incident, SensorFault, Tamper)}
_STATES: dict[str, type[DeviceState | CameraState]] = {body.kind: body for body in (DeviceState, CameraState)}
_FINE = {"up", "ok"}


class IncidentRow(msgspec.Struct, frozen=True):
    """The begin of an episode, or its end."""

    source: str
    id: str
    kind: str
    type: str
    severity: str
    begin: float
    end: float | None
    reason: str | None
    body: bytes


class DeletedRow(msgspec.Struct, frozen=True):
    """Numbers that the pole deleted unsent."""

    epoch: str
    first: int
    last: int
    reason: str


class EpochRow(msgspec.Struct, frozen=True):
    """What the pole says of the numbering of ``epoch``."""

    epoch: str
    first: int = 1
    given: int = 0
    certain: int | None = None
    successor: str | None = None


Note = IncidentRow | DeletedRow | EpochRow
Latest = tuple[float, Value, str, str]
"""When (end of the window, or the reading itself), value, unit, quality."""
Hour = tuple[int, float, float | None, float | None, float | None, float | None, float | None]
"""Count, sum, minimum, maximum, increase, and the sums of the unit vectors of directions."""


class Notes:
    """What the new events of one pole change. What cannot be read as its kind is in the archive only.

    ``latest`` is by (source, quantity), ``hours`` by (source, quantity, hours since 1970).
    """

    def __init__(self) -> None:
        self.rows: list[Note] = []
        self.latest: dict[tuple[str, str], Latest] = {}
        self.hours: dict[tuple[str, str, int], Hour] = {}

    def take(self, events: Iterable[Envelope], now: datetime) -> None:
        for event in events:
            kind = event.type.split(".")[1]
            source = event.source.partition("/")[2]
            if kind == Summary.kind:
                if readable(event, now) and (summary := body_of(event, Summary)) is not None:
                    self._take_summary(source, event.time.timestamp(), summary)
            elif kind in {Samples.kind, Change.kind}:
                body: Any = body_of(event, Samples if kind == Samples.kind else Change)
                if readable(event, now) and body is not None:
                    self._take_series(source, event.time.timestamp(), body.series)
            else:
                self.rows += _rows(event, kind, source)

    def _take_summary(self, source: str, at: float, summary: Summary) -> None:
        hour = int(at // 3600)
        for window in summary.windows:
            quantity = window.quantity
            if window.last is not None:
                self._show(
                    source, quantity, (at + summary.duration_s, window.last, window.unit.value, Quality.GOOD.value)
                )
            if window.count and window.mean is not None:
                name, row = (source, quantity, hour), _hour(window, window.mean)
                before = self.hours.get(name)
                self.hours[name] = row if before is None else _together(before, row)

    def _take_series(self, source: str, at: float, columns: Iterable[Series]) -> None:
        for series in columns:
            last = len(series.values) - 1
            if 0 <= last == len(series.offsets_ms) - 1:
                quality = series.qualities.get(last, Quality.GOOD)
                moment = at + series.offsets_ms[last] / 1000
                self._show(source, series.quantity, (moment, series.values[last], series.unit.value, quality.value))

    def _show(self, source: str, quantity: str, row: Latest) -> None:
        before = self.latest.get((source, quantity))
        if before is None or row[0] >= before[0]:
            self.latest[source, quantity] = row


def _rows(event: Envelope, kind: str, source: str) -> Iterator[Note]:
    if kind == "gap" and (gap := body_of(event, Gap)) is not None:
        yield from (DeletedRow(gap.epoch, first, last, gap.reason) for first, last in gap.ranges)
    elif kind in {"new_epoch", "epoch"} and (begun := body_of(event, NewEpoch)) is not None:
        yield from _epoch(event, begun)
    elif kind in _EPISODES and (episode := body_of(event, _EPISODES[kind])) is not None:
        yield _episode(event, source, episode)
    elif kind in _STATES and (state := body_of(event, _STATES[kind])) is not None:
        yield _state(event, source, state.state)


def _epoch(event: Envelope, begun: NewEpoch) -> Iterator[EpochRow]:
    yield EpochRow(event.epoch, first=event.seq)
    if begun.previous is not None and begun.previous_next_seq is not None:
        certain = None if begun.complete else begun.previous_next_seq
        yield EpochRow(begun.previous, given=begun.previous_next_seq - 1, certain=certain, successor=event.epoch)


def _episode(event: Envelope, source: str, body: Episode) -> IncidentRow:
    begin: datetime = getattr(body, "since", event.time)
    over = body.phase == "end"
    lasted = timedelta(seconds=getattr(body, "duration_s", 0.0))
    return IncidentRow(
        source=source,
        id=body.id,
        kind=body.kind,
        type=str(getattr(body, "type", getattr(body, "rule", body.kind))),
        severity=str(getattr(body, "severity", "alarm" if event.lane == "alarm" else "warning")),
        begin=(begin - lasted if over and not hasattr(body, "since") else begin).timestamp(),
        end=event.time.timestamp() if over else None,
        reason=body.reason,
        body=bytes(event.data),
    )


def _state(event: Envelope, source: str, state: str) -> IncidentRow:
    """A device or a camera that is not well is an incident until it says otherwise; it has one at a time."""
    at, kind = event.time.timestamp(), event.type.split(".")[1]
    fine = state in _FINE
    return IncidentRow(
        source=source,
        id=f"{kind}@{event.epoch}",
        kind=kind,
        type=state,
        severity="warning",
        begin=at,
        end=at if fine else None,
        reason="over" if fine else None,
        body=bytes(event.data),
    )


def _hour(window: Window, mean: float) -> Hour:
    size = circle(window.quantity)
    if not size:
        return window.count, mean * window.count, window.min, window.max, window.increase, None, None
    angle = 2 * math.pi * mean / size
    return window.count, 0.0, None, None, None, window.count * math.cos(angle), window.count * math.sin(angle)


def _together(one: Hour, other: Hour) -> Hour:
    return (
        one[0] + other[0],
        one[1] + other[1],
        _join(min, one[2], other[2]),
        _join(max, one[3], other[3]),
        _join(operator.add, one[4], other[4]),
        _join(operator.add, one[5], other[5]),
        _join(operator.add, one[6], other[6]),
    )


def _join(how: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return how(one, other)
