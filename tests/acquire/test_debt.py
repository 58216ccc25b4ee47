from __future__ import annotations

import pytest

from agent.acquire.debt import Debt


def test_a_device_that_owes_nothing_may_be_asked_at_once() -> None:
    debt = Debt(0.5)
    debt.answered(10.0, 0, 10.1)
    assert debt.hold(1, 10.1) == 10.1


def test_the_same_question_may_follow_its_time_out_and_another_waits() -> None:
    debt = Debt(0.5)
    debt.missed(10.0, 1)
    assert debt.hold(1, 10.5) == 10.5
    assert debt.hold(0, 10.5) == 10.0 + 2 * 0.5 * 1.25 + 0.05


def test_after_a_late_answer_the_wait_is_as_long_as_the_device_is_slow() -> None:
    debt = Debt(0.5)
    debt.missed(10.0, 0)
    debt.answered(11.0, 0, 11.2)
    paid = 11.0 + 1.2 * 1.25 + 0.05
    assert debt.hold(1, 11.2) == pytest.approx(paid)
    debt.answered(paid + 0.1, 1, paid + 0.2)
    assert debt.hold(2, paid + 0.2) == paid + 0.2, "the debt is paid"


def test_stray_bytes_pay_and_tell_how_slow_it_is() -> None:
    debt = Debt(0.5)
    debt.missed(10.0, 0)
    debt.missed(10.5, 0)
    debt.stray(12.0)
    assert debt.hold(1, 12.0) == 10.5 + 2.0 * 1.25 + 0.05
    debt.stray(12.5)
    assert debt.hold(1, 12.5) == 12.5


def test_slowness_is_forgotten_answer_by_answer() -> None:
    debt = Debt(0.5)
    debt.missed(10.0, 0)
    debt.stray(15.0)
    for number in range(20):
        debt.answered(100.0 + number, 0, 100.1 + number)
    debt.missed(200.0, 0)
    assert debt.hold(1, 200.5) == 200.0 + 1.0 * 1.25 + 0.05


def test_what_never_comes_is_forgotten_in_time() -> None:
    debt = Debt(0.5)
    for number in range(100):
        debt.missed(number / 10, number % 2)
    assert debt.hold(0, 9.9) < 9.9 + 2
    assert debt.hold(0, 20.0) == 20.0
