"""Faults that only the company of a quantity shows, on drawn poles; and what comes where nothing is wrong.

Run as ``python -m bench.relation [--poles N]``. Five pairs of quantities, N poles each, 30 days of five-minute steps
through the whole pipeline of a new pole; the fault begins after 20 days. ``found``: an event of one of the two begins
within four days. ``strangers`` are poles whose two quantities have nothing to do with each other.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import NamedTuple

from agent.analysis.pipeline import Analysis, Pipeline
from bench.anomaly.data import stamp
from bench.anomaly.poles import DAY, PAIRS, Rows, pole
from contract.events import Anomaly, SensorFault
from contract.types import Reading
from contract.units import QUANTITIES, Unit

DAYS, FAULT_DAY, WITHIN_DAYS = 30, 20, 4


class Begun(NamedTuple):
    """An event that begins: the number of its row, its quantities, and ``relation``, ``anomaly`` or ``fault``."""

    at: int
    quantities: tuple[str, ...]
    what: str


def begun(rows: Rows | Iterable[tuple[float, dict[str, float]]], analysis: Analysis | None = None) -> list[Begun]:
    """What a new pole with several quantities reports."""
    pipeline = Pipeline(analysis or Analysis(), {})
    out = []
    for index, (time_s, values) in enumerate(rows):
        at = stamp(time_s)
        events = list(pipeline.flush(at))
        for name, value in values.items():
            unit = QUANTITIES[name].unit if name in QUANTITIES else Unit.ONE
            events += pipeline.judge(Reading(device="d", quantity=name, value=value, unit=unit, at=at))[1]
        for event in events:
            body = event.body
            if isinstance(body, Anomaly) and body.phase == "begin":
                out.append(Begun(index, body.quantities, "relation" if body.against == "relation" else "anomaly"))
            elif isinstance(body, SensorFault) and body.phase == "begin":
                out.append(Begun(index, (body.quantity,), "fault"))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--poles", type=int, default=10, help="drawn poles for each pair")
    poles = parser.parse_args(arguments).poles
    fault, last = FAULT_DAY * DAY, (FAULT_DAY + WITHIN_DAYS) * DAY
    print(f"{poles} poles each; found by any event, by the relation; false events of relations and of all a month")
    for pair in PAIRS:
        found = by_relation = false = other = strange = 0
        for seed in range(poles):
            events = begun(pole(pair, seed, DAYS * DAY, fault))
            after = [one for one in events if fault <= one.at < last]
            found += bool(after)
            by_relation += any(one.what == "relation" for one in after)
            false += sum(one.at < fault and one.what == "relation" for one in events)
            other += sum(one.at < fault for one in events)
            alone = begun(pole(pair, seed, DAYS * DAY, DAYS * DAY, strangers=True))
            strange += sum(one.what == "relation" for one in alone)
        months = poles * FAULT_DAY / 30
        rates = f"{false / months:8.2f}{other / months:8.2f}{strange / poles * 30 / DAYS:8.2f} strangers"
        print(f"{pair.name:24}{found / poles:8.2f}{by_relation / poles:8.2f}{rates}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
