"""How close the poller comes to what a line can carry: ``python -m bench.modbus_line [--seconds S]``.

The device runs in a process of its own and delivers each character at its bit time. The limit of a line is one round:
the question's bits, the device's own delay, the answer's bits, and the silence of 3.5 characters that Modbus wants
before the next question. Target: at least 95 % of it, by the median round; the mean next to it also counts the rounds
in which this machine was busy with something else, of device or poller (``chrt -f 10`` keeps most of them away).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import msgspec

from agent.acquire.line import Line
from agent.acquire.registry import find_drivers
from agent.api import Fault, Reading
from agent.config.settings import Device, DeviceSettings, LineSettings
from agent.system.clock import SystemClock, always_synced
from contract.types import Event
from simulator.modbus import Numbered, Slave
from simulator.wire import SimulatedWire, running

DELAY_S = 0.005
BITS = 10
WARM_S = 0.5
# baud, registers of a question
LINES = ((9600, 10), (9600, 100), (115200, 10), (115200, 100))
TARGET = 0.95


def limit_s(baud: int, registers: int) -> float:
    """The shortest round that the standard allows (Modbus over Serial Line V1.02, 2.5.1.1)."""
    character_s = BITS / baud
    gap_s = 0.00175 if baud > 19200 else 3.5 * character_s
    return (8 + 5 + 2 * registers) * character_s + DELAY_S + gap_s


def serve(link: str, baud: int, registers: int) -> None:
    """The device, in its own process so that it takes no time from the poller."""

    async def forever() -> None:
        slave = Slave("slave", 1, Numbered(registers), delay_s=DELAY_S)
        wire = SimulatedWire([slave], link=Path(link), baud=baud, character_bits=BITS, paced=True)
        async with running(wire):
            await asyncio.Event().wait()

    asyncio.run(forever())


async def poll(link: str, baud: int, registers: int, seconds: float) -> tuple[list[float], int, float]:
    """When each round ended, faults, and CPU seconds of a poller that always has the next round due."""
    drivers = find_drivers()
    table = [{"address": number, "quantity": f"count_{number}"} for number in range(registers)]
    device = Device(
        name="slave",
        common=DeviceSettings(driver="modbus_rtu", line="line", every_s=0.001),
        options=msgspec.convert({"registers": table}, drivers["modbus_rtu"].options),
    )
    clock = SystemClock(always_synced)
    line = Line("line", LineSettings(port=link, baud=baud), [device], drivers, clock)
    ends: list[float] = []
    faults = 0

    def emit(items: Sequence[Reading | Fault | Event]) -> None:
        nonlocal faults
        if isinstance(items[0], Reading):
            ends.append(clock.monotonic())
        else:
            faults += 1

    async with asyncio.TaskGroup() as group:
        task = group.create_task(line.run(emit))
        await asyncio.sleep(WARM_S)
        ends.clear()
        faults, cpu = 0, _cpu_s()
        await asyncio.sleep(seconds)
        result = list(ends), faults, _cpu_s() - cpu
        task.cancel()
    return result


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(baud: int, registers: int, seconds: float) -> tuple[float, float, float, int]:
    """Share of the limit by median and mean, CPU seconds per 1,000 readings, faults."""
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "line")  # noqa: PTH118 - handed to another process as text
        device = multiprocessing.get_context("spawn").Process(target=serve, args=(link, baud, registers), daemon=True)
        device.start()
        try:
            while not Path(link).exists():
                asyncio.run(asyncio.sleep(0.02))
            ends, faults, cpu_s = asyncio.run(poll(link, baud, registers, seconds))
        finally:
            device.terminate()
            device.join()
    rounds = [later - sooner for sooner, later in pairwise(ends)]
    limit = limit_s(baud, registers)
    return limit / median(rounds), limit / fmean(rounds), cpu_s / (len(ends) * registers) * 1000, faults


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.modbus_line", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="per line")
    seconds = parser.parse_args().seconds
    print("   baud  registers  limit/round  median  (mean)  target  CPU/1,000 readings  faults")
    for baud, registers in LINES:
        share, mean, cpu_s, faults = measure(baud, registers, seconds)
        limit_ms = limit_s(baud, registers) * 1000
        verdict = "ok" if share >= TARGET else "MISSED"
        print(
            f"{baud:7d}  {registers:9d}  {limit_ms:8.2f} ms  {share:6.1%} ({mean:6.1%})  {TARGET:5.0%}"
            f"  {cpu_s * 1000:15.1f} ms  {faults:6d}  {verdict}"
        )


if __name__ == "__main__":
    main()
