"""One device on a line: its codec, its schedule, its state, and what a technician wants to know of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from agent.acquire import sentences as say
from agent.acquire import words
from agent.acquire.record import DeviceRecord
from agent.acquire.schedule import Schedule
from agent.api import Codec, Driver, Mark, Outcome
from agent.config.settings import Device
from agent.errors import AgentError, Retry
from agent.system.clock import Clock
from contract.events import DeviceState
from contract.health import DeviceHealth
from contract.types import Event, Fault, FaultCode, Item, Reading, Stamp

log = logging.getLogger(__name__)

DOWN_AFTER = 3
"""Failed rounds in a row that make a device down."""
OVERDUE_S = 10.0
"""Silence of a streaming device without a period that makes it overdue."""
OVERDUE_PERIODS = 5
MOST_STEPS = 200
PROBE_SHARE = 0.02
"""The share of a busy line's time that asking a dead device may cost."""
DEAD = frozenset({FaultCode.NO_ANSWER, FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE, FaultCode.EXCEPTION})
AGAIN = frozenset({FaultCode.NO_ANSWER, FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE})
"""What is worth asking again at once; an exception is an answer."""


State = Literal["waiting", "up", "down"]
What = Literal["answered", "failed"]
STATES: dict[tuple[State, What], State] = {
    ("waiting", "answered"): "up",
    ("waiting", "failed"): "down",
    ("up", "failed"): "down",
    ("down", "answered"): "up",
}
"""What changes the state of a device, and to which. ``failed``: ``DOWN_AFTER`` rounds in a row brought nothing, a
streaming device is overdue, or the port is gone."""


class DeviceSession:
    """A device as its line sees it; complete when constructed, survives the port's coming and going."""

    def __init__(self, device: Device, driver: Driver, clock: Clock, *, over_tcp: bool = False) -> None:
        now = clock.monotonic()
        every_s = device.common.every_s or driver.every_s
        self.device = device
        self.name = device.name
        self.driver = driver
        self.way: words.Way = "network" if driver.network else "server" if over_tcp else "serial"
        self.codec = driver.codec(device.name, device.options)
        self.who = f"{driver.label(device.options)} ({device.name})" if driver.label else device.name
        self.marks = tuple(_marks(self.codec))
        self.request = self.codec.ask(0)
        self.streams = self.request == b""
        self.schedule = Schedule(every_s or 1.0, now)
        self.step = self.attempt = 0
        self.failures = 0  # rounds in a row
        self.record = DeviceRecord()
        self.lag_s = 0.0  # see agent.acquire.turn
        self.good = False  # it answered in this round, with a value or why it has none
        self._valued = False  # there was a value in what a streaming device said
        self._noise_at = float("-inf")  # when a streaming device last said what is nothing to us
        self.state: State = "waiting"
        self.code: FaultCode | None = None
        self.text = ""
        self.detail = self.advised = ""  # of the last fault
        self._clock = clock
        self._since = clock.now().utc
        self._overdue_s = max(2.0, OVERDUE_PERIODS * every_s) if every_s else OVERDUE_S
        self._begun = self._useful_at = self._changed = self._reported = now
        self._worst: FaultCode | None = None
        self._left_aside = 0  # answers to this question that were not believed
        self._round: list[Item] = []
        self._wanted: asyncio.Future[tuple[Item, ...]] | None = None  # who waits for the items of this round
        self._acting: asyncio.Future[Outcome] | None = None  # who waits for what comes of an action

    @property
    def overdue_at(self) -> float:
        """When a streaming device has been quiet for too long, again if nobody minds."""
        return max(self._useful_at, self._reported) + self._overdue_s

    @property
    def noisy(self) -> bool:
        """Whether bytes still come of a streaming device; the rest of its last good report is long ago."""
        return self._clock.monotonic() - self._noise_at < self._overdue_s / 2

    @property
    def useful_at(self) -> float:
        """When something useful came last, or its line was opened; monotonic."""
        return self._useful_at

    @property
    def silent_s(self) -> float:
        """How long nothing useful has come."""
        return self._clock.monotonic() - self._useful_at

    @property
    def may_retry(self) -> bool:
        """Whether a failed question may be asked again in this round."""
        return self.attempt < self.device.common.retries and not self.failures

    def want(self) -> asyncio.Future[tuple[Item, ...]]:
        """The items of a whole round, due before all others'; of a streaming device what is next."""
        self._wanted = self._wanted or asyncio.get_running_loop().create_future()
        self.schedule.again(float("-inf"))
        return self._wanted

    async def act(self, action: str, wake: Callable[[], None]) -> Outcome:
        """The outcome of an action; ``wake`` makes its line look for what is to be sent.

        Retry: another one is open. AgentError: there is no such action.
        """
        if self._acting is not None:
            raise Retry(say.BUSY_WHAT_ASKED_BEFORE(name=self.name))
        if not self.codec.act(action):
            there = ", ".join(["read", *(each.name for each in self.driver.actions)])
            raise AgentError(say.CANNOT_WHAT_CAN(name=self.name, action=action, there=there))
        self._acting = asyncio.get_running_loop().create_future()
        wake()
        try:
            return await self._acting
        finally:
            self._acting = None

    def opened(self, now: float) -> None:
        """The line is open: begin a round at once."""
        self.schedule.restart(now)
        self._useful_at = self._reported = now
        self.begin()

    def begin(self) -> None:
        """A round from its first question."""
        self.step = self.attempt = self._left_aside = 0
        self.good = False
        self._worst = None
        self._round = []
        self.request = self.codec.ask(0)

    def again(self) -> None:
        """The same question once more, since it failed."""
        self.attempt += 1
        self.once_more()

    def once_more(self) -> None:
        """The same question once more, as it is usually asked."""
        self.request = self.codec.ask(self.step)

    def leave_aside(self, most: int) -> bool:
        """The answer was not believed; whether the question is to be asked once more."""
        self._left_aside += 1
        return self._left_aside < most

    def following(self) -> None:
        """The next question of the round; ``request`` is empty past the last."""
        self.step += 1
        self.attempt = self._left_aside = 0
        self.request = self.codec.ask(self.step)

    def take(self, items: Sequence[Item | Event]) -> None:
        """Count what came."""
        readings = [item for item in items if isinstance(item, Reading)]
        if self._wanted is not None or not self.streams:
            self._round += [item for item in items if not isinstance(item, Event)]
        if len(readings) < len(items):
            for item in items:
                if isinstance(item, Fault):
                    self._worst, self.detail, self.advised = item.code, item.text, item.advice
                    self.record.fault(item.code)
                    self.good = self.good or item.code not in DEAD
        if readings:
            self.record.take(readings)
            self.good = self._valued = True
        if self.good:
            self._useful_at = self._clock.monotonic()

    def answered(self, code: FaultCode | None, lag_s: float) -> None:
        """What the question that was asked last brought; ``lag_s`` is how long to wait before looking next time."""
        self.lag_s = lag_s
        self.record.question(code, again=self.attempt > 0)

    def end(self, now: float, *, busy: bool = False) -> bool:
        """The round is over; true where it failed as a whole. On a ``busy`` line a dead device is asked more rarely."""
        failed = not self.good and self._worst in DEAD
        self._hand_over()
        self.record.round(self._worst)
        self.failures = self.failures + 1 if failed else 0
        if failed:
            self.code = self._worst
        if self.failures >= DOWN_AFTER:
            self.schedule.probe(
                now, self.device.common.timeout_s / PROBE_SHARE if busy and self._worst in AGAIN else 0.0
            )
        else:
            self.record.skipped(self.schedule.next(now))
        return failed

    def spoke(self) -> bool:
        """A streaming device said something, and what came of it was taken; whether that was of use."""
        if self._round:
            self._hand_over()
        outcome = self.codec.outcome() if self._acting is not None else None
        if outcome is not None and self._acting is not None and not self._acting.done():
            self._acting.set_result(outcome)
        good, worst = self.good, self._worst
        self.good, self._worst = False, None
        if not good:
            self._noise_at = self._clock.monotonic()
        if self._valued and worst not in DEAD:
            self.record.partly(worst)
        elif good or worst:
            self.record.round(worst)
        self._valued = False
        return good

    def _hand_over(self) -> None:
        """What came to who waits for it."""
        if self._wanted is not None:
            if not self._wanted.done():
                self._wanted.set_result(tuple(self._round))
            self._wanted = None
        self._round = []

    def overdue(self, stamp: Stamp) -> Fault:
        """It has been quiet for too long; counted from here again."""
        self._reported = self._clock.monotonic()
        return self.fault(FaultCode.OVERDUE, say.NOTHING_READABLE(silent_s=self.silent_s), stamp)

    def fault(self, code: FaultCode, text: str, stamp: Stamp) -> Fault:
        """A fault of the whole device that its codec cannot know of."""
        self.record.fault(code)
        self.record.round(code)
        return Fault(device=self.name, code=code, text=text, at=stamp)

    def goes_down(self, code: FaultCode, text: str, stamp: Stamp) -> list[Event]:
        """The event, where it was not down already."""
        self.code, self.text = code, text
        if not self._change("failed", stamp):
            return []
        if code is not FaultCode.PORT_GONE:  # that is one change of the line, and logged as such
            log.warning("%s", text)
        return [Event.of(self.name, stamp, DeviceState(state="down", code=code, text=text))]

    def comes_up(self, port: str, stamp: Stamp) -> list[Event]:
        """The event, where it was not up already."""
        down_s = self._clock.monotonic() - self._changed if self.state == "down" else None
        if not self._change("answered", stamp):
            return []
        text = words.up(port, self.who, down_s)
        self.code, self.text = None, ""
        log.info("%s", text)
        return [Event.of(self.name, stamp, DeviceState(state="up", text=text))]

    def _change(self, what: What, stamp: Stamp) -> bool:
        """Take the new state of the table; whether there is one."""
        state = STATES.get((self.state, what))
        if state is None:
            return False
        self.state, self._since, self._changed = state, stamp.utc, self._clock.monotonic()
        return True

    def health(self, line: str) -> DeviceHealth:
        now = self._clock.now()
        down = self.state == "down"
        record = self.record
        return DeviceHealth(
            name=self.name,
            driver=self.driver.name,
            line=line,
            state=self.state,
            since=self._since,
            readings=record.readings,
            faults=dict(record.faults),
            error_share=record.error_share(),
            missed=self.schedule.missed,
            asked=record.asked,
            retries=record.retries,
            damaged=record.damaged,
            last=record.last(now),
            code=self.code if down else None,
            advice=self.text if down else record.advice(self.schedule.every_s, self.detail, self.advised, self.way),
        )


def _marks(codec: Codec) -> Iterator[tuple[Mark, bytes]]:
    """What the answers to the questions of a round look like, and the questions."""
    for step in range(MOST_STEPS):
        request = codec.ask(step)
        if not request:
            return
        if codec.mark is not None:
            yield codec.mark, request
