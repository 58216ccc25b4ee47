"""Limits and dead bands that suit a recorded series, and a plot of what the stages saw in it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from agent.analysis import sentences as say
from agent.analysis.replay import ReplayRow
from agent.errors import ConfigError
from contract import units

OUTER = 0.001  # share of the readings that is taken for faults, on each side
WEEKS_DAYS, SEASONS_DAYS, FEW = 14.0, 300.0, 500
"""Days and readings from which a proposal is more than a guess, and days from which it has seen the seasons."""
ROOM = 0.5  # room left beyond the rest, in parts of its width


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What suits one quantity: ``limits`` with room for rarer weather than was recorded, and a dead band that nine of
    ten changes between readings do not leave.
    """

    device: str
    quantity: str
    count: int
    low: float
    high: float
    dead_band: float
    findings: int
    anomalies: int
    days: float

    @property
    def sure(self) -> str:
        """How far the proposal can be trusted, in words."""
        if self.days < WEEKS_DAYS or self.count < FEW:
            return say.GUESS_RECORD_SOME_WEEKS()
        if self.days < SEASONS_DAYS:
            return say.GOOD_SEASON_OTHER_SEASONS()
        return say.GOOD_SEASONS_WERE_SEEN()


def propose(rows: Iterable[ReplayRow]) -> list[Proposal]:
    """One proposal a quantity, in the order of their first readings."""
    series: dict[tuple[str, str], list[float]] = {}
    times: dict[tuple[str, str], tuple[str, str]] = {}
    reported: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        key = (row.device, row.quantity)
        series.setdefault(key, []).append(row.value)
        times[key] = (times.get(key, (row.at, ""))[0], row.at)
        for raw in row.events:
            event = msgspec.json.decode(raw)
            if event["data"]["phase"] == "begin":
                names = event["data"].get("quantities") or [event["data"].get("quantity")]
                reported.update((event["source"], name, event["kind"]) for name in names)
    return [
        _proposal(
            (device, quantity),
            table,
            _days(*times[device, quantity]),
            (reported[device, quantity, "sensor_fault"], reported[device, quantity, "anomaly"]),
        )
        for (device, quantity), table in series.items()
    ]


def _days(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() / 86400.0


def _proposal(name: tuple[str, str], table: Sequence[float], days: float, events: tuple[int, int]) -> Proposal:
    """``events`` are findings and anomalies."""
    device, quantity = name
    values = sorted(table)
    outer = int(len(values) * OUTER)
    low, high = values[outer], values[-1 - outer]
    room = ROOM * (high - low) or max(abs(low) * 0.1, 1.0)
    known = units.row(quantity)
    changes = sorted(abs(after - before) for before, after in pairwise(table))
    return Proposal(
        device=device,
        quantity=quantity,
        count=len(table),
        low=_two_digits(max(low - room, known.low), high - low, math.floor),
        high=_two_digits(min(high + room, known.high), high - low, math.ceil),
        dead_band=float(f"{changes[int(len(changes) * 0.9)]:.2g}") if changes else 0.0,
        findings=events[0],
        anomalies=events[1],
        days=days,
    )


def _two_digits(value: float, width: float, towards: Any) -> float:
    """``value`` outwards to a hundredth of the width's order."""
    step = 10.0 ** (math.floor(math.log10(width)) - 1) if width > 0.0 else 0.1
    return float(f"{towards(value / step) * step:.10g}")


def as_toml(proposals: Iterable[Proposal]) -> str:
    """Tables to paste into the settings."""
    lines = []
    for one in proposals:
        lines += [
            (
                say.READINGS_DAYS_FINDINGS_ANOMALIES(
                    quantity=one.quantity,
                    count=one.count,
                    days=one.days,
                    findings=one.findings,
                    anomalies=one.anomalies,
                    sure=one.sure,
                )
            ),
            f"[device.{one.device}.limits]",
            f"{one.quantity} = [{one.low}, {one.high}]",
            f"[device.{one.device}.report.{one.quantity}]",
            f"dead_band = {one.dead_band}  # for mode = 'change'",
            "",
        ]
    return "\n".join(lines)


def plot(rows: Sequence[ReplayRow], path: Path) -> None:
    """A PNG: each quantity with its expected range, doubtful readings and events. ConfigError without matplotlib."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and seldom wanted

        mpl.use("Agg")
        from matplotlib import pyplot as plt  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(say.PLOT_NEEDS_MATPLOTLIB_NOT()) from error
    series: dict[str, list[ReplayRow]] = {}
    for row in rows:
        series.setdefault(f"{row.device}.{row.quantity}", []).append(row)
    figure, axes = plt.subplots(len(series), 1, figsize=(14, 3.5 * len(series)), squeeze=False, sharex=True)
    for axis, (name, table) in zip(axes[:, 0], series.items(), strict=True):
        _draw(axis, name, table)
    figure.autofmt_xdate()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw(axis: Any, name: str, rows: Sequence[ReplayRow]) -> None:
    times = [datetime.fromisoformat(row.at) for row in rows]
    band = [(at, row.low, row.high) for at, row in zip(times, rows, strict=True) if row.low is not None]
    axis.plot(times, [row.value for row in rows], linewidth=0.7, color="#1f4e79", label=name)
    if band:
        axis.fill_between(*zip(*band, strict=True), color="#9dc3e6", alpha=0.5, linewidth=0, label="expected")
    doubtful = [(at, row.value) for at, row in zip(times, rows, strict=True) if row.quality != "good"]
    if doubtful:
        axis.plot(*zip(*doubtful, strict=True), ".", markersize=3, color="#c55a11", label="uncertain or bad")
    for at, row in zip(times, rows, strict=True):
        kinds = b"".join(bytes(event) for event in row.events)
        if b'"begin"' in kinds:
            axis.axvline(at, color="#c00000" if b'"anomaly"' in kinds else "#7f7f7f", linewidth=0.8, alpha=0.7)
    values = sorted(row.value for row in rows)
    spread = values[-1] - values[0] or 1.0
    axis.set_ylim(values[0] - 0.2 * spread, values[-1] + 0.2 * spread)
    axis.legend(loc="upper left", fontsize="small")
