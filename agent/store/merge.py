"""Several summaries of one device as one longer summary. Pure.

Counts add up, means are weighted by them, minimum and maximum are exact, and so is the standard deviation (of the
pooled population); the share of faults is weighted by duration. Directions are added as vectors, whose lengths follow
from their circular deviations; the growth of a counter adds up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from contract.circle import deviation_length, mean_of
from contract.events import Summary, Window
from contract.types import Value
from contract.units import row

_DIGITS = 9  # significant ones; the rest is made by the arithmetic


def merged(parts: Sequence[tuple[float, Summary]]) -> Summary:
    """``parts`` are start (UTC seconds) and summary, at least one; the result begins with the earliest."""
    ordered = sorted(parts, key=lambda part: part[0])
    begin = ordered[0][0]
    end = max(start + summary.duration_s for start, summary in ordered)
    groups: dict[tuple[str, str], list[tuple[float, Window]]] = {}
    for _, summary in ordered:
        for window in summary.windows:
            groups.setdefault((window.quantity, window.unit), []).append((summary.duration_s, window))
    return Summary(duration_s=end - begin, windows=tuple(_joined(group) for group in groups.values()))


def _joined(group: Sequence[tuple[float, Window]]) -> Window:
    windows = [window for _, window in group]
    total_s = sum(duration for duration, _ in group)
    weighted = [(window.count, window.mean, window.std or 0.0) for window in windows if window.mean is not None]
    readings = sum(count for count, _, _ in weighted)
    mean = sum(count * mean for count, mean, _ in weighted) / readings if readings else None
    lasts = [window.last for window in windows if window.last is not None]
    faults = round(sum(duration * window.faults for duration, window in group) / total_s, 4) if total_s else 0.0
    around = row(windows[0].quantity).circle
    if around:
        return _turned(windows, around, lasts[-1] if lasts else None, faults)
    grown = [window.increase for window in windows if window.increase is not None]
    return Window(
        quantity=windows[0].quantity,
        unit=windows[0].unit,
        count=sum(window.count for window in windows),
        mean=_short(mean),
        min=min((window.min for window in windows if window.min is not None), default=None),
        max=max((window.max for window in windows if window.max is not None), default=None),
        std=_short(_deviation(weighted, mean, readings)) if any(w.std is not None for w in windows) else None,
        last=lasts[-1] if lasts else None,
        increase=_short(sum(grown)) if grown else None,
        faults=faults,
    )


def _turned(windows: Sequence[Window], around: float, last: Value | None, faults: float) -> Window:
    """Windows of a direction. Where all are weighted by speed so is the whole, else each reading counts alike."""
    scale = math.tau / around
    used = [window for window in windows if window.count and window.std is not None]
    weighted = bool(used) and all(window.weight is not None for window in used)
    cos = sin = total = 0.0
    for window in used:
        share = window.weight if weighted and window.weight is not None else window.count
        total += share
        if window.mean is not None:
            length = share * deviation_length((window.std or 0.0) * scale)
            cos += length * math.cos(window.mean * scale)
            sin += length * math.sin(window.mean * scale)
    mean, std = mean_of(cos, sin, total, scale) if total else (None, None)
    return Window(
        quantity=windows[0].quantity,
        unit=windows[0].unit,
        count=sum(window.count for window in windows),
        mean=_short(mean),
        std=_short(std),
        last=last,
        weight=_short(total) if weighted else None,
        faults=faults,
    )


def _deviation(weighted: Sequence[tuple[int, float, float]], mean: float | None, readings: int) -> float | None:
    """Spread within the windows and between their means: sum of n * (s^2 + (m - mean)^2) over all readings."""
    if mean is None:
        return None
    return math.sqrt(sum(count * (std * std + (part - mean) ** 2) for count, part, std in weighted) / readings)


def _short(value: float | None) -> float | None:
    """Without the digits that only the arithmetic made."""
    return value if value is None or not math.isfinite(value) else float(f"{value:.{_DIGITS}g}")
