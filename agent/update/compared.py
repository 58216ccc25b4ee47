"""Readings through the analysis and the reports of two settings: what each of them would have reported. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from agent.analysis.calibrate import Calibration
from agent.analysis.model import MAX_WAITING, ModelDetector
from agent.analysis.pipeline import Pipeline
from agent.analysis.report import Reporter
from agent.config.report import report_of
from agent.config.settings import ReportSettings, Settings
from agent.flow import analysis_of
from contract.events import Episode
from contract.types import Event, Quality, Reading, Stamp
from contract.what_if import WhatIfCounts

ALARMS = ("alert", "anomaly")
BATCH = 100
"""Events that are deflated together, about what one message holds."""

AskModel = Callable[[Path, Sequence[Sequence[float]]], list[list[float]]]
"""``ask(folder, windows)`` -> what the series model there cannot say again of each."""


class EventCounts:
    """Counts events, and the bytes that they would take on their way."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._events = self._bytes = 0
        self._batch: list[bytes] = []

    def add(self, events: Iterable[Event]) -> None:
        for event in events:
            body = event.body
            self._events += 1
            self._batch.append(msgspec.json.encode(body))
            if len(self._batch) == BATCH:
                self._deflate()
            if not isinstance(body, Episode) or body.phase == "begin":
                self._kinds[body.kind] += 1

    def _deflate(self) -> None:
        self._bytes += len(zlib.compress(b"\n".join(self._batch), 6))
        self._batch.clear()

    def total(self) -> WhatIfCounts:
        if self._batch:
            self._deflate()
        return WhatIfCounts(
            alarms=sum(self._kinds[kind] for kind in ALARMS),
            sensor_faults=self._kinds["sensor_fault"],
            events=self._events,
            bytes=self._bytes,
            kinds=dict(sorted(self._kinds.items())),
        )


class Side:
    """One of the two: what the daemon does with a reading under these settings, without a store or a link.

    ``begin`` and ``end`` enclose a stretch of time, as the start and the stop of the daemon do: what was learned goes
    from one stretch to the next, what is open does not. A rule's wish to read faster is not followed.
    """

    def __init__(self, settings: Settings, learned: bytes, ask: AskModel) -> None:
        self._settings = settings
        self._learned = learned
        self._ask = ask
        self._devices = {name: device.common for name, device in settings.devices.items()}
        self._calibration = Calibration(self._devices)
        self.counts = EventCounts()
        anomaly = settings.anomaly
        self._model = (
            ModelDetector(Path(anomaly.model), anomaly) if anomaly.enabled and anomaly.model is not None else None
        )
        self._begin()

    def _begin(self) -> None:
        self._pipeline = Pipeline(analysis_of(self._settings), self._devices, state=self._learned)
        self._reporter = Reporter(self._report_of, self._period_of)

    def take(self, reading: Reading) -> None:
        """``reading`` as its device gave it; one of a device that these settings do not have is left out."""
        if reading.device not in self._devices:
            return
        item, events = self._pipeline.judge(self._calibration.apply(reading))
        if found := [*self._reporter.process(item), *events]:
            self.counts.add(found)
        if self._model is not None and isinstance(item, Reading):
            self._model.take(item)
            if len(self._model.waiting) >= MAX_WAITING:
                self._judge_windows()

    def tick(self, now: Stamp) -> None:
        """Once a second."""
        if found := [*self._reporter.flush(now), *self._pipeline.flush(now)]:
            self.counts.add(found)
        self._pipeline.boosts()

    def end(self, now: Stamp) -> None:
        """The end of a stretch; another one may begin."""
        self.counts.add(self._reporter.end(now))
        self._judge_windows()
        self._learned = self._pipeline.state()
        self._begin()

    def _judge_windows(self) -> None:
        if self._model is not None and (windows := self._model.waiting):
            self.counts.add(self._model.judge(self._ask(self._model.folder, windows)))

    def _report_of(self, device: str, quantity: str) -> ReportSettings:
        return report_of(self._settings, device, quantity)

    def _period_of(self, device: str) -> float | None:
        return self._devices[device].every_s


class Undone:
    """Readings of the ring as their devices gave them: without today's offsets, and without the marks of the checks.

    The ring does not keep the offsets of then; today's are taken for them.
    """

    def __init__(self, settings: Settings) -> None:
        self._offsets = {
            name: device.common.offsets for name, device in settings.devices.items() if device.common.offsets
        }

    def __call__(self, reading: Reading) -> Reading:
        value = reading.value
        rows = self._offsets.get(reading.device)
        offset = 0.0 if rows is None else rows.get(reading.quantity, 0.0)
        if offset and not isinstance(value, str):
            return msgspec.structs.replace(reading, value=value - offset, quality=Quality.GOOD)
        if reading.quality is not Quality.GOOD:
            return msgspec.structs.replace(reading, quality=Quality.GOOD)
        return reading
