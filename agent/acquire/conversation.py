"""An open line: who is asked when, and whom what comes belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Never

from agent.acquire import neighbours, words
from agent.acquire import sentences as say
from agent.acquire.belief import Belief, Choice
from agent.acquire.plan import gap_s, pause_s
from agent.acquire.session import AGAIN, DEAD, DeviceSession
from agent.acquire.traffic import Traffic
from agent.acquire.transport import Transport, port_name
from agent.acquire.tty import character_s
from agent.acquire.turn import Timing, TurnResult, ask
from agent.api import Item
from agent.config.settings import LineSettings
from agent.errors import Retry
from agent.system.clock import Clock
from contract.types import Event, Fault, FaultCode, Stamp

Emit = Callable[[Sequence[Item | Event]], None]
IDLE_S = 5.0
SETTLE_S = 0.02  # a streaming device is read this long after it began, so that a sentence is one wake-up
SETTLE_CHARACTERS = 1024  # and never so long that the kernel's buffer of 4,095 overflows
HUSH_S = 0.1  # a line that is never silent is asked after this time all the same
TURN_S = 0.001
UNREAD_BYTES = 2048
SILENT_S = 30.0
"""Silence of all devices after which a TCP connection is made anew."""


class SilentConnection(Retry):
    """The connection stands, but nothing comes."""


class Conversation:
    """The devices of a line take turns on its open port."""

    def __init__(
        self,
        port: Transport,
        settings: LineSettings,
        belief: Belief,
        traffic: Traffic,
        *,
        clock: Clock,
        emit: Emit,
        looks: Callable[[bytes, Stamp], str],
    ) -> None:
        self._port = port
        self._settings = settings
        self._name = port_name(settings)
        self._belief = belief
        self._traffic = traffic
        self._clock = clock
        self._emit = emit
        self._character_s, self._gap_s, self._pause_s = character_s(settings), gap_s(settings), pause_s(settings)
        self._sessions: Sequence[DeviceSession] = ()
        self._streaming: Sequence[DeviceSession] = ()
        self._busy = False
        self._looks = looks
        self._unread = b""  # the last bytes that nobody could read
        self._asked: DeviceSession | None = None  # who answered last, and all that came since its question
        self._came = b""

    def update(self, sessions: Iterable[DeviceSession], *, busy: bool) -> None:
        """These are the devices from now on; ``busy`` where more than half of the line's time is planned."""
        self._sessions = tuple(sessions)
        self._streaming = tuple(session for session in self._sessions if session.streams)
        self._busy = busy

    def open(self) -> None:
        """Every device begins a round."""
        now = self._clock.monotonic()
        self._traffic.open(now)
        for session in self._sessions:
            session.opened(now)

    async def step(self) -> None:
        """One turn of the device that is due, or what comes until then. Raises Retry where the port goes away."""
        now = self._clock.monotonic()
        if self._settings.tcp:
            self._check_connection(now)
        chosen, due = self._next(now + IDLE_S)
        if chosen is not None and due <= now:
            await self._turn(chosen)
        else:
            await self._listen(due)

    def wake(self) -> None:
        self._port.wake()

    def _check_connection(self, now: float) -> None:
        """Connect anew where all are down and nothing comes: a peer that lost power looks like a silent one."""
        sessions = self._sessions
        if now - self._traffic.came_at > SILENT_S and sessions and all(each.state == "down" for each in sessions):
            raise SilentConnection(say.NOTHING_CAME(name=self._name, for_s=words.span(SILENT_S)))

    def _next(self, latest: float) -> tuple[DeviceSession | None, float]:
        """Whose turn is next, and when; None and ``latest`` where nobody's is before that."""
        chosen: DeviceSession | None = None
        due = latest
        for session in self._sessions:
            if not session.streams and session.schedule.due < due:
                chosen, due = session, session.schedule.due
        return chosen, due

    async def _turn(self, session: DeviceSession) -> None:
        """One question of one device; a failed one is asked again after the others had their turn."""
        taken = self._clock.monotonic()  # the silence before a question is planned as the line's time
        gap = self._gap_s if session.driver.gap and self._character_s else 0.0
        silence_s = max(gap, session.codec.pause_s)
        if silence_s:
            await self._silence(silence_s)
        else:
            self._stray(self._port.waiting())
        began = self._clock.monotonic()
        due = self._belief.hold(session, began, again=session.attempt > 0)
        if due > began + TURN_S:  # another device of that address was asked meanwhile; now it is this one's turn
            session.schedule.again(due - TURN_S)
            return
        timing = Timing(
            character_s=self._character_s,
            timeout_s=self._belief.patience(session),
            echo=self._settings.echo,
            pause_s=self._pause_s if session.driver.gap else 0.0,
            lag_s=session.lag_s,
        )
        choice = self._belief.choose(session, began)
        self._asked, self._came = None, b""
        try:
            result = await ask(self._port, session.codec, choice.request, timing, self._clock)
        except BaseException:
            self._belief.lost(session, began)
            raise
        now = self._clock.monotonic()
        self._traffic.load.add(taken, now)
        self._traffic.sent(len(choice.request))
        self._traffic.received(result.data_bytes, result.at)
        if result.items and not isinstance(result.items[0], Fault):
            self._asked = session
            self._compare(result.data.removeprefix(choice.request), more=result.extra)
        if self._belief.settle(session, choice, result, began, now):
            session.once_more()
            session.schedule.again(self._belief.hold(session, now))
        else:
            self._answered(session, choice, result, now, waited=timing.timeout_s > session.device.common.timeout_s)

    def _answered(
        self, session: DeviceSession, choice: Choice, result: TurnResult, now: float, *, waited: bool
    ) -> None:
        """What a question brought. ``waited``: it had the time of its retries already."""
        fault = result.items[0] if result.items and isinstance(result.items[0], Fault) else None
        code = fault.code if fault else None
        session.answered(code, result.lag_s)
        if code is FaultCode.BAD_FRAME:
            self._unread = (self._unread + result.data)[-UNREAD_BYTES:]
        silent = code is FaultCode.NO_ANSWER
        again = code in AGAIN or (fault is not None and fault.again)
        if again and session.may_retry and not (silent and waited):
            session.again()
            session.schedule.again(self._belief.hold(session, now, again=silent))
            return
        items: list[Item | Event] = [*result.items]
        if not choice.trusted and code not in DEAD:
            items = [*self._belief.not_believed(session, self._clock.now())]
        elif not choice.sure or session.record.disputed:
            items = [*self._belief.weighed(session, result.items, now)]
        session.following()
        while silent and session.request:  # a silent device is not asked the rest of the round
            items += session.codec.feed(b"", self._clock.now())
            session.following()
        session.take(items)
        if session.request:
            session.schedule.again(now)
        else:
            failed = session.end(now, busy=self._busy)
            items += neighbours.verdict(
                self._sessions, session, self._name, self._clock.now(), failed=failed, looks=self._what_comes
            )
        session.schedule.again(self._belief.hold(session, session.schedule.due))
        if items and session in self._sessions:  # not taken out, or set anew, meanwhile
            self._emit(items)

    async def _silence(self, silence_s: float) -> None:
        """Wait until nothing came for so long, though not for ever."""
        end = self._clock.monotonic() + HUSH_S + silence_s
        while True:
            self._stray(self._port.waiting())
            now = self._clock.monotonic()
            rest_s = self._traffic.came_at + silence_s - now
            if rest_s <= 0 or now >= end:
                return
            await self._port.pause(rest_s)

    async def _listen(self, until: float) -> None:
        """Give what comes to the streaming devices until somebody's turn; notice a port that goes away."""
        now = self._clock.monotonic()
        until = min([until, *(session.overdue_at for session in self._streaming)])
        await self._say()
        data = await self._port.receive(until - now)
        stamp = self._clock.now()
        if data:
            settle_s = min(SETTLE_S, SETTLE_CHARACTERS * self._character_s)  # none over TCP: segments are whole
            if settle_s:
                await self._port.pause(settle_s)
                data += self._port.waiting()
            self._stray(data, stamp)
            await self._say()
        for session in self._streaming:
            if session.overdue_at <= self._clock.monotonic():
                self._emit(neighbours.overdue(session, self._name, self._clock.now(), self._what_comes))

    async def _say(self) -> None:
        for session in self._streaming:
            words_ = session.codec.say()
            if words_:
                await self._port.send(words_)
                self._traffic.sent(len(words_))

    def _stray(self, data: bytes, stamp: Stamp | None = None) -> None:
        """Bytes that nobody asked for: those of streaming devices, else garbage."""
        if not data:
            return
        now = self._clock.monotonic()
        self._traffic.received(len(data), now, garbage=not self._streaming)
        self._belief.overhear(data, now)
        self._compare(data, more=True)
        if not self._streaming:
            self._unread = (self._unread + data)[-UNREAD_BYTES:]
            return
        self._traffic.load.add(now - len(data) * self._character_s, now)
        stamp = stamp or self._clock.now()
        for session in self._streaming:
            items: list[Item | Event] = [*session.codec.feed(data, stamp)]
            session.take(items)
            if session.spoke():
                items += session.comes_up(self._name, stamp)
            else:
                self._unread = (self._unread + data)[-UNREAD_BYTES:]
            if items:
                self._emit(items)

    def _compare(self, data: bytes, *, more: bool) -> None:
        """``data`` came since the last question; ``more`` than one answer: is it the same once more, or another's?"""
        if self._asked is None or len(self._came) > UNREAD_BYTES:
            return
        self._came += data
        looks = self._asked.codec.answers_in(self._came) if more else ()
        if len(looks) > 1:
            again = self._came[: len(self._came) // len(looks)] * len(looks)
            if self._came != again and len(set(looks)) == 1:
                self._asked.record.dispute()
            self._asked = None

    def _what_comes(self) -> str:
        return self._looks(self._unread, self._clock.now())


async def converse(conversation: Conversation, beat: Callable[[], None], changed: Callable[[], str]) -> Never:
    """Turn after turn; Retry as soon as ``changed`` names a reason to open the port anew."""
    conversation.open()
    while True:
        reason = changed()
        if reason:
            raise Retry(reason)
        beat()
        await conversation.step()
