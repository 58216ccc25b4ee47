"""The unfinished block of the raw ring, by columns, and how it looks on disk."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator
from itertools import accumulate

import msgspec

from agent.store.columns import Column, pack_integers, pack_values, unpack_integers, unpack_values
from agent.store.rows import microseconds
from contract.events import Series
from contract.types import GOOD, Quality, Reading, Stamp, Value
from contract.units import Unit

DAMAGED = (ValueError, IndexError, KeyError, TypeError, zlib.error, msgspec.MsgspecError)
"""What reading damaged bytes may raise."""


class PackedSeries(msgspec.Struct, frozen=True, array_like=True):
    """``rows`` says at which of the device's times there is a value; empty: at each."""

    quantity: str
    unit: str
    rows: bytes
    values: Column
    qualities: dict[int, str]


class PackedDevice(msgspec.Struct, frozen=True, array_like=True):
    """``utc`` and ``lag`` (boot time less UTC), in ms, of each poll; the quantities of a poll share them."""

    name: str
    utc: bytes
    lag: bytes
    series: list[PackedSeries]


class Times(msgspec.Struct, frozen=True):
    """When the polls of one device were, in ms, on both clocks."""

    utc_ms: list[int]
    boot_ms: list[int]


class Points(msgspec.Struct, frozen=True):
    """Values of one quantity of one device; ``rows[i]`` is the index of ``values[i]``'s time."""

    device: str
    quantity: str
    unit: Unit
    times: Times
    rows: list[int]
    values: list[Value]
    qualities: dict[int, Quality]


class _Series:
    def __init__(self) -> None:
        self.rows = array("I")
        self.values: list[Value] = []
        self.qualities: dict[int, str] = {}


class _Device:
    def __init__(self) -> None:
        self.last: Stamp | None = None
        self.utc_ms = array("q")
        self.boot_ms = array("q")
        self.series: dict[tuple[str, Unit], _Series] = {}


class StoreBlock:
    """Readings of one stretch of time, all taken synced or all unsynced."""

    def __init__(self, *, synced: bool) -> None:
        self.synced = synced
        self.count = 0
        self._devices: dict[str, _Device] = {}

    def add(self, reading: Reading) -> None:
        device = self._devices.get(reading.device)
        if device is None:
            device = self._devices[reading.device] = _Device()
        at = reading.at
        if at is not device.last and at != device.last:
            device.last = at
            device.utc_ms.append(microseconds(at.utc) // 1000)
            device.boot_ms.append(round(at.boot_s * 1000))
        series = device.series.get((reading.quantity, reading.unit))
        if series is None:
            series = device.series[reading.quantity, reading.unit] = _Series()
        if reading.quality is not GOOD:
            series.qualities[len(series.values)] = reading.quality.value
        series.rows.append(len(device.utc_ms) - 1)
        series.values.append(reading.value)
        self.count += 1

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about, and at most on disk."""
        return 16 * self.count + 100 * len(self._devices)

    def spans(self) -> tuple[int, int, int, int]:
        """First and last UTC, first and last boot time, in ms; of a block that is not empty."""
        utc = [time for device in self._devices.values() for time in device.utc_ms]
        boot = [time for device in self._devices.values() for time in device.boot_ms]
        return min(utc), max(utc), min(boot), max(boot)

    def packed(self) -> bytes:
        return msgspec.msgpack.encode([_pack(name, device) for name, device in self._devices.items()])

    def points(self, device: str | None, quantity: str | None) -> Iterator[Points]:
        for name, columns in list(self._devices.items()):
            if device in (None, name):
                times = Times(columns.utc_ms.tolist(), columns.boot_ms.tolist())
                for (label, unit), series in list(columns.series.items()):
                    if quantity in (None, label):
                        qualities = {index: Quality(text) for index, text in series.qualities.items()}
                        yield Points(name, label, unit, times, series.rows.tolist(), list(series.values), qualities)


def _pack(name: str, device: _Device) -> PackedDevice:
    polls = len(device.utc_ms)
    series = [
        PackedSeries(
            quantity,
            unit.value,
            b"" if series.rows.tolist() == list(range(polls)) else pack_integers(series.rows.tolist()),
            pack_values(series.values),
            series.qualities,
        )
        for (quantity, unit), series in device.series.items()
    ]
    utc, boot = device.utc_ms.tolist(), device.boot_ms.tolist()
    return PackedDevice(name, _pack_times(utc), pack_integers([b - u for b, u in zip(boot, utc, strict=True)]), series)


def _pack_times(times: list[int]) -> bytes:
    """Steps of the steps: a steady poll is all zeros."""
    return pack_integers([after - before for before, after in zip([0, *times], times, strict=False)])


def unpacked(data: bytes, device: str | None, quantity: str | None) -> Iterator[Points]:
    """The series that are asked for, and only these are decoded. Raises one of ``DAMAGED``."""
    for packed in msgspec.msgpack.decode(data, type=list[PackedDevice]):
        if device not in (None, packed.name):
            continue
        utc = list(accumulate(unpack_integers(packed.utc)))
        times = Times(utc, [u + lag for u, lag in zip(utc, unpack_integers(packed.lag), strict=True)])
        for series in packed.series:
            if quantity in (None, series.quantity):
                yield Points(
                    packed.name,
                    series.quantity,
                    Unit(series.unit),
                    times,
                    unpack_integers(series.rows) if series.rows else list(range(len(utc))),
                    unpack_values(series.values),
                    {index: Quality(text) for index, text in series.qualities.items()},
                )


def as_series(points: Points, utc_ms: list[int], chosen: list[int]) -> tuple[int, Series]:
    """The ``chosen`` values as a series, and the time in UTC ms that its offsets count from."""
    first = utc_ms[points.rows[chosen[0]]]
    series = Series(
        quantity=points.quantity,
        unit=points.unit,
        offsets_ms=tuple(utc_ms[points.rows[index]] - first for index in chosen),
        values=tuple(points.values[index] for index in chosen),
        qualities={new: points.qualities[old] for new, old in enumerate(chosen) if old in points.qualities},
    )
    return first, series
