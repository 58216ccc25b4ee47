"""Recorded series through the real stages, faster than real time: the events that the pole would have reported."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TextIO

import msgspec

from agent.analysis import sentences as say
from agent.analysis.bound import threshold
from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.recording import Recording, readings
from agent.analysis.track import FADE, MARGIN, Latest
from agent.analysis.trigger import Rest
from agent.config.settings import DeviceSettings
from contract.events import Anomaly, Episode, SensorFault
from contract.types import Event, Item, Quality, Reading, Stamp

PROGRESS = 50_000  # readings between two signs of life


class ReplayRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reading and what the stages made of it.

    ``score`` is how unusual the step that ends with this reading is, in parts of the threshold, after the rest that
    follows each alarm: a point in time, fit for one threshold over a whole series; ``surprise`` is the same before the
    rest. ``fault`` is how faulty the reading looks (1 is a finding), after a rest too. ``low`` .. ``high`` is the range
    expected for the step; absent while nothing is known. ``events`` are those that this reading brought about.
    """

    at: str
    device: str
    quantity: str
    value: float
    quality: Quality
    score: float
    surprise: float
    fault: float
    low: float | None
    high: float | None
    events: tuple[msgspec.Raw, ...]


FAULT_FADE, FAULT_MARGIN = 0.97, 1.1
"""The rest of the findings' strength: some thirty readings."""


class SeriesReplay:
    """``events`` puts one reading through a pipeline of its own; ``take`` does, and returns the row of it."""

    def __init__(self, analysis: Analysis, devices: Mapping[str, DeviceSettings]) -> None:
        self._pipeline = Pipeline(analysis, devices)
        self._threshold = threshold(analysis.anomaly.false_alarms_per_month)
        self._rests: dict[tuple[str, str], tuple[Rest, Rest]] = {}
        self._at: Stamp | None = None

    def events(self, reading: Reading) -> tuple[Item, list[Event]]:
        """The marked reading, and what follows from it; time passes when the stamp changes."""
        events: list[Event] = []
        if reading.at is not self._at:
            self._at = reading.at
            events += self._pipeline.flush(reading.at)
        item, more = self._pipeline.judge(reading)
        return item, [*events, *more]

    def take(self, reading: Reading) -> ReplayRow:
        item, events = self.events(reading)
        fault, latest = self._pipeline.scores(reading.device, reading.quantity)
        key = (reading.device, reading.quantity)
        if key not in self._rests:
            self._rests[key] = (Rest(FADE, MARGIN), Rest(FAULT_FADE, FAULT_MARGIN))
        of_score, of_fault = self._rests[key]
        if latest is not None and latest.at != reading.at:
            latest = None
        surprise = 0.0 if latest is None else latest.step.score / self._threshold
        assert isinstance(reading.value, (int, float))
        return ReplayRow(
            at=reading.at.utc.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            device=reading.device,
            quantity=reading.quantity,
            value=reading.value,
            quality=item.quality if isinstance(item, Reading) else Quality.BAD,
            score=round(of_score.pass_(surprise), 4),
            surprise=round(surprise, 4),
            fault=round(of_fault.pass_(fault), 4),
            low=_known(latest, "low"),
            high=_known(latest, "high"),
            events=tuple(_raw(event) for event in events),
        )


def replay(
    path: Path, analysis: Analysis, devices: Mapping[str, DeviceSettings], offset_h: float = 0.0
) -> Iterator[ReplayRow]:
    """The rows of a file; ConfigError where it is no recording."""
    stages = SeriesReplay(analysis, devices)
    for reading in readings(path, offset_h):
        yield stages.take(reading)


class ReplaySummary:
    """What a replay says at its end: what was read, what was left out, and what was reported."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.readings = 0
        self.doubted: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self._first: Stamp | None = None
        self._last: Stamp | None = None

    def count(self, reading: Reading, item: Item, events: Iterable[Event]) -> None:
        self.readings += 1
        self._first, self._last = self._first or reading.at, reading.at
        if isinstance(item, Reading) and item.quality is not Quality.GOOD:
            self.doubted[item.quality.value] += 1
        for event in events:
            body = event.body
            if isinstance(body, Episode) and body.phase == "begin":
                self.kinds[_kind(event)] += 1

    def lines(self) -> Iterator[str]:
        recording = self._recording
        if self._first is not None and self._last is not None:
            yield say.FROM_UTC_ROWS(utc=self._first.utc, utc_2=self._last.utc, rows=recording.rows)
        if recording.without_time:
            yield say.ROWS_NO_TIME_CAN(without_time=recording.without_time)
        for column, count in recording.no_numbers.items():
            yield say.CELLS_NO_NUMBERS_WERE(count=count, column=column)
        for column, quantity in recording.renamed.items():
            yield say.COLUMN_READ(column=column, quantity=quantity)
        for column, unit in recording.foreign.items():
            yield say.COLUMN_FOREIGN_UNIT(column=column, unit=unit)
        if recording.out_of_order:
            yield say.ROWS_PUT_IN_ORDER(count=recording.out_of_order)
        if recording.unclear_order:
            yield say.UNCLEAR_ORDER()
        if recording.unknown:
            yield say.NO_QUANTITY_TABLE_JUDGED(unknown=", ".join(recording.unknown))
        if self.doubted:
            yield "marked: " + ", ".join(f"{count} {quality}" for quality, count in sorted(self.doubted.items()))
        yield from (f"{count} x {kind}" for kind, count in self.kinds.most_common())
        yield say.READINGS_EPISODES(readings=self.readings, kinds=self.kinds.total())


def show(
    recording: Recording,
    analysis: Analysis,
    devices: Mapping[str, DeviceSettings],
    out: TextIO,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """For people: a line per event, then the summary. ``progress`` gets a text now and then."""
    stages = SeriesReplay(analysis, devices)
    summary = ReplaySummary(recording)
    for reading in recording.readings():
        item, events = stages.events(reading)
        summary.count(reading, item, events)
        for event in events:
            raw = bytes(_raw(event)).decode()
            out.write(f"{event.at.utc:%Y-%m-%dT%H:%M:%S}Z  {reading.device}.{reading.quantity}  {raw}\n")
        if summary.readings % PROGRESS == 0:
            progress(f"{summary.readings} readings, {reading.at.utc:%Y-%m-%d}")
    out.writelines(f"{line}\n" for line in summary.lines())


def show_json(rows: Iterable[ReplayRow], out: TextIO) -> None:
    """Every row as JSON."""
    encode = msgspec.json.encode
    out.writelines(encode(row).decode() + "\n" for row in rows)


def _kind(event: Event) -> str:
    body = event.body
    if isinstance(body, SensorFault):
        return f"{event.source}.{body.quantity}: sensor_fault {body.type}"
    if isinstance(body, Anomaly):
        return f"{event.source}.{body.quantities[0]}: anomaly"
    return f"{event.source}: {body.kind}"


def _raw(event: Event) -> msgspec.Raw:
    row = {"kind": event.body.kind, "source": event.source, "lane": event.lane.name.lower(), "data": event.body}
    return msgspec.Raw(msgspec.json.encode(row))


def _known(latest: Latest | None, end: Literal["low", "high"]) -> float | None:
    value = math.nan if latest is None else getattr(latest, end)
    return float(f"{value:.6g}") if math.isfinite(value) else None
