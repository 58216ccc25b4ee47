"""A part that fails is tried again, ever more slowly, and the others never notice."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agent.errors import Interrupted, Retry
from agent.system.supervise import LONGEST_WAIT_S, supervise
from contract.types import Stamp


class CountingClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.waits: list[float] = []

    def now(self) -> Stamp:
        raise AssertionError

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.elapsed += seconds
        await asyncio.sleep(0)


async def run_until(clock: CountingClock, fail: list[Exception | float]) -> None:
    """Fail with each reason in turn; a number lets time pass in good order first. Then a bug ends it."""

    async def run() -> None:
        while fail:
            step = fail.pop(0)
            if isinstance(step, Exception):
                raise step
            clock.elapsed += step
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supervise("roof", run, clock)


def test_waits_grow_to_a_bound() -> None:
    clock = CountingClock()
    asyncio.run(run_until(clock, [Retry("gone") for _ in range(20)]))
    assert clock.waits[0] < 1
    assert all(wait <= LONGEST_WAIT_S for wait in clock.waits)
    assert clock.waits[-1] >= LONGEST_WAIT_S * 0.5


def test_a_reason_is_logged_when_it_is_new(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        asyncio.run(run_until(CountingClock(), [Retry("gone"), Retry("gone"), Retry("busy"), Retry("busy")]))
    assert [record.getMessage() for record in caplog.records] == ["roof: gone", "roof: busy"]


@pytest.mark.fault("a part fails, recovers, and fails again", "it is tried again at once")
def test_a_part_that_had_recovered_starts_with_the_shortest_wait_again() -> None:
    clock = CountingClock()
    asyncio.run(run_until(clock, [*[Retry("gone")] * 10, 120.0, Retry("gone")]))
    assert clock.waits[-1] < 1 < clock.waits[-2]


def test_what_was_interrupted_at_its_work_is_tried_again_soon_and_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = CountingClock()
    with caplog.at_level(logging.WARNING):
        asyncio.run(run_until(clock, [Interrupted("closed") for _ in range(20)]))
    assert max(clock.waits) < 1
    assert len(caplog.records) == 1


def test_a_bug_is_not_retried() -> None:
    clock = CountingClock()
    asyncio.run(run_until(clock, []))
    assert clock.waits == []
