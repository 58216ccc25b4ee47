"""What runs on a pole is said once it has settled, after each change, and after the commit of a release."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from agent import VERSION
from agent.config.scene import CameraSettings
from agent.config.settings import AnomalySettings, PoleSettings, Settings
from agent.config.update import UpdateSettings
from agent.runs import SETTLED_S, RunsReport
from contract.events import InForce
from contract.types import Body
from tests.update.poles import camera

WEIGHTS = "a" * 64


class Parts:
    def __init__(self, *, source: str | None) -> None:
        self.settings = Settings(
            pole=PoleSettings(id="p"), update=UpdateSettings(source=source), revision="1", releases=("settings/a/1",)
        )
        self.seen = camera("ok")
        self.flow: Any = SimpleNamespace(consultant=SimpleNamespace(weights=""))
        self.cameras: Any = {"street": SimpleNamespace(health=lambda: self.seen)}
        self.time = 0.0
        self.reported: list[Body] = []
        self.report = RunsReport(self, self.reported.append, lambda: self.time)

    def after(self, seconds: float) -> list[Body]:
        self.time += seconds
        self.report.look()
        return self.reported


def test_what_runs_is_said_once_it_has_settled_and_not_again() -> None:
    parts = Parts(source="/srv")
    assert not parts.after(SETTLED_S - 1)
    said = InForce(version=VERSION, revision="1", settings=("settings/a/1",))
    assert parts.after(2) == [said]
    assert parts.after(1000) == [said]


def test_a_camera_that_has_loaded_other_weights_is_said_and_one_that_does_not_run_is_not() -> None:
    parts = Parts(source="/srv")
    parts.after(SETTLED_S)
    parts.seen = camera("ok", WEIGHTS)
    assert len(parts.after(1)) == 1
    assert parts.after(SETTLED_S)[-1] == InForce(
        version=VERSION, revision="1", settings=("settings/a/1",), weights={"street": WEIGHTS}
    )
    parts.seen = camera("crashed", WEIGHTS)
    parts.after(1)
    parts.seen = camera("ok", WEIGHTS)
    assert len(parts.after(1000)) == 2, "it came and went"
    parts.seen = camera("crashed", WEIGHTS)
    parts.after(1)
    assert parts.after(SETTLED_S)[-1] == InForce(version=VERSION, revision="1", settings=("settings/a/1",))


def test_who_takes_a_model_from_a_slot_is_said_with_the_slots_name() -> None:
    parts = Parts(source="/srv")
    models = "/var/lib/poleagent/slots/models"
    parts.settings = replace(
        parts.settings,
        cameras={
            "street": CameraSettings(source="x", model=f"{models}/crops/3"),
            "gate": CameraSettings(source="x", model="/opt/own"),
        },
        anomaly=AnomalySettings(model=f"{models}/bridge/1"),
    )
    parts.flow.consultant.weights = WEIGHTS
    (said,) = parts.after(1) or parts.after(SETTLED_S)
    assert isinstance(said, InForce)
    assert said.slots == {"street": "crops", "[anomaly]": "bridge"}
    assert said.weights == {"[anomaly]": WEIGHTS}


def test_a_pole_that_takes_no_releases_says_nothing_by_itself() -> None:
    parts = Parts(source=None)
    assert not parts.after(1000)
    parts.report.say()
    assert len(parts.reported) == 1
