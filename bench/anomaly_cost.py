"""What analysis costs a reading, and how much state a quantity keeps.

Run as ``python -m bench.anomaly_cost``. The pole profile: 20 quantities of one device, once a second, through the
whole pipeline (sensor checks, anomalies, all ready-made rules, reporter) and each part of it, less a bare pass over the
same readings in the same run.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent.analysis.pipeline import Analysis, Pipeline
from agent.analysis.report import Reporter
from agent.analysis.rulesets import all_rules
from agent.config.settings import AnomalySettings, CheckSettings, DeviceSettings, ReportSettings
from contract.types import Reading, Stamp
from contract.units import QUANTITIES

SECONDS = 3 * 3600
NAMES = [name for name in QUANTITIES if name not in {"door", "smoke", "latitude", "longitude"}][:20]
SETS = ("waterlogging", "collision", "cabinet", "air", "noise")
TARGET_US, TARGET_BYTES = 10.0, 4096
START = datetime(2026, 11, 20, tzinfo=UTC)


def readings() -> list[Reading]:
    rng = random.Random(1)
    out = []
    for second in range(SECONDS):
        at = Stamp(START + timedelta(seconds=second), 1000.0 + second)
        for index, name in enumerate(NAMES):
            value = round(20 + 5 * math.sin(second / 7000 + index) + rng.gauss(0, 0.2), 1)
            out.append(Reading(device="roof", quantity=name, value=value, unit=QUANTITIES[name].unit, at=at))
    return out


def timed(items: list[Reading], act: Callable[[Reading], object]) -> float:
    """CPU time an item, in us: the fastest of nine slices, which neighbours on the machine disturbed least."""
    size = len(items) // 9
    costs = []
    for first in range(0, size * 9, size):
        part = items[first : first + size]
        began = time.process_time()
        for item in part:
            act(item)
        costs.append((time.process_time() - began) / size * 1e6)
    return min(costs[1:])  # the first one also builds everything


def main() -> None:
    items = readings()
    devices = {"roof": DeviceSettings(driver="x", line="a", every_s=1.0)}
    off = Analysis(check=CheckSettings(enabled=False), anomaly=AnomalySettings(enabled=False))
    parts = {
        "sensor checks": Analysis(anomaly=AnomalySettings(enabled=False)),
        "anomalies": Analysis(check=CheckSettings(enabled=False)),
        "all ready-made rules": Analysis(check=off.check, anomaly=off.anomaly, rules=all_rules(SETS, {})),
    }

    def reporter() -> Reporter:
        return Reporter(lambda *_: ReportSettings(), lambda _: 1.0)

    bare = timed(items, lambda item: item.value)
    print(f"{len(items)} readings of {len(NAMES)} quantities, us per reading less a bare pass ({bare:.2f} us)")
    for name, settings in parts.items():
        print(f"  {name:28}{timed(items, Pipeline(settings, devices).judge) - bare:8.2f}")
    print(f"  {'reporter, windows of 60 s':28}{timed(items, reporter().process) - bare:8.2f}")
    whole = Pipeline(Analysis(rules=all_rules(SETS, {})), devices, reporter=reporter())
    cost = timed(items, whole.process) - bare
    print(f"  {'all of it':28}{cost:8.2f}   target at most {TARGET_US} ({cost / TARGET_US:.2f} of it)")
    size = len(whole.state()) / len(NAMES)
    print(f"saved state: {size:.0f} bytes a quantity   target at most {TARGET_BYTES} ({size / TARGET_BYTES:.2f} of it)")


if __name__ == "__main__":
    main()
