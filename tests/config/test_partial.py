"""What of broken settings can still be looked at."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agent.acquire.registry import find_drivers
from agent.config.partial import usable

GOOD = """
[pole]
id = "a"
[log]
level = "info"
[line.a]
port = "/dev/ttyS1"
[line.b]
port = "/dev/ttyS2"
[device.one]
driver = "modbus_rtu"
line = "a"
unit = 1
profile = "weather_six"
[device.two]
driver = "modbus_rtu"
line = "b"
unit = 1
profile = "weather_six"
"""


@pytest.mark.parametrize(
    ("old", "new", "devices"),
    [
        ('level = "info"', 'level = "loud"', {"one", "two"}),
        ('[line.b]\nport = "/dev/ttyS2"', "[line.b]\nbaud = 9600", {"one"}),
        ('line = "b"\nunit = 1', 'line = "b"\nunit = 999', {"one"}),
        ('id = "a"', 'ident = "a"', {"one", "two"}),
    ],
)
def test_a_table_that_is_wrong_takes_no_other_with_it(old: str, new: str, devices: set[str], tmp_path: Path) -> None:
    assert old in GOOD
    settings = usable(tmp_path / "x", tomllib.loads(GOOD.replace(old, new)), find_drivers())
    assert settings is not None
    assert set(settings.devices) == devices


def test_rubbish_is_no_settings_and_no_error(tmp_path: Path) -> None:
    assert usable(tmp_path / "x", {"pole": 7, "line": [1], "device": {"a": 3}}, find_drivers()) is not None
