"""Rules of the settings: what cities ask for, without programming. Readings and events in, alerts and boosts out."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from agent.analysis.condition import Condition
from agent.config.matching import current
from agent.config.settings import ConditionSettings, RuleSettings
from contract.events import Alert, EndReason, episode_id
from contract.events.kind import ENDED
from contract.types import BAD, Event, Lane, Reading, Stamp, Value

MAX_DEVICES = 64
"""Devices that one condition is watched on; it holds where any of them meets it."""


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """A wish of a rule: read ``device`` every ``every_s`` seconds for ``for_s`` seconds, and deliver it raw."""

    device: str
    every_s: float
    for_s: float


class _Watched:
    """One condition of one rule on all devices that have what it looks at."""

    __slots__ = ("_by_device", "_offset_s", "settings")

    def __init__(self, settings: ConditionSettings, offset_s: float) -> None:
        self.settings = current(settings)
        self._offset_s = offset_s
        self._by_device: dict[str, Condition] = {}

    def take(self, device: str, value: Value, at: Stamp) -> bool:
        """Whether the rule may have changed."""
        condition = self._by_device.get(device)
        if condition is None:
            if len(self._by_device) >= MAX_DEVICES:
                return False
            condition = self._by_device[device] = Condition(self.settings, self._offset_s)
        return condition.look(value, at.boot_s, at.utc.timestamp() if condition.timed else 0.0)

    def doubt(self, device: str, at: Stamp) -> None:
        """A bad reading: what came before it goes on to count until it is stale."""
        if device in self._by_device:
            self._by_device[device].bad_s = at.boot_s

    def forget(self, gone: Collection[str]) -> bool:
        """Whether it was watched on devices or cameras that are no more."""
        names = [name for name in self._by_device if name.partition(".")[0] in gone]
        for name in names:
            del self._by_device[name]
        return bool(names)

    @property
    def doubted(self) -> bool:
        """Whether bad readings follow the last value of some device."""
        return any(one.bad_s > one.at_s for one in self._by_device.values())

    def take_event(self, event: Event) -> None:
        """An event makes its condition true for ``within_s``, or until its end or another state of it comes."""
        match = self.settings.match
        other = {name for name, value in match.items() if getattr(event.body, name, None) != value} - {"phase"}
        if other - {"state"}:
            return
        name = f"{event.source}.{getattr(event.body, 'gauge', '')}"  # a camera may have several gauges
        condition = self._by_device.setdefault(name, Condition(self.settings, self._offset_s))
        over = bool(other) or getattr(event.body, "phase", "begin") == "end"
        condition.at_s = event.at.boot_s
        condition.since_s = math.inf if over else min(condition.since_s, event.at.boot_s)
        condition.value = event.body.kind
        state = getattr(event.body, "state", None)
        if not over:
            condition.lost = "stale" if state or hasattr(event.body, "phase") else None
        elif condition.lost is not None:
            reason: EndReason | None = "bad" if state == "unknown" else getattr(event.body, "reason", None)
            condition.lost = reason if reason in ENDED else None

    def lost(self, now_s: float) -> dict[str, EndReason]:
        """Where nobody knows any more whether the event is over, and why: no end has come, or one that does not say."""
        return {
            name.partition(".")[0]: one.lost
            for name, one in self._by_device.items()
            if one.lost is not None and (one.since_s < math.inf or now_s - one.at_s <= self.settings.within_s)
        }

    def holding(self, now_s: float, stale_s: float) -> list[str]:
        """Devices on which it holds; ``stale_s`` infinite: so far as was known last."""
        stale = self.settings.within_s if self.settings.event else stale_s
        found = [
            name.partition(".")[0] if self.settings.event else name
            for name, one in self._by_device.items()
            if one.since_s < math.inf and one.holds(now_s, stale)
        ]
        return found + list(self.lost(now_s)) if stale_s == math.inf else found

    def values(self) -> Iterable[tuple[str, Value]]:
        name = self.settings.quantity or self.settings.event
        for device, condition in self._by_device.items():
            if condition.value is not None:
                yield f"{device.partition('.')[0]}.{name}", condition.value


class _Rule:
    """A rule and whether it is on. ``since_s`` is when its conditions began to hold together."""

    __slots__ = ("active", "alert", "all", "any", "devices", "ended_s", "name", "settings", "since_s", "source")

    def __init__(self, name: str, settings: RuleSettings, offset_s: float) -> None:
        self.name = name
        self.settings = settings
        self.all = [_Watched(one, offset_s) for one in settings.all]
        self.any = [_Watched(one, offset_s) for one in settings.any]
        self.active = False
        self.alert: Alert | None = None
        self.since_s = math.inf
        self.ended_s = -math.inf
        self.devices: tuple[str, ...] = ()
        self.source = "pole"
        """Of its alert: the end has that of the begin."""

    @property
    def lane(self) -> Lane:
        return Lane.ALARM if self.settings.severity == "alarm" else Lane.EVENT

    def values(self) -> dict[str, Value]:
        return dict(pair for watched in (*self.all, *self.any) for pair in watched.values())

    def holds(self, now_s: float) -> bool:
        devices = self._holding(now_s, self.settings.stale_s)
        self.devices = devices or self.devices
        return bool(devices)

    def _holding(self, now_s: float, stale_s: float) -> tuple[str, ...]:
        found: list[str] = []
        for one in self.all:
            held = one.holding(now_s, stale_s)
            if not held:
                return ()
            found += held
        needed = len(found) + bool(self.any)
        for one in self.any:
            found += one.holding(now_s, stale_s)
        if len(found) < needed:
            return ()
        return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)

    def ended(self, now_s: float) -> EndReason:
        """Why it holds no more: by its values and events, or because nobody knows of them any more."""
        if not self._holding(now_s, math.inf):
            return "over"
        watched = (*self.all, *self.any)
        for reason in (reason for one in watched for reason in one.lost(now_s).values()):
            return reason
        return "bad" if any(one.doubted for one in watched) else "stale"


class Rules:
    """``process`` and ``notice`` take what happens, ``flush(now)`` lets time pass; all return alerts, as events.

    Readings of quality bad are no subject: a faulty sensor raises no alert about the world. ``boosts()`` hands over,
    once, what rules asked to be read faster.
    """

    def __init__(self, rules: Mapping[str, RuleSettings], utc_offset_h: float) -> None:
        offset_s = utc_offset_h * 3600.0
        self._rules = [_Rule(name, rule, offset_s) for name, rule in rules.items() if rule.enabled]
        self._by_quantity: dict[str, list[tuple[_Rule, _Watched]]] = {}
        self._by_event: dict[str, list[tuple[_Rule, _Watched]]] = {}
        self._boosts: list[Boost] = []
        for rule in self._rules:
            for watched in (*rule.all, *rule.any):
                if watched.settings.quantity is not None:
                    self._by_quantity.setdefault(watched.settings.quantity, []).append((rule, watched))
                else:
                    self._by_event.setdefault(watched.settings.event or "", []).append((rule, watched))

    def process(self, reading: Reading) -> list[Event]:
        interested = self._by_quantity.get(reading.quantity)
        if interested is None:
            return []
        out: list[Event] = []
        device, at, bad = reading.device, reading.at, reading.quality is BAD
        for rule, watched in interested:
            wanted = watched.settings.device
            if wanted is not None and wanted != device:
                continue
            if bad:
                watched.doubt(device, at)
            elif watched.take(device, reading.value, at):
                out += self._judge(rule, at)
        return out

    def notice(self, event: Event) -> list[Event]:
        """Another event of this pole: of its cameras, its sensor checks, its anomalies."""
        out: list[Event] = []
        for rule, watched in self._by_event.get(event.body.kind, ()):
            if watched.settings.device in {None, event.source}:
                watched.take_event(event)
                out += self._judge(rule, event.at)
        return out

    def close(self, at: Stamp) -> list[Event]:
        """The ends of all alerts that hold: other rules take over."""
        return [
            self._event(rule, replace(rule.alert, phase="end", reason="settings"), at)
            for rule in self._rules
            if rule.active and rule.alert is not None
        ]

    def forget(self, gone: Collection[str], at: Stamp) -> list[Event]:
        """Ends of alerts that came from ``gone`` alone, or do not hold without them; what still holds begins anew."""
        out: list[Event] = []
        for rule in self._rules if gone else ():
            touched = [watched.forget(gone) for watched in (*rule.all, *rule.any)]
            if not any(touched):
                continue
            holds = rule.holds(at.boot_s)
            if rule.active and rule.alert is not None and (rule.source in gone or not holds):
                out.append(self._event(rule, replace(rule.alert, phase="end", reason="settings"), at))
                rule.active, rule.since_s = holds, at.boot_s
                if holds:
                    out.append(self._begin(rule, at))
        return out

    def flush(self, now: Stamp) -> list[Event]:
        out: list[Event] = []
        for rule in self._rules:
            out += self._judge(rule, now)
        return out

    def boosts(self) -> list[Boost]:
        out, self._boosts = self._boosts, []
        return out

    def _judge(self, rule: _Rule, at: Stamp) -> list[Event]:
        now_s = at.boot_s
        if not rule.holds(now_s):
            rule.since_s = math.inf
            if not rule.active:
                return []
            rule.active = False
            rule.ended_s = now_s
            return [self._end(rule, at)]
        rule.since_s = min(rule.since_s, now_s)
        held = now_s - rule.since_s >= rule.settings.for_s
        if rule.active or not held or now_s - rule.ended_s < rule.settings.rest_s:
            return []
        rule.active = True
        boost = rule.settings.boost
        if boost is not None:
            devices = boost.devices or rule.devices
            self._boosts += [Boost(device=one, every_s=boost.every_s, for_s=boost.for_s) for one in devices]
        return [self._begin(rule, at)]

    def _begin(self, rule: _Rule, at: Stamp) -> Event:
        since = datetime.fromtimestamp(at.utc.timestamp() - (at.boot_s - rule.since_s), UTC)
        rule.alert = Alert(
            id=episode_id("alert", rule.name, since),
            phase="begin",
            rule=rule.name,
            severity=rule.settings.severity,
            since=since,
            text=rule.settings.text,
            values=rule.values(),
        )
        rule.source = rule.devices[0] if len(rule.devices) == 1 else "pole"
        return self._event(rule, rule.alert, at)

    def _end(self, rule: _Rule, at: Stamp) -> Event:
        """The end has the id and the begin of its begin."""
        assert rule.alert is not None
        return self._event(
            rule, replace(rule.alert, phase="end", reason=rule.ended(at.boot_s), values=rule.values()), at
        )

    def _event(self, rule: _Rule, body: Alert, at: Stamp) -> Event:
        return Event.of(rule.source, at, body, rule.lane)
