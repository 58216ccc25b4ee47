"""The middle of the way: items from the lines become events in the store.

Correct, keep in the ring, report, put. Everything here is called from the event loop and none of it waits, so a line is
never held up by a disk or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from agent.analysis.calibrate import Calibration
from agent.analysis.report import Reporter
from agent.clock import Clock, ClockWatch, corrected
from agent.config.report import report_of
from agent.config.settings import ReportSettings, Settings
from agent.local.recent import Recent
from agent.store import Store
from agent.types import Body, Event, Fault, Reading

AGENT = "agent"
"""The source of what the agent tells of itself."""


class Flow:
    """Takes what the lines emit; ``tick`` once a second does what only time brings about."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._calibration = Calibration({name: device.common for name, device in settings.devices.items()})
        self._reporter = Reporter(self._report_of, self._period_of)
        self._watch = ClockWatch(clock.now())
        self.recent = Recent()

    @property
    def clock_steps(self) -> int:
        return self._watch.steps

    def take(self, items: Sequence[Reading | Fault | Event]) -> None:
        """The ``emit`` of every line."""
        events: list[Event] = []
        readings: list[Reading] = []
        for item in items:
            if isinstance(item, Event):
                events.append(item)
                continue
            sound = self._calibration.apply(item)
            if isinstance(sound, Reading):
                readings.append(sound)
            events.extend(self._reporter.process(sound))
        if readings:
            self._store.keep(readings)
        if events:
            self._put(events)

    def tell(self, body: Body) -> None:
        """Something about the agent itself, now."""
        self._put((Event.of(AGENT, self._clock.now(), body),))

    async def tick(self) -> None:
        """Close windows that are due; notice what the wall clock did, and correct what was stamped too early."""
        now = self._clock.now()
        self._put(self._reporter.flush(now))
        change = self._watch.look(now)
        if change is None:
            return
        if change.change == "synced":
            change = replace(change, restamped=await self._store.restamp(now))
        self.tell(change)

    def update(self, settings: Settings) -> None:
        """New settings; what is open of a quantity whose settings did not change goes on."""
        self._settings = settings
        self._calibration.update({name: device.common for name, device in settings.devices.items()})
        self._put(self._reporter.update(self._report_of, self._period_of, self._clock.now()))

    def end(self) -> None:
        """The agent stops: tell what is open, cut at this moment."""
        self._put(self._reporter.end(self._clock.now()))

    def _put(self, events: Iterable[Event]) -> None:
        """Into the store; what was stamped before the first sync, but ends after it, is corrected on the way."""
        now = None
        out = []
        for event in events:
            if not event.at.synced:
                now = now or self._clock.now()
                event = replace(event, at=corrected(event.at, now)) if now.synced else event  # noqa: PLW2901
            out.append(event)
        if out:
            self._store.put(out)
            self.recent.add(out)

    def _report_of(self, device: str, quantity: str) -> ReportSettings:
        if device not in self._settings.devices:  # removed by a reload; its last window is still open
            return self._settings.report
        return report_of(self._settings, device, quantity)

    def _period_of(self, device: str) -> float | None:
        row = self._settings.devices.get(device)
        return None if row is None else row.common.every_s
