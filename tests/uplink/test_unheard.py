"""Nobody is subscribed: what the broker acknowledges is no delivery."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from agent.uplink.delivery import suspects
from contract.events import Gap, UplinkState
from contract.types import Lane, key
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
