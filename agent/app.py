"""The composition root: wires the parts and keeps them running. The only place that knows everyone."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Never

from msgspec.structs import replace

from agent import VERSION
from agent.acquire.line import Line
from agent.analysis.rules import Boost
from agent.api import Driver
from agent.config.differences import differences
from agent.config.load import load
from agent.config.problem import SettingsError
from agent.config.settings import Device, Settings, TlsSettings, UplinkSettings
from agent.control.server import Control
from agent.flow import Flow
from agent.handlers import Handlers
from agent.present import RunningPole
from agent.runs import RunsReport
from agent.store import Store
from agent.system.clock import Clock, boot_id
from agent.system.notify import Notifier
from agent.system.pulse import Pulse
from agent.system.supervise import supervise
from agent.system.watchdog import feed, period_s
from agent.uplink.proven import NOT_REACHED, STATE, ProvenLink, keep_reaching
from agent.uplink.renewal import Renewal
from agent.uplink.sealing import PoleSealer
from agent.uplink.sync import Uplink
from agent.uplink.trust import CertificateWatch
from agent.vision.retention import keep_terms
from agent.vision.running import PoleCameras
from contract.commands import Face
from contract.events import SettingsChange, Start

log = logging.getLogger(__name__)

TICK_S = 1.0
YOUNG_S, YOUNG_TICK_S = 5.0, 0.1
"""In its first seconds the agent ticks faster: a technician who has just started it waits for the first reading."""
STALL_S = 30.0
"""A loop that has not come round for so long has stopped."""
STORE_STALL_S = 600.0
"""Carrying over a large broken database from a slow card takes minutes and is no stall."""


class Agent:
    """One pole, wired. ``run`` starts what it holds; ``reload`` changes it while it runs."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        drivers: Mapping[str, Driver],
        store: Store,
        clock: Clock,
        *,
        learned: bytes = b"",
        begun: bytes = b"",
        proven: bytes = b"",
    ) -> None:
        self.path = path
        self._proven = ProvenLink(proven)
        self._wanted = settings.uplink
        self.settings = settings
        self.drivers = drivers
        self._clock = clock
        self.store = store
        self.flow = Flow(settings, store, clock, learned=learned, begun=begun, boost=self._hurry)
        self.lines = {name: self._line(settings, name) for name in settings.lines}
        self._cameras = PoleCameras(settings, clock, self.flow.take, start=self._start, stop=self._stop)
        self.cameras = self._cameras.all
        self.runs = RunsReport(self, self.flow.tell, clock.monotonic)
        self.handlers = Handlers(self, clock)
        self.certificates = CertificateWatch(self._tls, self.flow.tell, clock)
        self.renewal = Renewal(
            settings.pole.id,
            settings=lambda: self.settings.uplink,
            up=self._linked,
            reconnect=self._reconnect,
            report=self.flow.tell,
            clock=clock,
        )
        self.sealer = PoleSealer(settings.pole.id, store, tls=self._tls, keep=self.flow.keep, clock=clock)
        self.uplink = self._make_uplink(settings)
        self.notifier = Notifier(os.environ)
        self.problems: tuple[str, ...] = ()
        self.pending: tuple[str, ...] = ()
        self.turned_away: Callable[[], int] = int  # none yet
        self._tasks: dict[str, asyncio.Task[Never]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._reloading = asyncio.Lock()
        self._ticking = Pulse("the clock's tick", STALL_S, clock.monotonic)
        self._storing = Pulse("the store", STORE_STALL_S, clock.monotonic)

    async def run(self, control: Control, stop: asyncio.Event, again: asyncio.Event) -> None:
        """Everything at once, until ``stop``, whatever the link does; ``again`` asks for a reload."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for name in self.lines:
                self._start_line(name)
            self._cameras.begin()
            self._start("uplink", self._deliver())
            reaching = self._proven, self._link, self._use_link, self.store.save_state, self._clock
            self._start("link", keep_reaching(*reaching, reached=self._reached))
            self._start("tick", self._tick())
            self._start("model", supervise("the trained model", self.flow.consultant.run, self._clock))
            self._start("store", self._ask_store())
            self._start("snapshots", keep_terms(lambda: self.settings.cameras, self.flow.take, self._clock))
            self._start("certificates", self.certificates.run())
            self._start("renewal", supervise("the renewal", self.renewal.run, self._clock))
            self._start("seal", self.sealer.run())
            self._start("reload", self._reload_when(again))
            self.turned_away = lambda: control.turned_away
            self._start("control", control.serve(self.handlers.over(Face.SOCKET), self._clock))
            self._start("watchdog", feed(self.notifier, self.pulses, self._summary, self._clock, period_s(os.environ)))
            self.flow.tell(Start(version=VERSION, boot=boot_id(), clean=self.store.was_clean))
            self.flow.begin()
            self.notifier.ready()
            await stop.wait()
            self.notifier.stopping()
            for task in self._tasks.values():
                task.cancel()
        self.flow.end()

    async def _reload_when(self, again: asyncio.Event) -> Never:
        """One of our own tasks, so that a stop ends a reload before it starts anything anew."""
        while True:
            await again.wait()
            again.clear()
            await self.reload()

    async def reload(self) -> SettingsChange:
        """Read the settings again and apply what changed. Wrong ones change nothing and are reported.

        One at a time: a second one begins where the first has ended.
        """
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> SettingsChange:
        self.notifier.reloading(self._clock.monotonic())
        try:
            new = load(self.path, self.drivers)
        except SettingsError as reason:
            self.problems = tuple(str(problem) for problem in reason.problems)
            outcome = SettingsChange(revision=self.settings.revision, errors=self.problems)
            log.error("the new settings were refused, the old ones stay in force:\n%s", reason)  # noqa: TRY400 - no bug
        else:
            self.problems = ()
            applied = await self._apply(new)
            self.certificates.look()
            outcome = SettingsChange(revision=new.revision, applied=applied, kept=new.kept)
            log.info("settings %s: %s", new.revision, "; ".join(applied) or "nothing changed")
        self.flow.tell(outcome)
        self.notifier.ready()
        return outcome

    async def _apply(self, new: Settings) -> tuple[str, ...]:
        """Every part that did not change goes on as if nothing had happened."""
        old = self.settings
        change = differences(old, new)
        self.pending = change.restart
        pole = replace(new.pole, id=old.pole.id)
        new = replace(new, pole=pole, store=old.store, clock=old.clock, local=old.local)  # these wait for a restart
        self.settings = new
        for name in change.lines_removed:
            await self._stop(f"line {name}")
            del self.lines[name]
        await self._cameras.apply(old, new)  # what is open of a removed one ends while the flow still knows it
        self.flow.update(new)
        for name, line in self.lines.items():
            if name in change.lines_touched:
                line.update(new.lines[name], _devices_on(new, name))
        for name in change.lines_added:
            self.lines[name] = self._line(new, name)
            self._start_line(name)
        self._wanted = new.uplink
        if new.uplink != old.uplink:
            if old.uplink and self.uplink and self._proven.proves(old.uplink, up=self._linked()):
                self.store.save_state(STATE, self._proven.encoded)
            await self._renew_uplink(new)
        logging.getLogger().setLevel(new.log.level.upper())
        return change.sentences

    async def _renew_uplink(self, new: Settings) -> None:
        self.settings = new
        await self._stop("uplink")
        if self.uplink is not None:
            self.uplink.replaced()
        self.uplink = self._make_uplink(new)
        self._start("uplink", self._deliver())

    def _link(self) -> tuple[UplinkSettings, UplinkSettings, bool] | None:
        used = self.settings.uplink
        if self.uplink is None or used is None or self._wanted is None:
            return None
        return self._wanted, used, self._linked()

    def _linked(self) -> bool:
        return self.uplink is not None and self.uplink.health().state == "up"

    async def _reconnect(self) -> None:
        """The link made anew, with the certificate that is in use now."""
        async with self._reloading:
            await self._renew_uplink(self.settings)
        self.certificates.look()

    def _reached(self) -> None:
        """The settings of the file have reached the platform: what was said of them is over."""
        self.problems = tuple(problem for problem in self.problems if problem != NOT_REACHED)

    async def _use_link(self, other: UplinkSettings) -> None:
        """The settings of the link that reached the platform before, or once more those of the file."""
        async with self._reloading:
            if NOT_REACHED not in self.problems:
                self.problems = (*self.problems, NOT_REACHED)
                self.flow.tell(SettingsChange(revision=self.settings.revision, errors=(NOT_REACHED,)))
            await self._renew_uplink(replace(self.settings, uplink=other))

    def _line(self, settings: Settings, name: str) -> Line:
        return Line(name, settings.lines[name], _devices_on(settings, name), self.drivers, self._clock)

    def _hurry(self, boost: Boost) -> None:
        device = self.settings.devices.get(boost.device)
        if device is not None and device.common.line in self.lines:
            self.lines[device.common.line].hurry(boost.device, boost.every_s, boost.for_s)

    def _start_line(self, name: str) -> None:
        line = self.lines[name]
        self._start(f"line {name}", supervise(f"line {name}", lambda: line.run(self.flow.take), self._clock))

    def _make_uplink(self, settings: Settings) -> Uplink | None:
        if settings.uplink is None:
            return None
        return Uplink(
            settings.uplink,
            settings.pole,
            self.store,
            self._clock,
            RunningPole(self, self._clock).birth,
            self.handlers.over(Face.MQTT),
            report=self.flow.tell,
            presented=self.certificates.presented,
        )

    def _tls(self) -> TlsSettings | None:
        return self.settings.uplink.tls if self.settings.uplink else None

    async def _deliver(self) -> Never:
        if self.uplink is None:
            await asyncio.Event().wait()
            raise AssertionError
        await self.uplink.run()

    async def _tick(self) -> Never:
        young_until = self._clock.monotonic() + YOUNG_S
        while True:
            await self.flow.tick()
            self.runs.look()
            self._ticking.beat()
            await self._clock.sleep(TICK_S if self._clock.monotonic() > young_until else YOUNG_TICK_S)

    async def _ask_store(self) -> Never:
        """A question that has to pass the store's thread: while it is answered, the thread is alive."""
        while True:
            await self.store.events(1)
            self._storing.beat()
            await self._clock.sleep(STALL_S)

    def _start(self, name: str, run: Coroutine[Any, Any, Never]) -> None:
        assert self._group is not None
        self._tasks[name] = self._group.create_task(run, name=name)

    async def _stop(self, name: str) -> None:
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.wait([task])

    def pulses(self) -> list[Pulse]:
        delivering = [self.uplink.pulse] if self.uplink else []
        return [self._ticking, self._storing, *delivering, *(line.pulse for line in self.lines.values())]

    def _summary(self) -> str:
        devices = [device for line in self.lines.values() for device in line.devices()]
        up = sum(device.state == "up" for device in devices)
        link = self.uplink.health().state if self.uplink else "off"
        return f"{up} of {len(devices)} devices up, link {link}"


def _devices_on(settings: Settings, line: str) -> list[Device]:
    return [device for device in settings.devices.values() if device.common.line == line]
