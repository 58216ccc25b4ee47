"""The reference pole as simulated lines, and the settings that go with it.

Line A: weather, dust and noise, water level and tilt as Modbus slaves; line C: our sensor board; line D: GNSS. Values
vary slowly and are plausible for a warm day; their registers are those of ``drivers/profiles``.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from agent.system.clock import Clock, SystemClock
from simulator.board import Board
from simulator.gnss import Gnss
from simulator.modbus import Numbered, Slave, Values
from simulator.wire import SimulatedWire

HOLDING, INPUT = 3, 4
DAY_S = 86400.0


class _Weather:
    """Smooth functions of the monotonic time, so that neighbours in time are neighbours in value."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wave(self, middle: float, swing: float, period_s: float, ripple: float = 0.0) -> float:
        now = self._clock.monotonic()
        return middle + swing * math.sin(math.tau * now / period_s) + ripple * math.sin(math.tau * now / 11.3)

    def rain(self) -> float:
        return self._clock.monotonic() / 600  # one tenth of a millimetre every ten minutes


def line_a(clock: Clock) -> list[Slave]:
    """The four stations on RS-485 A, units 1 to 4."""
    wave = _Weather(clock).wave
    weather = {
        (HOLDING, 500): lambda: wave(24, 15, 240, 5),  # wind speed, 0.1 m/s
        (HOLDING, 503): lambda: wave(135, 40, 1800, 6),  # wind direction, degrees
        (HOLDING, 504): lambda: wave(680, 80, DAY_S, 4),  # humidity, 0.1 %
        (HOLDING, 505): lambda: wave(264, 52, DAY_S, 1),  # temperature, 0.1 Cel
        (HOLDING, 509): lambda: wave(1008, 4, DAY_S / 2),  # pressure, 0.1 kPa
        (HOLDING, 513): _Weather(clock).rain,  # rain, 0.1 mm
    }
    dust = {
        (HOLDING, 506): lambda: wave(612, 45, 90, 20),  # noise, 0.1 dB
        (HOLDING, 507): lambda: wave(23, 6, 3600, 1),  # PM2.5, ug/m3
        (HOLDING, 508): lambda: wave(41, 9, 3600, 2),  # PM10, ug/m3
    }
    level = {
        (HOLDING, 0): lambda: wave(3150, 120, 7200, 3),  # distance, mm
        (HOLDING, 1): lambda: wave(850, -120, 7200, -3),  # level, mm
    }
    tilt = {
        (HOLDING, 0): lambda: wave(12, 3, 600, 4),  # x, 0.01 degrees
        (HOLDING, 1): lambda: wave(-27, 3, 480, 4),  # y, 0.01 degrees
    }
    banks = {"weather": weather, "dust": dust, "level": level, "tilt": tilt}
    return [Slave(name, unit, Values(bank), delay_s=0.008) for unit, (name, bank) in enumerate(banks.items(), 1)]


def reference_pole(folder: Path, clock: Clock | None = None, *, paced: bool = False) -> dict[str, SimulatedWire]:
    """Lines ``rs485-a``, ``uart-c`` and ``uart-d``, their ports as links of these names in ``folder``."""
    clock = clock or SystemClock()
    return {
        "rs485-a": SimulatedWire([*line_a(clock)], link=folder / "rs485-a", baud=9600, paced=paced, clock=clock),
        "uart-c": SimulatedWire([Board("board")], link=folder / "uart-c", baud=115200, paced=paced, clock=clock),
        "uart-d": SimulatedWire([Gnss("gnss", clock)], link=folder / "uart-d", baud=9600, paced=paced, clock=clock),
    }


def numbered(folder: Path, name: str = "numbered", *, count: int = 100, baud: int = 115200) -> SimulatedWire:
    """One slave, unit 1, whose registers count their own reads."""
    return SimulatedWire([Slave(name, 1, Numbered(count))], link=folder / name, baud=baud)


def reference_settings(folder: Path) -> str:
    """The ``[line.*]`` and ``[device.*]`` tables for ``reference_pole(folder)``, as TOML."""
    rows = [_line(folder, name, baud) for name, baud in (("rs485-a", 9600), ("uart-c", 115200), ("uart-d", 9600))]
    profiles = ("weather_six", "pm_noise", "ultrasonic_level", "tilt_dual")
    for unit, (name, profile) in enumerate(zip(("weather", "dust", "level", "tilt"), profiles, strict=True), 1):
        rows.append(
            f'[device.{name}]\ndriver = "modbus_rtu"\nline = "rs485-a"\nevery_s = 1.0\n'
            f'unit = {unit}\nprofile = "{profile}"\n'
        )
    rows.append('[device.board]\ndriver = "pole_board"\nline = "uart-c"\n')
    rows.append('[device.gnss]\ndriver = "nmea"\nline = "uart-d"\n')
    return "\n".join(rows)


def numbered_settings(
    folder: Path,
    name: str = "numbered",
    *,
    count: int = 100,
    every_s: float = 0.1,
    baud: int = 115200,
    kind: Literal["u16", "u32"] = "u16",
) -> str:
    """The tables for ``numbered(folder, name)``: quantities ``count_0``, ``count_1`` ..., 16 or 32 bits wide."""
    step, function = (2, "input") if kind == "u32" else (1, "holding")
    registers = "".join(
        f'  {{ address = {address}, function = "{function}", type = "{kind}", quantity = "count_{number}" }},\n'
        for number, address in enumerate(range(0, count, step))
    )
    return _line(folder, name, baud) + (
        f'\n[device.{name}]\ndriver = "modbus_rtu"\nline = "{name}"\nevery_s = {every_s}\nunit = 1\n'
        f"registers = [\n{registers}]\n"
    )


def _line(folder: Path, name: str, baud: int) -> str:
    return f'[line.{name}]\nport = "{folder / name}"\nbaud = {baud}\n'
