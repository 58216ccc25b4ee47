from __future__ import annotations

import logging
from importlib.metadata import EntryPoint

import msgspec
import pytest

from agent.acquire import registry
from agent.acquire.registry import find_drivers
from agent.errors import ConfigError
from drivers.nmea import DRIVER

OTHERS = msgspec.structs.replace(DRIVER, name="others")


def points(*values: str) -> list[EntryPoint]:
    return [EntryPoint(value.rpartition(":")[2].lower(), value, registry.GROUP) for value in values]


def test_our_drivers_are_found_by_being_there() -> None:
    found = find_drivers()
    assert {"modbus_rtu", "modbus_tcp", "nmea", "pole_board"} <= set(found)
    assert all(name == driver.name for name, driver in found.items())


def test_a_third_partys_driver_comes_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: points(f"{__name__}:OTHERS"))
    assert find_drivers()["others"] is OTHERS


def test_one_that_cannot_be_imported_is_logged_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = points("no_such_module:DRIVER", f"{__name__}:points", f"{__name__}:OTHERS")
    monkeypatch.setattr(registry, "entry_points", lambda group: broken)
    with caplog.at_level(logging.ERROR):
        assert "others" in find_drivers()
    assert "driver 'driver' of no_such_module:DRIVER cannot be loaded" in caplog.text
    assert "is no agent.api.Driver" in caplog.text


def test_two_of_one_name_are_the_users_to_sort_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: points("drivers.nmea:DRIVER"))
    with pytest.raises(ConfigError, match=r"driver 'nmea' of drivers\.nmea:DRIVER is there already"):
        find_drivers()
