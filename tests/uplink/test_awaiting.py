"""What is sent again, and when, to a platform that confirms late, in part, or not at all."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agent.uplink.delivery.awaiting import AGAIN_S, MOST, PROBE_LONGEST_S, QUIET_S, Awaiting
from contract.types import Lane, key
from contract.watermark import Watermark
from tests.uplink.support import EPOCH, row

HOUR = 3600.0


def test_a_watermark_confirms_what_was_sent_and_nothing_else() -> None:
    awaiting = Awaiting()
    awaiting.sent([*(row(seq) for seq in range(1, 11)), row(3, epoch="older")], 100, 0.0)
    mark = Watermark(epoch=EPOCH, ranges=((8, 100), (2, 4), (1, 3)))
    assert awaiting.confirmed(mark, 1.0) == [(EPOCH, seq) for seq in (1, 2, 3, 4, 8, 9, 10)]
    assert awaiting.confirmed(mark, 2.0) == []
    assert len(awaiting) == 4


@pytest.mark.fault("a row that was sent again is not confirmed", "it waits longer each time, and holds up no other")
def test_while_the_platform_confirms_the_rest_is_sent_again_each_time_later() -> None:
    awaiting = Awaiting()
    awaiting.sent([row(seq) for seq in range(1, 5)], 100, 0.0)
    awaiting.confirmed(Watermark(epoch=EPOCH, ranges=((1, 1),)), AGAIN_S - 1)
    assert awaiting.overdue(AGAIN_S - 1) == []
    assert awaiting.overdue(AGAIN_S) == [(EPOCH, 2), (EPOCH, 3), (EPOCH, 4)]
    awaiting.sent([row(2)], 100, AGAIN_S)
    awaiting.sent([row(9)], 100, AGAIN_S + 1)
    awaiting.confirmed(Watermark(epoch=EPOCH, ranges=((3, 4), (9, 9))), 2 * AGAIN_S)
    awaiting.sent([row(10)], 100, 2 * AGAIN_S)
    awaiting.sent([row(11)], 100, 2 * AGAIN_S + 1)
    awaiting.confirmed(Watermark(epoch=EPOCH, ranges=((11, 11),)), 3 * AGAIN_S - 1)
    assert awaiting.overdue(3 * AGAIN_S) == [(EPOCH, 2), (EPOCH, 10)], "a row that was sent again is in nobody's way"


@pytest.mark.fault(
    "the platform confirms nothing", "it is reported within a minute, and at most 2 MB an hour are sent again"
)
def test_a_silent_platform_gets_few_bytes_and_is_reported_within_a_minute() -> None:
    awaiting = Awaiting()
    rows = {key(row(seq)): row(seq) for seq in range(1, MOST + 1)}
    for seq in range(1, MOST + 1, 100):
        awaiting.sent([row(each) for each in range(seq, seq + 100)], 8_000, 0.0)
    assert awaiting.full
    assert QUIET_S < 60 - 10
    assert awaiting.quiet_s(QUIET_S) >= QUIET_S
    assert not awaiting.silent(AGAIN_S - 1)
    assert awaiting.silent(AGAIN_S)
    spent, tried, now = 0, [], AGAIN_S
    while now < 6 * HOUR:
        assert awaiting.overdue(now) == []
        found = awaiting.probe(now)
        if found is not None:
            tried.append(found[1])
            awaiting.sent([rows[found[1]]], 16_000, now)
            spent += 16_000
        now += 10
    assert spent / 6 < 2_000_000 / 4
    assert len(set(tried)) == len(tried), "each probe is of other rows"


def test_a_flapping_link_to_a_silent_platform_stays_within_the_bound() -> None:
    awaiting = Awaiting()
    awaiting.sent([row(seq) for seq in range(1, 10_000)], 16_000, 0.0)
    spent, now = 0, AGAIN_S
    while now < AGAIN_S + HOUR:
        awaiting.link_up()
        found = awaiting.probe(now)
        if found is not None:
            awaiting.sent([row(found[1][1])], 16_000, now)
            spent += 16_000
        now += 7
    assert spent < 2_000_000


def test_an_alarm_is_the_first_probe_and_a_confirmation_ends_the_silence() -> None:
    awaiting = Awaiting()
    awaiting.sent([row(1), row(2)], 100, 0.0)
    awaiting.sent([row(3, Lane.ALARM)], 100, 0.0)
    assert awaiting.probe(AGAIN_S - 1) is None
    assert awaiting.probe(AGAIN_S) == (Lane.ALARM, (EPOCH, 3))
    awaiting.sent([row(3, Lane.ALARM)], 100, AGAIN_S)
    awaiting.confirmed(Watermark(epoch=EPOCH, ranges=((3, 3),)), AGAIN_S + 1)
    assert not awaiting.silent(AGAIN_S + 1)
    assert awaiting.overdue(AGAIN_S + 1) == [(EPOCH, 1), (EPOCH, 2)]


def test_probes_come_seldomer_each_time() -> None:
    awaiting = Awaiting()
    awaiting.sent([row(seq) for seq in range(1, 100)], 100, 0.0)
    times, now = [], AGAIN_S
    while now < 2 * HOUR:
        found = awaiting.probe(now)
        if found is not None:
            awaiting.sent([row(found[1][1])], 100, now)
            times.append(now)
        now += 1
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == PROBE_LONGEST_S
