"""Which answers of a line's devices are believed: how each question is asked, and whom what comes belongs to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

import msgspec

from agent.acquire import sentences as say
from agent.acquire.owed import CAREFUL, MARGIN, MARGIN_S, Owed
from agent.acquire.session import AGAIN, DeviceSession
from agent.acquire.turn import TurnResult
from agent.acquire.unanswered import EARLIER_RUN, Asker
from agent.api import Fault, FaultCode, Item, Mark, Quality, Reading
from contract.types import Stamp

MOST_DOUBTED = 64
"""Answers to one question that are left aside in a row before its round goes on without it."""
KEPT_BYTES = 512
USUAL_TIMEOUT_S = 0.5
"""Of a device that has just been taken away: what the settings have where nobody says otherwise."""


class Choice(msgspec.Struct, frozen=True):
    """One question as it is to be asked: ``way`` 0 is the usual one. Its answer is to be ``trusted`` or not.

    ``sure``: it can be that of no other question, whatever happens on the way.
    """

    request: bytes
    way: int
    trusted: bool
    sure: bool = True


class Belief:
    """The questions of one line. It survives the line's coming and going: so do answers in a server's buffer."""

    def __init__(self, sessions: Iterable[DeviceSession], now: float, *, buffered: bool) -> None:
        self._buffered = buffered
        self._owed: dict[Hashable, Owed] = {}
        self._busy: dict[str, tuple[int, float]] = {}  # device: question without an answer, until when it is at it
        self._stray = b""
        self.update(sessions, now)

    def update(self, sessions: Iterable[DeviceSession], now: float) -> None:
        """These are the devices now. Another run of the agent may have asked them before, without an answer yet."""
        self._stations = list(sessions)
        askers: dict[Mark, set[Asker]] = defaultdict(set)
        for session in self._stations:
            for mark, asker in session.marks:
                askers[mark].add(asker)
        self._known = frozenset(askers)
        confused = {mark.who for mark, alike in askers.items() if len(alike) > 1}
        for who in {mark.who for mark in askers} - self._owed.keys():
            if who in confused:
                self._watch(who, now, [mark for mark, alike in askers.items() if mark.who == who and len(alike) > 1])
            elif self._buffered:
                self._owed[who] = Owed(buffered=True, careful=0, timeout_s=self._timeout_s(who))

    def _watch(self, who: Hashable, now: float, marks: Iterable[Mark]) -> None:
        """Questions of ``who`` have answers that look alike, as these ``marks`` do."""
        self._owed[who] = Owed(buffered=self._buffered, careful=CAREFUL, timeout_s=self._timeout_s(who))
        for mark in marks:
            self._owed[who].owe(mark, EARLIER_RUN, now)

    def _timeout_s(self, who: Hashable) -> float:
        sessions = (session for session in self._stations if any(mark.who == who for mark, _ in session.marks))
        return max((session.device.common.timeout_s for session in sessions), default=USUAL_TIMEOUT_S)

    def choose(self, session: DeviceSession, now: float) -> Choice:
        """How the question that is next is asked, so that its answer differs from what is owed."""
        codec, asker = session.codec, session.request
        mark = codec.mark
        if not self._owed and (mark is None or mark in self._known):
            return Choice(asker, 0, trusted=True)
        owed, mark = self._of(session)
        if mark is not None and mark not in self._known:  # a block that is read in parts by now
            self._known |= {mark}
            if owed is None or not owed.confused:
                self._watch(mark.who, now, [mark])
                owed = self._owed[mark.who]
        if owed is None or mark is None or owed.clear:
            return Choice(session.request, 0, trusted=True)
        choice = self._sure(session, owed, now) or self._likely(session, owed, now)
        if codec.mark is not None:
            owed.asks(codec.mark, asker, now)
        return choice

    def _sure(self, session: DeviceSession, owed: Owed, now: float) -> Choice | None:
        """The first way to ask of which the answer can be that of no other question; None where there is none."""
        codec, asker = session.codec, session.request
        way, request = 0, asker
        while request and (way == 0 or owed.knows_ways(asker)):
            mark = codec.mark
            if mark is None:
                return None
            if owed.sure(mark, asker, now):
                fresh = owed.fresh(mark, asker, now)
                if fresh or not owed.alive:
                    return Choice(request, way, trusted=fresh)
            way += 1
            request = codec.otherwise(session.step, way)
        if way == 1 and not request:
            owed.no_way(asker)
        return None

    def _likely(self, session: DeviceSession, owed: Owed, now: float) -> Choice:
        """The same by order: nothing that is owed looks alike, or a refusal will show that nothing is owed any more."""
        codec, asker = session.codec, session.request
        way, request = 0, codec.ask(session.step)
        while request and (way == 0 or owed.refuses):
            if codec.mark is None or not owed.doubts(codec.mark, asker, now):
                return Choice(request, way, trusted=True, sure=False)
            way += 1
            request = codec.otherwise(session.step, way)
        return Choice(codec.ask(session.step), 0, trusted=False, sure=False)

    def lost(self, session: DeviceSession, sent: float) -> None:
        """The line went away, or was taken away, while a question was under way."""
        owed, mark = self._of(session)
        if owed is not None and mark is not None:
            owed.owe(mark, session.request, sent, otherwise=True)

    def settle(self, session: DeviceSession, choice: Choice, result: TurnResult, sent: float, now: float) -> bool:
        """What came of a question; whether to ask it once more because that was no answer to believe in."""
        if not self._owed and not self._busy and not isinstance(result.items[0] if result.items else None, Fault):
            return False
        owed, mark = self._of(session)
        code = result.items[0].code if result.items and isinstance(result.items[0], Fault) else None
        self._busy.pop(session.name, None)
        if owed is None or mark is None:
            if code in AGAIN:
                timeout_s = session.device.common.timeout_s
                self._busy[session.name] = (session.step, sent + 2 * timeout_s * MARGIN + MARGIN_S)
            return False
        answered, refused = code not in AGAIN, code is FaultCode.EXCEPTION
        asker = session.request
        if answered and not refused and not result.extra and choice.trusted and choice.sure and owed.settled:
            owed.answered(now, asker if choice.way else None)
            return False
        old_refusal = refused and owed.doubts_refusal(mark)
        silent = code is FaultCode.NO_ANSWER
        proven = choice.way > 0 and owed.takes_ways(asker)
        owed.owe(mark, asker, sent, silent=silent, otherwise=choice.way > 0 and not proven)
        came = self.overhear(result.data.removeprefix(choice.request), now, session, odd=choice.way > 0)
        if answered and not came:
            owed.came(mark.answer, now, wanted=True)
        busy = proven and refused and isinstance(result.items[0], Fault) and result.items[0].again
        if not choice.way or busy or (proven and not refused) or (answered and not refused):
            if answered:
                owed.answered(now, asker if choice.way and not refused else None)
            return answered and not choice.trusted and session.leave_aside(MOST_DOUBTED)
        if refused:
            owed.way_refused(mark, asker, now, doubted=old_refusal)
        else:
            owed.way_failed(asker)
        return True

    def overhear(self, data: bytes, now: float, asked: DeviceSession | None = None, *, odd: bool = False) -> bool:
        """Answers in what came, wanted or not; whether one was of the device that was ``asked``."""
        if not self._owed:
            return False
        _, wanted = self._of(asked) if asked else (None, None)
        seen: set[Hashable] = set()
        whole = self._stray + data
        for session in self._stations:
            owed, mark = self._of(session)
            if owed is None or mark is None or mark.who in seen:
                continue
            for look in session.codec.answers_in(whole):
                seen.add(mark.who)
                owed.came(look, now, wanted=wanted is not None and look in wanted[1:], odd=odd)
        self._stray = b"" if seen else whole[-KEPT_BYTES:]
        return wanted is not None and wanted.who in seen

    def hold(self, session: DeviceSession, due: float, *, again: bool = False) -> float:
        """The earliest time for the question that is next, maybe ``again`` since it had no answer."""
        if not self._owed and not self._busy:
            return due
        owed, mark = self._of(session)
        if owed is not None and mark is not None:
            return owed.hold(mark, session.request, due, again=again)
        step, until = self._busy.get(session.name, (session.step, due))
        return due if step == session.step else max(due, until)

    def patience(self, session: DeviceSession) -> float:
        """How long its answer may take to begin. A device that is known to be slow gets the time of all its retries."""
        common = session.device.common
        if not self._owed:
            return common.timeout_s
        owed, _ = self._of(session)
        if owed is None or session.attempt or not owed.alive:
            return common.timeout_s
        return max(common.timeout_s, owed.patience(common.timeout_s * (1 + common.retries)))

    def weighed(self, session: DeviceSession, items: Iterable[Item], now: float) -> Iterator[Item]:
        """What an answer says that is known by order alone: uncertain for as long as something odd may go on."""
        owed, _ = self._of(session)
        calm = (owed is None or owed.calm(now)) and not session.record.disputed
        for item in items:
            doubted = not calm and isinstance(item, Reading) and item.quality is Quality.GOOD
            yield msgspec.structs.replace(item, quality=Quality.UNCERTAIN) if doubted else item

    def not_believed(self, session: DeviceSession, stamp: Stamp) -> list[Item]:
        """The faults of a question whose answers were all left aside."""
        session.codec.ask(session.step)
        text = say.ANSWERS_MAY_BELONG_EARLIER(who=session.who)
        faults = [item for item in session.codec.feed(b"", stamp) if isinstance(item, Fault)]
        return [msgspec.structs.replace(fault, code=FaultCode.WRONG_DEVICE, text=text) for fault in faults]

    def _of(self, session: DeviceSession) -> tuple[Owed | None, Mark | None]:
        mark = session.codec.mark
        return (None, None) if mark is None else (self._owed.get(mark.who), mark)
