"""Rivers with the numbers of the sensor checks chosen on two sites and reported on the third.

Run as ``python -m bench.river_left_out [--records N]``. The numbers that were looked at on all sites at once are the
thresholds of a jump and of one that comes back (``STEP``, ``RETURNED``): each pair of a small grid runs through the
pipeline, the best recall at no more than 1.5 other events on two sites is taken, and the third site is reported with
it. Of each sensor the first N records count (three months).
"""

from __future__ import annotations

import argparse
import itertools

from agent.analysis import sensorcheck
from bench.anomaly.data import River, river
from bench.anomaly.reported import reported
from bench.river import ALLOWED, NAMES, Outcome, others, outcome, recall

STEPS = (2.7, 2.5)
RETURNS = (2.15, 1.95, 2.35)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=9000)
    most = parser.parse_args(arguments).records
    sensors = [River(one.name, one.rows[:most], one.labels[:most]) for one in river()]
    found: dict[tuple[float, float], list[Outcome]] = {}
    for pair in itertools.product(STEPS, RETURNS):
        sensorcheck.STEP, sensorcheck.RETURNED = pair  # type: ignore[misc]
        found[pair] = [outcome(one, reported(one.rows, NAMES.get(one.quantity, one.quantity))) for one in sensors]
        print(
            f"step {pair[0]}, returned {pair[1]}: {recall(found[pair]):.3f} at {others(sensors, found[pair]):.2f}",
            flush=True,
        )
    left: list[Outcome] = [Outcome([], [])] * len(sensors)
    for site in sorted({one.site for one in sensors}):
        kept = [place for place, one in enumerate(sensors) if one.site != site]

        def worth(pair: tuple[float, float], kept: list[int] = kept) -> tuple[bool, float]:
            part = [found[pair][place] for place in kept]
            rate = others([sensors[place] for place in kept], part)
            return rate <= ALLOWED, recall(part) if rate <= ALLOWED else -rate

        best = max(found, key=worth)
        own = [place for place, one in enumerate(sensors) if one.site == site]
        for place in own:
            left[place] = found[best][place]
        part = [left[place] for place in own]
        print(f"{site:16} chosen {best}: {recall(part):.2f} at {others([sensors[place] for place in own], part):.2f}")
    print(f"{'left-out sites':16} {recall(left):.2f} at {others(sensors, left):.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
