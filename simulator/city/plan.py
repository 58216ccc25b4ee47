"""Where the poles of a made-up city stand, and what each hangs on: district, feeder, cell tower or switch."""

from __future__ import annotations

import csv
import io
import math
import random

import msgspec

CENTRE = (22.543, 114.057)
"""Degrees, WGS 84."""
METRE = 1 / 111_320
"""Degrees of latitude."""
HALF_NORTH, HALF_EAST = 9_000.0, 14_000.0
"""Metres from the centre to the edges of a city of 45,000 poles; a smaller city is as dense."""
SPACING = 30.0
ON_A_FEEDER, ON_A_TOWER, ON_A_SWITCH = 60, 300, 24
"""Poles, about. A street on fibre hangs on switches; the others reach the nearest tower."""
FIBRE = 0.3
WHOLE = 45_000
_NAMES = ("Fuzhong", "Binhe", "Shennan", "Hongli", "Qiaoxiang", "Xiangmei", "Lianhua", "Caitian", "Jintian", "Yitian")
_DISTRICTS = ("Futian", "Luohu", "Nanshan", "Yantian", "Longgang", "Longhua", "Pingshan", "Guangming", "Baoan")


class CityPole(msgspec.Struct, frozen=True, gc=False):
    """One pole. ``north``, ``east`` in metres from the centre; ``busy`` is its street's share of traffic, 0 to 1."""

    name: str
    latitude: float
    longitude: float
    street: str
    district: str
    feeder: str
    cell: str
    north: float
    east: float
    busy: float
    camera: bool


def plan(count: int, seed: int) -> list[CityPole]:
    """``count`` poles, street by street."""
    chance = random.Random(seed)
    scale = math.sqrt(count / WHOLE)
    half = HALF_NORTH * scale, HALF_EAST * scale
    area = 4 * half[0] * half[1]
    feeders, towers = (math.sqrt(area / max(1, count / each)) for each in (ON_A_FEEDER, ON_A_TOWER))
    quarters = [(chance.uniform(-half[0], half[0]), chance.uniform(-half[1], half[1])) for _ in _DISTRICTS]
    poles: list[CityPole] = []
    street = 0
    while len(poles) < count:
        street += 1
        name = f"{_NAMES[street % len(_NAMES)]} Road {street}"
        angle = chance.choice((0.1, 0.1 + math.pi / 2)) + chance.gauss(0, 0.05)
        north, east = chance.uniform(-half[0], half[0]), chance.uniform(-half[1], half[1])
        busy, fibre = chance.random(), chance.random() < FIBRE
        for number in range(min(chance.randint(20, 80), count - len(poles))):
            north, east = north + SPACING * math.sin(angle), east + SPACING * math.cos(angle)
            quarter = min(range(len(quarters)), key=lambda one: math.dist(quarters[one], (north, east)))
            switch = f"SW-{street:04d}-{number // ON_A_SWITCH}"
            latitude = CENTRE[0] + north * METRE
            poles.append(
                CityPole(
                    name=f"sz-{street:04d}-{number:02d}",
                    latitude=round(latitude, 6),
                    longitude=round(CENTRE[1] + east * METRE / math.cos(math.radians(CENTRE[0])), 6),
                    street=name,
                    district=_DISTRICTS[quarter],
                    feeder=_square("F", north, east, feeders),
                    cell=switch if fibre else _square("T", north + towers / 2, east + towers / 3, towers),
                    north=north,
                    east=east,
                    busy=busy,
                    camera=chance.random() < 0.2,
                )
            )
    return poles


def _square(letter: str, north: float, east: float, side: float) -> str:
    return f"{letter}-{math.floor(north / side) + 500}-{math.floor(east / side) + 500}"


def register_csv(poles: list[CityPole]) -> str:
    """What ``polefleet register`` imports."""
    columns = ("pole", "latitude", "longitude", "street", "district", "feeder", "cell")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for pole in poles:
        writer.writerow((pole.name, *(getattr(pole, column) for column in columns[1:])))
    return text.getvalue()
