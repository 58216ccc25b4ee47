"""What analysis costs a reading, and how much state a quantity keeps.

Run as ``python -m bench.anomaly_cost [--against FOLDER]``. The pole profile: 20 quantities of one device, once each
second, through the whole pipeline (sensor checks, anomalies, all ready-made rules, reporter) and each part of it, less
a bare pass over the same readings.

A reference loop, an exponentially weighted mean and variance of each quantity in plain Python, takes turns with what
is measured, so that a busy or slow machine slows both: what counts is the ratio. ``--against`` measures another
checkout of the project, in turns with this one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.report import Reporter
from agent.analysis.rulesets import all_rules
from agent.config.settings import AnomalySettings, CheckSettings, DeviceSettings, ReportSettings
from contract.types import Reading, Stamp
from contract.units import QUANTITIES

SECONDS = 3 * 3600
SLICES = 18
ROUNDS = 3
NAMES = [name for name in QUANTITIES if name not in {"door", "smoke", "latitude", "longitude"}][:20]
SETS = ("waterlogging", "collision", "cabinet", "air", "noise")
TARGET_PART, TARGET_BYTES = 2 / 3, 4096
START = datetime(2026, 11, 20, tzinfo=UTC)
WHOLE = "all of it"


def readings() -> list[Reading]:
    rng = random.Random(1)
    out = []
    for second in range(SECONDS):
        at = Stamp(START + timedelta(seconds=second), 1000.0 + second)
        for index, name in enumerate(NAMES):
            value = round(20 + 5 * math.sin(second / 7000 + index) + rng.gauss(0, 0.2), 1)
            out.append(Reading(device="roof", quantity=name, value=value, unit=QUANTITIES[name].unit, at=at))
    return out


class Reference:
    """The mean and variance of each quantity of late: what the cheapest detector does with a reading."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, float]] = {}

    def take(self, reading: Reading) -> float:
        """How many standard deviations the reading is away."""
        assert not isinstance(reading.value, str)
        mean, variance = self._known.get(reading.quantity, (reading.value, 0.0))
        away = reading.value - mean
        mean += 0.01 * away
        variance = 0.99 * (variance + 0.01 * away * away)
        self._known[reading.quantity] = mean, variance
        return away / math.sqrt(variance) if variance > 0.0 else 0.0


def timed(items: list[Reading], act: Callable[[Reading], object]) -> tuple[float, float]:
    """CPU time an item of ``act`` and of the reference, in us: the fastest slice of each, which neighbours on the
    machine disturbed least.
    """
    size = len(items) // SLICES
    costs: tuple[list[float], list[float]] = ([], [])
    acts = act, Reference().take
    for first in range(0, size * SLICES, size):
        part = items[first : first + size]
        for one, cost in zip(acts, costs, strict=True):
            began = time.process_time()
            for item in part:
                one(item)
            cost.append((time.process_time() - began) / size * 1e6)
    return min(costs[0][1:]), min(costs[1][1:])  # the first one also builds everything


def measure() -> dict[str, tuple[float, float]]:
    """Of each part the CPU time a reading and that of the reference next to it, both less a bare pass, in us; under
    ``state`` the bytes a quantity.
    """
    items = readings()
    devices = {"roof": DeviceSettings(driver="x", line="a", every_s=1.0)}
    rules = all_rules(SETS, {})
    off = Analysis(check=CheckSettings(enabled=False), anomaly=AnomalySettings(enabled=False))

    def reporter() -> Reporter:
        return Reporter(lambda *_: ReportSettings(), lambda _: 1.0)

    whole = Pipeline(Analysis(rules=rules), devices, reporter=reporter())
    parts: dict[str, Callable[[Reading], object]] = {
        "sensor checks": Pipeline(Analysis(anomaly=off.anomaly), devices).judge,
        "anomalies": Pipeline(Analysis(check=off.check), devices).judge,
        "all ready-made rules": Pipeline(Analysis(check=off.check, anomaly=off.anomaly, rules=rules), devices).judge,
        "reporter, windows of 60 s": reporter().process,
        WHOLE: whole.process,
    }
    bare, _ = timed(items, lambda item: item.value)
    costs = {name: timed(items, act) for name, act in parts.items()}
    found = {name: (cost - bare, reference - bare) for name, (cost, reference) in costs.items()}
    return {**found, "state": (len(whole.state()) / len(NAMES), 1.0)}


def child(folder: Path) -> dict[str, tuple[float, float]]:
    """What this file measures of the checkout in ``folder``."""
    command = [sys.executable, __file__, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True)
    return {name: (cost, reference) for name, (cost, reference) in json.loads(done.stdout).items()}


def best(rounds: list[dict[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Of each part the least cost and the least reference of all rounds."""
    return {name: (min(one[name][0] for one in rounds), min(one[name][1] for one in rounds)) for name in rounds[0]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, measured in turns")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(measure()))
        return
    here = Path(__file__).parents[1]
    runs: dict[Path, list[dict[str, tuple[float, float]]]] = {here: []}
    if options.against:
        runs[options.against.resolve()] = []
    for _ in range(ROUNDS):
        for folder, rounds in runs.items():
            rounds.append(child(folder))
    ours, *others = (best(rounds) for rounds in runs.values())
    size, _ = ours.pop("state")
    print(f"{SECONDS * len(NAMES)} readings of {len(NAMES)} quantities, best of {ROUNDS}")
    print(f"  {'':28}{'us':>8}{'times the reference':>22}" + "   the same there, part of it" * bool(others))
    for name, (cost, reference) in ours.items():
        line = f"  {name:28}{cost:8.2f}{cost / reference:22.1f}"
        for other in others:
            there = other[name][0] / other[name][1]
            line += f"{there:18.1f}{cost / reference / there:10.2f}"
        print(line)
    if others:
        print(f"target of all of it: at most {TARGET_PART:.2f} of it")
    print(f"saved state: {size:.0f} bytes a quantity   target at most {TARGET_BYTES} ({size / TARGET_BYTES:.2f} of it)")


if __name__ == "__main__":
    main()
