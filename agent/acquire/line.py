"""One owner per line: its devices take turns, so nobody talks over anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Never

from agent.acquire import neighbours
from agent.acquire.belief import Belief
from agent.acquire.load import Load
from agent.acquire.plan import gap_s, pause_s, plan
from agent.acquire.station import AGAIN, DEAD, Station
from agent.acquire.transport import Transport, open_transport, port_name
from agent.acquire.tty import character_s
from agent.acquire.turn import Timing, ask
from agent.api import Driver, Item, Outcome
from agent.config.settings import Device, LineSettings
from agent.errors import Retry
from agent.system.clock import Clock
from agent.system.pulse import Pulse
from contract.health import DeviceHealth, LineHealth
from contract.types import Event, Fault, FaultCode, Stamp

Emit = Callable[[Sequence[Item | Event]], None]
IDLE_S = 5.0
SETTLE_S = 0.02  # a talking device is read this long after it began, so that a sentence is one wake-up
SETTLE_CHARACTERS = 1024  # and never so long that the kernel's buffer of 4,095 overflows
HUSH_S = 0.1  # a line that is never silent is asked after this time all the same
STUCK_S = 150.0
TURN_S = 0.001


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
        self._open = opened
        self.pulse = Pulse(f"line {name}", STUCK_S, clock.monotonic)
        self._settings = settings
        self._drivers = drivers
        self._clock = clock
        self._stations = {device.name: self._station(device) for device in devices}
        self._plan = plan(settings, devices, drivers)
        self._belief = Belief(self._stations.values(), clock.monotonic(), buffered=settings.tcp is not None)
        self._port: Transport | None = None
        self._changed = False
        self._state: Literal["waiting", "up", "down"] = "waiting"
        self._text = ""
        self._heard_at = 0.0
        self._character_s, self._gap_s, self._pause_s = character_s(settings), gap_s(settings), pause_s(settings)
        self._load = Load(clock.monotonic())
        self._bytes_in = self._bytes_out = self._garbage = self._opened = 0

    async def run(self, emit: Emit) -> Never:
        """Poll and listen for ever, giving all that comes to ``emit``, which must not wait.

        Raises Retry where the port is not there, goes away, or got other settings by ``update``.
        """
        self.pulse.beat()  # also while the port is missing: waiting for it is no stall
        self._changed = False
        opened = False
        try:
            async with self._open(self._settings) as port:
                opened = True
                await self._serve(port, emit)
        except Retry as reason:
            if not self._changed and not (opened and self._settings.tcp):
                self._gone(str(reason), emit)  # a TCP peer may hang up when it likes: only a failed reopen counts
            raise
        finally:
            self._port = None

    def update(self, settings: LineSettings, devices: Sequence[Device]) -> None:
        """Take new settings; devices that did not change go on as if nothing had happened."""
        old = self._stations
        self._stations = {
            device.name: old[device.name]
            if device.name in old and old[device.name].device == device
            else self._station(device)
            for device in devices
        }
        self._plan = plan(settings, devices, self._drivers)
        self._belief.update(self._stations.values(), self._clock.monotonic())
        if settings != self._settings:
            self._settings, self._changed = settings, True
        self._wake()

    async def once(self, device: str) -> tuple[Item, ...]:
        """Read a device before all others, in place of its next round; what came of it, or what it says next itself.

        Ends when the round does, which needs the port: give it a time-out. KeyError for a strange device.
        """
        wanted = self._stations[device].want()
        self._wake()
        return await asyncio.shield(wanted)

    def raw(self, device: str) -> Mapping[str, bytes]:
        """The bytes that the values of a device came from last, where its driver knows. KeyError as above."""
        return self._stations[device].codec.raw()

    async def act(self, device: str, action: str) -> Outcome:
        """Have a device do one of its driver's actions; what came of it.

        Ends when it answers: give it a time-out. Retry: somebody else's action is not over yet. AgentError: it has no
        such action. KeyError for a strange device.
        """
        station = self._stations[device]
        acting = station.act(action)
        self._wake()
        try:
            return await acting
        finally:
            station.acting = None

    def hurry(self, device: str, every_s: float, for_s: float) -> None:
        """Ask ``device`` every ``every_s`` for the next ``for_s`` seconds; one that talks by itself goes on."""
        station = self._stations.get(device)
        if station is None or station.talks:
            return
        now = self._clock.monotonic()
        station.schedule.hurry(every_s, now + for_s, now)
        self._wake()

    def health(self) -> LineHealth:
        state, text = self._state, self._text
        stations = self._stations.values()
        if state == "up" and stations and all(station.state == "down" for station in stations):
            state, text = neighbours.all_down(stations)
        elif state == "up":
            text = neighbours.advice(stations, self._plan)
        return LineHealth(
            name=self.name,
            port=port_name(self._settings),
            state=state,
            text=text,
            load=self._load.share(self._clock.monotonic()),
            planned=self._plan.load,
            bytes_in=self._bytes_in,
            bytes_out=self._bytes_out,
            garbage_bytes=self._garbage,
            reopened=max(0, self._opened - 1),
        )

    def devices(self) -> tuple[DeviceHealth, ...]:
        return tuple(station.health(self.name) for station in self._stations.values())

    def _wake(self) -> None:
        if self._port is not None:
            self._port.wake()

    def _station(self, device: Device) -> Station:
        return Station(device, self._drivers[device.common.driver], self._clock)

    async def _serve(self, port: Transport, emit: Emit) -> Never:
        now = self._clock.monotonic()
        self._port = port
        self._opened += 1
        self._heard_at = now
        settings = self._settings
        self._character_s, self._gap_s, self._pause_s = character_s(settings), gap_s(settings), pause_s(settings)
        self._state, self._text = "up", ""
        for station in self._stations.values():
            station.opened(now)
        while True:
            if self._changed:
                raise Retry(f"{port_name(self._settings)}: opening it with its new settings")
            self.pulse.beat()
            now = self._clock.monotonic()
            chosen, due = self._next(now + IDLE_S)
            if chosen is not None and due <= now:
                await self._turn(port, chosen, emit)
            else:
                await self._listen(port, due, emit)

    def _next(self, latest: float) -> tuple[Station | None, float]:
        """Whose turn is next, and when; None and ``latest`` where nobody's is before that."""
        chosen: Station | None = None
        due = latest
        for station in self._stations.values():
            if not station.talks and station.schedule.due < due:
                chosen, due = station, station.schedule.due
        return chosen, due

    async def _turn(self, port: Transport, station: Station, emit: Emit) -> None:
        """One question of one device; a failed one is asked again after the others had their turn."""
        common = station.device.common
        taken = self._clock.monotonic()  # the silence before a question is planned as the line's time
        if station.driver.gap and self._character_s:
            await self._silence(port, emit)
        else:
            self._stray(port.waiting(), emit)
        began = self._clock.monotonic()
        due = self._belief.hold(station, began, again=station.attempt > 0)
        if due > began + TURN_S:  # another device of that address was asked meanwhile; now it is this one's turn
            station.schedule.again(due - TURN_S)
            return
        timing = Timing(
            character_s=self._character_s,
            timeout_s=self._belief.patience(station),
            echo=self._settings.echo,
            pause_s=self._pause_s if station.driver.gap else 0.0,
            lag_s=station.lag_s,
        )
        choice = self._belief.choose(station, began)
        try:
            heard = await ask(port, station.codec, choice.request, timing, self._clock)
        except BaseException:
            self._belief.lost(station, began)
            raise
        now = self._clock.monotonic()
        self._load.add(taken, now)
        self._bytes_out += len(choice.request)
        self._bytes_in += heard.data_bytes
        station.lag_s = heard.lag_s
        self._heard_at = max(self._heard_at, heard.at)
        code = heard.items[0].code if heard.items and isinstance(heard.items[0], Fault) else None
        if self._belief.settle(station, choice, heard, began, now):
            station.request = station.codec.ask(station.step)
            station.schedule.again(self._belief.hold(station, now))
            return
        station.heard(code)
        silent = code is FaultCode.NO_ANSWER
        waited = silent and timing.timeout_s > common.timeout_s
        if code in AGAIN and station.attempt < common.retries and not station.failures and not waited:
            station.again()
            station.schedule.again(self._belief.hold(station, now, again=silent))
            return
        items: list[Item | Event] = [*heard.items]
        if not choice.trusted and code not in DEAD:
            items = [*self._belief.not_believed(station, self._clock.now())]
        station.following()
        while silent and station.request:  # a silent device is not asked the rest of the round
            items += station.codec.feed(b"", self._clock.now())
            station.following()
        station.take(items)
        if station.request:
            station.schedule.again(now)
        else:
            failed = station.end(now, busy=self._plan.busy)
            where, stamp = port_name(self._settings), self._clock.now()
            items += neighbours.verdict(self._stations.values(), station, where, stamp, failed=failed)
        station.schedule.again(self._belief.hold(station, station.schedule.due))
        emit(items)

    async def _silence(self, port: Transport, emit: Emit) -> None:
        """Wait until nothing was heard for 3.5 characters, though not for ever."""
        end = self._clock.monotonic() + HUSH_S
        while True:
            self._stray(port.waiting(), emit)
            now = self._clock.monotonic()
            rest_s = self._heard_at + self._gap_s - now
            if rest_s <= 0 or now >= end:
                return
            await port.pause(rest_s)

    async def _listen(self, port: Transport, until: float, emit: Emit) -> None:
        """Give what comes to the talking devices until somebody's turn; notice a port that goes away."""
        talkers = [station for station in self._stations.values() if station.talks]
        now = self._clock.monotonic()
        until = min([until, *(station.overdue_at for station in talkers)])
        await self._say(port, talkers)
        data = await port.receive(until - now)
        stamp = self._clock.now()
        if data:
            settle_s = min(SETTLE_S, SETTLE_CHARACTERS * self._character_s)  # none over TCP: segments are whole
            if settle_s:
                await port.pause(settle_s)
                data += port.waiting()
            self._stray(data, emit, stamp)
            await self._say(port, talkers)
        for station in talkers:
            if station.overdue_at <= self._clock.monotonic():
                emit(neighbours.overdue(station, port_name(self._settings), self._clock.now()))

    async def _say(self, port: Transport, talkers: Sequence[Station]) -> None:
        for station in talkers:
            said = station.codec.say()
            if said:
                await port.send(said)
                self._bytes_out += len(said)

    def _stray(self, data: bytes, emit: Emit, stamp: Stamp | None = None) -> None:
        """Bytes that nobody asked for: those of talking devices, else garbage."""
        if not data:
            return
        now = self._clock.monotonic()
        self._heard_at = now
        self._bytes_in += len(data)
        self._belief.overhear(data, now)
        talkers = [station for station in self._stations.values() if station.talks]
        if not talkers:
            self._garbage += len(data)
            return
        self._load.add(now - len(data) * self._character_s, now)
        stamp = stamp or self._clock.now()
        for station in talkers:
            items: list[Item | Event] = [*station.codec.feed(data, stamp)]
            station.take(items)
            if station.spoke():
                items += station.comes_up(port_name(self._settings), stamp)
            if items:
                emit(items)

    def _gone(self, text: str, emit: Emit) -> None:
        """The port is not there: every device on it is down; said once."""
        self._state, self._text = "down", text
        told = neighbours.gone(self._stations.values(), text, self._clock.now())
        if told:
            emit(told)
