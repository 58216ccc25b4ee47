"""Runs a line of the agent against a port until it has received what the test waits for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from agent.acquire.line import Line
from agent.acquire.registry import find_drivers
from agent.config.settings import Device, DeviceSettings, LineSettings
from agent.errors import Retry
from agent.system.clock import SystemClock, always_synced
from contract.types import Event, Fault, Item, Reading

DRIVERS = find_drivers()


class Done(Exception):
    """What the test waited for has come."""


def device(name: str, driver: str, *, every_s: float = 0.1, **options: Any) -> Device:
    """A device that is asked again: an emulated one may lose a question while its machine gets no time."""
    return _device(name, driver, every_s=every_s, timeout_s=3.0, retries=5, options=options)


def sick(name: str, driver: str, **options: Any) -> Device:
    """A device that is to miss its time-out."""
    return _device(name, driver, every_s=0.1, timeout_s=0.8, retries=0, options=options)


def _device(
    name: str, driver: str, *, every_s: float, timeout_s: float, retries: int, options: dict[str, Any]
) -> Device:
    common = DeviceSettings(driver=driver, line="l", every_s=every_s, timeout_s=timeout_s, retries=retries)
    return Device(name=name, common=common, options=msgspec.convert(options, DRIVERS[driver].options))


class Listener:
    """A line with devices on ``port``; ``items`` grows while ``until`` runs."""

    def __init__(self, port: str, *devices: Device, baud: int = 9600, parity: Any = "none") -> None:
        settings = LineSettings(port=port, baud=baud, parity=parity)
        self.line = Line("l", settings, devices, DRIVERS, SystemClock(always_synced))
        self.devices = devices
        self.items: list[Item | Event] = []

    def until(self, enough: Callable[[], object], within_s: float = 120.0) -> None:
        """Run the line until ``enough`` says so; fails the test where it never does."""
        asyncio.run(self._until(enough, within_s))

    async def _until(self, enough: Callable[[], object], within_s: float) -> None:
        def emit(items: Sequence[Item | Event]) -> None:
            self.items += items
            if enough():
                raise Done

        with contextlib.suppress(Done):
            async with asyncio.timeout(within_s):
                while True:
                    with contextlib.suppress(Retry):
                        await self.line.run(emit)
                    await asyncio.sleep(0.05)

    def values(self, name: str) -> dict[str, Any]:
        """The last reading of each quantity of a device."""
        return {i.quantity: i.value for i in self.items if isinstance(i, Reading) and i.device == name}

    def codes(self, name: str) -> set[str]:
        return {item.code.value for item in self.items if isinstance(item, Fault) and item.device == name}

    def count(self, name: str) -> int:
        """Readings of a device."""
        return sum(isinstance(item, Reading) and item.device == name for item in self.items)
