"""The stage that knows what is unusual for this pole: steps of each quantity in, anomalies out.

One event for what happens together: what begins within two steps is reported as one anomaly of several quantities, the
worst first, and a quantity that usually moves with one that is unusual already (wind up, noise up) adds nothing. A
quantity that no longer does what the others foretell is unusual too (``Relations``).
"""

from __future__ import annotations

import math
from collections.abc import Container
from datetime import UTC, datetime

from msgspec.structs import replace

from agent.analysis.bound import BURST, threshold
from agent.analysis.engine import EngineState
from agent.analysis.relation import Member, Relations, RelationsState
from agent.analysis.track import Latest, QuantityTrack
from agent.analysis.trigger import CLEAR
from agent.analysis.watch import hold_s
from agent.config.settings import AnomalySettings
from agent.system.clock import BUILT
from contract.events import Anomaly, EndReason, Severity, episode_id
from contract.types import BAD, UNCERTAIN, Event, Reading, Stamp
from contract.units import Unit, row

SEVERE: tuple[tuple[float, Severity], ...] = ((1.6, "alarm"), (1.2, "warning"), (0.0, "info"))
_TOGETHER = 0.5  # correlation from which two quantities are one story
STALE_STEPS = 3.0
LARGEST = 1e30  # larger values are no measurements; baselines are kept as single floats

TrackState = tuple[str, str, Unit, EngineState, tuple[float, float]]
"""What is saved of a quantity: device, name, unit, engine, the mean vector of a direction."""
AnomaliesState = tuple[list[TrackState], RelationsState]


class Anomalies:
    """``process`` takes readings in order, ``flush(now)`` tells what waited for company. Labels and states pass by.

    A bad reading is left out; a step of mostly doubtful readings teaches but raises nothing. A direction is judged by
    its deviation from the slow mean direction, a counter by its growth.
    """

    def __init__(self, settings: AnomalySettings) -> None:
        self._settings = settings
        self.threshold = threshold(settings.false_alarms_per_month)
        self._tracks: dict[str, QuantityTrack] = {}
        self._by_device: dict[str, dict[str, QuantityTrack]] = {}
        self._relations = Relations()
        self._ended: dict[str, QuantityTrack] = {}
        """Whose step has just ended: they are laid next to each other when all have, or the first has ended another."""
        self._row_s = self._row_time_s = 0.0
        self._row_size = 1
        self._waiting: dict[str, Latest] = {}
        """Began, but not reported yet: the step that began it."""
        self._reported: dict[str, str] = {}  # quantity -> the one whose event it is part of
        self._begun: dict[str, Anomaly] = {}  # of those, what was reported: the leader may end and begin anew meanwhile
        self._unsure: set[str] = set()
        """Of those, the ones with a quantity that ended while its sensor was doubted."""
        self._wait_s = self._patience_s = 0.0
        """Since when the first waits, and how long: a jump that comes back with the second reading is the sensor's."""

    def process(self, reading: Reading) -> list[Event]:
        value, at = reading.value, reading.at
        if isinstance(value, str) or reading.quality is BAD or not -LARGEST < value < LARGEST:
            return []
        if not at.synced and at.utc < BUILT:  # no baseline without a clock
            return []
        tracks = self._by_device.get(reading.device)
        track = None if tracks is None else tracks.get(reading.quantity)
        if track is None:
            if not row(reading.quantity).checked:
                return []
            track = self._track(reading.device, reading.quantity, reading.unit)
        at_s, step_s = at.boot_s, self._settings.step_s
        passed = at_s - track.last_s
        track.last_s = at_s
        out: list[Event] = []
        if track.count and at_s - track.begun_s >= step_s:
            out = self._step(track, at)
        interval_s = track.interval_s
        if 0.0 <= passed <= STALE_STEPS * (step_s if step_s > interval_s else interval_s):  # noqa: FURB136
            track.interval_s = interval_s + (passed - interval_s) * 0.1 if interval_s else passed
        else:
            track.gap(passed, step_s)
        track.take(value, at_s, reading.quality is UNCERTAIN)
        if track.single and track.count == 1 and passed >= 0.99 * step_s:
            out += self._step(track, at)  # a slow sensor: each reading is a step, judged at once
        return out

    def flush(self, now: Stamp) -> list[Event]:
        """What does not fit the other quantities, and what began and has waited two steps for others to join it."""
        if self._ended and (
            len(self._ended) >= self._row_size or now.boot_s - self._row_s >= 0.5 * self._settings.step_s
        ):
            self._misfits()
        return self._due(now)

    def _due(self, now: Stamp) -> list[Event]:
        if not self._waiting or now.boot_s - self._wait_s < self._patience_s:
            return []
        return self._begin()

    def excuse(self, device: str, quantity: str, at: Stamp) -> None:
        """The sensor is found faulty: what it began and was not reported yet was no anomaly of the world, nor is what
        begins before an episode of the sensor's would be over.
        """
        key = f"{device}.{quantity}"
        track = self._tracks.get(key)
        if track is not None:
            track.excused_s = at.boot_s + hold_s(track.interval_s, self._settings.step_s)
        if self._waiting.pop(key, None) is not None:
            self._tracks[key].trigger.active = False

    def score(self, key: str) -> Latest | None:
        """The last step of ``device.quantity``."""
        track = self._tracks.get(key)
        return None if track is None else track.latest

    def _track(self, device: str, quantity: str, unit: Unit) -> QuantityTrack:
        track = QuantityTrack(device, quantity, unit, self._settings)
        self._tracks[track.key] = self._by_device.setdefault(device, {})[quantity] = track
        return track

    def _step(self, track: QuantityTrack, at: Stamp) -> list[Event]:
        if track.spoilt:
            track.count = 0
            track.engine.gap(1.0)
            return []
        time_s = at.utc.timestamp()
        unsure = track.doubted * 2 > track.count or at.boot_s < track.excused_s
        doubted = unsure or track.engine.young(time_s)
        latest = track.latest = track.judge(time_s, at)
        track.single = track.count == 1
        track.count = 0
        track.doubtful = doubted
        if track.key in self._ended:
            self._misfits()
        if not self._ended:
            self._row_s, self._row_time_s = at.boot_s, time_s
        self._ended[track.key] = track
        out = self._due(at)
        trigger, strength = track.trigger, 0.0 if doubted else latest.step.score / self.threshold
        if not trigger.active:
            strength = track.rest.pass_(strength, 1.0)
        elif abs(latest.step.deviation) > 1.0:  # it is not over while the value is off its baseline
            strength = max(strength, CLEAR)
        top = trigger.top if trigger.active else 0.0
        change = trigger.step(strength, at.boot_s, max(self._settings.rest_s, 2.0 * track.interval_s))
        if strength > top:
            track.worst = latest
        if change == "begin":
            self._wait(track, latest)
        elif change == "end":
            out += self._end(track.key, at, unsure=unsure)
        return out

    def _wait(self, track: QuantityTrack, latest: Latest) -> None:
        if not self._waiting:
            self._wait_s = latest.at.boot_s
            self._patience_s = 2.5 * max(self._settings.step_s, track.interval_s)
        self._waiting[track.key] = latest

    def _misfits(self) -> None:
        """Lay the steps that ended together next to each other, and to those that are not over yet."""
        ended, self._ended = self._ended, {}
        members = {}
        for key, track in self._tracks.items():
            latest = track.latest
            if latest is None or self._row_s - latest.at.boot_s > 2.0 * max(self._settings.step_s, track.interval_s):
                continue
            step = latest.step
            members[key] = Member(step.value, step.jump, usual=not (track.doubtful or track.trigger.active))
        self._row_size = len(members)
        for key, found in self._relations.take(self._row_time_s, members).items():
            track = self._tracks[key]
            latest = track.latest
            if key not in ended or latest is None or track.doubtful:
                continue
            strength = found.strength * threshold(1.0) / self.threshold
            trigger = track.trigger
            if not trigger.active:
                strength = track.misfit.pass_(strength, 1.0)
            if strength > (trigger.top if trigger.active else 0.0):
                track.worst = latest = track.misfits(latest, found)
            if trigger.step(strength, latest.at.boot_s, math.inf) == "begin":
                self._wait(track, latest)

    def _together(self, one: str, other: str) -> bool:
        return one == other or self._relations.together(one, other) > _TOGETHER

    def _begin(self) -> list[Event]:
        """One event for all that waits, unless it is the shadow of one that is reported already."""
        waiting = dict(sorted(self._waiting.items(), key=lambda item: -self._tracks[item[0]].trigger.top))
        self._waiting = {}
        leaders = set(self._reported.values())
        fresh = [key for key in waiting if not any(self._together(key, leader) for leader in leaders)]
        for key in waiting:
            if key not in fresh:
                self._reported[key] = next(leader for leader in leaders if self._together(key, leader))
        if not fresh:
            return []
        first = fresh[0]
        at = waiting[first].at
        suppressed = self._tracks[first].bound.pass_(at.boot_s, begins=True)
        if suppressed is None:
            return []
        for key in fresh:
            self._reported[key] = first
        body = self._begun[first] = self._body(fresh, at, suppressed)
        return [Event.of(self._tracks[first].device, at, body)]

    def _end(self, key: str, at: Stamp, *, unsure: bool) -> list[Event]:
        """An event ends when the last of its quantities is as usual again, be it by ``unsure`` values."""
        if key in self._waiting:  # it was over before it was reported
            del self._waiting[key]
            return []
        leader = self._reported.pop(key, None)
        if leader is None:
            return []
        if unsure:
            self._unsure.add(leader)
        if leader in self._reported.values():
            return []
        self._tracks[leader].bound.pass_(at.boot_s, begins=False)
        return [self._over(leader, at, "bad" if leader in self._unsure else "over")]

    def _over(self, leader: str, at: Stamp, reason: EndReason) -> Event:
        self._unsure.discard(leader)
        begun, body = self._begun.pop(leader), self._body([leader], at, reason=reason)
        return Event.of(self._tracks[leader].device, at, replace(body, id=begun.id, since=begun.since))

    def _body(self, keys: list[str], at: Stamp, suppressed: int = 0, reason: EndReason | None = None) -> Anomaly:
        """``keys``: the worst first; ``reason``: why the episode ended."""
        track = self._tracks[keys[0]]
        device, trigger, worst = track.device, track.trigger, track.worst
        assert worst is not None
        names = dict.fromkeys((keys[0], *worst.partners, *keys))
        return Anomaly(
            id=episode_id("anomaly", keys[0], trigger.since_s),
            quantities=tuple(key.removeprefix(f"{device}.") for key in names),
            phase="begin" if reason is None else "end",
            reason=reason,
            severity=next(name for least, name in SEVERE if trigger.top >= least),
            since=datetime.fromtimestamp(at.utc.timestamp() - (at.boot_s - trigger.since_s), UTC),
            score=round(trigger.top, 2),
            against=worst.against,
            value=float(f"{worst.value:.6g}"),
            low=float(f"{worst.low:.6g}"),
            high=float(f"{worst.high:.6g}"),
            suppressed=suppressed,
        )

    def update(self, settings: AnomalySettings, gone: Container[str], at: Stamp) -> list[Event]:
        """New settings; the rest goes on. What is open of devices that are ``gone`` ends, all where they are off."""
        self._settings = settings
        self.threshold = threshold(settings.false_alarms_per_month)
        events: list[Event] = []
        for key, track in list(self._tracks.items()):
            track.bound = track.bound.renewed(settings.max_per_day, BURST * settings.false_alarms_per_month)
            if settings.enabled and track.device not in gone:
                continue
            self._waiting.pop(key, None)
            self._reported.pop(key, None)
            track.trigger.active = False
        for leader in list(self._begun):
            if self._tracks[leader].device in gone:  # what others have part in ends with it
                self._reported = {key: one for key, one in self._reported.items() if one != leader}
            if leader not in self._reported.values():
                events.append(self._over(leader, at, "settings"))
        for key, track in list(self._tracks.items()):
            if track.device in gone:
                del self._tracks[key]
                self._by_device.pop(track.device, None)
                self._ended.pop(key, None)
        self._relations.forget(lambda name: name.partition(".")[0] in gone)
        return events

    def state(self) -> AnomaliesState:
        tracks = [
            (track.device, track.quantity, track.unit, track.engine.state(), (track.centre.real, track.centre.imag))
            for track in self._tracks.values()
        ]
        return tracks, self._relations.state()

    def restore(self, state: AnomaliesState, devices: Container[str]) -> None:
        """Go on with what was learned of ``devices``; ValueError where it is of another version."""
        tracks, relations = state
        for device, quantity, unit, engine, centre in tracks:
            if device in devices:
                track = self._track(device, quantity, unit)
                track.engine.restore(engine)
                track.centre = complex(*centre)
        self._relations.restore(relations)
        self._relations.forget(lambda name: name not in self._tracks)
