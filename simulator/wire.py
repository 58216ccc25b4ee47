"""One simulated line: a pty whose far end is a bus of simulated devices.

What the agent opens is a real tty, so its own open, read and write code runs. A pty has no baud rate; with ``paced``
the wire delivers characters at their bit time, which benchmarks and time-out tests need.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import os
import random
import tty
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal, Never, Protocol, get_args

from agent.system.clock import Clock, SystemClock
from agent.system.timer import Timer

Behaviour = Literal["ok", "silent", "slow", "babble", "bad_crc", "wrong_address", "exception", "half_frame"]
BEHAVIOURS: tuple[str, ...] = get_args(Behaviour)
SLOW_S = 1.5
BURST_S = 0.001  # as long as a UART's or USB adapter's buffer holds characters back; the last is on time
CHUNK = 4096


class Simulated(Protocol):
    """A device on a wire. ``period_s`` is None for one that speaks only when spoken to."""

    name: str
    behaviour: Behaviour
    delay_s: float
    period_s: float | None

    def receive(self, data: bytes) -> bytes:
        """Its answer to ``data`` (a piece of what passes on the line, of any size), or ``b""``."""

    def speak(self, now_s: float) -> bytes:
        """What it says by itself, once per ``period_s``."""


class SimulatedWire:
    """Devices on one pty. ``path`` is what the agent opens: ``link`` where given, else the pty's own name.

    Runs in the caller's loop: ``async with TaskGroup() as group: group.create_task(wire.run())``.
    """

    def __init__(
        self,
        devices: list[Simulated],
        *,
        link: Path | None = None,
        baud: int = 9600,
        character_bits: int = 10,
        paced: bool = False,
        echo: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.devices = {device.name: device for device in devices}
        self.dropped = 0  # bytes that nobody read in time
        self._clock = clock or SystemClock()
        self._character_s = character_bits / baud if paced else 0.0
        self._echo = echo
        self._link = link
        self._master = self._slave = -1
        self._tty = ""
        self._queue: list[tuple[float, int, bytes]] = []  # heap: time, order, bytes
        self._order = 0
        self._free_at = 0.0
        self._next_talk = {name: 0.0 for name, device in self.devices.items() if device.period_s}
        self._timer: Timer | None = None
        self._plugged = asyncio.Event()
        self._unplugged = asyncio.Event()
        self.plug()

    @property
    def path(self) -> str:
        return str(self._link) if self._link else self._tty

    def misbehave(self, device: str, how: Behaviour) -> None:
        """From now on ``device`` behaves like this; ``"ok"`` mends it."""
        self.devices[device].behaviour = how
        self._rouse()

    def inject(self, data: bytes) -> None:
        """Bytes of nobody: noise, or a second master."""
        self._say(data, self._clock.monotonic())
        self._rouse()

    def plug(self) -> None:
        """Make the port appear; with ``link`` under the same name as before."""
        self._master, self._slave = os.openpty()  # our own slave stays open: without any, the master would only fail
        self._tty = os.ttyname(self._slave)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        if self._link:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self._tty)
        self._unplugged.clear()
        self._plugged.set()

    def unplug(self) -> None:
        """Take the port away, like the plug of a USB adapter."""
        if self._timer:
            asyncio.get_running_loop().remove_reader(self._master)
        if self._link:
            self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._queue.clear()
        self._plugged.clear()
        self._unplugged.set()

    def close(self) -> None:
        if self._plugged.is_set():
            self.unplug()

    async def run(self) -> Never:
        """Serve the devices until cancelled."""
        loop = asyncio.get_running_loop()
        self._timer = Timer(self._tick)
        self._next_talk = dict.fromkeys(self._next_talk, self._clock.monotonic())
        try:
            while True:
                await self._plugged.wait()
                loop.add_reader(self._master, self._readable)
                self._tick()
                await self._unplugged.wait()
        finally:
            if self._plugged.is_set():
                loop.remove_reader(self._master)
            self._timer.close()
            self._timer = None

    def _rouse(self) -> None:
        if self._timer:
            self._timer.set(0.0)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, CHUNK)
        except OSError:
            return
        now = self._clock.monotonic()
        received_at = max(now, self._free_at) + len(data) * self._character_s
        self._free_at = received_at
        if self._echo:
            self._say(data, received_at - len(data) * self._character_s)
        for device in self.devices.values():
            answer = device.receive(data)
            if answer and device.behaviour not in {"silent", "babble"}:
                wait_s = device.delay_s + (SLOW_S if device.behaviour == "slow" else 0.0)
                self._say(answer, received_at + wait_s)
        self._tick()

    def _say(self, data: bytes, begin: float) -> None:
        if not self._character_s:
            self._put(begin, data)
            return
        size = max(1, round(BURST_S / self._character_s))
        for at in range(0, len(data), size):
            piece = data[at : at + size]
            self._put(begin + (at + len(piece)) * self._character_s, piece)
        self._free_at = max(self._free_at, begin + len(data) * self._character_s)

    def _put(self, at: float, data: bytes) -> None:
        self._order += 1
        heapq.heappush(self._queue, (at, self._order, data))

    def _tick(self) -> None:
        if self._timer is None or not self._plugged.is_set():
            return
        now = self._clock.monotonic()
        self._talk(now)
        due = []
        while self._queue and self._queue[0][0] <= now:
            due.append(heapq.heappop(self._queue)[2])
        if due:
            self._deliver(b"".join(due))
        times = [*self._next_talk.values(), *((self._queue[0][0],) if self._queue else ())]
        if times:
            self._timer.set(max(0.0, min(times) - self._clock.monotonic()))

    def _talk(self, now: float) -> None:
        for name, device in self.devices.items():
            if device.behaviour == "babble":
                self._next_talk[name] = now + 0.01
                self._say(random.randbytes(8), now)
            elif device.period_s is None:
                self._next_talk.pop(name, None)
            elif self._next_talk[name] <= now:
                late = now - self._next_talk[name]
                self._next_talk[name] = now + device.period_s - min(late, device.period_s / 2)
                words = device.speak(now)
                if device.behaviour != "silent":
                    self._say(words, now)

    def _deliver(self, data: bytes) -> None:
        try:
            written = os.write(self._master, data)
        except OSError:  # nobody reads: a full buffer loses bytes, as a UART does
            written = 0
        self.dropped += len(data) - written


@contextlib.asynccontextmanager
async def running(*wires: SimulatedWire) -> AsyncIterator[None]:
    """Serve ``wires`` while the block runs, then take them away."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(wire.run()) for wire in wires]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
    for wire in wires:
        wire.close()
