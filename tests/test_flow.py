"""The middle of the way: corrections reach the ring and the windows, and early stamps come out true."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from agent.analysis.rules import Boost
from agent.config.settings import (
    BoostSettings,
    ConditionSettings,
    Device,
    DeviceSettings,
    PoleSettings,
    ReportSettings,
    RuleSettings,
    Settings,
)
from agent.flow import LEARNED, Flow
from contract.events import Alert, ClockChange, Samples, Summary
from contract.types import Event, Lane, Quality, Reading, Stamp
from contract.units import Unit

TRUE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WRONG_BY = timedelta(days=365 * 56)


class HandClock:
    """Moves by hand; until ``set_true`` the wall clock is years early and unsynced."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.synced = False

    def now(self) -> Stamp:
        wall = TRUE + timedelta(seconds=self.elapsed)
        return Stamp(wall if self.synced else wall - WRONG_BY, 50.0 + self.elapsed, self.synced)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class Kept:
    """A store that remembers what it was given."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.readings: list[Reading] = []
        self.restamped: list[Stamp] = []
        self.states: dict[str, bytes] = {}

    def put(self, events: Sequence[Event]) -> None:
        self.events += events

    def keep(self, readings: Sequence[Reading]) -> None:
        self.readings += readings

    def save_state(self, name: str, value: bytes) -> None:
        self.states[name] = value

    async def restamp(self, now: Stamp) -> int:
        self.restamped.append(now)
        return 7


def settings(**common: Any) -> Settings:
    device = DeviceSettings(driver="modbus_rtu", line="a", every_s=1.0, **common)
    return Settings(
        pole=PoleSettings(id="p"),
        report=ReportSettings(window_s=10.0),
        devices={"roof": Device(name="roof", common=device, options=None)},
    )


def make(**common: Any) -> tuple[Flow, Kept, HandClock]:
    clock, kept = HandClock(), Kept()
    return Flow(settings(**common), kept, clock), kept, clock  # type: ignore[arg-type]


def reading(clock: HandClock, value: float) -> Reading:
    return Reading(device="roof", quantity="temperature", value=value, unit=Unit.CELSIUS, at=clock.now())


def summaries(kept: Kept) -> list[Event]:
    return [event for event in kept.events if isinstance(event.body, Summary)]


def test_offsets_reach_the_ring_and_limits_mark_what_is_outside() -> None:
    flow, kept, clock = make(offsets={"temperature": 1.0}, limits={"temperature": (-40.0, 60.0)})
    flow.take([reading(clock, 20.0), reading(clock, 90.0)])
    assert [(item.value, item.quality) for item in kept.readings] == [(21.0, Quality.GOOD), (91.0, Quality.BAD)]


def test_a_window_that_began_before_the_first_sync_is_told_with_its_true_time() -> None:
    flow, kept, clock = make()
    clock.elapsed = 1.0
    flow.take([reading(clock, 20.0)])
    clock.elapsed, clock.synced = 3.0, True
    asyncio.run(flow.tick())
    flow.end()
    (event,) = summaries(kept)
    assert event.at.synced
    assert event.at.utc == TRUE + timedelta(seconds=1.0)


def test_the_first_sync_restamps_the_store_and_is_told() -> None:
    flow, kept, clock = make()
    asyncio.run(flow.tick())
    clock.elapsed, clock.synced = 2.0, True
    asyncio.run(flow.tick())
    (event,) = [event for event in kept.events if isinstance(event.body, ClockChange)]
    assert isinstance(event.body, ClockChange)
    assert (event.body.type, event.body.restamped) == ("synced", 7)
    assert len(kept.restamped) == 1


def test_new_settings_without_a_device_close_its_window_in_good_order() -> None:
    flow, kept, clock = make()
    clock.synced = True
    flow.take([reading(clock, 20.0)])
    flow.update(Settings(pole=PoleSettings(id="p"), report=ReportSettings(window_s=10.0)))
    flow.end()
    (event,) = summaries(kept)
    assert isinstance(event.body, Summary)
    assert event.body.windows[0].count == 1


def test_a_rule_of_the_settings_raises_an_alert_and_what_was_learned_is_kept() -> None:
    clock, kept = HandClock(), Kept()
    clock.synced = True
    hot = RuleSettings(severity="alarm", all=(ConditionSettings(quantity="temperature", above=20.5),))
    boosts: list[Boost] = []
    rule = replace(hot, boost=BoostSettings(every_s=0.2, for_s=30.0))
    flow = Flow(replace(settings(), rule={"hot": rule}), kept, clock, boost=boosts.append)  # type: ignore[arg-type]
    flow.take([reading(clock, 20.0)])
    clock.elapsed = 1.0
    flow.take([reading(clock, 21.0)])
    (alert,) = [event for event in kept.events if isinstance(event.body, Alert)]
    assert alert.lane is Lane.ALARM
    assert [(boost.device, boost.every_s) for boost in boosts] == [("roof", 0.2)]
    clock.elapsed = 2.0
    flow.take([reading(clock, 21.1)])
    flow.end()
    assert any(isinstance(event.body, Samples) for event in kept.events), "told reading by reading for a while"
    assert kept.states[LEARNED]
