"""What is reported of readings: a summary per window, the changes, every one, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.analysis.batch import MAX_READINGS, DeadBand, ReadingBatch
from agent.analysis.window import STEP_S, CircularStatistics, WindowFrame, statistics_of
from agent.config.settings import ReportSettings
from contract.events import Change, Samples
from contract.types import BAD, Event, Fault, Item, Reading, Stamp
from contract.units import QUANTITIES, row

ReportOf = Callable[[str, str], ReportSettings]
"""The settings of a quantity, from the names of its device and itself."""
PeriodOf = Callable[[str], float | None]
"""The seconds between two readings of a device, where they are known."""


class _Track:
    """One quantity of one device: its settings, and its place in what is open."""

    __slots__ = ("band", "batch", "frame", "reading", "report", "statistics")

    def __init__(self, reading: Reading, report: ReportSettings) -> None:
        self.reading = reading  # the first one, for its names and unit
        self.report = report
        self.frame: WindowFrame | None = None
        self.statistics = statistics_of(reading.quantity, reading.unit)
        self.batch: ReadingBatch | None = None
        self.band = DeadBand(row(reading.quantity).circle)


class Reporter:
    """A stage: items in, events out, in time proportional to the items and memory to the quantities.

    ``process`` takes each item in the order it came; ``flush(now)``, about once a second, closes what silence left
    open; ``end(now)`` closes all. A reading of quality bad counts as missing in windows and is bad elsewhere.
    A reading that is late (its window was closed meanwhile) counts in the open one. A window in which nothing at all
    came is not reported: the device's own events say why.
    """

    def __init__(self, report_of: ReportOf, period_of: PeriodOf) -> None:
        self._report_of = report_of
        self._period_of = period_of
        self._tracks: dict[str, dict[str, _Track]] = {}
        self._frames: dict[tuple[str, float], WindowFrame] = {}
        self._raw: dict[tuple[str, float], ReadingBatch] = {}
        self._changes: dict[tuple[str, float], ReadingBatch] = {}
        self._at: Stamp | None = None
        self._time_s = 0.0
        self._offset = 0.0

    def process(self, item: Item) -> Iterable[Event]:
        at = item.at
        if at is not self._at:  # the readings of one answer share their stamp
            self._at = at
            self._time_s = at.utc.timestamp()
            self._offset = self._time_s - at.boot_s
        if not isinstance(item, Reading):
            return self._fault(item)
        tracks = self._tracks.get(item.device)
        track = None if tracks is None else tracks.get(item.quantity)
        if track is None or track.reading.unit is not item.unit:
            track = self._track(item)
        frame = track.frame
        if frame is None:
            return self._tell(track, item)
        out: Iterable[Event] = ()
        if at is not frame.at:
            frame.at = at
            if self._time_s >= frame.end or frame.stepped(self._offset):
                out = frame.turn(at, self._time_s)
            frame.offset = self._offset
        if item.quality is BAD:
            track.statistics.missing += 1
        else:
            track.statistics.add(item.value)
        return out

    def flush(self, now: Stamp) -> Iterable[Event]:
        time_s = now.utc.timestamp()
        out: list[Event] = []
        for frame in self._frames.values():
            if time_s >= frame.end or frame.stepped(time_s - now.boot_s):
                out += frame.turn(now, time_s)
            frame.offset = time_s - now.boot_s
        for (device, batch_s), batch in self._raw.items():
            if batch.at is not None and now.boot_s - batch.at.boot_s >= batch_s:
                out.append(_samples(device, batch))
        out.extend(_change(device, batch) for (device, _), batch in self._changes.items() if batch.at is not None)
        return out

    def end(self, now: Stamp) -> Iterable[Event]:
        """All that is open, cut at ``now``: the agent stops."""
        out = list(self.flush(now))
        for frame in self._frames.values():
            out += frame.close(now.boot_s)
        out += [_samples(device, batch) for (device, _), batch in self._raw.items() if batch.at is not None]
        return out

    def update(self, report_of: ReportOf, period_of: PeriodOf, now: Stamp) -> Iterable[Event]:
        """New settings. What is open of a quantity whose settings changed is reported as it is; the others go on."""
        self._report_of = report_of
        self._period_of = period_of
        out = list(self.flush(now))
        out += [_samples(device, batch) for (device, _), batch in self._raw.items() if batch.at is not None]
        self._raw.clear()
        tracks = [track for of_device in self._tracks.values() for track in of_device.values()]
        for track in tracks:
            reading = track.reading
            report = report_of(reading.device, reading.quantity)
            if report != track.report or (track.frame and track.frame.period_s != period_of(reading.device)):
                if track.frame is not None:
                    out += track.frame.close(now.boot_s, only=[(reading.quantity, reading.unit)])
                    del track.frame.quantities[reading.quantity, reading.unit]
                track.report = report
                track.frame = None
            track.batch = None
        used = {id(track.frame) for track in tracks}
        for key, frame in list(self._frames.items()):
            if id(frame) not in used:
                out += self._frames.pop(key).close(now.boot_s)
        for track in tracks:
            if track.frame is None:
                self._place(track, now)
        return out

    def _track(self, reading: Reading) -> _Track:
        """A new quantity, or one in another unit: what came in the old unit stays in its window until that closes."""
        track = _Track(reading, self._report_of(reading.device, reading.quantity))
        tracks = self._tracks.setdefault(reading.device, {})
        tracks[reading.quantity] = track
        for name, one in tracks.items():
            if isinstance(one.statistics, CircularStatistics):
                speed = tracks.get(QUANTITIES[name].weighted_by)
                one.statistics.speed = None if speed is None else speed.statistics
        self._place(track, reading.at)
        return track

    def _place(self, track: _Track, at: Stamp) -> None:
        """Join ``track`` to the window or batch that it shares with the device's other quantities."""
        device, report = track.reading.device, track.report
        if report.mode == "window":
            frame = self._frames.get((device, report.window_s))
            if frame is None:
                period = self._period_of(device)
                frame = WindowFrame(device, report.window_s, period, at, at.utc.timestamp())
                self._frames[device, report.window_s] = frame
            track.frame = frame
            frame.quantities[track.reading.quantity, track.reading.unit] = track.statistics
        elif report.mode == "raw":
            track.batch = self._raw.setdefault((device, report.batch_s), ReadingBatch())
        elif report.mode == "change":
            track.batch = self._changes.setdefault((device, 0.0), ReadingBatch())

    def _tell(self, track: _Track, reading: Reading) -> Iterable[Event]:
        batch, report = track.batch, track.report
        if batch is None:
            return ()
        change = report.mode == "change"
        out: Iterable[Event] = ()
        first = batch.at
        if first is not None:
            lasted = reading.at.boot_s - first.boot_s
            late = lasted != 0.0 if change else lasted >= report.batch_s
            if late or batch.count >= MAX_READINGS or not -STEP_S <= self._offset - batch.offset <= STEP_S:
                out = (_change(reading.device, batch) if change else _samples(reading.device, batch),)
        if not change or track.band.leaves(reading, report.dead_band, report.dead_band_percent, report.max_silence_s):
            batch.add(reading, self._offset)
        return out

    def _fault(self, fault: Fault) -> Iterable[Event]:
        """A quantity that never gave a reading has no window yet: the device's own events tell of it."""
        out: list[Event] = []
        for quantity, track in self._tracks.get(fault.device, {}).items():
            frame = track.frame
            if frame is None or (fault.quantities and quantity not in fault.quantities):
                continue
            if self._time_s >= frame.end or frame.stepped(self._offset):
                out += frame.turn(fault.at, self._time_s)
            frame.offset = self._offset
            track.statistics.missing += 1
        return out


def _samples(device: str, batch: ReadingBatch) -> Event:
    assert batch.at is not None
    return Event.of(device, batch.at, Samples(series=batch.take()))


def _change(device: str, batch: ReadingBatch) -> Event:
    assert batch.at is not None
    return Event.of(device, batch.at, Change(series=batch.take()))
