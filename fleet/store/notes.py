"""What new events change in the small tables, as rows; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from contract.envelope import Envelope
from contract.events import (
    Alert,
    Anomaly,
    CameraState,
    DeviceState,
    Episode,
    Gap,
    Incident,
    InForce,
    NewEpoch,
    SensorFault,
    Tamper,
    UpdateStep,
)
from contract.types import Value
from fleet.ledger import AHEAD, OLDEST, body_of, trusted
from fleet.store.hours import Hour, SummaryRead, add, plain

T = TypeVar("T")
_EPISODES: dict[str, type[Episode]] = {body.kind: body for body in (Alert, Anomaly, Incident, SensorFault, Tamper)}
_STATES: dict[str, type[DeviceState | CameraState]] = {body.kind: body for body in (DeviceState, CameraState)}
_FINE = {"up", "ok"}


class IncidentRow(msgspec.Struct, frozen=True):
    """The begin of an episode, or its end. ``age``: retention goes by it where ``end`` is not to be trusted."""

    source: str
    id: str
    kind: str
    type: str
    severity: str
    begin: float
    end: float | None
    reason: str | None
    body: bytes
    age: float | None


class StateRow(IncidentRow, frozen=True):
    """What a device or a camera says of itself: an incident while it is not well. The newest one counts."""


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


class UpdateStepRow(msgspec.Struct, frozen=True):
    """One step of a release; the newest one counts, and the time of the first that came."""

    release: str
    stage: str
    outcome: str
    text: str
    at: float
    epoch: str
    seq: int
    received: float
    begun: float


class InForceRow(msgspec.Struct, frozen=True):
    """What runs on the pole; the newest one counts."""

    body: bytes
    at: float
    epoch: str
    seq: int
    received: float


class _Series(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    quantity: str
    unit: str
    offsets_ms: tuple[int, ...]
    values: tuple[Value, ...]
    qualities: dict[int, str] = {}


class _Samples(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    series: tuple[_Series, ...]


_SUMMARY = "poleagent.summary."
_summaries = msgspec.json.Decoder(SummaryRead)
_samples = msgspec.json.Decoder(_Samples)
Note = IncidentRow | StateRow | DeletedRow | EpochRow | UpdateStepRow | InForceRow
Latest = tuple[float, Value, str, str]
"""When (end of the window, or the reading itself), value, unit, quality."""


class Notes:
    """What the new events of one pole change. What cannot be read as its kind is in the archive only.

    ``hours`` is by (source, hours since 1970) and quantity.
    """

    def __init__(self) -> None:
        self.rows: list[Note] = []
        self._latest: dict[tuple[str, str], Latest] = {}
        self.hours: dict[tuple[str, int], dict[str, Hour]] = {}

    def take(self, events: Iterable[Envelope], now: datetime) -> None:
        oldest, newest = (now - OLDEST).timestamp(), (now + AHEAD).timestamp()
        source, hours, begin = "", dict[str, Hour](), math.inf  # of the summary before: it seldom changes
        for event in events:
            if event.type.startswith(_SUMMARY):
                at = event.time.timestamp()
                if oldest < at < newest and (summary := _read(event, _summaries)) is not None:
                    if event.source != source or not begin <= at < begin + 3600:
                        source, begin = event.source, at // 3600 * 3600
                        name = (plain(source.partition("/")[2]), int(at // 3600))
                        hours = self.hours.setdefault(name, {})
                    add(hours, at, summary)
                continue
            kind, device = _kind(event), event.source.partition("/")[2]
            if kind in {"samples", "change"}:
                at = event.time.timestamp()
                if oldest < at < newest and (samples := _read(event, _samples)) is not None:
                    self._take_series(plain(device), at, samples.series)
            else:
                self.rows += _rows(event, kind, device, None if trusted(event, now) else now.timestamp())
                self.rows += _releases(event, kind, now.timestamp())

    def _take_series(self, source: str, at: float, columns: Iterable[_Series]) -> None:
        for series in columns:
            last = len(series.values) - 1
            if 0 <= last == len(series.offsets_ms) - 1:
                quality = series.qualities.get(last, "good")
                moment = at + series.offsets_ms[last] / 1000
                self._newer((source, plain(series.quantity)), (moment, series.values[last], series.unit, quality))

    def latest(self) -> dict[tuple[str, str], Latest]:
        """The newest value by source and quantity."""
        for (source, _), hours in self.hours.items():
            for quantity, hour in hours.items():
                if hour.last is not None:
                    self._newer((source, quantity), (hour.at, hour.last, hour.unit, "good"))
        return self._latest

    def _newer(self, name: tuple[str, str], value: Latest) -> None:
        before = self._latest.get(name)
        if before is None or value[0] >= before[0]:
            self._latest[name] = value


def _read(event: Envelope, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The body of an event; None where it is not what it should be (a pole of another version)."""
    try:
        return decoder.decode(event.data)
    except msgspec.DecodeError:
        return None


def _kind(event: Envelope) -> str:
    return event.type.partition(".")[2].partition(".")[0]


def _rows(event: Envelope, kind: str, source: str, age: float | None) -> Iterator[Note]:
    if kind == "gap" and (gap := body_of(event, Gap)) is not None:
        yield from (DeletedRow(gap.epoch, first, last, gap.reason) for first, last in gap.ranges)
    elif kind in {"new_epoch", "epoch"} and (begun := body_of(event, NewEpoch)) is not None:
        yield from _epoch(event, begun)
    elif kind in _EPISODES and (episode := body_of(event, _EPISODES[kind])) is not None:
        yield _episode(event, source, episode, age)
    elif kind in _STATES and (state := body_of(event, _STATES[kind])) is not None:
        yield _state(event, source, state.state, age)


def _releases(event: Envelope, kind: str, received: float) -> Iterator[Note]:
    if kind == UpdateStep.kind and (step := body_of(event, UpdateStep)) is not None and step.release:
        name = (event.time.timestamp(), event.epoch, event.seq, received, received)
        yield UpdateStepRow(step.release, step.stage, step.outcome, step.text, *name)
    elif kind == InForce.kind and body_of(event, InForce) is not None:
        yield InForceRow(bytes(event.data), event.time.timestamp(), event.epoch, event.seq, received)


def _epoch(event: Envelope, begun: NewEpoch) -> Iterator[EpochRow]:
    yield EpochRow(event.epoch, first=event.seq)
    if begun.previous is not None and begun.previous_next_seq is not None:
        certain = None if begun.complete else begun.previous_next_seq
        yield EpochRow(begun.previous, given=begun.previous_next_seq - 1, certain=certain, successor=event.epoch)


def _episode(event: Envelope, source: str, body: Episode, age: float | None) -> IncidentRow:
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
        age=age,
    )


def _state(event: Envelope, source: str, state: str, age: float | None) -> StateRow:
    """A device or a camera that is not well is an incident until it says otherwise; it has one at a time."""
    at, kind = event.time.timestamp(), _kind(event)
    fine = state in _FINE
    return StateRow(
        source=source,
        id=kind,
        kind=kind,
        type=state,
        severity="warning",
        begin=at,
        end=at if fine else None,
        reason="over" if fine else None,
        body=bytes(event.data),
        age=age,
    )
