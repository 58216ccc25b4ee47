"""Nobody is subscribed: what the broker acknowledges is no delivery."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from agent.uplink.delivery import suspects
from agent.uplink.delivery.counters import Counters
from agent.uplink.delivery.outcomes import Outcomes
from agent.uplink.delivery.plan import Ask, SendLimits, SendPlan
from agent.uplink.delivery.reports import LinkReports
from agent.uplink.delivery.sink import Later
from agent.uplink.delivery.suspects import Suspects
from contract.events import Gap, UplinkState
from contract.types import Body, Lane, key
from tests.acquire.fakes import FakeClock
from tests.uplink.support import MemoryStore, anybody, mosquitto, running, until, uplink_settings


def states(store: MemoryStore) -> list[UplinkState]:
    rows = sorted(store.rows.values(), key=lambda row: row.seq)
    return [msgspec.json.decode(row.body, type=UplinkState) for row in rows if row.kind == UplinkState.kind]


@pytest.mark.fault("nobody is subscribed (PUBACK 0x10)", "the events stay; status and an event say so")
def test_rows_stay_until_somebody_subscribes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "HOLD_FIRST_S", 0.2)

    async def story() -> None:
        store = MemoryStore()
        store.add(200, Lane.SUMMARY)
        async with mosquitto(tmp_path, subscribed=False) as port, running(store, uplink_settings(port)) as pole:
            await until(
                lambda: "nobody is subscribed to sp/v2/pole-7/summary" in pole.uplink.health().text, "it says so"
            )
            assert not store.gone
            await until(lambda: len(states(store)) == 2, "both lanes are reported")
            assert [(state.type, state.phase) for state in states(store)] == [("unheard", "begin")] * 2
            async with anybody(port, "platform", None):
                await until(lambda: not store.rows, "all is delivered")
                await until(lambda: not pole.uplink.health().text, "all is well")
        assert len(store.gone) == 204, "the two reports and their ends as well"

    asyncio.run(story())


def gaps(store: MemoryStore) -> list[Gap]:
    """The gaps of summaries."""
    every = [msgspec.json.decode(row.body, type=Gap) for row in store.put_rows if row.kind == Gap.kind]
    return [gap for gap in every if gap.deleted_lane == "summary"]


@pytest.mark.fault(
    "nobody subscribes for as long as is set", "the events are named in a gap and kept like delivered ones"
)
def test_rows_that_nobody_wants_for_too_long_are_named_in_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects, "HOLD_FIRST_S", 0.05)

    async def story() -> None:
        store = MemoryStore()
        store.add(20, Lane.SUMMARY)
        settings = uplink_settings
        async with (
            mosquitto(tmp_path, subscribed=False) as port,
            running(store, settings(port, unheard_s=0.5)) as pole,
        ):
            await until(lambda: sum(gap.count for gap in gaps(store)) == 20, "they are named, once each")
            await until(lambda: pole.uplink.health().given_up >= 20, "they are counted")
        assert len(store.gone) >= 20
        assert not [name for name in store.gone if name in {key(row) for row in store.put_rows if row.kind == Gap.kind}]
        assert gaps(store)[0].reason == "refused"
        assert "nobody was subscribed" in gaps(store)[0].text

    asyncio.run(story())


def test_a_gap_event_waits_for_ever_where_others_are_given_up() -> None:
    async def story() -> None:
        clock, store, reported = FakeClock(), MemoryStore(), list[Body]()
        store.add(1, Lane.EVENT, kind=Gap.kind)
        store.add(1, Lane.EVENT)
        counters, doubts = Counters(), Suspects(4096)
        plan = SendPlan(SendLimits(in_flight=4, linger_s=0.0), doubts, mark=2)
        outcomes = Outcomes(
            store=store,
            suspects=doubts,
            counters=counters,
            reports=LinkReports(reported.append, clock),
            awaiting=None,
            clock=clock,
            unheard_s=60.0,
        )
        for _ in range(3):  # the trouble begins, lasts too long, and goes on
            ask = plan.next(clock.time)
            while isinstance(ask, float):
                clock.time += ask
                ask = plan.next(clock.time)
            assert isinstance(ask, Ask)
            rows = await store.unsent(ask.lane, after=ask.after, before=ask.before)
            batch = plan.take(ask, rows, clock.time)
            if batch is not None:
                outcomes.take(plan, batch, 100, Later(text="nobody is subscribed", unheard=True))
            clock.time += 100 * 86400
        assert [seq for _, seq in store.gone] == [2], "the gap event itself stays"
        assert counters.given_up == 1

    asyncio.run(story())
