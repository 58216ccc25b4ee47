"""How long a scan of all addresses takes: ``python -m bench.scan``.

247 Modbus addresses at 9,600 baud, one of them answers; on a paced line each character takes its bit time. The limit
is the sum of the time-outs of those that do not answer; target: at most 1.2 x that. Then a whole scan of a line with
six devices at a baud rate that it does not know.
"""

from __future__ import annotations

import asyncio

from agent.acquire.registry import find_drivers
from agent.acquire.scan import LAST_UNIT, Scan
from agent.acquire.transport import open_transport
from agent.config.settings import LineSettings
from agent.system.clock import SystemClock, always_synced
from simulator.firmware import Emulated

TIMEOUT_S = 0.1
TARGET = 1.2
KINDS = ("weather_six", "pm_noise", "tilt_dual", "ultrasonic_level", "pzem_004t", "lamp_controller")


def scan(port: str) -> Scan:
    line = LineSettings(port=port)
    return Scan(line, find_drivers(), SystemClock(always_synced), lambda *_: None, timeout_s=TIMEOUT_S)


async def sweep(port: str) -> tuple[float, list[object]]:
    clock = SystemClock(always_synced)
    line = LineSettings(port=port)
    began = clock.monotonic()
    async with open_transport(line) as transport:
        there = await scan(port).sweep(transport, line, "modbus_rtu", 0, LAST_UNIT)
    return clock.monotonic() - began, [found.options["unit"] for found in there.values()]


def main() -> None:
    with Emulated("field_devices", "line 9600 N", "add tilt_dual 200 8", paced=True) as line:
        took_s, there = asyncio.run(sweep(line.port))
    limit_s = (LAST_UNIT - 1) * TIMEOUT_S
    verdict = "ok" if took_s <= TARGET * limit_s and there == [200] else "MISSED"
    print(
        f"247 addresses at 9600 baud: {took_s:.1f} s, {took_s / limit_s:.3f} x the time-outs ({limit_s:.1f} s), ",
        end="",
    )
    print(f"target {TARGET} x: {verdict}; found {there}")
    adds = [f"add {kind} {3 + 20 * number} 8" for number, kind in enumerate(KINDS)]
    with Emulated("field_devices", "line 19200 N", *adds, paced=True) as line:
        clock = SystemClock(always_synced)
        began = clock.monotonic()
        result = asyncio.run(scan(line.port).run())
        took_s = clock.monotonic() - began
        writes = sum(line.stat(number)[2] for number in range(len(KINDS)))
    profiles = [found.options.get("profile") for found in result.devices]
    speed = result.line.baud if result.line else "no"
    right = sum(found == kind for found, kind in zip(profiles, KINDS, strict=False))
    print(f"six devices, speed unknown: {took_s:.1f} s, {speed} baud, {right} of 6 profiles right, {writes} writes")


if __name__ == "__main__":
    main()
