"""The end of the demo: what was produced, what arrived, and whether anything is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from demo.platform import Platform


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Events are counted by (pole, epoch, seq); numbered readings by the counts that the device itself made.

    ``numbered_in_flight`` were read from the device but not yet answered when the daemon stopped; ``numbered_lost`` are
    holes in the counts, ``longest_hole`` the longest of them in one register. ``cars``: how many were drawn past the
    camera, for sure and as it connected or was killed; None without a camera. ``cars_counted``: what arrived of them.
    """

    broker: str
    events_committed: int
    events_delivered: int
    events_missing: int
    deleted_and_reported: int
    repeats_recognised: int
    duplicates_after_dedupe: int
    numbered_read: int
    numbered_delivered: int
    numbered_in_flight: int
    numbered_lost: int
    longest_hole: int
    numbered_twice: int
    readings: int
    readings_per_event: float
    bytes_upstream: int
    bytes_per_reading: float
    starts: int
    cars: tuple[int, int] | None = None
    cars_counted: int = 0

    @property
    def sound(self) -> bool:
        return not (self.events_missing or self.duplicates_after_dedupe or self.numbered_twice)


def prove(
    platform: Platform,
    *,
    committed: int,
    produced: Mapping[str, int],
    bytes_upstream: int,
    broker: str,
    starts: int,
    cars: tuple[int, int] | None = None,
) -> Proof:
    """``committed``: events of the store; ``produced``: quantity of the numbered device -> its reads."""
    arrived, reported = platform.counted()
    counts = {quantity: platform.values.get(("numbered", quantity), []) for quantity in produced}
    numbered = sum(len(set(values)) for values in counts.values())
    holes = [hole for values in counts.values() for hole in _holes(values)]
    reads = sum(produced.values())
    readings = platform.in_windows + sum(len(values) for values in platform.values.values())
    return Proof(
        broker=broker,
        events_committed=committed,
        events_delivered=arrived,
        events_missing=committed - arrived - reported,
        deleted_and_reported=reported,
        repeats_recognised=platform.repeats,
        duplicates_after_dedupe=max(0, arrived - committed) + platform.doubled,
        numbered_read=reads,
        numbered_delivered=numbered,
        numbered_in_flight=reads - numbered - sum(holes),
        numbered_lost=sum(holes),
        longest_hole=max(holes, default=0),
        numbered_twice=sum(len(values) - len(set(values)) for values in counts.values()),
        readings=readings,
        readings_per_event=round(readings / arrived, 1) if arrived else 0.0,
        bytes_upstream=bytes_upstream,
        bytes_per_reading=round(bytes_upstream / readings, 2) if readings else 0.0,
        starts=starts,
        cars=cars,
        cars_counted=platform.crossings.total(),
    )


def _holes(values: Sequence[float]) -> list[int]:
    """Lengths of the runs of counts that are missing between those that came; a count begins at 1."""
    ordered = sorted({0.0, *values})
    return [int(high - low) - 1 for low, high in pairwise(ordered) if high - low > 1]


def text(proof: Proof) -> str:
    """The proof for people."""
    rows = [
        ("events committed on the pole", f"{proof.events_committed:,}"),
        ("events delivered, each once", f"{proof.events_delivered:,}"),
        ("  missing", f"{proof.events_missing:,}"),
        ("  deleted by the pole, and reported", f"{proof.deleted_and_reported:,}"),
        ("  sent twice, recognised and dropped", f"{proof.repeats_recognised:,}"),
        ("  duplicates after dedupe", f"{proof.duplicates_after_dedupe:,}"),
        ("numbered readings taken on the line", f"{proof.numbered_read:,}"),
        ("  delivered", f"{proof.numbered_delivered:,}"),
        ("  lost by the kill (at most its last second)", f"{proof.numbered_lost:,}"),
        ("  on the line when the daemon stopped", f"{proof.numbered_in_flight:,}"),
        ("readings that the events stand for", f"{proof.readings:,} ({proof.readings_per_event} per event)"),
        ("bytes upstream (TCP payload)", f"{proof.bytes_upstream:,} ({proof.bytes_per_reading} per reading)"),
        ("broker, protocol, starts of the daemon", f"{proof.broker}, {proof.starts}"),
    ]
    if proof.cars is not None:
        sure, unsure = proof.cars
        more = f" (and {unsure} as it connected or was killed)" if unsure else ""
        rows.insert(-2, ("cars that crossed the camera's line", f"{sure:,}{more}"))
        rows.insert(-2, ("  counted on the pole, in a process of its own", f"{proof.cars_counted:,}"))
    verdict = "PROVEN: nothing is missing, nothing came twice." if proof.sound else "FAILED: see above."
    return "\n".join([*(f"  {name:<46} {value}" for name, value in rows), "", verdict])
