"""A city of 45,000 poles: streets in all directions, a pole each 30 m, some of them in trouble."""

from __future__ import annotations

import math
import random
from pathlib import Path

from tests.fleet.servers import raw

CENTRE = (22.543, 114.057)
_METRE = 1 / 111_320


def streets(count: int, seed: int = 1) -> list[tuple[str, float, float, str, str]]:
    """Id, latitude, longitude (WGS 84), street and district of each pole."""
    chance = random.Random(seed)
    found: list[tuple[str, float, float, str, str]] = []
    street = 0
    while len(found) < count:
        street += 1
        angle = chance.choice((0.1, 0.1 + math.pi / 2)) + chance.gauss(0, 0.05)
        north, east = chance.uniform(-9000, 9000), chance.uniform(-14000, 14000)
        for pole in range(min(chance.randint(20, 80), count - len(found))):
            north, east = north + 30 * math.sin(angle), east + 30 * math.cos(angle)
            latitude = CENTRE[0] + north * _METRE
            longitude = CENTRE[1] + east * _METRE / math.cos(math.radians(CENTRE[0]))
            name = f"sz-{street:04d}-{pole:02d}"
            found.append((name, round(latitude, 6), round(longitude, 6), f"Street {street}", f"District {street % 9}"))
    return found


def build(folder: Path, count: int, seed: int = 1) -> None:
    """Puts them into the register and the tables of the store of ``folder``."""
    chance = random.Random(seed)
    poles = streets(count, seed)
    with raw(folder) as db, db.transaction():
        db.executemany(
            "INSERT INTO register (pole, latitude, longitude, street, district) VALUES (?, ?, ?, ?, ?)", poles
        )
        states = [(name, 1.8e9, chance.choices(("online", "offline"), (97, 3))[0]) for name, *_ in poles]
        db.executemany("INSERT INTO pole (pole, seen, state) VALUES (?, ?, ?)", states)
        bad = [
            (
                name,
                "roof",
                "0123abcd",
                "alert",
                "flood",
                chance.choice(("warning", "warning", "alarm")),
                1.8e9,
                b"{}",
            )
            for name, *_ in chance.sample(poles, count // 50)
        ]
        columns = "pole, source, id, kind, type, severity, begin, body"
        db.executemany(f"INSERT INTO incident ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", bad)
