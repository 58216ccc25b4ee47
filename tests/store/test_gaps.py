"""Ranges of lost numbers stay small and never leave one out."""

from __future__ import annotations

import asyncio
import math
import statistics
from itertools import pairwise
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent.config.settings import MIB
from agent.store import open_store
from agent.store.gaps import joined
from agent.store.merge import merged
from contract.events import Gap, Summary, Window
from contract.types import Event, Lane
from contract.units import Unit
from tests.store.rig import FakeClock, boot, settings


@given(st.sets(st.integers(1, 400)), st.integers(1, 20))
def test_joined_ranges_cover_every_number_within_the_limit(seqs: set[int], limit: int) -> None:
    ranges = joined([(seq, seq) for seq in seqs], limit)
    covered = {seq for first, last in ranges for seq in range(first, last + 1)}
    assert seqs <= covered
    assert len(ranges) <= limit
    assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))
    exact = joined([(seq, seq) for seq in seqs], 1000)
    assert {seq for first, last in exact for seq in range(first, last + 1)} == seqs


def test_the_smallest_holes_are_given_up_first() -> None:
    assert joined([(1, 1), (3, 3), (100, 100)], 2) == ((1, 3), (100, 100))


def window(values: list[float], faults: float = 0.0) -> Window:
    return Window(
        quantity="noise",
        unit=Unit.DECIBEL,
        count=len(values),
        mean=statistics.fmean(values),
        min=min(values),
        max=max(values),
        std=statistics.pstdev(values),
        last=values[-1],
        faults=faults,
    )


@given(st.lists(st.lists(st.floats(-100, 100), min_size=1, max_size=20), min_size=1, max_size=8))
def test_a_merged_summary_says_what_one_over_all_readings_would(parts: list[list[float]]) -> None:
    summaries = [(60.0 * i, Summary(duration_s=60.0, windows=(window(part),))) for i, part in enumerate(parts)]
    whole = merged(list(reversed(summaries)))
    (one,) = whole.windows
    values = [value for part in parts for value in part]
    assert whole.duration_s == 60.0 * len(parts)
    assert one.count == len(values)
    assert (one.min, one.max, one.last) == (min(values), max(values), values[-1])
    assert one.mean is not None
    assert one.std is not None
    assert math.isclose(one.mean, statistics.fmean(values), rel_tol=1e-7, abs_tol=1e-6)
    assert math.isclose(one.std, statistics.pstdev(values), rel_tol=1e-6, abs_tol=1e-5)


def test_labels_and_silent_windows_merge_too() -> None:
    label = Window(quantity="door", unit=Unit.ONE, count=3, last="open")
    silent = Window(quantity="door", unit=Unit.ONE, count=0, faults=1.0)
    one = merged(
        [(0.0, Summary(duration_s=60.0, windows=(label,))), (60.0, Summary(duration_s=60.0, windows=(silent,)))]
    )
    assert one.windows == (Window(quantity="door", unit=Unit.ONE, count=3, last="open", faults=0.5),)


def test_gaps_that_the_link_puts_are_folded_when_they_are_many(tmp_path: Path) -> None:
    """With nobody subscribed each batch that is given up leaves one, for as long as that lasts."""

    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(settings(tmp_path, max_bytes=2 * MIB), clock, boot) as store:
            for batch in range(900):
                ranges = tuple((seq, seq) for seq in range(batch * 400, batch * 400 + 400, 2))
                gap = Gap(epoch="e", deleted_lane="raw", ranges=ranges, count=200, reason="refused", text="nobody")
                store.put([Event.of("agent", clock.now(), gap)])
                await store.flush()
            assert store.health().state == "ok"
            rows = await store.unsent(Lane.EVENT, max_bytes=10 * MIB)
            bodies = [msgspec.json.decode(row.body, type=Gap) for row in rows if row.kind == Gap.kind]
            assert len(bodies) < 100
            assert sum(gap.count for gap in bodies if gap.epoch == "e") == 900 * 200

    asyncio.run(scenario())
