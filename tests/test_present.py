"""What the pole says of itself over MQTT: all that a map needs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import load
from agent.present import RunningPole
from contract.commands import Face, commands_of
from contract.types import CONTRACT
from tests.status.canned import STORE
from tests.store.rig import FakeClock

SETTINGS = """
[pole]
id = "SZ-0042"
name = "Shennan Road 12"
latitude = 22.54
longitude = 114.06
[line.mast]
port = "/dev/serial/by-id/x"
[device.roof]
driver = "modbus_rtu"
line = "mast"
profile = "weather_six"
[camera.gate]
source = "rtsp://10.0.0.5/1"
purpose = "counting"
signage = "at the gate"
"""


@pytest.mark.fault("the platform knows nothing of a pole but its birth", "that has all that a map needs")
def test_the_birth_says_who_and_where_the_pole_is_and_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text(SETTINGS)
    drivers = find_drivers()
    agent: Any = SimpleNamespace(
        settings=load(file, drivers), drivers=drivers, store=SimpleNamespace(health=lambda: STORE)
    )
    birth = RunningPole(agent, cast("Any", FakeClock())).birth()
    assert (birth.pole, birth.name, birth.latitude, birth.longitude) == ("SZ-0042", "Shennan Road 12", 22.54, 114.06)
    (roof,) = birth.devices
    assert (roof.name, roof.driver, roof.line) == ("roof", "modbus_rtu", "mast")
    assert roof.quantities["temperature"] == "Cel"
    assert birth.cameras == ("gate",)
    assert set(birth.commands) == set(commands_of(Face.MQTT))
    assert birth.contract == CONTRACT
    assert birth.revision
    assert birth.epoch == STORE.epoch
    assert birth.next_seq == STORE.next_seq
