"""Mobile data: what is counted, what waits at the bound, and what always passes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config.settings import AllowanceSettings
from agent.store import open_store
from agent.uplink.delivery import session
from agent.uplink.delivery.meter import DataMeter
from contract.events import Summary, UplinkState
from contract.types import Lane, Stamp
from tests.store.rig import FakeClock, boot, summary
from tests.store.rig import settings as store_settings
from tests.uplink.support import MemoryStore, mosquitto, platform, running, until, uplink_settings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(days: float = 0.0, *, synced: bool = True) -> Stamp:
    return Stamp(NOON + timedelta(days=days), 1.0, synced)


def test_what_is_used_up_holds_raw_and_summaries_until_the_next_day_and_nothing_else() -> None:
    meter = DataMeter(AllowanceSettings(day_bytes=1000))
    meter.spent(Lane.EVENT, 600, at())
    assert not meter.held(at())
    meter.spent(None, 400, at())
    assert meter.held(at()) == {Lane.SUMMARY, Lane.RAW}
    assert not meter.held(at(1))
    assert meter.health(at(1)).day_bytes == 0
    assert meter.health(at(1)).month_bytes == 1000


@pytest.mark.parametrize(
    ("limits", "held"),
    [
        ({"raw_day_bytes": 100}, {Lane.RAW}),
        ({"raw_month_bytes": 100}, {Lane.RAW}),
        ({"summary_day_bytes": 100}, {Lane.SUMMARY}),
        ({"summary_month_bytes": 100}, {Lane.SUMMARY}),
        ({"month_bytes": 200}, {Lane.RAW, Lane.SUMMARY}),
        ({"day_bytes": 201}, set()),
    ],
)
def test_each_bound_holds_its_own_lane(limits: dict[str, Any], held: set[Lane]) -> None:
    meter = DataMeter(AllowanceSettings(**limits))
    for lane in (Lane.RAW, Lane.SUMMARY):
        meter.spent(lane, 100, at())
    assert meter.held(at()) == held


@pytest.mark.parametrize(("hours", "metered"), [((6, 22), {6, 12, 21}), ((22, 6), {22, 23, 0, 5}), ((0, 24), {0, 23})])
def test_outside_of_the_metered_hours_nothing_is_counted_and_nothing_waits(
    hours: tuple[int, int], metered: set[int]
) -> None:
    for hour in (0, 5, 6, 12, 21, 22, 23):
        meter = DataMeter(AllowanceSettings(day_bytes=1, metered_hours=hours))
        now = Stamp(NOON.replace(hour=hour), 1.0)
        meter.spent(Lane.RAW, 10, now)
        assert (Lane.RAW in meter.held(now)) == (hour in metered or hours == (0, 24)), hour


def test_what_was_used_outlives_a_restart_and_a_clock_that_is_not_set_yet() -> None:
    meter = DataMeter(AllowanceSettings(day_bytes=1000, month_bytes=31_000))
    meter.spent(Lane.RAW, 500, at())
    again = DataMeter(AllowanceSettings(day_bytes=1000, month_bytes=31_000))
    again.recall(meter.state())
    again.spent(Lane.RAW, 100, Stamp(datetime(1970, 1, 1, tzinfo=UTC), 1.0, synced=False))
    health = again.health(at())
    assert (health.day_bytes, health.day_forecast, health.month_bytes) == (600, 1200, 600)
    assert health.month_forecast == round(600 * 30 / 22.5)
    again.recall(b"rubbish")
    assert again.health(at()).day_bytes == 0


@pytest.mark.fault(
    "the allowance of mobile data is used up", "alarms and events pass, raw waits; status and an event say so"
)
def test_at_the_bound_alarms_and_events_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LOOK_S", 0.2)

    async def story() -> None:
        store = MemoryStore()
        allowance = AllowanceSettings(day_bytes=500)
        settings: Any = uplink_settings
        async with (
            mosquitto(tmp_path) as port,
            platform(port) as far,
            running(store, settings(port, allowance=allowance)) as pole,
        ):
            await store.commit(30, Lane.RAW, body=b'{"x":"' + bytes(range(65, 91)) * 8 + b'"}')
            await until(lambda: "used up" in pole.uplink.health().text, "it is reported")
            await store.commit(5, Lane.RAW)
            await store.commit(5, Lane.SUMMARY)
            await store.commit(5, Lane.EVENT)
            await store.commit(5, Lane.ALARM)
            kinds = {Lane.EVENT, Lane.ALARM}
            await until(lambda: not any(row.lane in kinds for row in store.rows.values()), "alarms and events pass")
            assert len([row for row in store.rows.values() if row.lane in {Lane.RAW, Lane.SUMMARY}]) >= 10
            health = pole.uplink.health().allowance
            assert health is not None
            assert health.held == ("raw", "summary")
            assert health.day_bytes >= 500
            assert "allowance" in store.states
        assert far.receiver.count("e1") >= 10

    asyncio.run(story())
    assert UplinkState.kind == "uplink_state"


@pytest.mark.fault("summaries wait because the allowance is used up", "they are merged to hours")
def test_summaries_that_wait_become_hours_and_those_under_way_stay(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = FakeClock()
        async with open_store(store_settings(tmp_path), clock, boot) as store:
            for minute in range(150):
                clock.elapsed = 60.0 * minute
                store.put([summary(clock.now())])
            await store.flush()
            out = await store.unsent(Lane.SUMMARY, max_bytes=1)
            assert await store.thin(3600.0) == 59 - 1 + 59
            rows = await store.unsent(Lane.SUMMARY, max_bytes=10_000_000)
            lengths = [msgspec.json.decode(row.body, type=Summary).duration_s for row in rows]
            assert sorted(lengths) == [60.0] * 31 + [3540.0, 3600.0]
            assert out[0] in rows, "what was given out does not change"

    asyncio.run(scenario())
