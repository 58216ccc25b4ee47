"""One device on a line: its codec, its schedule, its state, and what a technician wants to know of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Literal

from agent.acquire import words
from agent.acquire.schedule import Schedule
from agent.api import Codec, Driver, Mark, Outcome
from agent.config.settings import Device
from agent.errors import AgentError, Retry
from agent.system.clock import Clock
from contract.events import DeviceState
from contract.health import DeviceHealth, LastValue
from contract.types import Event, Fault, FaultCode, Item, Reading, Stamp

log = logging.getLogger(__name__)

DOWN_AFTER = 3
"""Failed rounds in a row that make a device down."""
ROUNDS = 100
OVERDUE_S = 10.0
"""Silence of a talking device without a period that makes it overdue."""
OVERDUE_PERIODS = 5
SHAKY = 0.05
DAMAGE_OF = 200
MOST_STEPS = 200
PROBE_SHARE = 0.02
"""The share of a busy line's time that asking a dead device may cost."""
DEAD = frozenset({FaultCode.NO_ANSWER, FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE, FaultCode.EXCEPTION})
AGAIN = frozenset({FaultCode.NO_ANSWER, FaultCode.BAD_FRAME, FaultCode.WRONG_DEVICE})
"""What is worth asking again at once; an exception is an answer."""


class Station:
    """A device as its line sees it; complete when constructed, survives the port's coming and going."""

    def __init__(self, device: Device, driver: Driver, clock: Clock) -> None:
        now = clock.monotonic()
        every_s = device.common.every_s or driver.every_s
        self.device = device
        self.name = device.name
        self.driver = driver
        self.codec = driver.codec(device.name, device.options)
        self.who = f"{driver.label(device.options)} ({device.name})" if driver.label else device.name
        self.marks = tuple(_marks(self.codec))
        self.request = self.codec.ask(0)
        self.talks = self.request == b""
        self.schedule = Schedule(every_s or 1.0, now)
        self.attempt = 0
        self.failures = 0  # rounds in a row
        self.doubted = 0  # see agent.acquire.belief
        self.wanted: asyncio.Future[tuple[Item, ...]] | None = None  # who waits for the items of this round
        self.acting: asyncio.Future[Outcome] | None = None  # who waits for what comes of an action
        self._round: list[Item] = []
        self.asked = self.retries = self.damaged = 0
        self.damage: deque[bool] = deque(maxlen=DAMAGE_OF)  # of the last questions: was the answer damaged
        self.lag_s = 0.0  # see agent.acquire.turn
        self.good = False  # it answered in this round, with a value or why it has none
        self._noise_at = float("-inf")  # when a talking device last said what is nothing to us
        self.state: Literal["waiting", "up", "down"] = "waiting"
        self.code: FaultCode | None = None
        self.text = ""
        self.detail = ""  # of the last fault
        self._clock = clock
        self._since = clock.now().utc
        self._overdue_s = max(2.0, OVERDUE_PERIODS * every_s) if every_s else OVERDUE_S
        self.step = 0
        self._begun = self._heard = self._changed = self._told = now
        self._worst: FaultCode | None = None
        self._readings = 0
        self._faults: Counter[FaultCode] = Counter()
        self._last: dict[str, Reading] = {}
        self._rounds: deque[FaultCode | None] = deque(maxlen=ROUNDS)
        self._skipped: deque[int] = deque(maxlen=ROUNDS)

    @property
    def overdue_at(self) -> float:
        """When a talking device has been quiet for too long, again if nobody minds."""
        return max(self._heard, self._told) + self._overdue_s

    @property
    def noisy(self) -> bool:
        """Whether bytes still come of a talking device; the rest of its last good report is long ago."""
        return self._clock.monotonic() - self._noise_at < self._overdue_s / 2

    @property
    def silent_s(self) -> float:
        """How long nothing useful has come."""
        return self._clock.monotonic() - self._heard

    def want(self) -> asyncio.Future[tuple[Item, ...]]:
        """The items of a whole round, due before all others'; of a talker what is next."""
        self.wanted = self.wanted or asyncio.get_running_loop().create_future()
        self.schedule.again(float("-inf"))
        return self.wanted

    def act(self, action: str) -> asyncio.Future[Outcome]:
        """The outcome of an action that begins now; ``acting`` is to be None again afterwards.

        Retry: another one is open. AgentError: there is no such action.
        """
        if self.acting is not None:
            raise Retry(f"{self.name} is busy with what it was asked to do before; try again in a moment")
        if not self.codec.act(action):
            there = ", ".join(["read", *(each.name for each in self.driver.actions)])
            raise AgentError(f"{self.name} cannot {action!r}; what it can is: {there}")
        self.acting = asyncio.get_running_loop().create_future()
        return self.acting

    def opened(self, now: float) -> None:
        """The line is open: begin a round at once."""
        self.schedule.restart(now)
        self._heard = self._told = now
        self.begin()

    def begin(self) -> None:
        """A round from its first question."""
        self.step = self.attempt = self.doubted = 0
        self.good = False
        self._worst = None
        self._round = []
        self.request = self.codec.ask(0)

    def again(self) -> None:
        """The same question once more."""
        self.attempt += 1
        self.request = self.codec.ask(self.step)

    def following(self) -> None:
        """The next question of the round; ``request`` is empty past the last."""
        self.step += 1
        self.attempt = self.doubted = 0
        self.request = self.codec.ask(self.step)

    def take(self, items: Iterable[Item | Event]) -> None:
        """Count what came."""
        last = self._last
        for item in items:
            if (self.wanted is not None or not self.talks) and not isinstance(item, Event):
                self._round.append(item)
            if isinstance(item, Reading):
                self._readings += 1
                last[item.quantity] = item
                self.good = True
            elif isinstance(item, Fault):
                self._worst, self.detail = item.code, item.text
                self._faults[item.code] += 1
                self.good = self.good or item.code not in DEAD
        if self.good:
            self._heard = self._clock.monotonic()

    def heard(self, code: FaultCode | None) -> None:
        """What the question that was asked last brought."""
        self.asked += 1
        self.retries += self.attempt > 0
        self.damaged += code is FaultCode.BAD_FRAME
        self.damage.append(code is FaultCode.BAD_FRAME)

    def end(self, now: float, *, busy: bool = False) -> bool:
        """The round is over; true where it failed as a whole. On a ``busy`` line a dead device is asked more rarely."""
        failed = not self.good and self._worst in DEAD
        self._hand_over()
        self._rounds.append(self._worst)
        self.failures = self.failures + 1 if failed else 0
        if failed:
            self.code = self._worst
        if self.failures >= DOWN_AFTER:
            self.schedule.probe(
                now, self.device.common.timeout_s / PROBE_SHARE if busy and self._worst in AGAIN else 0.0
            )
        else:
            self._skipped.append(self.schedule.next(now))
        return failed

    def spoke(self) -> bool:
        """A talking device said something, and what came of it was taken; whether that was of use."""
        if self._round:
            self._hand_over()
        outcome = self.codec.outcome() if self.acting is not None else None
        if outcome is not None and self.acting is not None and not self.acting.done():
            self.acting.set_result(outcome)
        good, worst = self.good, self._worst
        self.good, self._worst = False, None
        if not good:
            self._noise_at = self._clock.monotonic()
        if good or worst:
            self._rounds.append(worst)
        return good

    def _hand_over(self) -> None:
        """What came to who waits for it."""
        if self.wanted is not None:
            if not self.wanted.done():
                self.wanted.set_result(tuple(self._round))
            self.wanted = None
        self._round = []

    def overdue(self, stamp: Stamp) -> Fault:
        """It has been quiet for too long; counted from here again."""
        self._told = self._clock.monotonic()
        return self.fault(FaultCode.OVERDUE, f"nothing readable for {self.silent_s:.0f} s", stamp)

    def fault(self, code: FaultCode, text: str, stamp: Stamp) -> Fault:
        """A fault of the whole device that its codec cannot know of."""
        self._faults[code] += 1
        self._rounds.append(code)
        return Fault(device=self.name, code=code, text=text, at=stamp)

    def goes_down(self, code: FaultCode, text: str, stamp: Stamp) -> list[Event]:
        """The event, where it was not down already."""
        self.code, self.text = code, text
        if self.state == "down":
            return []
        self.state, self._since, self._changed = "down", stamp.utc, self._clock.monotonic()
        if code is not FaultCode.PORT_GONE:  # that is one change of the line, and logged as such
            log.warning("%s", text)
        return [Event.of(self.name, stamp, DeviceState(state="down", code=code, text=text))]

    def comes_up(self, port: str, stamp: Stamp) -> list[Event]:
        """The event, where it was not up already."""
        if self.state == "up":
            return []
        now = self._clock.monotonic()
        text = words.up(port, self.who, now - self._changed if self.state == "down" else None)
        self.state, self._since, self._changed = "up", stamp.utc, now
        self.code, self.text = None, ""
        log.info("%s", text)
        return [Event.of(self.name, stamp, DeviceState(state="up", text=text))]

    def health(self, line: str) -> DeviceHealth:
        now = self._clock.now()
        return DeviceHealth(
            name=self.name,
            driver=self.driver.name,
            line=line,
            state=self.state,
            since=self._since,
            readings=self._readings,
            faults=dict(self._faults),
            error_share=self._error_share(),
            missed=self.schedule.missed,
            asked=self.asked,
            retries=self.retries,
            damaged=self.damaged,
            last=tuple(_last_value(reading, now) for reading in self._last.values()),
            code=self.code if self.state == "down" else None,
            advice=self._advice(),
        )

    def _advice(self) -> str:
        if self.state == "down":
            return self.text
        share = self._error_share()
        if share > SHAKY:
            code = Counter(code for code in self._rounds if code).most_common(1)[0][0]
            return words.often(code, share, self.detail)
        skipped = sum(self._skipped)
        if skipped > SHAKY * (skipped + len(self._skipped)):
            return words.too_slow(skipped / (skipped + len(self._skipped)), self.schedule.every_s)
        return ""

    def _error_share(self) -> float:
        failed = sum(code is not None for code in self._rounds)
        return failed / len(self._rounds) if failed else 0.0


def _marks(codec: Codec) -> Iterator[tuple[Mark, bytes]]:
    """What the answers to the questions of a round look like, and the questions."""
    for step in range(MOST_STEPS):
        request = codec.ask(step)
        if not request:
            return
        if codec.mark is not None:
            yield codec.mark, request


def _last_value(reading: Reading, now: Stamp) -> LastValue:
    age_s = max(0.0, now.boot_s - reading.at.boot_s)
    return LastValue(quantity=reading.quantity, value=reading.value, unit=reading.unit, at=reading.at, age_s=age_s)
