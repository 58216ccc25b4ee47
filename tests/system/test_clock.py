"""Time: stamps that can be corrected, and noticing that the wall clock moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.system.clock import BUILT, ClockWatch, SystemClock, boot_id
from contract.events import ClockChange
from contract.types import Stamp

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def stamp(after_s: float, *, wall_ahead_s: float = 0.0, synced: bool = True) -> Stamp:
    return Stamp(START + timedelta(seconds=after_s + wall_ahead_s), 100.0 + after_s, synced)


def test_a_clock_that_runs_is_no_change() -> None:
    watch = ClockWatch(stamp(0))
    assert [watch.look(stamp(second, wall_ahead_s=second * 0.0005)) for second in range(1, 5)] == [None] * 4
    assert watch.steps == 0


def test_a_step_of_any_size_in_either_direction_is_reported_once() -> None:
    for step_s in (3600.0, -3600.0, 3650 * 86400.0, -20 * 365 * 86400.0, 1.5):
        watch = ClockWatch(stamp(0))
        assert watch.look(stamp(1, wall_ahead_s=step_s)) == ClockChange(type="step", step_s=step_s)
        assert watch.look(stamp(2, wall_ahead_s=step_s)) is None
        assert watch.steps == 1


def test_the_first_sync_is_reported_with_its_step() -> None:
    watch = ClockWatch(stamp(0, synced=False))
    assert watch.look(stamp(1, wall_ahead_s=500.0)) == ClockChange(type="synced", step_s=500.0)


def test_a_clock_before_the_build_is_never_called_synced() -> None:
    now = SystemClock(synced=lambda: True).now()
    assert now.synced == (now.utc >= BUILT)
    assert now.utc.tzinfo is UTC


def test_stamps_of_one_boot_share_a_scale() -> None:
    clock = SystemClock(synced=lambda: False)
    first, second = clock.now(), clock.now()
    assert first.boot_s <= second.boot_s
    assert not first.synced
    assert len(boot_id()) == 36


def test_sync_is_asked_of_the_kernel_at_most_once_a_second() -> None:
    asked: list[bool] = []

    def synced() -> bool:
        asked.append(True)
        return True

    clock = SystemClock(synced)
    for _ in range(1000):
        clock.now()
    assert len(asked) <= 2
