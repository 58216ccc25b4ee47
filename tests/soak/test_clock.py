"""The wall clock is set late, or steps, while the pole works: nothing stops, nothing is lost, stamps come out true."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.rig import Rig
from tests.soak.stories import assert_whole, more_reads, tell, until

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

pytestmark = pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (apt: faketime)")


def under_faketime(rig: Rig, offset: str) -> Path:
    """The daemon will live ``offset`` away from the true time; what is written to the returned file moves it."""
    moves = rig.folder / "faketime"
    moves.write_text(offset)
    rig.daemon.environment = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(moves),
        "FAKETIME_CACHE_DURATION": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    return moves


@pytest.mark.parametrize("step", ["-3650d", "+400d"])
def test_a_step_of_years_neither_stops_polling_nor_loses_anything(tmp_path: Path, step: str) -> None:
    async def story(rig: Rig) -> None:
        moves = under_faketime(rig, "+0")
        await rig.daemon.start()
        await until(lambda: bool(rig.platform.kinds["samples"]))
        moves.write_text(step)
        await more_reads(rig, 30)
        await until(lambda: rig.platform.kinds["clock_change"] >= 1)
        moves.write_text("+0")
        await more_reads(rig, 30)
        await until(lambda: rig.platform.kinds["clock_change"] >= 2)

    assert_whole(tell(tmp_path, story))


def test_what_was_stamped_before_the_first_sync_arrives_with_true_times(tmp_path: Path) -> None:
    """The clock begins ten years early, so nothing of it is called synced; then it is set while the link is down."""
    early: list[str] = []
    times: list[datetime] = []

    async def story(rig: Rig) -> None:
        moves = under_faketime(rig, "-3650d")
        await rig.link.set("refuse")
        await rig.daemon.start()
        await more_reads(rig, 20)
        moves.write_text("+0")
        await more_reads(rig, 30)
        await rig.link.set("up")
        await until(lambda: bool(rig.platform.kinds["clock_change"]))
        await until(lambda: rig.platform.kinds["samples"] > 3)
        for event in rig.platform.newest:
            times.append(event.time)
            if event.timequality != "synced":
                early.append(event.id)

    began = datetime.now(UTC) - timedelta(seconds=5)  # noqa: TID251 - the true time is the point here
    assert_whole(tell(tmp_path, story))
    assert early == []
    assert times
    assert all(began <= time <= began + timedelta(seconds=180) for time in times)
    assert os.environ.get("LD_PRELOAD") is None
