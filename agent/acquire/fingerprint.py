"""Which device family answers: by its profile's questions, by what it refuses, and by whether the values make sense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from agent.api import Candidate, Driver, Fault, FaultCode, Item, Reading
from contract.units import row

LIKELY: dict[str, tuple[float, float]] = {
    "humidity": (1, 100),
    "distance": (0.05, 100),
    "tilt_x": (-45, 45),
    "tilt_y": (-45, 45),
    "voltage": (40, 500),
    "current": (0, 200),
    "dimming": (0, 100),
    "active_energy": (0, 1e8),
}
"""Where a pole on the day of its scan shows less than the quantity can be: its mast stands, its mains is on, its air is
not bone dry. ``contract.units`` holds for all others. A value outside speaks against the profile, zeros say nothing.
"""

Ask = Callable[[Any], Awaitable[Sequence[Item] | None]]
"""Asks all questions of a device with these options; None as soon as one of them has no answer."""


class Fit(msgspec.Struct, frozen=True, order=True):
    """How well a family fits: more is better."""

    refused: int
    values: int
    name: str


def plausible(items: Sequence[Item]) -> bool:
    """Whether ``items`` may be the values of such a device."""
    readings = [item for item in items if isinstance(item, Reading)]
    broken = any(isinstance(item, Fault) and item.code is not FaultCode.NOT_AVAILABLE for item in items)
    if broken or not any(reading.value for reading in readings):
        return False
    return all(_within(reading) for reading in readings)


def _within(reading: Reading) -> bool:
    known = row(reading.quantity, reading.unit)
    lowest, highest = LIKELY.get(reading.quantity, (known.low, known.high))
    return isinstance(reading.value, str) or known.unit != reading.unit or lowest <= reading.value <= highest


async def families(driver: Driver, candidates: Sequence[Candidate], ask: Ask) -> list[Candidate]:
    """The candidates that fit a device, the likeliest first."""
    fits: list[tuple[Fit, Candidate]] = []
    for candidate in candidates:
        items = await ask(msgspec.convert(candidate.options, driver.options))
        if items is None or not plausible(items):
            continue
        refused = await _refused(driver, candidate, ask)
        if refused is not None:
            fits.append((Fit(refused, len(items), candidate.name), candidate))
    return [candidate for _, candidate in sorted(fits, key=lambda fit: fit[0], reverse=True)]


async def _refused(driver: Driver, candidate: Candidate, ask: Ask) -> int | None:
    """How much is absent as the family's row says; None where something of that is there after all."""
    for options in candidate.absent:
        if await ask(msgspec.convert(options, driver.options)) is not None:
            return None
    return len(candidate.absent)
