"""Parts that the store's tests share: a clock of the test's own, events, and a store on a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.config.settings import MIB, StoreSettings
from contract.events import NewEpoch, SettingsChange, Summary, Window
from contract.types import Event, Lane, Reading, Row, Stamp
from contract.units import Unit

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BOOT = "0f0e0d0c-0000-4000-8000-000000000001"


class FakeClock:
    """Stands still until it is moved; ``error_s`` is how wrong the wall clock is."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.error_s = 0.0
        self.synced = True

    def now(self) -> Stamp:
        return Stamp(START + timedelta(seconds=self.elapsed + self.error_s), 1000.0 + self.elapsed, self.synced)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.elapsed += seconds


def boot() -> str:
    return BOOT


def settings(folder: Path, **changes: Any) -> StoreSettings:
    return StoreSettings(**{"path": str(folder / "pole.db"), "max_bytes": 8 * MIB, "commit_s": 0.01, **changes})


def reported(rows: Iterable[Row]) -> list[Row]:
    """The rows that somebody put: without the one with which each epoch begins."""
    return [row for row in rows if row.kind != NewEpoch.kind]


def event(at: Stamp, number: int = 0, lane: Lane = Lane.EVENT, padding: int = 0) -> Event:
    """A numbered event: its body's revision is the number."""
    return Event.of("agent", at, SettingsChange(revision=str(number), errors=("x" * padding,) if padding else ()), lane)


def summary(at: Stamp, source: str = "roof", duration_s: float = 60.0, **window: Any) -> Event:
    values = {"quantity": "temperature", "unit": Unit.CELSIUS, "count": 60, "mean": 20.0, "min": 19.0, "max": 21.0}
    windows = (Window(**{**values, "std": 0.5, "last": 20.5, **window}),)
    return Event.of(source, at, Summary(duration_s=duration_s, windows=windows))


def reading(at: Stamp, value: float | str, quantity: str = "temperature", device: str = "roof") -> Reading:
    return Reading(device=device, quantity=quantity, value=value, unit=Unit.CELSIUS, at=at)
