"""The reference pole's lines as real firmware, for who has a C compiler; the Python twins of ``pole`` stand in else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from simulator.firmware import Emulated, build
from simulator.wire import SLOW_S, Behaviour

FAULTS: dict[Behaviour, str] = {
    "ok": "none",
    "silent": "silent",
    "slow": f"slow {SLOW_S * 1000:.0f}",
    "babble": "babble",
    "bad_crc": "crc",
    "wrong_address": "address",
    "exception": "exception",
    "half_frame": "reset",
}
LINES: dict[str, tuple[str, dict[str, str]]] = {
    "rs485-a": (
        "line 9600 N",
        {"weather": "weather_six 1", "dust": "pm_noise 2", "level": "ultrasonic_level 3", "tilt": "tilt_dual 4"},
    ),
    "uart-c": ("line 115200 N", {"board": "board"}),
    "uart-d": ("line 9600 N", {"gnss": "gnss"}),
}
"""Line -> its setting, and its devices by name: kind and address."""


class EmulatedWire:
    """One line of emulated devices, which misbehaves on request as a ``SimulatedWire`` does."""

    def __init__(self, line: Emulated, devices: list[str]) -> None:
        self._line = line
        self._devices = devices

    def misbehave(self, device: str, how: Behaviour) -> None:
        self._line.say(f"fault {self._devices.index(device)} {FAULTS[how]}")


@contextlib.contextmanager
def emulated_pole(folder: Path) -> Iterator[dict[str, EmulatedWire]]:
    """The lines of ``LINES``, their ports as links in ``folder``; ConfigError where the firmware cannot be built."""
    build("field_devices")
    wires = {}
    with contextlib.ExitStack() as stack:
        for name, (setting, devices) in LINES.items():
            line = stack.enter_context(
                Emulated("field_devices", setting, *(f"add {kind}" for kind in devices.values()))
            )
            wires[name] = EmulatedWire(line, list(devices))
            if "gnss" in devices:
                line.say(f"set {list(devices).index('gnss')} 1 {time.time():.0f}")
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(line.port)
            stack.callback((folder / name).unlink, missing_ok=True)
        yield wires
