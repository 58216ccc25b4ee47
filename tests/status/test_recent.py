"""The events in memory that `poleagent events` lists and follows."""

from __future__ import annotations

import asyncio

from agent.status.recent import Recent
from contract.events import DeviceState, Samples, Start
from contract.requests import MOST_EVENTS, EventsArgs, EventsResult
from contract.types import Event
from tests.status.canned import TROUBLED

AT = TROUBLED.clock.now


def down(source: str) -> Event:
    return Event.of(source, AT, DeviceState(state="down"))


def asked(recent: Recent, args: EventsArgs) -> EventsResult:
    return asyncio.run(recent.answer(args))


def test_the_newest_come_oldest_first_and_only_so_many() -> None:
    recent = Recent()
    recent.add(down(str(number)) for number in range(5))
    answer = asked(recent, EventsArgs(last=2))
    assert [event.source for event in answer.events] == ["3", "4"]
    assert answer.cursor == 5


def test_memory_is_bounded_and_raw_samples_stay_out() -> None:
    recent = Recent()
    recent.add(down("x") for _ in range(MOST_EVENTS + 50))
    recent.add([Event.of("x", AT, Samples(series=()))])
    assert len(asked(recent, EventsArgs(last=MOST_EVENTS)).events) == MOST_EVENTS
    assert asked(recent, EventsArgs()).cursor == MOST_EVENTS + 50


def test_source_and_kind_narrow_it_down() -> None:
    recent = Recent()
    recent.add([down("a"), down("b"), Event.of("a", AT, Start(version="1", boot="b", clean=True))])
    answer = asked(recent, EventsArgs(source="a", kind="device_state"))
    assert [(event.source, event.kind) for event in answer.events] == [("a", "device_state")]


def test_a_follower_waits_for_the_next_event_and_gets_only_that() -> None:
    async def story() -> EventsResult:
        recent = Recent()
        recent.add([down("old")])
        async with asyncio.timeout(120), asyncio.TaskGroup() as group:
            waiting = group.create_task(recent.answer(EventsArgs(after=1, wait_s=10.0, source="new")))
            await asyncio.sleep(0)
            recent.add([down("other")])
            await asyncio.sleep(0)
            recent.add([down("new")])
            return await waiting

    answer = asyncio.run(story())
    assert [(event.cursor, event.source) for event in answer.events] == [(3, "new")]


def test_a_follower_of_silence_reads_so_in_time() -> None:
    async def story() -> EventsResult:
        async with asyncio.timeout(120):
            return await Recent().answer(EventsArgs(after=0, wait_s=0.01))

    assert asyncio.run(story()) == EventsResult(events=(), cursor=0)


def test_a_follower_from_before_a_restart_starts_over() -> None:
    recent = Recent()
    recent.add([down("first after the restart")])
    assert len(asked(recent, EventsArgs(after=500)).events) == 1
