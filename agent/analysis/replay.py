"""Recorded series through the real stages, faster than real time: what would the pole have said?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, TextIO

import msgspec

from agent.analysis.anomaly import FADE, MARGIN, Latest, threshold
from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.recording import readings
from agent.analysis.trigger import Rest
from agent.config.settings import DeviceSettings
from contract.types import Event, Quality, Reading


class Row(msgspec.Struct, frozen=True, kw_only=True):
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


class Replay:
    """``take`` puts one reading through a pipeline of its own."""

    def __init__(self, analysis: Analysis, devices: Mapping[str, DeviceSettings]) -> None:
        self._pipeline = Pipeline(analysis, devices)
        self._threshold = threshold(analysis.anomaly.false_alarms_per_month)
        self._rests: dict[tuple[str, str], tuple[Rest, Rest]] = {}

    def take(self, reading: Reading) -> Row:
        events = list(self._pipeline.flush(reading.at))
        item, more = self._pipeline.judge(reading)
        events += more
        fault, latest = self._pipeline.scores(reading.device, reading.quantity)
        key = (reading.device, reading.quantity)
        if key not in self._rests:
            self._rests[key] = (Rest(FADE, MARGIN), Rest(FAULT_FADE, FAULT_MARGIN))
        of_score, of_fault = self._rests[key]
        if latest is not None and latest.at != reading.at:
            latest = None
        surprise = 0.0 if latest is None else latest.step.score / self._threshold
        assert isinstance(reading.value, (int, float))
        return Row(
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


def replay(path: Path, analysis: Analysis, devices: Mapping[str, DeviceSettings]) -> Iterator[Row]:
    """The rows of a file; ConfigError where it is no recording."""
    stages = Replay(analysis, devices)
    for reading in readings(path):
        yield stages.take(reading)


def show(rows: Iterable[Row], out: TextIO, *, jsonl: bool) -> int:
    """Every row as JSON, or for people a line per event and a last one with the numbers; how many events there were."""
    count = told = 0
    for row in rows:
        count += 1
        told += len(row.events)
        if jsonl:
            out.write(msgspec.json.encode(row).decode() + "\n")
            continue
        what = f"{row.at}  {row.device}.{row.quantity} = {row.value:g}"
        out.writelines(f"{what}  {bytes(event).decode()}\n" for event in row.events)
    if not jsonl:
        out.write(f"{count} readings, {told} events\n")
    return told


def _raw(event: Event) -> msgspec.Raw:
    told = {"kind": event.body.kind, "source": event.source, "lane": event.lane.name.lower(), "data": event.body}
    return msgspec.Raw(msgspec.json.encode(told))


def _known(latest: Latest | None, end: Literal["low", "high"]) -> float | None:
    value = math.nan if latest is None else getattr(latest, end)
    return float(f"{value:.6g}") if math.isfinite(value) else None
