"""Which device family answers: by its profile's questions, by what it refuses, and by whether the values make sense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from agent.api import Driver, Fault, FaultCode, Item, Reading
from drivers._profile import load_profile, profile_names

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "temperature": (-50, 90),
    "humidity": (1, 100),
    "pressure": (500, 1100),
    "wind_speed": (0, 80),
    "wind_direction": (0, 360),
    "noise": (20, 140),
    "pm2_5": (0, 2000),
    "pm10": (0, 3000),
    "distance": (0.05, 100),
    "water_level": (-20, 100),
    "tilt_x": (-45, 45),
    "tilt_y": (-45, 45),
    "voltage": (40, 500),
    "current": (0, 200),
    "frequency": (40, 70),
    "power_factor": (-1, 1),
    "dimming": (0, 100),
    "active_energy": (0, 1e8),
}
"""What a device beside a road can measure; a value outside speaks against the profile. All zeros say nothing."""

Ask = Callable[[Any], Awaitable[Sequence[Item] | None]]
"""Asks all questions of the options of a Modbus device; None as soon as one of them has no answer."""


class Fit(msgspec.Struct, frozen=True, order=True):
    """How well a profile fits: more is better."""

    refused: int
    values: int
    profile: str


def plausible(items: Sequence[Item]) -> bool:
    """Whether ``items`` may be the values of such a device."""
    readings = [item for item in items if isinstance(item, Reading)]
    broken = any(isinstance(item, Fault) and item.code is not FaultCode.NOT_AVAILABLE for item in items)
    if broken or not any(reading.value for reading in readings):
        return False
    return all(_within(reading) for reading in readings)


def _within(reading: Reading) -> bool:
    lowest, highest = PLAUSIBLE.get(reading.quantity, (float("-inf"), float("inf")))
    return isinstance(reading.value, str) or lowest <= reading.value <= highest


async def profiles_of(unit: int, driver: Driver, ask: Ask) -> list[str]:
    """The profiles that fit ``unit``, the likeliest first."""
    fits = []
    for name in profile_names():
        items = await ask(msgspec.convert({"unit": unit, "profile": name}, driver.options))
        if items is None or not plausible(items):
            continue
        refused = await _refused(unit, name, driver, ask)
        if refused is not None:
            fits.append(Fit(refused, len(items), name))
    return [fit.profile for fit in sorted(fits, reverse=True)]


async def _refused(unit: int, name: str, driver: Driver, ask: Ask) -> int | None:
    """How many registers are absent as the profile says; None where one is there after all."""
    absent = load_profile(name).absent
    for row in absent:
        register = {"address": row.address, "function": row.function, "quantity": "x"}
        if await ask(msgspec.convert({"unit": unit, "registers": [register]}, driver.options)) is not None:
            return None
    return len(absent)
