"""The pole at this moment, put together from its running parts: the retained status, and the state of every part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from agent import VERSION
from agent.acquire.line import Line
from agent.api import Driver
from agent.config.settings import Device, Settings
from agent.flow import Flow
from agent.runs import RunsReport
from agent.status.box import box_health
from agent.store import Store
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from agent.system.watchdog import stale_parts
from agent.uplink.renewal import Renewal
from agent.uplink.sealing import PoleSealer
from agent.uplink.sync import Uplink
from agent.uplink.trust import CertificateWatch
from contract.birth import DeviceAbout, Status
from contract.commands import Face, commands_of
from contract.events import SettingsChange
from contract.health import ClockHealth, DeviceHealth, PoleStatus, UplinkHealth
from contract.types import CONTRACT

if TYPE_CHECKING:
    from agent.vision.camera import Camera


class Running(Protocol):
    """The agent, as far as questions about it need it."""

    path: Path
    settings: Settings
    store: Store
    flow: Flow
    lines: dict[str, Line]
    cameras: dict[str, Camera]
    uplink: Uplink | None
    problems: tuple[str, ...]
    pending: tuple[str, ...]
    drivers: Mapping[str, Driver]
    certificates: CertificateWatch
    renewal: Renewal
    sealer: PoleSealer
    runs: RunsReport
    turned_away: Callable[[], int]

    def pulses(self) -> list[Pulse]:
        """The progress of every endless loop."""

    async def reload(self) -> SettingsChange:
        """Read the settings again and apply what changed."""


class RunningPole:
    """Only reads the parts of ``agent``."""

    def __init__(self, agent: Running, clock: Clock) -> None:
        self._agent = agent
        self._clock = clock
        self._began = clock.monotonic()

    @property
    def uptime_s(self) -> float:
        return round(self._clock.monotonic() - self._began, 1)

    def birth(self) -> Status:
        """What the retained status says of this moment."""
        settings, store = self._agent.settings, self._agent.store.health()
        oldest = [lane.oldest_seq for lane in store.lanes.values() if lane.oldest_seq is not None]
        now = self._clock.now()
        return Status(
            pole=settings.pole.id,
            state="online",
            at=now.utc,
            version=VERSION,
            epoch=store.epoch,
            next_seq=store.next_seq,
            oldest_unsent=min(oldest, default=None),
            revision=settings.revision,
            models=settings.models,
            clock="synced" if now.synced else "unsynced",
            contract=CONTRACT,
            name=settings.pole.name,
            latitude=settings.pole.latitude,
            longitude=settings.pole.longitude,
            devices=tuple(self.about(device) for device in settings.devices.values()),
            cameras=tuple(settings.cameras),
            commands=tuple(commands_of(Face.MQTT)),
            tags=settings.update.tags,
        )

    def about(self, device: Device) -> DeviceAbout:
        """What a device can measure."""
        driver = self._agent.drivers[device.common.driver]
        quantities = {row.name: row.unit for row in driver.quantities(device.options)}
        return DeviceAbout(name=device.name, driver=driver.name, line=device.common.line, quantities=quantities)

    def status(self) -> PoleStatus:
        """The state of every part at this moment."""
        agent = self._agent
        lines = agent.lines.values()
        return PoleStatus(
            pole=agent.settings.pole.id,
            name=agent.settings.pole.name,
            version=VERSION,
            revision=agent.settings.revision,
            uptime_s=self.uptime_s,
            devices=tuple(self._marked(device) for line in lines for device in line.devices()),
            lines=tuple(line.health() for line in lines),
            cameras=tuple(camera.health() for camera in agent.cameras.values()),
            store=agent.store.health(),
            uplink=self._uplink(),
            clock=ClockHealth(now=self._clock.now(), steps=agent.flow.clock_steps),
            box=box_health(Path(agent.settings.store.path)),
            stale=stale_parts(agent.pulses()),
            problems=agent.problems,
            pending=agent.pending,
            unable=tuple(filter(None, (*agent.flow.unkept.values(), agent.sealer.trouble))),
            episodes=agent.flow.episodes.open(self._clock.now()),
            certificates=agent.renewal.noted(agent.certificates.health()),
            models=agent.settings.models,
            turned_away=agent.turned_away(),
            left_out=agent.flow.consultant.left_out,
        )

    def _marked(self, device: DeviceHealth) -> DeviceHealth:
        """With the quality of each last value, which the analysis knows and the line does not."""
        quality = self._agent.flow.quality
        return replace(
            device, last=tuple(replace(last, quality=quality(device.name, last.quantity)) for last in device.last)
        )

    def _uplink(self) -> UplinkHealth | None:
        uplink, settings = self._agent.uplink, self._agent.settings.uplink
        if uplink is None or settings is None:
            return None
        return replace(uplink.health(), plain_text=settings.tls is None)
