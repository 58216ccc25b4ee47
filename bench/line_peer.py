"""One side of ``bench.line``, run by the peers' own Python: a plain loop over the devices, as their manuals show it.

``line_peer.py pymodbus|minimalmodbus PORT BAUD DEVICES FIRST COUNT SECONDS`` prints as JSON when each answer was
there, and how many failed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

WARM_S = 0.5


def pymodbus(port: str, baud: int) -> Callable[[int, int, int], bool]:
    from pymodbus import pymodbus_apply_logging_config  # noqa: PLC0415 - only this side has it
    from pymodbus.client import ModbusSerialClient  # noqa: PLC0415 - as above

    pymodbus_apply_logging_config("CRITICAL")
    client = ModbusSerialClient(port, baudrate=baud, timeout=0.5, retries=0)
    client.connect()

    def read(unit: int, first: int, count: int) -> bool:
        answer = client.read_holding_registers(first, count=count, device_id=unit)
        return not answer.isError() and len(answer.registers) == count

    return read


def minimalmodbus(port: str, baud: int) -> Callable[[int, int, int], bool]:
    import minimalmodbus as peer  # noqa: PLC0415 - only this side has it

    made: dict[int, peer.Instrument] = {}

    def read(unit: int, first: int, count: int) -> bool:
        if unit not in made:
            made[unit] = peer.Instrument(port, unit)
            made[unit].serial.baudrate = baud
            made[unit].serial.timeout = 0.5
        return len(made[unit].read_registers(first, count)) == count

    return read


def main() -> None:
    side, port, *numbers = sys.argv[1:]
    baud, devices, first, count, seconds = (int(number) for number in numbers)
    read = {"pymodbus": pymodbus, "minimalmodbus": minimalmodbus}[side](port, baud)
    failures = 0
    ends: list[float] = []
    began = time.monotonic() + WARM_S
    end = began + seconds
    while True:
        for unit in range(1, devices + 1):
            try:
                good = read(unit, first, count)
            except Exception:  # noqa: BLE001 - each peer has errors of its own
                good = False
            now = time.monotonic()
            if now >= end:
                print(json.dumps({"ends": ends, "failures": failures}))
                return
            if now >= began and good:
                ends.append(now)
            elif now >= began:
                failures += 1


if __name__ == "__main__":
    main()
