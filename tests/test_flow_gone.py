"""Alerts of devices and cameras that are taken out of the settings."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from agent.config.scene import CameraSettings
from agent.config.settings import ConditionSettings, RuleSettings
from agent.flow import Flow
from contract.events import Alert, CameraState
from contract.types import Event
from tests.test_flow import HandClock, Kept, alerts, reading, settings, with_alert


def pass_time(flow: Flow, clock: HandClock, seconds: int, device: str = "") -> None:
    for _ in range(seconds):
        clock.elapsed += 1.0
        flow.take([replace(reading(clock, 21.0), device=device)] if device else [])
        asyncio.run(flow.tick())


@pytest.mark.fault(
    "one of two devices with an open alert is taken out of the settings", "the alert goes on of the other"
)
@pytest.mark.parametrize("both_began", [False, True])
def test_an_alert_that_holds_without_the_device_that_was_taken_out_goes_on(both_began: bool) -> None:
    kept, clock = Kept(), HandClock()
    clock.synced = True
    roof = settings().devices["roof"]
    hot = RuleSettings(all=(ConditionSettings(quantity="temperature", above=20.5, for_s=5.0 * both_began),), for_s=5.0)
    both = replace(settings(), rule={"hot": hot}, devices={"roof": roof, "wall": replace(roof, name="wall")})
    flow = Flow(both, kept, clock)  # type: ignore[arg-type]
    for second in range(20):
        clock.elapsed = float(second)
        warm = reading(clock, 21.0)
        flow.take([warm, replace(warm, device="wall")] if both_began or second > 10 else [warm])
    flow.update(replace(both, devices={"wall": both.devices["wall"]}))
    pass_time(flow, clock, 400, device="wall")
    reported = [(e.source, e.body.phase, e.body.reason) for e in kept.events if isinstance(e.body, Alert)]
    begun = [("pole", "begin", None)]
    moved = [("roof", "begin", None), ("roof", "end", "settings"), ("wall", "begin", None)]
    assert reported == (begun if both_began else moved)
    assert len(flow.episodes.open(clock.now())) == 1


@pytest.mark.fault("a camera that an open alert is of is taken out of the settings", "the alert ends once")
def test_a_camera_that_is_taken_out_takes_its_alerts_along() -> None:
    kept, clock = Kept(), HandClock()
    seen = RuleSettings(all=(ConditionSettings(event="camera_state", within_s=120.0),))
    one = replace(settings(), rule={"off": seen}, cameras={"gate": CameraSettings(source="rtsp://x/1")})
    flow = Flow(one, kept, clock)  # type: ignore[arg-type]
    flow.take([Event.of("gate", clock.now(), CameraState(state="no_signal", text=""))])
    flow.update(replace(one, cameras={}))
    pass_time(flow, clock, 400)
    assert [(phase, reason) for _, phase, reason in alerts(kept)] == [("begin", None), ("end", "settings")]


@pytest.mark.fault(
    "the only device of an open alert is taken out of the settings", "the alert ends once, reason settings"
)
def test_a_device_that_is_taken_out_ends_its_alert_once() -> None:
    kept = Kept()
    flow, clock = with_alert(kept)
    flow.update(replace(flow._settings, devices={}))
    pass_time(flow, clock, 400)
    assert [(phase, reason) for _, phase, reason in alerts(kept)] == [("begin", None), ("end", "settings")]
