"""The middle of the way: corrections reach the ring and the windows, and early stamps come out true."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
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
from agent.flow import LEARNED, OPEN, Flow
from contract.events import Alert, ClockChange, Episode, Samples, Summary
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


def test_a_reading_that_was_kept_during_an_outage_is_history_and_no_value_of_now() -> None:
    """HJ 212 monitors send the packets of an outage afterwards: delivered at their own time, in no window of now."""
    flow, kept, clock = make(limits={"temperature": (-40.0, 60.0)})
    clock.synced = True
    old = replace(reading(clock, 99.0), at=Stamp(TRUE - timedelta(hours=3), 50.0 - 10_800.0))
    flow.take([reading(clock, 20.0), old, reading(clock, 20.0)])
    (history,) = [event for event in kept.events if isinstance(event.body, Samples)]
    assert history.at == old.at
    assert isinstance(history.body, Samples)
    assert history.body.series[0].values == (99.0,)
    assert [item.value for item in kept.readings] == [20.0, 20.0]
    flow.end()
    (event,) = summaries(kept)
    assert isinstance(event.body, Summary)
    assert (event.body.windows[0].count, event.body.windows[0].max) == (2, 20.0)


def test_a_window_that_began_before_the_first_sync_is_reported_with_its_true_time() -> None:
    flow, kept, clock = make()
    clock.elapsed = 1.0
    flow.take([reading(clock, 20.0)])
    clock.elapsed, clock.synced = 3.0, True
    asyncio.run(flow.tick())
    flow.end()
    (event,) = summaries(kept)
    assert event.at.synced
    assert event.at.utc == TRUE + timedelta(seconds=1.0)


def test_the_first_sync_restamps_the_store_and_is_reported() -> None:
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
    assert any(isinstance(event.body, Samples) for event in kept.events), "reported reading by reading for a while"
    assert kept.states[LEARNED]


@pytest.mark.fault("more was learned than the store takes", "one line in the log; the agent goes on")
def test_what_is_too_large_to_be_kept_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Small(Kept):
        def save_state(self, name: str, value: bytes) -> None:
            raise ValueError(f"state {name!r} has {len(value)} bytes; 1 is the most")

    clock, kept = HandClock(), Small()
    flow = Flow(settings(), kept, clock)  # type: ignore[arg-type]
    for _ in range(3):
        clock.elapsed += 3600.0
        flow.take([reading(clock, 21.0)])
        asyncio.run(flow.tick())
    flow.end()
    assert len(kept.readings) == 3
    assert list(flow.unkept) == [LEARNED]
    assert caplog.messages == list(flow.unkept.values()), "once"
    flow._store = Kept()  # type: ignore[assignment]
    flow.end()
    assert flow.unkept == {}


def alerts(kept: Kept) -> list[tuple[str, str, str | None]]:
    return [(e.body.id, e.body.phase, e.body.reason) for e in kept.events if isinstance(e.body, Alert)]


def with_alert(kept: Kept, begun: bytes = b"") -> tuple[Flow, HandClock]:
    """A flow whose rule holds after one reading."""
    clock = HandClock()
    clock.synced = True
    hot = RuleSettings(severity="alarm", all=(ConditionSettings(quantity="temperature", above=20.5),))
    flow = Flow(replace(settings(), rule={"hot": hot}), kept, clock, begun=begun)  # type: ignore[arg-type]
    flow.begin()
    flow.take([reading(clock, 21.0)])
    return flow, clock


@pytest.mark.fault("the agent stops while an alert is open", "its end follows, with the same id, reason restart")
def test_a_stop_ends_what_is_open() -> None:
    kept = Kept()
    flow, clock = with_alert(kept)
    (opened,) = flow.episodes.open(clock.now())
    flow.end()
    assert alerts(kept) == [(opened.id, "begin", None), (opened.id, "end", "restart")]
    flow, _ = with_alert(kept, kept.states[OPEN])
    assert len(alerts(kept)) == 3, "the next run has nothing left to end"


@pytest.mark.fault("the power is cut while an alert is open", "the next run ends it, with the same id, reason restart")
def test_the_run_after_a_power_cut_ends_what_was_open() -> None:
    kept = Kept()
    flow, clock = with_alert(kept)
    (opened,) = flow.episodes.open(clock.now())
    after = Kept()
    with_alert(after, kept.states[OPEN])
    assert alerts(after)[0] == (opened.id, "end", "restart")
    assert [phase for _, phase, _ in alerts(after)] == ["end", "begin"]


@pytest.mark.fault("the power is cut twice after an alert was open", "its end comes once")
def test_what_a_run_has_ended_is_not_ended_again_by_the_next() -> None:
    kept, after, last = Kept(), Kept(), Kept()
    with_alert(kept)
    for run, begun in ((after, kept), (last, after)):
        Flow(settings(), run, HandClock(), begun=begun.states.get(OPEN, kept.states[OPEN])).begin()  # type: ignore[arg-type]
    assert [phase for _, phase, _ in alerts(after)] == ["end"]
    assert alerts(last) == []


@pytest.mark.fault("a device with an open alert is taken out of the settings", "the alert ends, reason settings")
def test_a_device_that_is_taken_out_takes_its_episodes_along() -> None:
    kept = Kept()
    flow, clock = with_alert(kept)
    flow.update(Settings(pole=PoleSettings(id="p"), rule=flow._settings.rule))
    assert [(phase, reason) for _, phase, reason in alerts(kept)] == [("begin", None), ("end", "settings")]
    assert flow.episodes.open(clock.now()) == ()


def test_the_mark_of_the_newest_reading_is_known() -> None:
    flow, _, clock = make(limits={"temperature": (-40.0, 60.0)})
    flow.take([reading(clock, 900.0)])
    assert flow.quality("roof", "temperature") is Quality.BAD
    clock.elapsed = 1.0
    flow.take([reading(clock, 20.0)])
    assert flow.quality("roof", "temperature") is Quality.GOOD


@pytest.mark.fault("another device is renamed while an alert and a sensor fault are open", "both go on untouched")
def test_a_reload_of_something_else_leaves_open_episodes_alone() -> None:
    kept = Kept()
    flow, clock = with_alert(kept)
    ranged = settings(limits={"temperature": (-40.0, 60.0)})
    hot = flow._settings.rule
    flow.update(replace(ranged, rule=hot))
    for second in range(1, 400):
        clock.elapsed = float(second)
        flow.take([reading(clock, 900.0)])
    before = {one.id for one in flow.episodes.open(clock.now())}
    count = len([event for event in kept.events if isinstance(event.body, Episode)])
    assert {one.kind for one in flow.episodes.open(clock.now())} >= {"sensor_fault"}
    other = Device(name="gate", common=DeviceSettings(driver="modbus_rtu", line="a", every_s=1.0), options=None)
    flow.update(replace(ranged, rule=hot, devices={**ranged.devices, "gate": other}))
    flow.update(replace(ranged, rule=hot, devices={**ranged.devices, "door": replace(other, name="door")}))
    for second in range(400, 500):
        clock.elapsed = float(second)
        flow.take([reading(clock, 900.0)])
    assert {one.id for one in flow.episodes.open(clock.now())} == before
    assert len([event for event in kept.events if isinstance(event.body, Episode)]) == count
