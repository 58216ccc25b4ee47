"""What people on the pole and the platform may ask of the running agent, and where each answer comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from agent import VERSION
from agent.acquire.line import Line
from agent.bodies import Backfill, Settled
from agent.clock import Clock
from agent.config.settings import Settings
from agent.errors import AgentError
from agent.flow import Flow
from agent.health import ClockHealth, DeviceAnswer, Pulse
from agent.local.control import Handler
from agent.local.questions import DEVICE_S, Args, DeviceArgs, PingAnswer, ReadingsAnswer, ReadingsArgs, ReloadAnswer
from agent.local.status import PoleStatus, box_health
from agent.local.watchdog import stale_parts
from agent.store import Store
from agent.store.ring import Piece, Question
from agent.types import Event, Fault, Item, Quality, Reading, Stamp
from agent.uplink.commands import BackfillArgs, CommandHandler, Pong, Promise, StatusArgs, ping
from agent.uplink.commands import DeviceArgs as RemoteDeviceArgs
from agent.uplink.sync import Uplink
from agent.uplink.wire import Status

if TYPE_CHECKING:
    from agent.vision.camera import Camera

MOST_BACKFILL = 100_000
"""Readings of one backfill command; it bounds what the answer takes of memory and of the store."""
LONGEST_BACKFILL = timedelta(days=31)
PART = 2_000
"""Readings of one series in one backfill event, so that an event fits a message."""


class Running(Protocol):
    """The agent, as far as answers need it."""

    settings: Settings
    store: Store
    flow: Flow
    lines: dict[str, Line]
    cameras: dict[str, Camera]
    uplink: Uplink | None
    problems: tuple[str, ...]

    def pulses(self) -> list[Pulse]:
        """The progress of every endless loop."""

    async def reload(self) -> Settled:
        """Read the settings again and apply what changed."""


class Answers:
    """Reads the parts of ``agent``; only reload and backfill change anything."""

    def __init__(self, agent: Running, clock: Clock) -> None:
        self._agent = agent
        self._clock = clock
        self._began = clock.monotonic()

    def local(self) -> Mapping[str, Handler]:
        """For the control socket."""
        return {
            "ping": self._ping,
            "status": self._status,
            "events": self._agent.flow.recent.answer,
            "readings": self._readings,
            "device": self._device,
            "reload": self._reload,
        }

    def commands(self) -> Mapping[str, CommandHandler]:
        """For the platform."""
        return {
            "ping": self._pong,
            "status": self._remote_status,
            "backfill": self._backfill,
            "device": lambda args, _: self._device(args),
        }

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
            clock="synced" if now.synced else "unsynced",
        )

    def status(self) -> PoleStatus:
        agent = self._agent
        lines = agent.lines.values()
        return PoleStatus(
            pole=agent.settings.pole.id,
            name=agent.settings.pole.name,
            version=VERSION,
            revision=agent.settings.revision,
            uptime_s=round(self._clock.monotonic() - self._began, 1),
            devices=tuple(device for line in lines for device in line.devices()),
            lines=tuple(line.health() for line in lines),
            cameras=tuple(camera.health() for camera in agent.cameras.values()),
            store=agent.store.health(),
            uplink=agent.uplink.health() if agent.uplink else None,
            clock=ClockHealth(now=self._clock.now(), steps=agent.flow.clock_steps),
            box=box_health(Path(agent.settings.store.path)),
            stale=stale_parts(agent.pulses()),
            problems=agent.problems,
        )

    async def _ping(self, _: Args) -> PingAnswer:
        return PingAnswer(version=VERSION, uptime_s=round(self._clock.monotonic() - self._began, 1))

    async def _status(self, _: Args) -> PoleStatus:
        return self.status()

    async def _readings(self, args: ReadingsArgs) -> ReadingsAnswer:
        question = Question(
            device=args.device,
            quantity=args.quantity,
            since=args.after and args.after + timedelta(microseconds=1),
            limit=args.last,
            newest=True,
        )
        pieces = await self._agent.store.readings(question)
        readings = sorted(
            (reading for piece in pieces for reading in _readings_of(piece)), key=lambda reading: reading.at.utc
        )
        return ReadingsAnswer(readings=tuple(readings[-args.last :]))

    async def _reload(self, _: Args) -> ReloadAnswer:
        outcome = await self._agent.reload()
        return ReloadAnswer(revision=outcome.revision, applied=outcome.applied, problems=outcome.errors)

    async def _device(self, args: DeviceArgs | RemoteDeviceArgs) -> DeviceAnswer:
        """Read a device before all others on its line, or have it do something."""
        settings = self._agent.settings.devices.get(args.device)
        if settings is None:
            there = ", ".join(self._agent.settings.devices) or "none at all"
            raise AgentError(f"there is no device {args.device!r}; there is {there}")
        line = self._agent.lines[settings.common.line]
        try:
            async with asyncio.timeout(DEVICE_S):
                if args.action == "read":
                    return _read(await line.once(args.device))
                outcome = await line.act(args.device, args.action)
        except TimeoutError:
            raise AgentError(f"{args.device} did not answer within {DEVICE_S:.0f} s{_why(line, args.device)}") from None
        return DeviceAnswer(ok=outcome.ok, text=outcome.text)

    async def _pong(self, _: object, __: str) -> Pong:
        return await ping(self._clock)

    async def _remote_status(self, _: StatusArgs, __: str) -> PoleStatus:
        return self.status()

    async def _backfill(self, args: BackfillArgs, request: str) -> Promise:
        if args.until - args.since > LONGEST_BACKFILL:
            raise AgentError(f"asks for more than {LONGEST_BACKFILL.days} days")
        question = Question(
            device=args.device, quantity=args.quantity, since=args.since, until=args.until, limit=MOST_BACKFILL + 1
        )
        pieces = await self._agent.store.readings(question)
        count = sum(len(piece.series.values) for piece in pieces)
        if count > MOST_BACKFILL:
            raise AgentError(f"more than {MOST_BACKFILL:,} readings; ask for a shorter time or one quantity")
        parts = [part for piece in pieces for part in _parts(piece)]
        self._agent.store.put(
            [
                Event.of(
                    part.device,
                    part.at,
                    Backfill(request=request, part=number, last=number == len(parts), series=(part.series,)),
                )
                for number, part in enumerate(parts, 1)
            ]
        )
        return Promise(readings=count, parts=len(parts))


def _read(items: Iterable[Item]) -> DeviceAnswer:
    """One round of a device as an answer."""
    readings = tuple(item for item in items if isinstance(item, Reading))
    faults = tuple(item for item in items if isinstance(item, Fault))
    return DeviceAnswer(
        ok=bool(readings),
        text="; ".join(dict.fromkeys(fault.text for fault in faults)),
        readings=readings,
        faults=faults,
    )


def _why(line: Line, device: str) -> str:
    """What is known of why a device is silent, to end a sentence with."""
    known = next((each.advice for each in line.devices() if each.name == device and each.advice), line.health().text)
    return f": {known}" if known else ""


def _readings_of(piece: Piece) -> Iterator[Reading]:
    """The columns as readings again."""
    series = piece.series
    for index, (offset_ms, value) in enumerate(zip(series.offsets_ms, series.values, strict=True)):
        later = timedelta(milliseconds=offset_ms)
        yield Reading(
            device=piece.device,
            quantity=series.quantity,
            value=value,
            unit=series.unit,
            at=Stamp(piece.at.utc + later, piece.at.boot_s + later.total_seconds(), piece.at.synced),
            quality=series.qualities.get(index, Quality.GOOD),
        )


def _parts(piece: Piece) -> Iterator[Piece]:
    """``piece`` in parts of at most ``PART`` readings, each with the time of the whole."""
    series = piece.series
    for start in range(0, len(series.values), PART):
        end = start + PART
        qualities = {index - start: quality for index, quality in series.qualities.items() if start <= index < end}
        part = replace(
            series, offsets_ms=series.offsets_ms[start:end], values=series.values[start:end], qualities=qualities
        )
        yield replace(piece, series=part)
