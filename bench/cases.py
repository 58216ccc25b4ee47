"""Kinds of cases from the field, each drawn anew many times: what is found, and what is said where nothing is wrong.

Run as ``python -m bench.cases [--variants N] [--first SEED]``. Other quantities, rates, sizes, noise, resolutions and
seeds than in the cases. ``right`` is the share of variants in which the right word came (or none, where nothing is
wrong); ``other`` is how many other words came in a variant.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from agent.analysis.pipeline import Analysis, Pipeline
from bench.anomaly.data import stamp
from contract.events import Anomaly, SensorFault
from contract.types import Reading
from contract.units import QUANTITIES, Unit

START_S = 1.79e9


class Word(NamedTuple):
    """An event that begins: hours since the fault, the word, and whether its value lies outside its range."""

    hour: float
    word: str
    outside: bool = True


class Variant(NamedTuple):
    """``said`` are the words after the fault began, ``before`` those of the time before."""

    right: bool
    said: list[str]


class Series:
    """A pole with one sensor; ``add`` puts a value ``every_s`` after the one before."""

    def __init__(self, quantity: str, every_s: float) -> None:
        self.quantity, self.every_s = quantity, every_s
        self._unit = QUANTITIES[quantity].unit if quantity in QUANTITIES else Unit.ONE
        self._pole = Pipeline(Analysis(), {})
        self._time_s = START_S
        self._fault_s = math.inf
        self.words: list[Word] = []
        self.ends: list[str] = []

    def add(self, value: float) -> None:
        self._time_s += self.every_s
        at = stamp(self._time_s)
        events = list(self._pole.flush(at))
        reading = Reading(device="d", quantity=self.quantity, value=value, unit=self._unit, at=at)
        events += self._pole.judge(reading)[1]
        for event in events:
            body = event.body
            if not isinstance(body, (Anomaly, SensorFault)) or self._time_s < self._fault_s:
                continue
            word = body.type if isinstance(body, SensorFault) else "anomaly"
            if body.phase == "begin":
                outside = (
                    not isinstance(body, Anomaly) or body.against == "sum" or not body.low <= body.value <= body.high
                )
                self.words.append(Word((self._time_s - self._fault_s) / 3600.0, word, outside))
            else:
                self.ends.append(word)

    def skip(self, count: int) -> None:
        self._time_s += count * self.every_s

    def fault(self) -> None:
        self._fault_s = self._time_s


WORLDS = {
    "temperature": (15.0, 6.0, 0.3),
    "humidity": (65.0, 18.0, 2.0),
    "pressure": (1010.0, 4.0, 0.3),
    "cabinet_temperature": (30.0, 10.0, 0.6),
    "water_level": (1.2, 0.05, 0.01),
    "conductivity": (400.0, 20.0, 3.0),
}
"""Middle, swing of a day, noise."""


class World:
    """A quantity by the number of its reading: a day, weather, noise, resolution (``digits``)."""

    def __init__(self, rng: random.Random, quantity: str, every_s: float) -> None:
        middle, swing, noise = WORLDS[quantity]
        self._middle, self._swing = middle * rng.uniform(0.9, 1.1), swing * rng.uniform(0.5, 1.3)
        self._noise = noise * rng.uniform(0.5, 2.0)
        self._phase, resolution = rng.uniform(0, math.tau), self._noise * rng.choice((0.01, 0.1, 0.3))
        self.digits = max(0, round(-math.log10(resolution)))
        self._weather, self._keep = 0.0, math.exp(-every_s / 86400.0)
        self._rng, self._every_s = rng, every_s
        self._most = 99.0 if quantity == "humidity" else math.inf

    def __call__(self, index: int) -> float:
        keep, rng = self._keep, self._rng
        self._weather = keep * self._weather + math.sqrt(1 - keep * keep) * rng.gauss(0.0, 0.5 * self._swing)
        day = self._swing * math.sin(index * self._every_s / 86400.0 * math.tau + self._phase)
        out = self._middle + day + self._weather + rng.gauss(0.0, self._noise)
        return round(min(out, self._most), self.digits)


def begun(rng: random.Random, quantity: str = "", days: float = 16.0) -> tuple[Series, World, int]:
    """A pole that has seen some weeks, its world, and the number of the next reading."""
    quantity = quantity or rng.choice(list(WORLDS))
    every_s = rng.choice((600.0, 900.0, 1800.0, 3600.0))
    series, value = Series(quantity, every_s), World(rng, quantity, every_s)
    count = int(days * 86400.0 / every_s)
    for index in range(count):
        series.add(value(index))
    series.fault()
    return series, value, count


def _judged(series: Series, word: str, within_h: float) -> Variant:
    right = any(one.word == word and one.hour <= within_h for one in series.words)
    return Variant(right, [one.word for one in series.words if one.word != word])


def stuck(rng: random.Random) -> Variant:
    """A fine sensor says the same for a day and a half."""
    series, value, count = begun(rng)
    shown = value(count)
    for _ in range(int(129600 / series.every_s)):
        series.add(shown)
    return _judged(series, "stuck", 8.0)


def stuck_again(rng: random.Random) -> Variant:
    """Five times stuck for a day, three days apart: each time."""
    series, value, index = begun(rng, rng.choice(("temperature", "humidity", "cabinet_temperature", "conductivity")))
    day = int(86400 / series.every_s)
    for _ in range(5):
        shown = value(index)
        for _ in range(day):
            series.add(shown)
        for _ in range(3 * day):
            index += 1
            series.add(value(index))
    found = sum(one.word == "stuck" for one in series.words)
    return Variant(found == 5, [one.word for one in series.words if one.word != "stuck"])


def fog(rng: random.Random) -> Variant:
    """Humidity rises to its end within hours, stays for half a day to two days, and falls: nothing is wrong."""
    series, value, index = begun(rng, "humidity")
    high, hours = rng.choice((100.0, 99.9, 99.5)), rng.uniform(2.0, 5.0)
    lasts = rng.uniform(12.0, 48.0)
    for step in range(int((lasts + 24.0) * 3600 / series.every_s)):
        index += 1
        hour = step * series.every_s / 3600.0
        part = max(0.0, min(1.0, hour / hours, (lasts - hour) / hours + 1.0))
        own = value(index)
        series.add(high if part == 1.0 else round(min(high, own + part * (high - own)), 1))
    said = [one.word for one in series.words if one.word != "anomaly"]
    return Variant(not said, said)


def drizzle(rng: random.Random) -> Variant:
    """Fog at a sensor that comes to 96 to 99.6 %: it flickers there, at its resolution, for 10 to 40 hours."""
    series, value, index = begun(rng, "humidity")
    high, flicker = rng.uniform(96.0, 99.6), rng.uniform(0.1, 0.6)
    hours, lasts = rng.uniform(2.0, 6.0), rng.uniform(10.0, 40.0)
    for step in range(int((lasts + 24.0) * 3600 / series.every_s)):
        index += 1
        hour = step * series.every_s / 3600.0
        part = max(0.0, min(1.0, hour / hours, (lasts - hour) / hours + 1.0))
        own = value(index)
        series.add(round(own + part * (min(100.0, high + rng.gauss(0.0, flicker)) - own), value.digits))
    said = [one.word for one in series.words if one.word != "anomaly"]
    return Variant(not said, said)


def front(rng: random.Random) -> Variant:
    """The air becomes 6 to 12 degrees colder within three hours: no sensor is louder."""
    series, value, index = begun(rng, "temperature")
    fall, hours = rng.uniform(6.0, 12.0), rng.uniform(1.0, 3.0)
    for step in range(int(3 * 86400 / series.every_s)):
        index += 1
        hour = step * series.every_s / 3600.0
        series.add(round(value(index) - fall * min(1.0, hour / hours) * math.exp(-hour / 72.0), 3))
    said = [one.word for one in series.words if one.word != "anomaly"]
    return Variant("noise" not in said, said)


def floor(rng: random.Random) -> Variant:
    """A microphone at its own noise for three days: one finding that lasts."""
    every_s = rng.choice((300.0, 600.0, 900.0, 3600.0))
    series, day = Series("noise", every_s), 86400.0 / every_s
    middle, swing, noise = rng.uniform(48, 62), rng.uniform(2, 8), rng.uniform(0.8, 2.5)
    for index in range(int(18 * day)):
        series.add(round(middle + swing * math.sin(index / day * math.tau) + rng.gauss(0, noise), 1))
    series.fault()
    low, flicker = rng.uniform(28.0, 34.0), rng.choice((0.0, 0.05, 0.1))
    for _ in range(int(3 * day)):
        series.add(round(low + rng.uniform(-flicker, flicker), 1))
    words = {one.word for one in series.words if one.hour <= 24.0} & {"stuck", "noise", "anomaly", "offset"}
    return Variant(bool(words - set(series.ends)), [one.word for one in series.words if one.word not in words])


def gap(rng: random.Random) -> Variant:
    """Hours or days are missing: nothing is wrong with the sensor."""
    series, value, index = begun(rng)
    missing = int(rng.uniform(0.2, 6.0) * 86400 / series.every_s)
    series.skip(missing)
    index += missing
    for _ in range(int(2 * 86400 / series.every_s)):
        index += 1
        series.add(value(index))
    said = [one.word for one in series.words]
    return Variant(not said, said)


def unusual(rng: random.Random) -> Variant:
    """The world moves by eight usual noises for hours: the range of each anomaly is one that the value left."""
    series, value, index = begun(rng)
    size = rng.choice((-1, 1)) * 8 * WORLDS[series.quantity][2] + 0.8 * WORLDS[series.quantity][1]
    for step in range(int(86400 / series.every_s)):
        index += 1
        series.add(round(value(index) + (size if step * series.every_s < 21600 else 0.0), 3))
    return Variant(all(one.outside for one in series.words), [])


def scale(rng: random.Random) -> Variant:
    """From one reading on the sensor speaks another unit."""
    quantity = rng.choice(("temperature", "cabinet_temperature", "water_level", "conductivity", "pressure", "humidity"))
    series, value, index = begun(rng, quantity)
    slope, shift = rng.choice(((10.0, 0.0), (0.1, 0.0), (100.0, 0.0), (0.01, 0.0)))
    if quantity.endswith("temperature"):
        slope, shift = rng.choice(((1.8, 32.0), (10.0, 0.0), (0.1, 0.0)))
    for _ in range(int(2 * 86400 / series.every_s)):
        index += 1
        series.add(round(value(index) * slope + shift, 4))
    return _judged(series, "scale", 12.0)


def flood(rng: random.Random) -> Variant:
    """Water rises by two to ten times within an hour or two and falls for a day: no other unit."""
    series, value, index = begun(rng, "water_level")
    times, hours = rng.uniform(2.0, 10.0), rng.uniform(0.25, 2.0)
    for step in range(int(2 * 86400 / series.every_s)):
        index += 1
        hour = step * series.every_s / 3600.0
        part = min(1.0, hour / hours) if hour <= hours else math.exp(-(hour - hours) / 12.0)
        series.add(round(value(index) * (1.0 + (times - 1.0) * part), 3))
    said = [one.word for one in series.words if one.word in {"scale", "stuck", "noise"}]
    return Variant("scale" not in said, said)


KINDS: dict[str, Callable[[random.Random], Variant]] = {
    "stuck, fine resolution": stuck,
    "stuck again and again": stuck_again,
    "humidity in fog": fog,
    "fog with drizzle": drizzle,
    "a front is no noise": front,
    "microphone at its floor": floor,
    "a gap": gap,
    "anomaly outside its range": unusual,
    "another unit": scale,
    "a flood is no other unit": flood,
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed; numbers are chosen on others")
    options = parser.parse_args(arguments)
    variants = options.variants
    print(f"{variants} variants each{'':18}right   other words in a variant")
    for name, make in KINDS.items():
        found = [make(random.Random(f"{name} {seed}")) for seed in range(options.first, options.first + variants)]
        words = Counter(word for one in found for word in one.said)
        said = ", ".join(f"{word} {count / variants:.2f}" for word, count in words.most_common())
        print(f"{name:30}{sum(one.right for one in found) / variants:8.3f}   {said}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
