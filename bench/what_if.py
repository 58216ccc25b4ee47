"""What a what-if takes of a pole: ``python -m bench.what_if [--hours N] [--most-s S]``.

The reference pole's day: 13 Modbus quantities and 5 of GNSS once a second, 6 of a meter every 10 s, 5 of the sensor
board every 100 ms, in blocks of 600 s as they lie in the ring, through the settings in force and through a candidate
with rules, other offsets and other windows, with the priority of ``poleagent what-if``. The blocks travel as JSON, as
over the control socket. Their making is not counted. Target: at most 60 s of one core, children included.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.store.block import StoreBlock
from agent.update.compared import Side, Undone
from agent.update.ringrun import CPU_S, RingRun, cpu_s
from contract.requests import RingBlock, RingResult
from contract.types import Reading, Stamp
from contract.units import QUANTITIES
from simulator.pole import reference_settings

TARGET_S, BLOCK_S, DAY_S = 60.0, 600, 86400
BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
Row = tuple[str, str, float, float, float, float]  # device, quantity, every_s, middle, swing, noise
ROWS: tuple[Row, ...] = (
    ("weather", "wind_speed", 1.0, 2.4, 1.5, 0.4), ("weather", "wind_direction", 1.0, 135.0, 40.0, 6.0),
    ("weather", "humidity", 1.0, 68.0, 8.0, 0.3), ("weather", "temperature", 1.0, 26.4, 5.2, 0.1),
    ("weather", "pressure", 1.0, 1008.0, 4.0, 0.1), ("weather", "rain", 1.0, 0.0, 0.0, 0.0),
    ("dust", "noise", 1.0, 61.0, 4.5, 2.0), ("dust", "pm2_5", 1.0, 23.0, 6.0, 1.0),
    ("dust", "pm10", 1.0, 41.0, 9.0, 2.0),
    ("level", "distance", 1.0, 3150.0, 120.0, 3.0), ("level", "water_level", 1.0, 850.0, 120.0, 3.0),
    ("tilt", "tilt_x", 1.0, 0.12, 0.03, 0.02), ("tilt", "tilt_y", 1.0, -0.27, 0.03, 0.02),
    ("gnss", "latitude", 1.0, 22.54, 0.0, 1e-6), ("gnss", "longitude", 1.0, 114.05, 0.0, 1e-6),
    ("gnss", "altitude", 1.0, 12.0, 0.5, 0.2), ("gnss", "satellites", 1.0, 11.0, 2.0, 0.4),
    ("gnss", "hdop", 1.0, 0.9, 0.1, 0.02),
    ("board", "cabinet_temperature", 0.1, 31.0, 4.0, 0.05), ("board", "door", 0.1, 0.0, 0.0, 0.0),
    ("board", "smoke", 0.1, 0.0, 0.0, 0.0), ("board", "vibration", 0.1, 0.05, 0.0, 0.01),
    ("board", "lamp_current", 0.1, 0.62, 0.02, 0.003),
    ("level", "voltage", 10.0, 231.0, 2.0, 0.5), ("level", "current", 10.0, 1.2, 0.4, 0.02),
    ("level", "active_power", 10.0, 270.0, 80.0, 3.0), ("level", "active_energy", 10.0, 1200.0, 0.0, 0.0),
    ("level", "frequency", 10.0, 50.0, 0.02, 0.01), ("level", "power_factor", 10.0, 0.97, 0.01, 0.002),
)  # fmt: skip
CANDIDATE = """
[report]
window_s = 300.0
[rules]
sets = ["waterlogging", "collision", "cabinet", "air", "noise"]
[device.dust]
offsets = { pm2_5 = -2.0 }
"""


def block(first_s: int) -> StoreBlock:
    """Ten minutes of the reference pole."""
    rng, made = random.Random(first_s), StoreBlock(synced=True)
    for tenth in range(BLOCK_S * 10):
        time_s = first_s + tenth / 10.0
        at = Stamp(datetime.fromtimestamp(BEGAN.timestamp() + time_s, UTC), time_s)
        for device, quantity, every_s, middle, swing, noise in ROWS:
            if tenth % round(every_s * 10):
                continue
            value = middle + swing * math.sin(math.tau * time_s / DAY_S) + rng.gauss(0.0, noise)
            digits = 6 if quantity in {"latitude", "longitude"} else 2
            made.add(
                Reading(
                    device=device, quantity=quantity, value=round(value, digits), unit=QUANTITIES[quantity].unit, at=at
                )
            )
    return made


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=24.0)
    options.add_argument("--most-s", type=float, default=CPU_S)
    given = options.parse_args()
    os.nice(19)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = f'[pole]\nid = "reference"\n[store]\npath = "{folder}/pole.db"\n' + reference_settings(folder)
        pages = [folder / "now.toml", folder / "candidate.toml"]
        pages[0].write_text(text, encoding="utf-8")
        head, _, tail = CANDIDATE.partition("[device.dust]\n")
        pages[1].write_text(text.replace("[device.dust]\n", "[device.dust]\n" + tail) + head, encoding="utf-8")
        before, after = (load(page, find_drivers()) for page in pages)
    count = round(given.hours * 3600 / BLOCK_S)
    size, making = len(block(0).packed()), 0.0
    start_ms = round(BEGAN.timestamp() * 1000)

    def ring(ids: tuple[int, ...]) -> RingResult:
        nonlocal making
        began = cpu_s()
        blocks = tuple(
            RingBlock(
                id=number,
                first_ms=start_ms + number * BLOCK_S * 1000,
                last_ms=start_ms + (number + 1) * BLOCK_S * 1000 - 100,
                synced=True,
                size=size,
                data=block(number * BLOCK_S).packed() if ids else b"",
            )
            for number in ids or range(count)
        )
        making += cpu_s() - began
        return msgspec.json.decode(msgspec.json.encode(RingResult(blocks=blocks)), type=RingResult)

    def sides(learned: bytes) -> tuple[Side, Side]:
        return Side(before, learned, _no_model), Side(after, learned, _no_model)

    run = RingRun(ring, sides, Undone(before), most_s=given.most_s, spent=lambda: cpu_s() - making)
    found = run.run("settings/candidate/1")
    assert found.before is not None
    assert found.after is not None
    print(f"{given.hours:g} hours of the reference pole, {size * count / 2**20:.1f} MiB in the ring")
    print(f"looked at: {found.readings} readings, {found.hours:.2f} h, share {found.share:.2f}")
    print(f"us a reading, both sides, decoding included: {found.cpu_s / found.readings * 1e6:.1f}")
    print(f"before {found.before}\nafter  {found.after}")
    print(f"CPU s: {found.cpu_s:.1f}   target at most {TARGET_S:g} ({found.cpu_s / TARGET_S:.2f} of it)")
    return int(found.cpu_s > TARGET_S)


def _no_model(*_: object) -> list[list[float]]:
    raise AssertionError("no model of series is set")


if __name__ == "__main__":
    sys.exit(main())
