"""The schedule alone, on a clock of the tests' own: who goes first, who waits, and nobody for ever."""

from __future__ import annotations

import random
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.system.backoff import LOST_S, STABLE_S, Backoff
from agent.uplink.delivery.pace import SendPace, SendWindow
from agent.uplink.delivery.plan import Ask, SendBatch, SendLimits, SendPlan
from agent.uplink.delivery.suspects import ALONE, GROW, HOLD_FIRST_S, PATIENCE, SPARE_FIRST_S, TRIES, Suspects
from contract.types import Lane, Row, key
from tests.uplink.support import row

NOT_AUTHORISED = 135
WRONG_PAYLOAD = 153


class Bench:
    """A plan over rows in a list, with a hand on the clock."""

    def __init__(self, *rows: Row, mark: int | None = None, message_bytes: int = 4096, **limits: float) -> None:
        self.rows = {key(made): made for made in rows}
        last = max((made.seq for made in rows), default=0)
        self.suspects = Suspects(message_bytes)
        options = {"in_flight": 4, "linger_s": 1.0} | limits
        self.plan = SendPlan(SendLimits(**options), self.suspects, mark=last if mark is None else mark)  # type: ignore[arg-type]
        self.newest = dict.fromkeys(Lane, last if mark is None else mark)
        self.asked = 0
        self.now = 0.0
        self.sent: list[int] = []

    def commit(self, *rows: Row) -> None:
        self.rows.update((key(made), made) for made in rows)
        for made in rows:
            self.newest[made.lane] = made.seq
        self.plan.committed(dict(self.newest), self.now)

    def fetch(self, ask: Ask) -> list[Row]:
        if ask.ready:
            return []
        self.asked += 1
        found, size = [], 0
        for made in sorted(self.rows.values(), key=lambda made: made.seq):
            if made.lane is ask.lane and ask.after < made.seq < (ask.before or inf):
                found.append(made)
                size += len(made.body)
                if size >= ask.max_bytes:
                    break
        return found

    def step(self) -> SendBatch | float:
        """The next batch that goes out now, or the wait for it."""
        while True:
            ask = self.plan.next(self.now)
            if isinstance(ask, float):
                return ask
            batch = self.plan.take(ask, self.fetch(ask), self.now)
            if batch is not None:
                self.sent += [made.seq for made in batch.rows]
                return batch

    def batch(self) -> SendBatch:
        batch = self.step()
        assert isinstance(batch, SendBatch), f"nothing goes for {batch} s"
        return batch

    def land(self, batch: SendBatch) -> None:
        for made in batch.rows:
            del self.rows[key(made)]
        self.plan.landed(batch, self.now, accepted=True)

    def refuse(self, batch: SendBatch, code: int) -> None:
        if code == NOT_AUTHORISED:
            self.suspects.later(batch.lane, batch.at, self.now)
        elif self.suspects.never(batch.lane, batch.rows):
            del self.rows[key(batch.rows[0])]
        self.plan.landed(batch, self.now, accepted=False)

    def run(self, until: float = 1000.0) -> None:
        """Everything lands at once, until nothing is left to do."""
        while self.now < until:
            batch = self.step()
            if isinstance(batch, SendBatch):
                self.land(batch)
            elif batch == inf:
                return
            else:
                self.now += batch


def test_alarms_go_first_then_what_is_live_then_the_backlog_lane_by_lane_oldest_first() -> None:
    bench = Bench(row(1, Lane.RAW), row(2, Lane.SUMMARY), row(3, Lane.EVENT), row(4, Lane.ALARM), row(5, Lane.EVENT))
    bench.commit(row(6, Lane.SUMMARY), row(7, Lane.ALARM), row(8, Lane.EVENT))
    bench.now = 1.0
    bench.run()
    assert bench.sent == [7, 4, 8, 6, 3, 5, 2, 1]


def test_live_events_linger_for_company_and_alarms_do_not() -> None:
    bench = Bench(row(1))
    bench.run()
    bench.commit(row(2, Lane.EVENT))
    bench.commit(row(3, Lane.ALARM))
    assert [made.seq for made in bench.batch().rows] == [3]
    assert bench.step() == 1.0
    bench.now = 0.5
    bench.commit(row(4, Lane.EVENT))
    assert bench.step() == 0.5
    bench.now = 1.0
    assert [made.seq for made in bench.batch().rows] == [2, 4]


def test_a_row_that_is_committed_while_its_lane_is_read_is_not_forgotten() -> None:
    bench = Bench(linger_s=0.0)
    bench.commit(row(1))
    bench.land(bench.batch())
    ask = bench.plan.next(bench.now)
    assert isinstance(ask, Ask)
    rows = bench.fetch(ask)
    bench.commit(row(2))
    assert bench.plan.take(ask, rows, bench.now) is None
    bench.run()
    assert bench.sent == [1, 2]


def test_the_last_slot_is_the_alarms_and_backlog_and_live_stream_leave_each_other_one() -> None:
    bench = Bench(*(row(seq, body=b"x" * 4096) for seq in range(1, 20)), in_flight=4)
    first, second = bench.batch(), bench.batch()
    assert bench.step() == inf
    bench.commit(*(row(seq, Lane.SUMMARY, body=b"x" * 4096) for seq in range(20, 29)))
    bench.now = 1.0
    assert bench.batch().live, "a live message finds a slot next to the backlog's"
    assert bench.step() == inf
    bench.commit(row(29, Lane.ALARM))
    assert bench.batch().rows[0].seq == 29, "and an alarm the last one"
    bench.land(first)
    assert bench.step() == inf, "four may be in flight, the last for an alarm"
    bench.land(second)
    assert not bench.batch().live, "two live ones are in flight: the backlog's turn"
    assert bench.step() == inf


def test_the_backlog_is_paced_and_alarms_and_live_rows_are_not() -> None:
    bench = Bench(*(row(seq, body=b"x" * 4096) for seq in range(1, 5)), backlog_bytes_per_s=1000)
    batch = bench.batch()
    bench.plan.spent(batch, 2000, bench.now)
    bench.land(batch)
    assert bench.step() == 2.0
    bench.commit(row(5, Lane.ALARM))
    bench.land(bench.batch())
    bench.now = 1.5
    assert bench.step() == 0.5


def test_a_batch_keeps_to_its_bytes_and_a_row_that_is_larger_travels_alone() -> None:
    bench = Bench(row(1, body=b"x" * 9000), *(row(seq, body=b"x" * 1000) for seq in range(2, 9)))
    assert [len(batch.rows) for batch in (bench.batch(), bench.batch())] == [1, 3]


def test_rows_in_flight_are_not_sent_twice_when_the_backlog_is_read_again() -> None:
    bench = Bench(*(row(seq, body=b"x" * 2000) for seq in range(1, 7)))
    flying = bench.batch()
    bench.plan.rescan()
    bench.run()
    bench.land(flying)
    bench.run()
    assert sorted(bench.sent) == [1, 2, 3, 4, 5, 6]


def test_rows_that_landed_while_they_were_being_fetched_are_not_sent_twice() -> None:
    bench = Bench(row(1), row(2, Lane.SUMMARY))
    flying = bench.batch()
    bench.plan.rescan()
    ask = bench.plan.next(bench.now)
    assert isinstance(ask, Ask)
    rows = bench.fetch(ask)
    bench.land(flying)
    assert bench.plan.take(ask, rows, bench.now) is None, "the answer was older than the acknowledgement"
    bench.run()
    assert bench.sent == [1, 2]


def test_rows_of_two_epochs_with_one_number_are_both_sent() -> None:
    bench = Bench(row(1, epoch="a"), row(1, epoch="b", body=b"x" * 5000), row(2, epoch="b"), message_bytes=1024)
    bench.run()
    assert sorted(bench.sent) == [1, 1, 2]


def test_a_refused_lane_is_held_and_its_rows_come_again() -> None:
    bench = Bench(row(1), row(2), row(3, Lane.SUMMARY))
    batch = bench.batch()
    bench.refuse(batch, NOT_AUTHORISED)
    bench.land(bench.batch())
    assert bench.step() == HOLD_FIRST_S
    bench.now = HOLD_FIRST_S
    assert [made.seq for made in bench.batch().rows] == [1, 2], "only what is about the message itself splits it"


@pytest.mark.fault("the broker refuses a lane for a while", "the wait doubles with each attempt, not each message")
def test_a_hold_doubles_with_each_attempt_however_many_messages_were_on_their_way() -> None:
    suspects = Suspects(1000)
    for _ in range(16):
        suspects.later(Lane.EVENT, 0.0, 1.0)
    assert suspects.wait_s(Lane.EVENT, 1.0) == HOLD_FIRST_S
    suspects.later(Lane.EVENT, 3.0, 3.5)
    assert suspects.wait_s(Lane.EVENT, 3.5) == 2 * HOLD_FIRST_S
    suspects.accepted(Lane.EVENT, [row(1)])
    suspects.later(Lane.EVENT, 20.0, 20.0)
    assert suspects.wait_s(Lane.EVENT, 20.0) == HOLD_FIRST_S


def test_a_refusal_of_the_content_splits_down_to_the_row_and_gives_that_one_up() -> None:
    bench = Bench(*(row(seq) for seq in range(1, 10)))
    given_up: list[int] = []
    while not isinstance(batch := bench.step(), float):
        bad = any(made.seq == 6 for made in batch.rows)
        if bad and bench.suspects.never(batch.lane, batch.rows):
            given_up += [made.seq for made in batch.rows]
            del bench.rows[key(batch.rows[0])]
        if bad:
            bench.plan.landed(batch, bench.now, accepted=False)
        else:
            bench.land(batch)
    assert given_up == [6]
    assert not bench.rows


def test_links_that_die_shrink_the_messages_until_rows_travel_alone_and_grow_back() -> None:
    suspects = Suspects(4096)
    for _ in range(4):
        suspects.died(None, 0.0, flying=True)
    assert suspects.alone
    assert suspects.message_bytes == ALONE
    for _ in range(3 * GROW):
        suspects.accepted(Lane.EVENT, [row(1)])
    assert suspects.message_bytes == 4096


def death(suspects: Suspects, made: Row, now: float, *, carried: bool) -> bool:
    """A link that carries another message or not, and dies with ``made`` alone in flight."""
    suspects.link_up()
    if carried:
        suspects.accepted(Lane.SUMMARY, [row(99, Lane.SUMMARY)])
    return suspects.died(made, now, flying=True)


@pytest.mark.fault(
    "links die whenever one event is sent", "it is set aside only after it was alone on links that worked"
)
def test_a_row_that_ends_links_which_carried_others_is_spared_for_a_while() -> None:
    suspects, poison = Suspects(4096), row(1)
    assert [death(suspects, poison, 0.0, carried=True) for _ in range(TRIES)] == [False] * (TRIES - 1) + [True]
    suspects.link_up()
    assert suspects.aside(poison, 0.0)
    assert not suspects.aside(row(2), 0.0)
    assert suspects.next_due == SPARE_FIRST_S
    assert not suspects.due(SPARE_FIRST_S - 1)
    assert suspects.due(SPARE_FIRST_S)
    assert suspects.aside(poison, SPARE_FIRST_S), "others go first on this link"
    assert suspects.accepted(Lane.SUMMARY, [row(98, Lane.SUMMARY)])
    assert not suspects.aside(poison, SPARE_FIRST_S)


@pytest.mark.fault("five links die with an alarm in flight", "the alarm is tried at once on the next")
def test_an_alarm_that_was_in_flight_while_links_died_is_tried_at_once() -> None:
    suspects, alarm = Suspects(4096), row(1, Lane.ALARM)
    for carried in (True, False, True, True, False):
        assert not death(suspects, alarm, 0.0, carried=carried)
    suspects.link_up()
    assert suspects.let_go(), "nothing else is there to be sent"
    assert not suspects.aside(alarm, 0.0)
    assert death(suspects, alarm, 0.0, carried=True)
    assert PATIENCE == 6


def test_a_link_that_dies_with_nothing_in_flight_clears_all_suspects() -> None:
    suspects, made = Suspects(4096), row(1)
    for _ in range(10):
        death(suspects, made, 0.0, carried=True)
    suspects.died(None, 0.0, flying=False)
    suspects.link_up()
    assert not suspects.aside(made, 0.0)


lanes = st.sampled_from(list(Lane))
story = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), lanes),
        st.tuples(st.just("land"), st.integers(0, 9)),
        st.tuples(st.just("refuse"), st.sampled_from([NOT_AUTHORISED, WRONG_PAYLOAD])),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("rescan"), lanes),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(lanes, max_size=30), story, st.integers(1, 5))
def test_whatever_happens_every_row_is_delivered_and_none_is_in_flight_twice(
    backlog: list[Lane], happenings: list[tuple[str, int]], in_flight: int
) -> None:
    bench = Bench(
        *(row(seq, lane, body=b"x" * 600) for seq, lane in enumerate(backlog, 1)),
        message_bytes=2048,
        in_flight=in_flight,
    )
    last = len(backlog)
    flying: list[SendBatch] = []

    def drive() -> None:
        while isinstance(batch := bench.step(), SendBatch):
            names = {key(made) for made in batch.rows}
            assert not names & {key(made) for other in flying for made in other.rows}, "in flight twice"
            flying.append(batch)
            assert len(flying) <= in_flight

    for what, how in happenings:
        match what:
            case "commit":
                last += 1
                bench.commit(row(last, Lane(how), body=b"x" * 600))
            case "land" if flying:
                bench.land(flying.pop(how % len(flying)))
            case "refuse" if flying:
                bench.refuse(flying.pop(), how)
            case "wait":
                bench.now += how
            case "rescan":
                bench.plan.rescan(Lane(how))
        drive()
    for batch in flying:
        bench.land(batch)
    flying.clear()
    bench.now += 10_000.0
    bench.run(until=inf)
    assert not bench.rows, "every row has left, delivered or given up"


def test_the_window_grows_on_a_quick_link_and_shrinks_on_a_slow_one() -> None:
    window = SendWindow(8)
    for _ in range(20):
        window.acknowledged(0.1)
    assert window.size == 8
    for _ in range(5):
        window.acknowledged(3.0)
    assert window.size == 1
    window.acknowledged(0.7)
    assert window.size == 1


def test_a_pace_of_nothing_never_waits() -> None:
    pace = SendPace(0)
    pace.spent(10**9, 0.0)
    assert pace.wait_s(0.0) == 0.0


def test_waits_double_to_a_cap_with_full_jitter_and_start_low_again_after_a_good_link() -> None:
    backoff = Backoff(60.0, jitter=lambda: 1.0)
    waits = []
    for _ in range(8):
        waits.append(backoff.wait_s())
        backoff.failed()
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    backoff.lost(STABLE_S)
    assert backoff.wait_s() == LOST_S
    backoff.lost(1.0)
    assert backoff.wait_s() == 2 * LOST_S, "a link that dies at once is no good link"


def test_fifteen_thousand_poles_do_not_come_back_in_one_second() -> None:
    draw = random.Random(1).random
    times = []
    for _ in range(15_000):
        backoff = Backoff(60.0, draw)
        backoff.lost(3600.0)
        at = backoff.wait_s()
        for _ in range(2):
            times.append(at)
            backoff.failed()
            at += backoff.wait_s()
    busiest = max(sum(second <= at < second + 1 for at in times) for second in range(5))
    assert busiest < 15_000 * 0.35


def test_a_lane_is_asked_for_what_was_committed_in_it_once() -> None:
    bench = Bench()
    while not isinstance(bench.step(), float):
        pass  # the backlog is looked through
    before = bench.asked
    for seq in range(1, 4):
        bench.commit(row(seq, Lane.RAW))
        bench.now += 1.0
        batch = bench.step()
        assert not isinstance(batch, float)
        bench.plan.landed(batch, bench.now, accepted=True)
        bench.step()
    assert bench.sent == [1, 2, 3]
    assert bench.asked == before + 3


def test_a_refusal_while_rows_are_fetched_is_followed_by_another_look() -> None:
    bench = Bench(row(1, Lane.SUMMARY))
    batch = bench.step()
    assert not isinstance(batch, float)
    ask = bench.plan.next(bench.now)
    assert not isinstance(ask, float)
    rows = bench.fetch(ask)  # the row is on its way, and still in the store
    bench.plan.landed(batch, bench.now, accepted=False)
    assert bench.plan.take(ask, rows, bench.now) is None
    again = bench.step()
    assert not isinstance(again, float)
    assert [made.seq for made in again.rows] == [1]
