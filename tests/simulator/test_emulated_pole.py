"""The reference pole's lines as firmware: the settings of the Python twins fit them, and they misbehave alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.load import load
from simulator.emulated_pole import FAULTS, emulated_pole
from simulator.firmware import missing
from simulator.pole import reference_settings
from simulator.wire import BEHAVIOURS
from tests.acquire.rig import DRIVERS
from tests.firmware.reading import Listener

pytestmark = pytest.mark.skipif(bool(missing()), reason="needs a C compiler")


def test_every_behaviour_of_the_twins_has_its_fault() -> None:
    assert set(FAULTS) == set(BEHAVIOURS)


def test_all_devices_of_the_pole_are_read(tmp_path: Path) -> None:
    file = tmp_path / "poleagent.toml"
    file.write_text('[pole]\nid = "x"\n' + reference_settings(tmp_path))
    with emulated_pole(tmp_path) as wires:
        settings = load(file, DRIVERS)
        for name, line in settings.lines.items():
            devices = [device for device in settings.devices.values() if device.common.line == name]
            listener = Listener(line.port or "", *devices, baud=line.baud)
            listener.until(lambda it=listener, all_=devices: all(it.count(device.name) for device in all_))
        for how in FAULTS:
            if how not in {"wrong_address", "exception"}:
                wires["uart-d"].misbehave("gnss", how)
        wires["rs485-a"].misbehave("level", "exception")
    assert not (tmp_path / "rs485-a").is_symlink()
