"""Columns of the raw ring as readings again, and in parts that fit an event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from agent.store.ring import Piece
from contract.types import Quality, Reading, Stamp


def readings_of(piece: Piece) -> Iterator[Reading]:
    """The columns as readings again."""
    series = piece.series
    for index, (offset_ms, value) in enumerate(zip(series.offsets_ms, series.values, strict=True)):
        later = timedelta(milliseconds=offset_ms)
        yield Reading(
            device=piece.device,
            quantity=series.quantity,
            value=value,
            unit=series.unit,
            at=Stamp(piece.at.utc + later, piece.at.boot_s + later.total_seconds(), piece.at.synced),
            quality=series.qualities.get(index, Quality.GOOD),
        )


def parts_of(piece: Piece, most: int) -> Iterator[Piece]:
    """``piece`` in parts of at most ``most`` readings, each with the time of the whole."""
    series = piece.series
    for start in range(0, len(series.values), most):
        end = start + most
        qualities = {index - start: quality for index, quality in series.qualities.items() if start <= index < end}
        part = replace(
            series, offsets_ms=series.offsets_ms[start:end], values=series.values[start:end], qualities=qualities
        )
        yield replace(piece, series=part)
