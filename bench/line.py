"""A line of eight devices at its physical limit: ``python -m bench.line [--seconds S]``.

The devices are firmware (``firmware_stubs``, host build) on a paced pty, where each character takes its bit time. The
limit of one question is its bits, the device's own delay, the answer's bits, and the 3.5 characters of silence that
Modbus wants before the next; the figure is that limit over the median time of a question, in brackets over the mean,
which also counts the moments in which this machine was busy with something else. Compared with ours: the clients of
pymodbus and minimalmodbus, each in a plain loop over the same devices, in a virtual environment of its own. (At
115,200 baud pymodbus may exceed the limit: it does not keep the silence.)

The second table: one of the eight dies; what the others lose in the minute that begins with its death. The third: one
babbles without end; how long a single turn takes the line at most, and its budget.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

import msgspec

from agent.acquire.conversation import HUSH_S, Conversation
from agent.acquire.line import Line
from agent.acquire.registry import find_drivers
from agent.acquire.turn import SLACK_S
from agent.api import Fault, Item, Reading
from agent.config.settings import Device, DeviceSettings, LineSettings
from agent.system.clock import SystemClock, always_synced
from bench.peers import python_of
from contract.types import Event
from simulator.firmware import Emulated

DEVICES = 8
FIRST, COUNT = 500, 14
DELAY_MS = 5
BITS = 10
WARM_S = 0.5
WAKE_S = 0.01
BAUDS = (9600, 115200)
TARGET, DEAD_TARGET = 0.97, 0.95


def limit_s(baud: int) -> float:
    """The shortest question (Modbus over Serial Line V1.02, 2.5.1.1)."""
    character_s = BITS / baud
    gap_s = 0.00175 if baud > 19200 else 3.5 * character_s
    return (8 + 5 + 2 * COUNT) * character_s + max(DELAY_MS / 1000, gap_s) + gap_s


def emulated(baud: int) -> Emulated:
    adds = [f"add weather_six {unit} {DELAY_MS}" for unit in range(1, DEVICES + 1)]
    line = Emulated("field_devices", f"line {baud} N", *adds, paced=True)
    with contextlib.suppress(PermissionError):  # a real device does not wait for our processor
        os.sched_setscheduler(line.pid, os.SCHED_FIFO, os.sched_param(10))
    return line


class Ours:
    """The agent's line, which always has the next question due; answers and faults by device."""

    def __init__(self, port: str, baud: int) -> None:
        drivers = find_drivers()
        options = [{"unit": unit, "profile": "weather_six"} for unit in range(1, DEVICES + 1)]
        devices = [
            Device(
                name=f"d{option['unit']}",
                common=DeviceSettings(driver="modbus_rtu", line="line", every_s=0.001),
                options=msgspec.convert(option, drivers["modbus_rtu"].options),
            )
            for option in options
        ]
        self.clock = SystemClock(always_synced)
        self.line = Line("line", LineSettings(port=port, baud=baud), devices, drivers, self.clock)
        self.answers = dict.fromkeys((device.name for device in devices), 0)
        self.ends: list[float] = []
        self.failures = 0

    def emit(self, items: Sequence[Item | Event]) -> None:
        if items and isinstance(items[0], Reading):
            self.answers[items[0].device] += 1
            self.ends.append(self.clock.monotonic())
        self.failures += sum(isinstance(item, Fault) for item in items)

    async def measure(self, seconds: float) -> tuple[dict[str, int], int, float]:
        """Answers by device, failures, and the time it really took; the line runs."""
        before, failures, began = dict(self.answers), self.failures, self.clock.monotonic()
        await asyncio.sleep(seconds)
        answers = {name: count - before[name] for name, count in self.answers.items()}
        return answers, self.failures - failures, self.clock.monotonic() - began


async def ours(port: str, baud: int, seconds: float) -> tuple[list[float], int]:
    """When each answer was there, and failures."""
    side = Ours(port, baud)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(side.line.run(side.emit))
        await asyncio.sleep(WARM_S)
        side.ends.clear()
        _, failures, _ = await side.measure(seconds)
        task.cancel()
    return side.ends, failures


async def with_a_dead_one(line: Emulated, baud: int, seconds: float) -> float:
    """The rate of the seven others after the eighth died, as a share of their rate before."""
    side = Ours(line.port, baud)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(side.line.run(side.emit))
        await asyncio.sleep(WARM_S)
        before, _, before_s = await side.measure(10)
        line.say("fault 3 silent")
        after, _, after_s = await side.measure(seconds)
        task.cancel()
    line.say("fault 3 none")
    others = [name for name in before if name != "d4"]
    # above 1 where they win more of the dead one's time than the questions to it cost
    return (sum(after[name] for name in others) / after_s) / (sum(before[name] for name in others) / before_s)


async def with_a_babbler(line: Emulated, baud: int, seconds: float) -> tuple[float, float]:
    """The longest turn while a device babbles, and its budget, in seconds."""
    side = Ours(line.port, baud)
    longest_s = 0.0
    turn = Conversation._turn  # noqa: SLF001 - the time of a turn is not shown outside

    async def timed(*arguments: Any) -> None:
        nonlocal longest_s
        began = side.clock.monotonic()
        await turn(*arguments)
        longest_s = max(longest_s, side.clock.monotonic() - began)

    Conversation._turn = timed  # type: ignore[method-assign]  # noqa: SLF001 - as above
    line.say("fault 3 babble")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(side.line.run(side.emit))
        await asyncio.sleep(seconds)
        task.cancel()
    Conversation._turn = turn  # type: ignore[method-assign]  # noqa: SLF001 - as above
    line.say("fault 3 none")
    characters = 8 + 5 + 2 * COUNT
    return longest_s, HUSH_S + characters * BITS / baud + DeviceSettings(driver="", line="").timeout_s + SLACK_S


def peer(name: str, port: str, baud: int, seconds: int) -> tuple[list[float], int]:
    numbers = [str(number) for number in (baud, DEVICES, FIRST, COUNT, seconds)]
    script = Path(__file__).with_name("line_peer.py")
    printed = subprocess.run(
        [python_of("modbus-peers"), script, name, port, *numbers], capture_output=True, text=True, check=True
    )
    result = json.loads(printed.stdout)
    return result["ends"], result["failures"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.line", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="per side and line")
    parser.add_argument("--dead-seconds", type=int, default=60, help="after the death of one device; 0 leaves it out")
    chosen = parser.parse_args()
    print("   baud  side           answers/s  failures  of the limit  (mean)  target")
    for baud in BAUDS:
        with emulated(baud) as line:
            for side in ("poleagent", "pymodbus", "minimalmodbus"):
                if side == "poleagent":
                    ends, failures = asyncio.run(ours(line.port, baud, chosen.seconds))
                else:
                    ends, failures = peer(side, line.port, baud, chosen.seconds)
                rounds = [later - sooner for sooner, later in pairwise(ends)] or [float("inf")]
                share, mean = limit_s(baud) / median(rounds), limit_s(baud) / fmean(rounds)
                verdict = f"{TARGET:.0%}  {'ok' if share >= TARGET else 'MISSED'}" if side == "poleagent" else ""
                rate = 1 / fmean(rounds)
                print(f"{baud:7d}  {side:13s}  {rate:9.1f}  {failures:8d}  {share:12.1%}  ({mean:5.1%})  {verdict}")
    print("(pymodbus does not keep the silence of 3.5 characters, so it may pass the limit)")
    if not chosen.dead_seconds:
        return
    print("\n   baud  rate of the others after one of eight died  target")
    for baud in BAUDS:
        with emulated(baud) as line:
            share = asyncio.run(with_a_dead_one(line, baud, chosen.dead_seconds))
        print(f"{baud:7d}  {share:43.1%}  {DEAD_TARGET:.0%}  {'ok' if share >= DEAD_TARGET else 'MISSED'}")
    print("\n   baud  longest turn next to a babbler   budget")
    for baud in BAUDS:
        with emulated(baud) as line:
            longest_s, budget_s = asyncio.run(with_a_babbler(line, baud, chosen.dead_seconds / 4))
        # what the processor takes to wake up is no time of the line
        verdict = "ok" if longest_s <= budget_s + WAKE_S else "MISSED"
        print(f"{baud:7d}  {longest_s * 1000:25.0f} ms  {budget_s * 1000:4.0f} ms  {verdict}")


if __name__ == "__main__":
    main()
