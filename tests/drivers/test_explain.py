"""``poleagent profile`` and ``poleagent check --explain``: a register table in words, with an example of each row."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import cli
from drivers._profile import profile_names

OWN = """
summary = "tank"
source = "its manual"
line = "9600 8N1"
registers = [
  { address = 0, quantity = "water_level", type = "i16", scale = 0.001, missing = [0x8000] },
  { address = 1, quantity = "valve", labels = { 0 = "shut", 1 = "open" } },
  { address = 2, quantity = "in", type = "u32", order = "cdab", unit = "m3", exponent = "places" },
  { address = 4, quantity = "out", type = "u32", order = "cdab", unit = "m3" },
  { address = 6, quantity = "places", type = "i16", hidden = true },
]
sums = [{ quantity = "net", plus = ["in"], minus = ["out"], unit = "m3" }]
read = [{ address = 0, count = 7, write = { address = 90, values = [1] } }]
"""


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main([*arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_all_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = ran(capsys, "profile")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == profile_names()


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_can_be_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capsys, "profile", name)
    assert (status, err) == (0, "")
    assert "a round asks:" in out


def test_a_profile_of_ones_own_is_explained_row_by_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tank.toml"
    path.write_text(OWN)
    status, out, _ = ran(capsys, "profile", str(path))
    assert status == 0
    assert out.splitlines() == [
        "device: tank",
        "source: its manual",
        "line:   9600 8N1",
        "a round asks:",
        "  writing holding 90: 1 registers, always whole",
        "  holding 0-6: 7 registers, always whole, after writing to holding 90",
        "and reads:",
        "  holding 0    i16       water_level [m]        03E8h reads as 1.0; no value: 8000h",
        "  holding 1    u16       valve                  0 = shut, 1 = open",
        "  holding 2-3  u32 cdab  in [m3]                03E80000h reads as 1000; times ten to the power of places",
        "  holding 4-5  u32 cdab  out [m3]               03E80000h reads as 1000",
        "  holding 6    i16       places (not reported)  03E8h reads as 1000",
        "                         net [m3]               in - out",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OWN.replace('"places" }', '"place" }'), "in: there is no row 'place'"),
        (OWN.replace("0x8000", "0x18000"), "water_level: missing: 98304 cannot stand in a 'i16'"),
        (OWN.replace("source", "sources"), "unknown field `sources`"),
    ],
)
def test_what_is_wrong_with_a_profile_is_said(
    text: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tank.toml"
    path.write_text(text)
    status, out, err = ran(capsys, "profile", str(path))
    assert (status, out) == (78, "")
    assert problem in err


def test_a_profile_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "profile", "tilt_duel")[2] == (
        "tilt_duel: there is no profile 'tilt_duel'; did you mean tilt_dual, or give the path of a file\n"
    )
    assert ran(capsys, "profile", "nowhere.toml")[2] == "nowhere.toml: there is no file nowhere.toml\n"


def test_check_explains_the_devices_of_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "poleagent.toml"
    path.write_text(
        '[pole]\nid = "p1"\n[line.a]\nport = "/dev/ttyS0"\nbaud = 9600\n'
        '[device.tilt]\nline = "a"\ndriver = "modbus_rtu"\nunit = 1\nprofile = "tilt_dual"\n'
    )
    _, out, err = ran(capsys, "check", "--explain", str(path))
    assert "device tilt:" in out, err
    assert "    holding 0-1: 2 registers" in out
    assert "03E8h reads as 10.0" in out
