"""Modbus RTU slaves and serial servers that are late, drop, queue and repeat, in a time of their own."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from typing import Literal

import msgspec

from agent.acquire.line import Line
from agent.acquire.transport import Transport
from agent.api import crc16_modbus
from agent.config.settings import LineSettings
from agent.errors import Retry
from contract.types import Event, Item, Quality, Reading
from tests.acquire.fakes import FakeClock, FakeTransport
from tests.acquire.rig import DRIVERS, make_devices

QUICK_S = 0.02
Strange = Literal["reads", "refuses", "ignores", "narrow"]


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a slave behaves. Shares are of the questions, times in seconds."""

    late: float = 0.0  # answers after up to ``late_s``
    late_s: float = 2.5
    lost: float = 0.0  # answers never
    deaf: bool = False  # receives nothing while it is at work, else queues it
    repeats: float = 0.0  # gives the answer once more, up to ``repeat_s`` after the first
    repeat_s: float = 0.3
    other: int = 0  # a second slave of the same unit answers too, later, and its registers hold so much more
    outages: tuple[tuple[float, float], ...] = ()  # a server on the way keeps what it gets
    keeps: Literal["questions", "answers"] = "questions"
    overtakes: bool = False  # what is late or comes again does not hold up what is asked later
    slow_s: float = QUICK_S
    strange: Strange = "reads"  # what it does with registers that it does not have
    until: float = float("inf")  # it is well from then on
    buffered: bool = False
    earlier: tuple[float, int] | None = None  # after so long it answers for this register to an earlier run
    room: dict[int, int] = {}  # registers that may be read along, by the address of the first


class OddSlave(FakeTransport):
    """One slave, unit 1. Register N holds N, so that a value shows which question it answers."""

    def __init__(self, clock: FakeClock, manner: Manner, known: set[int], chance: random.Random) -> None:
        super().__init__(clock)
        self._manner = manner
        self._known = known
        self._chance = chance
        self._free_at = clock.time
        self._held: list[bytes] = []
        self.questions = 0
        if manner.earlier is not None:
            after_s, address = manner.earlier
            body = bytes((1, 3, 2)) + address.to_bytes(2)
            self._put(clock.time + after_s, body + crc16_modbus(body).to_bytes(2, "little"))

    async def send(self, data: bytes) -> None:
        self.questions += 1
        now = self.clock.time
        if self._away(now) and self._manner.keeps == "questions":
            self._held.append(data)
            return
        for question in [*self._held, data]:
            self._work(question, now)
        self._held = []

    def _away(self, now: float) -> bool:
        return any(begin <= now - 100.0 < end for begin, end in self._manner.outages)

    def _work(self, question: bytes, now: float) -> None:
        manner, chance = self._manner, self._chance
        assert crc16_modbus(question) == 0
        well = now - 100.0 >= manner.until
        if manner.deaf and now < self._free_at and not well:
            return
        begin = max(now, self._free_at)
        self._free_at = begin + manner.slow_s
        at = self._free_at
        if not well and chance.random() < manner.late:
            at = begin + chance.uniform(0.0, manner.late_s)
        self._free_at = self._free_at if manner.overtakes else max(self._free_at, at)
        answer = self._answer(question)
        if not answer or (not well and chance.random() < manner.lost):
            return
        self._put(at, answer)
        if manner.other:
            self._put(at + manner.slow_s / 2, self._answer(question, manner.other))
        if not well and chance.random() < manner.repeats:
            at += chance.uniform(0.0, manner.repeat_s)
            self._put(at, answer)
        self._free_at = self._free_at if manner.overtakes else at

    def _put(self, at: float, answer: bytes) -> None:
        for begin, end in self._manner.outages:
            if begin <= at - 100.0 < end:
                at = 100.0 + end
        self.arrivals.append((at, answer))
        self.arrivals = type(self.arrivals)(sorted(self.arrivals, key=lambda row: row[0]))

    def _answer(self, question: bytes, more: int = 0) -> bytes:
        function, address, count = question[1], int.from_bytes(question[2:4]), int.from_bytes(question[4:6])
        asked = range(address, address + count)
        if count - 1 > self._manner.room.get(address, count):
            body = bytes((1, function | 0x80, 2))
        elif self._manner.strange == "narrow":
            body = bytes((1, function, 2)) + address.to_bytes(2)
        elif self._manner.strange != "reads" and not self._known.issuperset(asked):
            body = bytes((1, function | 0x80, 2)) if self._manner.strange == "refuses" else b""
        else:
            body = bytes((1, function, 2 * count)) + b"".join((number + more).to_bytes(2) for number in asked)
        return body + crc16_modbus(body).to_bytes(2, "little") if body else b""


class Over(Exception):
    """The time is over."""


def read_for(seconds: float, manner: Manner, devices: str, *, seed: int = 0) -> tuple[list[Item | Event], OddSlave]:
    """What a line tells of ``devices`` in so many seconds, which pass at once."""
    clock = FakeClock()
    table = make_devices(devices)
    known = {
        row.address + more for each in table.values() for row in each.options.registers for more in range(row.words)
    }
    port = OddSlave(clock, manner, known, random.Random(seed))
    reported: list[Item | Event] = []

    @contextlib.asynccontextmanager
    async def opened(_: LineSettings) -> AsyncIterator[Transport]:
        yield port

    def emit(items: Sequence[Item | Event]) -> None:
        reported.extend(items)
        if clock.time > 100.0 + seconds:
            raise Over

    settings = LineSettings(tcp="10.0.0.1:4001") if manner.buffered else LineSettings(port="/dev/ttyS0", baud=115200)
    line = Line("a", settings, list(table.values()), DRIVERS, clock, opened=opened)

    async def keep() -> None:
        while True:
            try:
                await line.run(emit)
            except Retry:  # it is connected anew
                clock.time += 1.0

    with contextlib.suppress(Over):
        asyncio.run(keep())
    return reported, port


def wrong(reported: Sequence[Item | Event]) -> list[Reading]:
    """Good readings whose value is not the number of their register, as in ``r100``."""
    good = (item for item in reported if isinstance(item, Reading) and item.quality is Quality.GOOD)
    return [item for item in good if item.value != int(item.quantity[1:])]


def any_manner(chance: random.Random, strange: Strange) -> Manner:
    """Late, lost, queued, repeated and out of order in any mixture."""
    return Manner(
        late=chance.choice((0, 0.1, 0.3)),
        late_s=chance.choice((1.0, 3.0, 10.0, 30.0)),
        lost=chance.choice((0, 0.1, 0.3)),
        deaf=chance.random() < 0.3,
        repeats=chance.choice((0, 0.1, 0.5)),
        repeat_s=chance.choice((0.1, 0.5, 2.0, 8.0)),
        overtakes=chance.random() < 0.5,
        slow_s=chance.choice((0.02, 0.1, 0.4, 0.7)),
        strange=strange,
        buffered=chance.random() < 0.3,
        outages=chance.choice(((), (), ((20.0, 40.0),))),
        keeps=chance.choice(("questions", "answers")),
    )
