"""Devices of one line that cannot live there together, with the drivers that users have."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.acquire.registry import find_drivers
from agent.config.load import check

DRIVERS = find_drivers()
HEAD = '[pole]\nid = "p1"\n[line.a]\nport = "/dev/serial/by-id/x"\n'
METER = '[device.{}]\ndriver = "dlt645"\nline = "a"\n'


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        (
            METER.format("one") + 'address = "77"\n' + METER.format("two") + 'address = "000077"\n',
            (
                "12: [device.two] address: 000077 is already the address of [device.one] on line a; "
                "give each device its own"
            ),
        ),
        (
            METER.format("one") + METER.format("two") + 'address = "77"\n',
            "5: [device.one] needs 'address': [device.two] is on line a too",
        ),
        (
            METER.format("one") + 'address = "77"\n' + METER.format("two"),
            "9: [device.two] needs 'address': [device.one] is on line a too",
        ),
        (
            '[device.x]\ndriver = "modbus_tcp"\nline = "a"\nprofile = "pm_noise"\n',
            "6: [device.x] driver: modbus_tcp is spoken over a network, and [line.a] has a 'port'; give it 'tcp'",
        ),
        (METER.format("one") + '[device.x]\ndriver = "modbus_rtu"\nline = "a"\nprofile = "pm_noise"\n', ""),
    ],
)
def test_what_cannot_work_is_reported_with_its_line(tmp_path: Path, devices: str, said: str) -> None:
    file = tmp_path / "pole.toml"
    file.write_text(HEAD + devices)
    assert "\n".join(str(problem).removeprefix(f"{file}:") for problem in check(file, DRIVERS)) == said


def test_a_profile_of_ones_own_is_checked_as_a_whole(tmp_path: Path) -> None:
    profile, file = tmp_path / "rain.toml", tmp_path / "pole.toml"
    rows = (
        "{ address = 0, quantity = 'rain' }, { address = 1, quantity = 'rain' }, { address = 4, quantity = 'humidity', "
    )
    profile.write_text(f"summary = ''\nsource = ''\nmax_registers = 1\nregisters = [{rows} type = 'u32' }}]\n")
    file.write_text(f'{HEAD}[device.x]\ndriver = "modbus_rtu"\nline = "a"\nprofile = "{profile}"\n')
    assert [str(problem).removeprefix(f"{file}:") for problem in check(file, DRIVERS)] == [
        "8: [device.x] profile: 'rain' is there twice",
        "8: [device.x] profile: humidity does not fit into max_registers",
    ]
