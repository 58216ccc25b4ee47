"""Which answers of a line's devices are believed: how each question is asked, and whom what comes belongs to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

import msgspec

from agent.acquire.owed import CAREFUL, MARGIN, MARGIN_S, Asker, Owed
from agent.acquire.station import AGAIN, Station
from agent.acquire.turn import Heard
from agent.api import Fault, FaultCode, Mark
from contract.types import Stamp

MOST_DOUBTED = 64
"""Answers to one question that are left aside in a row before its round goes on without it."""
KEPT_BYTES = 512
EARLIER_RUN: Asker = ("", -1)


class Choice(msgspec.Struct, frozen=True):
    """One question as it is to be asked: ``way`` 0 is the usual one. Its answer is to be ``trusted`` or not."""

    request: bytes
    way: int
    trusted: bool


class Belief:
    """The questions of one line. It survives the line's coming and going: so do answers in a server's buffer."""

    def __init__(self, stations: Iterable[Station], now: float, *, buffered: bool) -> None:
        self._buffered = buffered
        self._owed: dict[Hashable, Owed] = {}
        self._busy: dict[str, tuple[int, float]] = {}  # device: question without an answer, until when it is at it
        self._stray = b""
        self.update(stations, now)

    def update(self, stations: Iterable[Station], now: float) -> None:
        """These are the devices now. Whoever asked their questions before may not have had the answer yet."""
        self._stations = list(stations)
        askers: dict[Mark, list[Station]] = defaultdict(list)
        for station in self._stations:
            for mark in station.marks:
                askers[mark].append(station)
        confused = {mark.who for mark, alike in askers.items() if len(alike) > 1}
        for mark, alike in askers.items():
            if mark.who in self._owed or not (self._buffered or mark.who in confused):
                continue
            owed = Owed(
                buffered=self._buffered,
                careful=CAREFUL if mark.who in confused else 0,
                timeout_s=max(station.device.common.timeout_s for station in alike),
            )
            self._owed[mark.who] = owed
            for other, others in askers.items():
                if other.who == mark.who and len(others) > 1:
                    owed.owe(other, EARLIER_RUN, now)

    def choose(self, station: Station, now: float) -> Choice:
        """How the question that is next is asked, so that its answer can be told from what is owed."""
        codec, asker = station.codec, _asker(station)
        owed, mark = self._of(station)
        if owed is None or mark is None or owed.clear or not owed.doubts(mark, asker, now):
            return Choice(station.request, 0, trusted=True)
        way = 1
        while owed.knows_ways and (request := codec.otherwise(station.step, way)):
            other = codec.mark
            if other is None or not owed.doubts(other, asker, now):
                return Choice(request, way, trusted=True)
            way += 1
        if way == 1 and owed.knows_ways:
            owed.no_way()
        return Choice(codec.ask(station.step), 0, trusted=False)

    def lost(self, station: Station, sent: float) -> None:
        """The line went away, or was taken away, while a question was under way."""
        owed, mark = self._of(station)
        if owed is not None and mark is not None:
            owed.owe(mark, _asker(station), sent, otherwise=True)

    def settle(self, station: Station, choice: Choice, heard: Heard, sent: float, now: float) -> bool:
        """What came of a question; whether to ask it once more because that was no answer to believe in."""
        owed, mark = self._of(station)
        code = heard.items[0].code if heard.items and isinstance(heard.items[0], Fault) else None
        self._busy.pop(station.name, None)
        if owed is None or mark is None:
            if code in AGAIN:
                timeout_s = station.device.common.timeout_s
                self._busy[station.name] = (station.step, sent + 2 * timeout_s * MARGIN + MARGIN_S)
            return False
        answered, refused = code not in AGAIN, code is FaultCode.EXCEPTION
        asker = _asker(station)
        if answered and not heard.extra and not choice.way and owed.clear:
            owed.answered(now)
            return False
        doubted = not choice.trusted or (refused and owed.doubts_refusal(mark))
        silent = code is FaultCode.NO_ANSWER
        owed.alive = owed.alive and not silent
        owed.owe(mark, asker, sent, silent=silent, otherwise=choice.way > 0)
        came = self.overhear(heard.data.removeprefix(choice.request), now, station, odd=choice.way > 0)
        if answered and not came:
            owed.came(mark.answer, now, wanted=True)
        if not choice.way:
            if answered:
                owed.answered(now)
            station.doubted += answered and doubted
            return answered and doubted and station.doubted < MOST_DOUBTED
        if refused:
            owed.way_refused(mark, asker, now, doubted=doubted)
        elif answered:
            owed.way_answered()
        else:
            owed.way_failed()
        return refused or not answered

    def overhear(self, data: bytes, now: float, asked: Station | None = None, *, odd: bool = False) -> bool:
        """Answers in what came, wanted or not; whether one was of the device that was ``asked``."""
        if not self._owed:
            return False
        _, wanted = self._of(asked) if asked else (None, None)
        seen: set[Hashable] = set()
        whole = self._stray + data
        for station in self._stations:
            owed, mark = self._of(station)
            if owed is None or mark is None or mark.who in seen:
                continue
            for look in station.codec.answers_in(whole):
                seen.add(mark.who)
                owed.came(look, now, wanted=wanted is not None and look in wanted[1:], odd=odd)
        self._stray = b"" if seen else whole[-KEPT_BYTES:]
        return wanted is not None and wanted.who in seen

    def hold(self, station: Station, due: float, *, again: bool = False) -> float:
        """The earliest time for the question that is next, maybe ``again`` since it had no answer."""
        owed, mark = self._of(station)
        if owed is not None and mark is not None:
            return owed.hold(mark, _asker(station), due, again=again)
        step, until = self._busy.get(station.name, (station.step, due))
        return due if step == station.step else max(due, until)

    def patience(self, station: Station) -> float:
        """How long its answer may take to begin. A device that is known to be slow gets the time of all its retries."""
        common = station.device.common
        owed, _ = self._of(station)
        if owed is None or station.attempt or not owed.alive:
            return common.timeout_s
        return max(common.timeout_s, owed.patience(common.timeout_s * (1 + common.retries)))

    def not_believed(self, station: Station, stamp: Stamp) -> Fault:
        return Fault(
            device=station.name,
            code=FaultCode.WRONG_DEVICE,
            text=f"{station.who}: its answers may belong to earlier questions and were left aside",
            at=stamp,
        )

    def _of(self, station: Station) -> tuple[Owed | None, Mark | None]:
        mark = station.codec.mark
        return (None, None) if mark is None else (self._owed.get(mark.who), mark)


def _asker(station: Station) -> Asker:
    return (station.name, station.step)
