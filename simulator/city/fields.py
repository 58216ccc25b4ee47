"""What the sensors of a pole would see: weather and traffic as fields over the city, with the rhythm of the day.

A value depends on nothing but pole and time, so that a pole that sends an event again sends the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from contract.events import Window
from contract.units import Unit
from simulator.city.plan import CityPole

ZONE_S = 8 * 3600
"""The city's clock is ahead of UTC."""
READINGS = 60
"""Of a window."""
_DAY = 86_400.0
_DIGITS = 2**32


class SeenQuantity(msgspec.Struct, frozen=True):
    """``noise``: standard deviation of a reading."""

    name: str
    unit: Unit
    noise: float
    low: float
    high: float


QUANTITIES = (
    SeenQuantity("temperature", Unit.CELSIUS, 0.15, -20, 50),
    SeenQuantity("humidity", Unit.PERCENT, 0.8, 5, 100),
    SeenQuantity("pressure", Unit.HECTOPASCAL, 0.1, 900, 1100),
    SeenQuantity("wind_speed", Unit.METRE_PER_SECOND, 0.6, 0, 60),
    SeenQuantity("pm2_5", Unit.UG_PER_M3, 2.0, 0, 1000),
    SeenQuantity("noise", Unit.DECIBEL, 2.5, 30, 130),
)


class CityMoment(msgspec.Struct, frozen=True):
    """What all poles share at one time. ``front`` is where a front of colder air stands, in metres north."""

    temperature: float
    pressure: float
    wind: float
    traffic: float
    front: float


@lru_cache(maxsize=4096)
def moment(at: int) -> CityMoment:
    """At ``at`` seconds since 1970."""
    local = datetime.fromtimestamp(at + ZONE_S, UTC)
    hour = local.hour + local.minute / 60
    weekday = local.weekday() < 5
    rush = math.exp(-((hour - 8.3) ** 2) / 2) + 0.9 * math.exp(-((hour - 18.3) ** 2) / 3)
    traffic = 0.08 + 0.45 * math.exp(-((hour - 14) ** 2) / 30) + (0.6 if weekday else 0.1) * rush
    season = 8 * math.cos(2 * math.pi * (local.timetuple().tm_yday - 205) / 365)
    days = at / _DAY
    return CityMoment(
        temperature=22 + season + 4.5 * math.cos(2 * math.pi * (hour - 14.5) / 24) + 2 * math.sin(days * 1.7),
        pressure=1012 - season / 2 + 5 * math.sin(days * 1.1) + 0.8 * math.cos(4 * math.pi * (hour - 10) / 24),
        wind=2.5 + 1.5 * math.sin(days * 2.3) + 1.2 * math.cos(2 * math.pi * (hour - 15) / 24),
        traffic=min(1.0, traffic),
        front=40_000 * math.sin(days * 0.9),
    )


def chance(number: int, at: int, what: int) -> float:
    """A number from 0 to 1 that is always the same for the same pole, time and purpose."""
    mixed = (number * 0x9E3779B1 ^ at * 0x85EBCA77 ^ what * 0xC2B2AE3D) & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 15) * 0x2C1B3C6D & 0xFFFFFFFF
    mixed = (mixed ^ mixed >> 12) * 0x297A2D39 & 0xFFFFFFFF
    return (mixed ^ mixed >> 15) / _DIGITS


def means(pole: CityPole, at: int) -> tuple[float, ...]:
    """The true mean of each quantity of ``QUANTITIES``."""
    now = moment(at)
    cold = 1 / (1 + math.exp((pole.north - now.front) / 3000))  # behind the front
    temperature = now.temperature - 4 * cold + 0.8 * pole.busy - pole.north / 9000
    cars = now.traffic * pole.busy
    wind = max(0.2, now.wind + 3 * cold * (1 - cold) * 4 - 0.8 * pole.busy)
    return (
        temperature,
        min(99.0, max(15.0, 95 - 1.9 * (temperature - 10) + 12 * cold)),
        now.pressure + 3 * cold,
        wind,
        max(3.0, 14 + 55 * cars + 10 * (1 - cold) - 3 * wind + pole.east / 2000),
        44 + 26 * cars + 1.2 * wind,
    )


def windows(pole: CityPole, number: int, at: int) -> Iterator[Window]:
    """The summary of the window that begins at ``at``."""
    for what, (quantity, true) in enumerate(zip(QUANTITIES, means(pole, at), strict=True)):
        one, other = chance(number, at, what), chance(number, at, what + 100)
        noise = quantity.noise
        mean = true + noise * (one - 0.5)
        low, high = mean - noise * (1.5 + other), mean + noise * (2.5 - other)
        yield Window(
            quantity=quantity.name,
            unit=quantity.unit,
            count=READINGS,
            mean=round(mean, 3),
            min=round(max(quantity.low, low), 2),
            max=round(min(quantity.high, high), 2),
            std=round(noise * (0.8 + 0.4 * other), 4),
            last=round(mean + noise * (other - 0.5), 1),
        )
