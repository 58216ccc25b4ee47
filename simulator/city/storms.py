"""Causes that hit many poles at once, and that a good platform names: drawn from a seed, with the truth next to it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import msgspec

from simulator.city.plan import CityPole
from simulator.city.trouble import ON_CAMERAS, ON_SENSORS, Trouble

StormKind = Literal["feeder", "tower", "switch", "settings", "model"]
KINDS: tuple[StormKind, ...] = ("feeder", "tower", "switch", "settings", "model")
LEAST = 8
"""Poles that a storm has at least: fewer are no storm."""


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is what the poles hang on, or the name of the bad release; ``hit`` are their numbers.

    Of a bad release ``reached`` poles run it, and ``hit`` are those of them that it breaks, by ``troubles``.
    """

    kind: StormKind
    value: str
    hit: tuple[int, ...]
    reached: tuple[int, ...]
    troubles: tuple[Trouble, ...] = ()

    @property
    def by(self) -> str:
        """The property of the platform's page that is the cause."""
        return {"tower": "cell", "switch": "cell", "settings": "revision"}.get(self.kind, self.kind)


def possible(poles: Sequence[CityPole]) -> tuple[StormKind, ...]:
    """The kinds that ``draw`` can draw for ``poles``: in a small city nothing has enough poles on it for some."""
    return tuple(kind for kind in KINDS if kind in {"settings", "model"} or _lines(kind, poles))


def draw(kind: StormKind, poles: Sequence[CityPole], chance: random.Random) -> Storm:
    """One storm of ``kind``, which is one of ``possible``."""
    if kind in {"settings", "model"}:
        return _release(kind, poles, chance)
    value, members = chance.choice(_lines(kind, poles))
    spared = chance.uniform(0, 0.1)  # a battery, another way to the network
    hit = tuple(number for number in members if chance.random() >= spared)
    return Storm(kind=kind, value=value, hit=hit, reached=tuple(members))


def _lines(kind: StormKind, poles: Sequence[CityPole]) -> list[tuple[str, list[int]]]:
    """What at least ``LEAST`` poles hang on, with their numbers."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for number, pole in enumerate(poles):
        on_switch = pole.cell.startswith("SW-")
        if kind == "feeder" or on_switch == (kind == "switch"):
            groups[pole.feeder if kind == "feeder" else pole.cell].append(number)
    return sorted(item for item in groups.items() if len(item[1]) >= LEAST)


def _release(kind: StormKind, poles: Sequence[CityPole], chance: random.Random) -> Storm:
    """It goes to a part of the city by chance, or to a whole district, and breaks a part of those."""
    district = chance.choice(sorted({pole.district for pole in poles}))
    everywhere, share, broken = chance.random() < 0.7, chance.uniform(0.05, 0.6), chance.uniform(0.55, 1.0)
    reached = [
        number
        for number, pole in enumerate(poles)
        if (kind == "settings" or pole.camera)
        and (chance.random() < share if everywhere else pole.district == district)
    ]
    troubles = ON_SENSORS if kind == "settings" else ON_CAMERAS
    chosen = tuple(chance.sample(troubles, chance.choice((1, 1, 2))))
    hit = tuple(number for number in reached if chance.random() < broken)
    return Storm(kind=kind, value=f"{chance.getrandbits(48):012x}", hit=hit, reached=tuple(reached), troubles=chosen)
