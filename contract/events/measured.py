"""What was measured: windows, single readings, and what was asked for afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

import msgspec

from contract.events.kind import Kind
from contract.types import Body, Lane, Quality, Value
from contract.units import Unit
from contract.words import Words, both, span


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One quantity over one window. ``mean``, ``min``, ``max``, ``std`` are absent where the values are labels.

    A direction has the mean of its vectors and their circular standard deviation, ``sqrt(-2 ln R)`` as an angle (Mardia
    1972), and neither ``min`` nor ``max``; it has no ``mean`` where its vectors cancel. A counter has its ``increase``.
    """

    quantity: str
    unit: Unit
    count: Annotated[int, msgspec.Meta(description="readings of quality good or uncertain in the window")]
    mean: float | None = None
    min: float | None = None
    max: float | None = None
    std: Annotated[float | None, msgspec.Meta(description="standard deviation of the population")] = None
    last: Value | None = None
    increase: Annotated[
        float | None, msgspec.Meta(description="growth of a counter since its last reading before the window")
    ] = None
    weight: Annotated[
        float | None,
        msgspec.Meta(
            description="sum of the speeds that weight a mean direction; absent where all readings count alike"
        ),
    ] = None
    faults: Annotated[float, msgspec.Meta(description="share of the expected readings that are missing, 0 to 1")] = 0.0


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Readings of one quantity: ``offsets_ms[i]`` after the event's time, ``values[i]``; same length."""

    quantity: str
    unit: Unit
    offsets_ms: tuple[int, ...]
    values: tuple[Value, ...]
    qualities: dict[int, Quality] = {}  # index -> quality, only where it is not good


class Summary(Body, frozen=True, kw_only=True):
    """Aligned windows of one device; the event's time is the start of the window."""

    kind: ClassVar[str] = "summary"
    lane: ClassVar[Lane] = Lane.SUMMARY
    duration_s: float
    windows: tuple[Window, ...]


class Samples(Body, frozen=True, kw_only=True):
    """Readings as they were taken, delivered because the quantity is set to ``raw``."""

    kind: ClassVar[str] = "samples"
    lane: ClassVar[Lane] = Lane.RAW
    series: tuple[Series, ...]


class Change(Body, frozen=True, kw_only=True):
    """Readings that left their dead band (report by exception)."""

    kind: ClassVar[str] = "change"
    series: tuple[Series, ...]


class Backfill(Body, frozen=True, kw_only=True):
    """A part of the raw ring that the platform asked for; ``request`` is the id of its command."""

    kind: ClassVar[str] = "backfill"
    lane: ClassVar[Lane] = Lane.RAW
    request: str
    part: int
    last: bool
    series: tuple[Series, ...]


def _windows(body: Summary) -> Words:
    text = f"{span(body.duration_s)}: "
    return both(
        text + ", ".join(_window(window, "nothing") for window in body.windows),
        text + ", ".join(_window(window, "无数据") for window in body.windows),
    )


def _window(window: Window, nothing: str) -> str:
    if window.mean is None:
        return f"{window.quantity} {window.last if window.count else nothing}"
    return f"{window.quantity} {window.mean:.6g} {window.unit} ({window.min:.6g} to {window.max:.6g})"


def _series(series: Iterable[Series]) -> str:
    return ", ".join(
        f"{one.quantity} {one.values[-1]} {one.unit}" if len(one.values) == 1 else f"{len(one.values)} {one.quantity}"
        for one in series
    )


def _readings(body: Samples | Change) -> Words:
    text = _series(body.series)
    return both(text, text)


def _backfill(body: Backfill) -> Words:
    text = _series(body.series)
    return both(f"part {body.part} for {body.request}: {text}", f"{body.request} 的第 {body.part} 部分：{text}")


_RAIN = Series(quantity="rain", unit=Unit.MILLIMETRE, offsets_ms=(0,), values=(1.5,))
_PM10 = Series(
    quantity="pm10", unit=Unit.UG_PER_M3, offsets_ms=(0, 10), values=(1.5, 2), qualities={1: Quality.UNCERTAIN}
)
KINDS = (
    Kind(
        body=Summary,
        says=_windows,
        examples=(
            Summary(
                duration_s=60.0,
                windows=(
                    Window(
                        quantity="noise", unit=Unit.DECIBEL, count=60, mean=51.2, min=50.0, max=70.1, std=1.5, last=51.0
                    ),
                    Window(quantity="door", unit=Unit.ONE, count=3, last="open"),
                    Window(quantity="rain", unit=Unit.MILLIMETRE, count=0, faults=1.0),
                ),
            ),
        ),
    ),
    Kind(body=Samples, says=_readings, examples=(Samples(series=(_PM10,)),)),
    Kind(body=Change, says=_readings, examples=(Change(series=(_RAIN,)),)),
    Kind(body=Backfill, says=_backfill, examples=(Backfill(request="r-1", part=2, last=True, series=(_PM10,)),)),
)
