"""The city in time: poles report, things break and are mended, links go and come back."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import cast

import msgspec

from simulator.city.plan import CityPole
from simulator.city.pole import VirtualPole
from simulator.city.storms import Storm, draw, possible
from simulator.city.trouble import ON_CAMERAS, Trouble, begins, ends, source

STATUS_S = 900
LOST_S = 90.0
"""After so long the broker says that a pole is lost."""
SPREAD_S = 40.0
"""Poles that were cut off together come back within so long, and a release breaks them within ten times of it."""
YEAR_H = 8766
CitySent = tuple[str, str, bytes]
"""Pole, last part of the topic, payload."""
Step = Callable[[float], Iterator[CitySent]]


WEAR = {
    "device_state": (12.0, 5.0),
    "sensor_fault": (5.0, 8.0),
    "alert": (20.0, 0.7),
    "camera_state": (12.0, 3.0),
    "link": (25.0, 0.5),
}


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong by itself: how often a pole has it in a year, and how many hours it lasts on average."""

    wear: dict[str, tuple[float, float]] = msgspec.field(default_factory=WEAR.copy)
    storms_an_hour: float = 0.0
    storm_h: tuple[float, float] = (0.3, 1.0)


class City:
    """``step`` is called with growing times, each a multiple of ``tick_s``; it gives what the poles send then."""

    def __init__(
        self,
        places: Sequence[CityPole],
        seed: int,
        begin: int,
        *,
        window_s: int = 60,
        tick_s: int = 1,
        rates: Rates | None = None,
    ) -> None:
        self._chance = random.Random(seed)
        self._rates = rates or Rates()
        self._window_s, self._tick_s = window_s, tick_s
        self._turns: list[list[int]] = [[] for _ in range(window_s // tick_s)]
        self._later: list[tuple[float, int, Step]] = []
        self._order = count()
        self._open: dict[tuple[int, Trouble], float] = {}
        self._dark, self._cut_off = Counter[int](), Counter[int]()
        self.places = places
        self._kinds = possible(places)
        self.poles: list[VirtualPole] = []
        self.numbers = {place.name: number for number, place in enumerate(places)}
        self.storms: list[Storm] = []
        """Those that last."""
        for number, place in enumerate(places):
            turn = self._chance.randrange(len(self._turns))
            self.poles.append(VirtualPole(place, number, window_s=window_s, phase_s=turn * tick_s, seed=seed))
            self._turns[turn].append(number)
            self._at(begin + turn * tick_s, partial(self._power, number))
            self._dark[number] = 1
        for what, (a_year, hours) in self._rates.wear.items():
            for number in range(len(places)):
                if self._chance.random() < a_year * hours / YEAR_H:  # some of it has begun before
                    self._at(begin + window_s, partial(self._break, number, what, hours))
            self._next_break(what, begin)
        if self._rates.storms_an_hour:
            self._next_storm(begin)

    def step(self, now: int) -> Iterator[CitySent]:
        while self._later and self._later[0][0] <= now:
            yield from heapq.heappop(self._later)[2](now)
        for number in self._turns[now // self._tick_s % len(self._turns)]:
            pole = self.poles[number]
            if pole.summarise(now) and pole.linked:
                yield from self._sent(number, now)
                if (now + number * self._window_s) % STATUS_S < self._window_s:
                    yield self._of(number, pole.status(now))

    def confirmed(self, name: str, payload: bytes, now: float) -> None:
        """The platform's watermark for a pole."""
        self.poles[self.numbers[name]].confirmed(payload, now)

    def command(self, name: str, payload: bytes, now: float) -> CitySent | None:
        """The pole's answer."""
        number = self.numbers[name]
        answer = self.poles[number].command(payload, now)
        return None if answer is None else self._of(number, answer)

    def reachable(self, name: str, *, connected: bool) -> bool:
        """Whether a pole with a socket of its own could have a connection: it has power, and no tower is in its way."""
        number = self.numbers[name]
        return self.poles[number].powered and self._cut_off[number] == (0 if connected else 1)

    def connected(self, name: str, now: float) -> Iterator[CitySent]:
        """The socket of a pole is there."""
        return self._link(self.numbers[name], now)

    def disconnected(self, name: str) -> None:
        """It is not; its broker says so itself."""
        number = self.numbers[name]
        self._cut_off[number] += 1
        self.poles[number].linked = False

    def begin(self, storm: Storm, now: float) -> Iterator[CitySent]:
        self.storms.append(storm)
        if storm.kind in {"feeder", "tower", "switch"}:
            for number in storm.hit:
                yield from self._lose(number, now, power=storm.kind == "feeder")
            return
        for number in storm.reached:
            yield from self._release(number, storm, now)
        for number in storm.hit:
            for what in storm.troubles:
                self._at(now + self._chance.uniform(0, 10 * SPREAD_S), partial(self._trouble, number, what))

    def end(self, storm: Storm, now: float) -> Iterator[CitySent]:
        self.storms.remove(storm)
        if storm.kind in {"feeder", "tower", "switch"}:
            back = self._power if storm.kind == "feeder" else self._link
            for number in storm.hit:
                self._at(now + self._chance.uniform(0, SPREAD_S), partial(back, number))
            return
        for number in storm.reached:
            yield from self._release(number, None, now)
        for number in storm.hit:
            for what in storm.troubles:
                yield from self._over(number, what, now)

    def _of(self, number: int, sent: tuple[str, bytes]) -> CitySent:
        return self.places[number].name, *sent

    def _sent(self, number: int, now: float) -> Iterator[CitySent]:
        return (self._of(number, sent) for sent in self.poles[number].send(now))

    def _at(self, when: float, step: Step) -> None:
        heapq.heappush(self._later, (when, next(self._order), step))

    def _lose(self, number: int, now: float, *, power: bool) -> Iterator[CitySent]:
        pole = self.poles[number]
        (self._dark if power else self._cut_off)[number] += 1
        if power:
            pole.cut()
        else:
            pole.linked = False
        self._at(now + LOST_S, partial(self._will, number, now))
        yield from ()

    def _will(self, number: int, since: float, _now: float) -> Iterator[CitySent]:
        pole = self.poles[number]
        if not (pole.powered and pole.linked):
            yield self._of(number, pole.will(since))

    def _power(self, number: int, now: float) -> Iterator[CitySent]:
        self._dark[number] -= 1
        if not self._dark[number]:
            self.poles[number].start(now)
            yield from self._birth(number, now)

    def _link(self, number: int, now: float) -> Iterator[CitySent]:
        self._cut_off[number] -= 1
        self.poles[number].linked = not self._cut_off[number]
        yield from self._birth(number, now)

    def _birth(self, number: int, now: float) -> Iterator[CitySent]:
        pole = self.poles[number]
        if pole.powered and pole.linked:
            yield self._of(number, pole.status(now))
            yield from self._sent(number, now)

    def _release(self, number: int, storm: Storm | None, now: float) -> Iterator[CitySent]:
        """Another revision of the settings or of the model; back where ``storm`` is None."""
        pole = self.poles[number]
        pole.run("" if storm is None else storm.kind, "" if storm is None else storm.value)
        if pole.powered and pole.linked:
            yield self._of(number, pole.status(now))

    def _trouble(self, number: int, what: Trouble, now: float) -> Iterator[CitySent]:
        pole = self.poles[number]
        if pole.powered and (number, what) not in self._open:
            self._open[number, what] = now
            pole.note(now, begins(what, pole.place.name, now), source(what))
            yield from self._sent(number, now)

    def _over(self, number: int, what: Trouble, now: float) -> Iterator[CitySent]:
        pole = self.poles[number]
        if pole.powered and (begun := self._open.pop((number, what), None)) is not None:
            pole.note(now, ends(what, pole.place.name, begun), source(what))
            yield from self._sent(number, now)

    def _break(self, number: int, what: str, hours: float, now: float) -> Iterator[CitySent]:
        """Something of its own: nobody else has it."""
        until = now + self._chance.expovariate(1 / (hours * 3600))
        if what == "link":
            self._at(until, partial(self._link, number))
            yield from self._lose(number, now, power=False)
        elif self.places[number].camera or what not in ON_CAMERAS:
            trouble = cast("Trouble", what)
            self._at(until, partial(self._over, number, trouble))
            yield from self._trouble(number, trouble, now)

    def _next_break(self, what: str, now: float) -> None:
        a_year, hours = self._rates.wear[what]

        def one(then: float) -> Iterator[CitySent]:
            self._next_break(what, then)
            return self._break(self._chance.randrange(len(self.poles)), what, hours, then)

        if a_year:
            self._at(now + self._chance.expovariate(a_year * len(self.poles) / YEAR_H / 3600), one)

    def _next_storm(self, now: float) -> None:
        def one(then: float) -> Iterator[CitySent]:
            storm = draw(self._chance.choice(self._kinds), self.places, self._chance)
            self._at(then + 3600 * self._chance.uniform(*self._rates.storm_h), partial(self.end, storm))
            self._next_storm(then)
            return self.begin(storm, then)

        self._at(now + self._chance.expovariate(self._rates.storms_an_hour / 3600), one)
