"""All analysis in one place: what the app needs to know of it."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from agent.analysis import sentences as say
from agent.analysis.anomaly import Anomalies, AnomaliesState
from agent.analysis.checks import ChecksState, SensorChecks
from agent.analysis.report import Reporter
from agent.analysis.rules import Boost, Rules
from agent.analysis.track import Latest
from agent.config.settings import AnomalySettings, CheckSettings, DeviceSettings, RuleSettings
from contract.events import Anomaly, SensorFault
from contract.types import Event, Item, Reading, Stamp

VERSION = 3
MAX_STATE = 16 << 20


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of all stages. ``rules`` are the pole's own with those of the ready-made sets."""

    check: CheckSettings = CheckSettings()
    anomaly: AnomalySettings = AnomalySettings()
    rules: Mapping[str, RuleSettings] = {}
    utc_offset_h: float = 0.0


class _Saved(msgspec.Struct, frozen=True, array_like=True):
    version: int
    checks: ChecksState
    anomalies: AnomaliesState


class Pipeline:
    """Sensor checks, then the reporter if there is one, rules and anomalies.

    ``judge`` marks a reading and tells what follows from it; ``process`` does, and reports the marked reading too.
    ``notice`` takes events of other parts (cameras), ``flush(now)`` lets time pass, about once a second. ``state()`` is
    what was learned; given to the next pipeline it goes on there. A state that cannot be used is left, and ``problem``
    says so.
    """

    def __init__(
        self,
        settings: Analysis,
        devices: Mapping[str, DeviceSettings],
        *,
        reporter: Reporter | None = None,
        state: bytes = b"",
    ) -> None:
        self._settings = settings
        self._devices = devices
        self._reporter = reporter
        self._checks = SensorChecks(settings.check, self._limits_of)
        self._anomalies = Anomalies(settings.anomaly)
        self._rules = Rules(settings.rules, settings.utc_offset_h)
        self.problem = ""
        if state:
            self._restore(state)

    def judge(self, item: Item) -> tuple[Item, list[Event]]:
        """The item, its quality marked, and the findings, alerts and anomalies that it brings about."""
        events: list[Event] = []
        if self._settings.check.enabled:
            item, events = self._checks.process(item)
            for event in events:
                self._excuse(event)
        if isinstance(item, Reading):
            alerts = self._rules.process(item)
            if alerts:
                events += alerts
            if self._settings.anomaly.enabled:
                anomalies = self._anomalies.process(item)
                if anomalies:
                    events += self._reported(anomalies)
        return item, self._noticed(events) if events else events

    def process(self, item: Item) -> Iterable[Event]:
        item, events = self.judge(item)
        reported = () if self._reporter is None else self._reporter.process(item)
        return [*reported, *events] if reported else events

    def notice(self, event: Event) -> Iterable[Event]:
        """What follows from an event of another part."""
        return self._rules.notice(event)

    def flush(self, now: Stamp) -> Iterable[Event]:
        events = self._checks.flush(now) if self._settings.check.enabled else []
        events += self._reported(self._anomalies.flush(now))
        events = self._noticed(events) + self._rules.flush(now)
        return events if self._reporter is None else [*self._reporter.flush(now), *events]

    def boosts(self) -> list[Boost]:
        """What rules asked to be read faster since the last call."""
        return self._rules.boosts()

    def scores(self, device: str, quantity: str) -> tuple[float, Latest | None]:
        """How faulty the last reading of a quantity looks (1 is a finding), and its last step."""
        return self._checks.score(device, quantity), self._anomalies.score(f"{device}.{quantity}")

    def update(
        self, settings: Analysis, devices: Mapping[str, DeviceSettings], at: Stamp, also_gone: Collection[str] = ()
    ) -> list[Event]:
        """New settings; what was learned stays, and what did not change goes on as if nothing had happened. Returns the
        ends of what does not go on. ``also_gone`` names sources of events that are no more (cameras).
        """
        old, old_devices = self._settings, self._devices
        self._settings, self._devices = settings, devices
        gone = old_devices.keys() - devices.keys()
        renewed = gone | {
            name
            for name in old_devices.keys() & devices.keys()
            if settings.check != old.check or old_devices[name].limits != devices[name].limits
        }
        events = self._checks.update(settings.check, renewed, devices, at)
        events += self._anomalies.update(settings.anomaly, gone, at)
        if (settings.rules, settings.utc_offset_h) != (old.rules, old.utc_offset_h):
            events += self._rules.close(at)
            self._rules = Rules(settings.rules, settings.utc_offset_h)
            return events
        return self._noticed(events) + self._rules.forget({*gone, *also_gone}, at)

    def relearn(self, device: str, at: Stamp) -> list[Event]:
        """Somebody has looked at the device: its open faults and anomalies end, and what is usual is learned anew."""
        events = self._checks.update(self._settings.check, {device}, (), at)
        return self._noticed(events + self._anomalies.update(self._settings.anomaly, {device}, at))

    def state(self) -> bytes:
        """A checksum and what was learned; at most some 3 KB a quantity."""
        data = msgspec.msgpack.encode(_Saved(VERSION, self._checks.state(), self._anomalies.state()))
        return zlib.crc32(data).to_bytes(4, "big") + data

    def _restore(self, state: bytes) -> None:
        data = state[4:]
        try:
            if len(state) > MAX_STATE or zlib.crc32(data).to_bytes(4, "big") != state[:4]:
                raise ValueError(say.DAMAGED())  # noqa: TRY301 - one way out for all that is wrong with it
            saved = msgspec.msgpack.decode(data, type=_Saved)
            if saved.version != VERSION:
                raise ValueError(say.VERSION(version=saved.version))  # noqa: TRY301 - as above
            self._checks.restore(saved.checks, self._devices)
            self._anomalies.restore(saved.anomalies, self._devices)
        except (ValueError, msgspec.DecodeError) as reason:
            self._checks = SensorChecks(self._settings.check, self._limits_of)
            self._anomalies = Anomalies(self._settings.anomaly)
            self.problem = f"what was learned of the sensors cannot be used ({reason}); learning begins anew"

    def _reported(self, events: list[Event]) -> list[Event]:
        for event in events:
            body = event.body
            if isinstance(body, Anomaly) and body.phase == "begin":
                for quantity in body.quantities:
                    self._checks.tell(event.source, quantity, event.at)
        return events

    def _excuse(self, event: Event) -> None:
        body = event.body
        if isinstance(body, SensorFault) and body.phase == "begin":
            self._anomalies.excuse(event.source, body.quantity, event.at)

    def _noticed(self, events: list[Event]) -> list[Event]:
        """Rules may look at findings and anomalies too."""
        return events + [alert for event in events for alert in self._rules.notice(event)]

    def _limits(self, device: str) -> Mapping[str, tuple[float, float]]:
        return self._devices[device].limits

    def _limits_of(self, device: str, quantity: str) -> tuple[float, float] | None:
        settings = self._devices.get(device)
        return None if settings is None else settings.limits.get(quantity)
