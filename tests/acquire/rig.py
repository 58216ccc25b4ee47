"""A line with simulated devices on ptys, and what comes out of it."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from agent.acquire.line import Line
from agent.acquire.registry import find_drivers
from agent.config.settings import Device, DeviceSettings, LineSettings
from agent.errors import Retry
from agent.system.clock import Clock, SystemClock, always_synced
from contract.events import DeviceState
from contract.types import Event, Fault, FaultCode, Item, Reading

DRIVERS = find_drivers()
COMMON = {field.name for field in msgspec.structs.fields(DeviceSettings)}


def make_devices(text: str) -> dict[str, Device]:
    """``[device.*]`` tables of TOML, as the loader would hand them over."""
    made = {}
    for name, table in tomllib.loads(text)["device"].items():
        common = msgspec.convert({key: value for key, value in table.items() if key in COMMON}, DeviceSettings)
        options = {key: value for key, value in table.items() if key not in COMMON}
        made[name] = Device(name=name, common=common, options=msgspec.convert(options, DRIVERS[common.driver].options))
    return made


def slave(
    name: str, unit: int, *, every_s: float = 0.1, timeout_s: float = 20.0, retries: int = 0, count: int = 2
) -> str:
    """A device that reads ``count`` numbered registers; one that is to miss its time-out gets a short one."""
    table = ", ".join(f'{{ address = {number}, quantity = "count_{number}" }}' for number in range(count))
    return (
        f'[device.{name}]\ndriver = "modbus_rtu"\nline = "a"\nunit = {unit}\nevery_s = {every_s}\n'
        f"timeout_s = {timeout_s}\nretries = {retries}\nregisters = [{table}]\n"
    )


class Seen:
    """Everything a line emitted, and a way to wait for something without sleeping for luck."""

    def __init__(self) -> None:
        self.items: list[Item | Event] = []
        self._news = asyncio.Event()

    def emit(self, items: Sequence[Item | Event]) -> None:
        assert items
        self.items += items
        self._news.set()

    def readings(self, device: str) -> list[Reading]:
        return [item for item in self.items if isinstance(item, Reading) and item.device == device]

    def values(self, device: str, quantity: str = "count_0") -> list[object]:
        return [item.value for item in self.readings(device) if item.quantity == quantity]

    def faults(self, device: str) -> list[FaultCode]:
        return [item.code for item in self.items if isinstance(item, Fault) and item.device == device]

    def states(self, device: str) -> list[DeviceState]:
        return [
            item.body
            for item in self.items
            if isinstance(item, Event) and item.source == device and isinstance(item.body, DeviceState)
        ]

    async def until(self, true: Callable[[], object], within_s: float = 120.0) -> None:
        async with asyncio.timeout(within_s):
            while not true():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.05)


def make_line(settings: LineSettings, text: str, clock: Clock | None = None) -> Line:
    return Line("a", settings, list(make_devices(text).values()), DRIVERS, clock or SystemClock(always_synced))


@contextlib.asynccontextmanager
async def polling(line: Line, seen: Seen) -> AsyncIterator[asyncio.Task[None]]:
    """The line runs, opened again at once whenever it says Retry."""

    async def keep() -> None:
        while True:
            try:
                await line.run(seen.emit)
            except Retry:
                await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(keep())
        try:
            yield task
        finally:
            task.cancel()
