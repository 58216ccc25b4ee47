from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.acquire.schedule import LONGEST_PROBE_S, Schedule
from agent.acquire.traffic import Load


def test_a_late_round_does_not_shift_the_next() -> None:
    schedule = Schedule(1.0, 100.0)
    schedule.next(100.7)
    assert schedule.due == 101.0
    schedule.next(101.2)
    assert schedule.due == 102.0
    assert schedule.missed == 0


def test_slots_that_passed_are_counted_and_not_made_up_for() -> None:
    schedule = Schedule(1.0, 100.0)
    assert schedule.next(104.5) == 3
    assert schedule.due == 104.0, "the slot that has begun is only late"
    assert schedule.missed == 3
    schedule.next(104.6)
    assert schedule.due == 105.0


@given(st.floats(0.01, 10), st.lists(st.floats(0, 30), max_size=40))
def test_every_slot_is_either_served_or_missed(every_s: float, waits: list[float]) -> None:
    schedule = Schedule(every_s, 0.0)
    now = 0.0
    for rounds, wait_s in enumerate(waits, 1):
        now = max(now, schedule.due) + wait_s
        schedule.next(now)
        slots = round(schedule.due / every_s)
        assert slots == rounds + schedule.missed
        assert schedule.due > now - every_s - 1e-9


def test_a_hurried_device_has_more_turns_for_a_while_and_then_its_own_period_again() -> None:
    schedule = Schedule(1.0, 100.0)
    schedule.hurry(0.25, until=101.0, now=100.1)
    turns = []
    for _ in range(6):
        turns.append(round(schedule.due, 2))
        schedule.next(schedule.due)
    assert turns == [100.1, 100.35, 100.6, 100.85, 101.1, 102.1]


def test_hurry_never_slows_a_device_down_and_never_wakes_a_dead_one() -> None:
    schedule = Schedule(0.1, 100.0)
    schedule.hurry(5.0, until=200.0, now=100.0)
    schedule.next(100.0)
    assert schedule.due == 100.1
    schedule.probe(100.2)
    due = schedule.due
    schedule.hurry(0.01, until=200.0, now=100.2)
    assert schedule.due == due


def test_probes_grow_rarer_and_end_with_the_first_answer() -> None:
    schedule = Schedule(1.0, 100.0)
    waits = []
    now = 100.0
    for _ in range(8):
        schedule.probe(now)
        waits.append(schedule.due - now)
        now = schedule.due
    assert waits == [1, 2, 4, 8, 16, LONGEST_PROBE_S, LONGEST_PROBE_S, LONGEST_PROBE_S]
    schedule.next(now)
    assert schedule.due == now + 1.0
    assert schedule.missed == 0


def test_a_device_with_a_long_period_is_not_probed_more_often_than_it_is_asked() -> None:
    schedule = Schedule(300.0, 0.0)
    schedule.probe(0.0)
    schedule.probe(300.0)
    assert schedule.due == 600.0


def test_load_is_the_share_of_the_last_minute() -> None:
    load = Load(1000.0)
    assert load.share(1000.0) == 0.0
    for second in range(120):
        load.add(1000.0 + second, 1000.25 + second)
    assert abs(load.share(1120.0) - 0.25) < 0.03
    assert load.share(1300.0) == 0.0
