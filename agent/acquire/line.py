"""One owner per line: its devices take turns, so nobody talks over anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Literal, Never

from msgspec.structs import replace

from agent.acquire import neighbours
from agent.acquire import sentences as say
from agent.acquire.belief import Belief
from agent.acquire.conversation import Conversation, Emit, SilentConnection, converse
from agent.acquire.listen import looks_like
from agent.acquire.plan import plan
from agent.acquire.session import DeviceSession
from agent.acquire.speeds import NobodyAnswers, SpeedSearch
from agent.acquire.traffic import Traffic
from agent.acquire.transport import Transport, open_transport, port_name
from agent.api import Driver, Item, Outcome
from agent.config.settings import Device, LineSettings
from agent.errors import Interrupted, Retry
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from contract.health import DeviceHealth, LineHealth

STUCK_S = 150.0
HANGS_UP = 3
"""Connections in a row without a byte after which the line is down."""


class Line:
    """The devices of one line. ``run`` it under ``supervise``; state and counters survive from run to run."""

    def __init__(
        self,
        name: str,
        settings: LineSettings,
        devices: Sequence[Device],
        drivers: Mapping[str, Driver],
        clock: Clock,
        *,
        opened: Callable[[LineSettings], AbstractAsyncContextManager[Transport]] = open_transport,
    ) -> None:
        self.name = name
        self.pulse = Pulse(f"line {name}", STUCK_S, clock.monotonic)
        self._open = opened
        self._settings = settings
        self._drivers = drivers
        self._clock = clock
        self._sessions = {device.name: self._session(device) for device in devices}
        self._plan = plan(settings, devices, drivers)
        self._belief = Belief(self._sessions.values(), clock.monotonic(), buffered=settings.tcp is not None)
        self._traffic = Traffic(clock.monotonic())
        self._conversation: Conversation | None = None
        self._speeds = SpeedSearch(name, clock)
        self._changed = ""
        self._state: Literal["waiting", "up", "down"] = "waiting"
        self._text = ""
        self._hung_up = 0  # connections in a row that the peer ended before a byte came

    async def run(self, emit: Emit) -> Never:
        """Poll and listen for ever, giving all that comes to ``emit``, which must not wait.

        Raises Retry where the port is not there, goes away, or got other settings by ``update``.
        """
        while True:
            await self._talk(emit)
            await self._speeds.search(self._settings, tuple(self._sessions.values()), self._open)

    async def _talk(self, emit: Emit) -> None:
        """Until nobody has answered for so long that other speeds are worth a try; raises as ``run``."""
        self.pulse.beat()  # also while the port is missing: waiting for it is no stall
        self._changed = ""
        connected = False
        try:
            async with self._open(self._settings) as port:
                connected = self._settings.tcp is not None
                if self._hung_up < HANGS_UP:
                    self._state, self._text = "up", ""
                self._conversation = Conversation(
                    port,
                    self._settings,
                    self._belief,
                    self._traffic,
                    clock=self._clock,
                    emit=emit,
                    looks=partial(looks_like, self._drivers),
                )
                self._conversation.update(self._sessions.values(), busy=self._plan.busy)
                await converse(self._conversation, self.pulse.beat, self._interrupted)
        except NobodyAnswers:
            return
        except SilentConnection:
            raise
        except Retry as reason:
            if not self._changed:
                raise self._lost(reason, emit, connected=connected) from reason
            raise
        finally:
            self._conversation = None

    def _interrupted(self) -> str:
        """Why the port is to be opened anew. Raises NobodyAnswers where other speeds are to be tried."""
        if self._speeds.due(self._settings, self._sessions.values()):
            raise NobodyAnswers
        return self._changed

    def update(self, settings: LineSettings, devices: Sequence[Device]) -> None:
        """Take new settings; devices that did not change go on as if nothing had happened."""
        old = self._sessions
        moved = settings != self._settings
        self._settings = settings
        self._sessions = {
            device.name: old[device.name]
            if device.name in old and old[device.name].device == device
            else self._session(device)
            for device in devices
        }
        self._plan = plan(settings, devices, self._drivers)
        self._belief.update(self._sessions.values(), self._clock.monotonic())
        if moved:
            self._changed = say.OPENING_NEW_SETTINGS(settings=port_name(settings))
        if self._conversation is not None:
            self._conversation.update(self._sessions.values(), busy=self._plan.busy)
        self._wake()

    async def once(self, device: str) -> tuple[Item, ...]:
        """Read a device before all others, in place of its next round; what came of it, or what it sends next itself.

        Ends when the round does, which needs the port: give it a time-out. Retry: the line is down, or the device is
        one that talks by itself and is silent, with the reason. KeyError for a strange device.
        """
        session = self._sessions[device]
        if self._state == "down":
            raise Retry(self._text)
        if session.streams and session.state == "down":  # it cannot be asked, and why it is silent is known
            raise Retry(session.text)
        wanted = session.want()
        self._wake()
        return await asyncio.shield(wanted)

    def raw(self, device: str) -> Mapping[str, bytes]:
        """The bytes that the values of a device came from last, where its driver knows. KeyError as above."""
        return self._sessions[device].codec.raw()

    async def act(self, device: str, action: str) -> Outcome:
        """Have a device do one of its driver's actions; what came of it.

        Ends when it answers: give it a time-out. Retry: somebody else's action is not over yet, or the line is down.
        AgentError: it has no such action. KeyError for a strange device.
        """
        session = self._sessions[device]
        if self._state == "down":
            raise Retry(self._text)
        return await session.act(action, self._wake)

    def hurry(self, device: str, every_s: float, for_s: float) -> None:
        """Ask ``device`` every ``every_s`` for the next ``for_s`` seconds; one that talks by itself goes on."""
        session = self._sessions.get(device)
        if session is None or session.streams:
            return
        now = self._clock.monotonic()
        session.schedule.hurry(every_s, now + for_s, now)
        self._wake()

    def health(self) -> LineHealth:
        state, text = self._state, self._text
        if state == "down" and self._hung_up and not self._traffic.silent:
            state, text = "up", ""  # the peer speaks after all
        sessions = self._sessions.values()
        if state == "up" and sessions and all(session.state == "down" for session in sessions):
            state, text = neighbours.all_down(sessions)
            text = " ".join(self._speeds.advice.values()) or text
        elif state == "up":
            text = neighbours.advice(sessions, self._plan)
        traffic = self._traffic
        return LineHealth(
            name=self.name,
            port=port_name(self._settings),
            state=state,
            text=text,
            load=traffic.load.share(self._clock.monotonic()),
            planned=self._plan.load,
            bytes_in=traffic.bytes_in,
            bytes_out=traffic.bytes_out,
            garbage_bytes=traffic.garbage_bytes,
            reopened=max(0, traffic.opened - 1),
        )

    def devices(self) -> tuple[DeviceHealth, ...]:
        """A device that answers at another speed says so."""
        seen = (session.health(self.name) for session in self._sessions.values())
        known = self._speeds.advice if self._state == "up" else {}
        return tuple(replace(each, advice=known[each.name]) if each.name in known else each for each in seen)

    def _wake(self) -> None:
        if self._conversation is not None:
            self._conversation.wake()

    def _session(self, device: Device) -> DeviceSession:
        over_tcp = self._settings.tcp is not None
        return DeviceSession(device, self._drivers[device.common.driver], self._clock, over_tcp=over_tcp)

    def _lost(self, reason: Retry, emit: Emit, *, connected: bool) -> Retry:
        """The port is not there, or a TCP peer hung up, which it may: only without a byte, and again and again, not."""
        self._hung_up = self._hung_up + 1 if connected and self._traffic.silent else 0
        if connected and self._hung_up < HANGS_UP:
            useful = any(session.useful_at > self._traffic.opened_at for session in self._sessions.values())
            return Interrupted(str(reason)) if useful else reason
        text = say.HANGS_UP(port=port_name(self._settings)) if connected else str(reason)
        self._state, self._text = "down", text
        changes = neighbours.gone(self._sessions.values(), text, self._clock.now())
        if changes:
            emit(changes)
        return Retry(text)
