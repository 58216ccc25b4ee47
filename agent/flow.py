"""The middle of the way: items from the lines become events in the store.

Correct, judge, keep in the ring, report, put. Everything here is called from the event loop and none of it waits, so a
line is never held up by a disk or a link.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from agent import sentences as say
from agent.analysis.calibrate import Calibration
from agent.analysis.late import late, late_samples
from agent.analysis.model import Consultant
from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.report import Reporter
from agent.analysis.rules import Boost
from agent.analysis.rulesets import all_rules
from agent.config.report import report_of
from agent.config.settings import DeviceSettings, ReportSettings, Settings
from agent.errors import AgentError
from agent.status.episodes import Episodes, ends
from agent.status.recent import Recent
from agent.store import Store
from agent.system.clock import Clock, ClockWatch, corrected
from contract.requests import MOST_EVENTS
from contract.types import GOOD, Body, Event, Fault, Lane, Quality, Reading

log = logging.getLogger(__name__)

AGENT = "agent"
"""The source of what the agent tells of itself."""


LEARNED, OPEN = "analysis", "episodes"
"""The names under which the store keeps what the analysis has learned, and the episodes that are open."""
SAVE_S, SAVE_BYTES_DAY = 3600.0, 18_000_000
"""How often it is kept: a power cut costs an hour of learning, or the hours in which so large a state stays within so
many bytes a day, which the card takes twice (log and database).
"""


class Flow:
    """Takes what the lines emit; ``tick`` once a second does what only time brings about.

    ``learned`` and ``begun`` are what the store kept under ``LEARNED`` and ``OPEN``. ``boost`` is called with what
    rules want read faster.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        learned: bytes = b"",
        begun: bytes = b"",
        boost: Callable[[Boost], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._boost = boost
        self._boosted: dict[str, float] = {}
        self._saved, self._size = clock.monotonic(), len(learned)
        self.unkept: dict[str, str] = {}  # state that is too large for the store -> a sentence
        devices = _common(settings)
        self._calibration = Calibration(devices)
        self._pipeline = Pipeline(analysis_of(settings), devices, state=learned)
        self._reporter = Reporter(self._report_of, self._period_of)
        self.consultant = Consultant(settings.anomaly, clock, self._put, _model(settings))
        self._watch = ClockWatch(clock.now())
        self.recent = Recent()
        self.episodes = Episodes(begun)
        self._marked: dict[tuple[str, str], Quality] = {}
        if self._pipeline.problem:
            log.warning("%s", self._pipeline.problem)

    @property
    def clock_steps(self) -> int:
        return self._watch.steps

    def begin(self) -> None:
        """The first call: what an earlier run had begun and could not end is over for the platform."""
        self._put(ends(self.episodes.left, self._clock.now(), "restart"))

    async def remember(self) -> None:
        """Take the newest events of earlier runs for those of late, but for raw samples."""
        lanes = [lane for lane in Lane if lane is not Lane.RAW]
        rows = [row for lane in lanes for row in await self._store.events(MOST_EVENTS, lane=lane)]
        self.recent.earlier(sorted(rows, key=lambda row: (row.at.utc, row.seq))[-MOST_EVENTS:])

    def quality(self, device: str, quantity: str) -> Quality:
        """How the newest reading of a quantity was marked."""
        return self._marked.get((device, quantity), Quality.GOOD)

    def take(self, items: Sequence[Reading | Fault | Event]) -> None:
        """The ``emit`` of every line."""
        events: list[Event] = []
        readings: list[Reading] = []
        history: list[Reading] = []
        now = self._clock.now()
        for item in items:
            if not isinstance(item, Reading) and isinstance(item, Event):  # the first is the cheaper question
                events += (item, *self._pipeline.notice(item))
                continue
            if late(item, now):
                history += [read] if isinstance(read := self._calibration.apply(item), Reading) else []
                continue
            judged, found = self._pipeline.judge(self._calibration.apply(item))
            if isinstance(judged, Reading):
                readings.append(judged)
                self._mark(judged)
                self.consultant.take(judged)
            events += self._reporter.process(judged)
            events += found
        events += late_samples(history)
        if readings:
            self._store.keep(readings)
        if events:
            self._put(events)
            self._act()

    def _mark(self, reading: Reading) -> None:
        key = (reading.device, reading.quantity)
        if reading.quality is GOOD:
            self._marked.pop(key, None)
        else:
            self._marked[key] = reading.quality

    def tell(self, body: Body) -> None:
        """Something about the agent itself, now."""
        self._put((Event.of(AGENT, self._clock.now(), body),))

    async def keep(self, body: Body) -> None:
        """The same; returns once it is on disk. AgentError: it is not yet, and why."""
        self.tell(body)
        await self._store.flush()
        seen = self._store.health()
        if seen.state == "blocked":
            raise AgentError(say.STEP_NOT_DISK_YET(text=seen.text))

    async def tick(self) -> None:
        """Close windows that are due; notice what the wall clock did, and correct what was stamped too early."""
        now = self._clock.now()
        self._put([*self._reporter.flush(now), *self._pipeline.flush(now)])
        self._act()
        self._calm()
        if self._clock.monotonic() - self._saved >= max(SAVE_S, 86400.0 * self._size / SAVE_BYTES_DAY):
            self._save()
        change = self._watch.look(now)
        if change is None:
            return
        if change.type == "synced":
            change = replace(change, restamped=await self._store.restamp(now))
        self.tell(change)

    def update(self, settings: Settings) -> None:
        """New settings; what is open of a quantity whose settings did not change goes on."""
        gone = {*self._settings.devices, *self._settings.cameras} - {*settings.devices, *settings.cameras}
        self._settings = settings
        self._marked = {key: quality for key, quality in self._marked.items() if key[0] not in gone}
        devices = _common(settings)
        self._calibration.update(devices)
        self._put(self._pipeline.update(analysis_of(settings), devices, self._clock.now(), gone))
        self.consultant.use(settings.anomaly, _model(settings))
        self._put(self.episodes.ends(self._clock.now(), "settings", gone.__contains__))
        self._rereport()

    def relearn(self, device: str) -> int:
        """Learn anew what is usual for a device; returns how many episodes that ended."""
        now = self._clock.now()
        events = self._pipeline.relearn(device, now)
        self._put(events)
        self._marked = {key: quality for key, quality in self._marked.items() if key[0] != device}
        self._save()
        return len(events)

    def end(self) -> None:
        """The agent stops: tell what is open, cut at this moment, and keep what was learned."""
        now = self._clock.now()
        self._put([*self._reporter.end(now), *self.episodes.ends(now, "restart")])
        self._save()

    def _keep_open(self) -> None:
        """On disk with the begins and ends themselves, so that the next run ends what is open when the power goes."""
        state = self.episodes.state()
        if state is not None:
            self._kept(OPEN, state)

    def _save(self) -> None:
        state = self._pipeline.state()
        self._saved, self._size = self._clock.monotonic(), len(state)
        self._kept(LEARNED, state)

    def _kept(self, name: str, state: bytes) -> None:
        """Into the store; that it is too large for it is logged once."""
        try:
            self._store.save_state(name, state)
        except ValueError as reason:
            if name not in self.unkept:
                log.warning("%s", say.NOT_KEPT(reason=reason))
            self.unkept[name] = say.NOT_KEPT(reason=reason)
        else:
            self.unkept.pop(name, None)

    def _act(self) -> None:
        """Extra sampling: what a rule asked for is read faster and reported reading by reading, for a while."""
        boosts = self._pipeline.boosts()
        for boost in boosts:
            self._boost(boost)
            self._boosted[boost.device] = self._clock.monotonic() + boost.for_s
        if boosts:
            self._rereport()

    def _calm(self) -> None:
        """The end of extra sampling."""
        over = [device for device, until in self._boosted.items() if self._clock.monotonic() >= until]
        for device in over:
            del self._boosted[device]
        if over:
            self._rereport()

    def _rereport(self) -> None:
        self._put(self._reporter.update(self._report_of, self._period_of, self._clock.now()))

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
            self.episodes.take(out)
            self._keep_open()
            self._store.put(out)
            self.recent.add(out)

    def _report_of(self, device: str, quantity: str) -> ReportSettings:
        if device not in self._settings.devices:  # removed by a reload; its last window is still open
            return self._settings.report
        report = report_of(self._settings, device, quantity)
        return replace(report, mode="raw") if device in self._boosted else report

    def _period_of(self, device: str) -> float | None:
        row = self._settings.devices.get(device)
        return None if row is None else row.common.every_s


def _common(settings: Settings) -> dict[str, DeviceSettings]:
    return {name: device.common for name, device in settings.devices.items()}


def analysis_of(settings: Settings) -> Analysis:
    """What the stages of the analysis need of the settings."""
    return Analysis(
        check=settings.check,
        anomaly=settings.anomaly,
        rules=all_rules(settings.rules.sets, settings.rule),
        utc_offset_h=settings.rules.utc_offset_h,
    )


def _model(settings: Settings) -> str:
    """What is in the folder of the series model."""
    return settings.models.get(settings.anomaly.model or "", "")
