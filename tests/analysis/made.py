"""Stamps, readings and faults for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contract.types import Fault, FaultCode, Quality, Reading, Stamp, Value
from contract.units import Unit

START = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
BOOT = 1000.0


def stamp(seconds: float, step: float = 0.0, *, synced: bool = True) -> Stamp:
    """``seconds`` after noon and after 1000 s of this boot, on a wall clock that was stepped by ``step``."""
    return Stamp(START + timedelta(seconds=seconds + step), BOOT + seconds, synced)


def reading(
    value: Value,
    at: Stamp,
    quantity: str = "temperature",
    device: str = "roof",
    *,
    quality: Quality = Quality.GOOD,
    unit: Unit = Unit.CELSIUS,
) -> Reading:
    return Reading(device=device, quantity=quantity, value=value, unit=unit, at=at, quality=quality)


def fault(at: Stamp, *quantities: str, device: str = "roof") -> Fault:
    return Fault(device=device, code=FaultCode.NO_ANSWER, text="no answer", at=at, quantities=quantities)
