"""The stage that knows what is unusual for this pole: steps of each quantity in, anomalies out.

One event for what happens together: what begins within two steps is told as one anomaly of several quantities, the
worst first, and a quantity that usually moves with one that is unusual already (wind up, noise up) adds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from agent.analysis.bound import DayBound
from agent.analysis.engine import Engine, EngineState, Step
from agent.analysis.plausible import COUNTERS, UNCHECKED
from agent.analysis.trigger import Trigger
from agent.config.settings import AnomalySettings
from agent.system.clock import BUILT
from contract.events import Anomaly, Severity, episode_id
from contract.types import Event, Quality, Reading, Stamp

THRESHOLD = 8.0
"""Decades that make an alarm: a usual quantity reaches them about once or twice in a month of five-minute steps."""
SEVERE: tuple[tuple[float, Severity], ...] = ((1.6, "alarm"), (1.2, "warning"), (0.0, "info"))
BAND = 3.0  # decades that the expected range stands for: one value in a thousand lies outside
_TOGETHER = 0.5  # correlation from which two quantities are one story
_RELATE = 0.01  # pace at which the correlation is learned
RELATED_MOST = 32  # quantities whose correlations are followed
STALE_STEPS = 3.0
LARGEST = 1e30  # larger values are no measurements; habits are kept as single floats


TrackState = tuple[str, EngineState, float, dict[str, float]]
"""What is saved: ``device.quantity``, its engine, its bar, what it goes together with."""


class Latest(NamedTuple):
    """A step that ended: when, its mean, and what the engine made of it."""

    at: Stamp
    value: float
    step: Step


class _Track:
    """One quantity of one device: the step in progress, its engine, its episode."""

    __slots__ = (
        "begun_s",
        "bound",
        "count",
        "deviation",
        "doubted",
        "engine",
        "interval_s",
        "last_s",
        "latest",
        "mean",
        "related",
        "single",
        "trigger",
    )

    def __init__(self, settings: AnomalySettings) -> None:
        self.engine = Engine()
        self.trigger = Trigger(settings.false_alarms_per_month, settings.rest_s)
        self.bound = DayBound(settings.max_per_day)
        self.begun_s = math.nan
        self.last_s = math.nan
        self.interval_s = 0.0
        self.single = False  # the last step held one reading
        self.count = 0
        self.doubted = 0
        self.mean = 0.0
        self.deviation = 0.0
        self.latest: Latest | None = None
        self.related: dict[str, float] = {}  # covariance of the clipped deviations with those of other quantities


class Anomalies:
    """``process`` takes readings in order, ``flush(now)`` tells what waited for company. Labels and states pass by.

    A bad reading is left out; a step of mostly doubtful readings teaches but raises nothing.
    """

    def __init__(self, settings: AnomalySettings) -> None:
        self._settings = settings
        self._tracks: dict[str, _Track] = {}
        self._waiting: dict[str, Latest] = {}
        """Began, but not told yet: the step that began it."""
        self._told: dict[str, str] = {}  # quantity -> the one whose event it is part of
        self._wait_s = 0.0

    def process(self, reading: Reading) -> list[Event]:
        value = reading.value
        if isinstance(value, str) or reading.quality is Quality.BAD or reading.quantity in UNCHECKED:
            return []
        if reading.quantity in COUNTERS or not -LARGEST < value < LARGEST:
            return []
        if not reading.at.synced and reading.at.utc < BUILT:  # no habit without a clock
            return []
        key = f"{reading.device}.{reading.quantity}"
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = _Track(self._settings)
        at_s, step_s = reading.at.boot_s, self._settings.step_s
        passed = at_s - track.last_s
        track.last_s = at_s
        out: list[Event] = []
        if track.count and at_s - track.begun_s >= step_s:
            out = self._step(key, track, reading.at)
        if passed > STALE_STEPS * max(step_s, track.interval_s):
            track.engine.gap()
        if passed >= 0.0:
            track.interval_s += (passed - track.interval_s) * 0.1 if track.interval_s else passed
        if not track.count:
            track.begun_s = at_s
        track.count += 1
        track.doubted += reading.quality is Quality.UNCERTAIN
        track.mean += (value - track.mean) / track.count
        if track.single and track.count == 1 and passed >= 0.99 * step_s:
            out += self._step(key, track, reading.at)  # a slow sensor: each reading is a step, judged at once
        return out

    def flush(self, now: Stamp) -> list[Event]:
        """What began and has waited two steps for others to join it."""
        if not self._waiting or now.boot_s - self._wait_s < 2.0 * self._settings.step_s:
            return []
        return self._begin()

    def score(self, key: str) -> Latest | None:
        """The last step of ``device.quantity``."""
        track = self._tracks.get(key)
        return None if track is None else track.latest

    def _step(self, key: str, track: _Track, at: Stamp) -> list[Event]:
        time_s = at.utc.timestamp()
        value, doubted = track.mean, track.doubted * 2 > track.count or track.engine.young(time_s)
        track.single = track.count == 1
        track.count, track.doubted, track.mean = 0, 0, 0.0
        step = track.engine.step(time_s, value, BAND)
        track.latest = Latest(at, value, step)
        self._relate(track, step)
        out = self.flush(at)
        change = track.trigger.step(0.0 if doubted else step.score / THRESHOLD, at.boot_s)
        if change == "begin":
            if not self._waiting:
                self._wait_s = at.boot_s
            self._waiting[key] = track.latest
        elif change == "end":
            out += self._end(key, at)
        return out

    def _relate(self, track: _Track, step: Step) -> None:
        """Learn how the deviations of two quantities go together; clipped, so that one storm does not teach it all."""
        track.deviation = min(max(step.deviation, -2.0), 2.0)
        if len(self._tracks) > RELATED_MOST:
            return
        for other, beside in self._tracks.items():
            if beside.latest is not None:
                before = track.related.get(other, 0.0)
                track.related[other] = before + _RELATE * (track.deviation * beside.deviation - before)

    def _together(self, one: str, other: str) -> bool:
        first, second = self._tracks[one], self._tracks[other]
        both = first.related.get(one, 0.0) * second.related.get(other, 0.0)
        shared = max(abs(first.related.get(other, 0.0)), abs(second.related.get(one, 0.0)))
        return both > 0.0 and shared > _TOGETHER * math.sqrt(both)

    def _begin(self) -> list[Event]:
        """One event for all that waits, unless it is the shadow of one that is told already."""
        waiting = dict(sorted(self._waiting.items(), key=lambda item: -self._tracks[item[0]].trigger.top))
        self._waiting = {}
        leaders = set(self._told.values())
        fresh = [key for key in waiting if not any(self._together(key, leader) for leader in leaders)]
        for key in waiting:
            if key not in fresh:
                self._told[key] = next(leader for leader in leaders if self._together(key, leader))
        if not fresh:
            return []
        first = fresh[0]
        suppressed = self._tracks[first].bound.pass_(waiting[first].at.boot_s, begins=True)
        if suppressed is None:
            return []
        for key in fresh:
            self._told[key] = first
        return [self._event(fresh, waiting[first], suppressed)]

    def _end(self, key: str, at: Stamp) -> list[Event]:
        """An event ends when the last of its quantities is as usual again."""
        if key in self._waiting:  # it was over before it was told
            del self._waiting[key]
            return []
        leader = self._told.pop(key, None)
        if leader is None or leader in self._told.values():
            return []
        track = self._tracks[leader]
        track.bound.pass_(at.boot_s, begins=False)
        assert track.latest is not None
        return [self._event([leader], track.latest._replace(at=at), None)]

    def _event(self, keys: list[str], told: Latest, suppressed: int | None) -> Event:
        """``keys``: the worst first; ``suppressed`` is None at the end of an episode."""
        at, value, step = told
        device, _, quantity = keys[0].partition(".")
        trigger = self._tracks[keys[0]].trigger
        body = Anomaly(
            id=episode_id("anomaly", keys[0], trigger.since_s),
            quantities=(quantity, *(key.removeprefix(f"{device}.") for key in keys[1:])),
            phase="end" if suppressed is None else "begin",
            reason="over" if suppressed is None else None,
            severity=next(name for least, name in SEVERE if trigger.top >= least),
            since=datetime.fromtimestamp(at.utc.timestamp() - (at.boot_s - trigger.since_s), UTC),
            score=round(trigger.top, 2),
            value=float(f"{value:.6g}"),
            low=float(f"{step.low:.6g}"),
            high=float(f"{step.high:.6g}"),
            suppressed=suppressed or 0,
        )
        return Event.of(device, at, body)

    def state(self) -> list[TrackState]:
        return [
            (key, track.engine.state(), track.trigger.bar, _strong(track.related))
            for key, track in self._tracks.items()
        ]

    def restore(self, state: Iterable[TrackState], devices: Container[str]) -> None:
        """Go on with what was learned of ``devices``; ValueError where it is of another version."""
        for key, engine, bar, related in state:
            if key.partition(".")[0] in devices:
                track = self._tracks[key] = _Track(self._settings)
                track.engine.restore(engine)
                track.trigger.restore(bar)
                track.related = dict(related)


def _strong(related: dict[str, float]) -> dict[str, float]:
    """What is worth keeping over a restart."""
    return {key: round(value, 3) for key, value in related.items() if abs(value) >= 0.02}
