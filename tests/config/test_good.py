"""Right settings: what they become, how report settings lie over each other, what a reload has to touch."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent.config.differences import Differences, differences
from agent.config.load import check, load
from agent.config.report import report_of
from agent.config.secret import read_secret
from agent.config.settings import ReportSettings, Settings
from agent.errors import ConfigError
from tests.config.fakes import DRIVERS, WeatherOptions

GOOD = """
[pole]
id = "p1"
[report]
window_s = 30
[line.mast]
port = "/dev/serial/by-id/x"
[line.water]
tcp = "192.168.1.7:502"
[device.roof]
driver = "weather"
line = "mast"
unit = 3
limits.temperature = [-40, 60]
registers = [{ address = 9, quantity = "noise" }]
[device.roof.report]
mode = "change"
[device.roof.report.humidity]
dead_band = 2
window_s = 10
[device.position]
driver = "gnss"
line = "water"
"""


def _load(folder: Path, text: str) -> Settings:
    file = folder / "poleagent.toml"
    file.write_text(text, encoding="utf-8")
    assert not [problem for problem in check(file, DRIVERS) if not problem.warning]
    return load(file, DRIVERS)


def test_options_of_the_driver_become_its_own_struct(tmp_path: Path) -> None:
    roof = _load(tmp_path, GOOD).devices["roof"]
    assert isinstance(roof.options, WeatherOptions)
    assert roof.options.unit == 3
    assert roof.common.every_s == 1.0
    assert roof.common.limits == {"temperature": (-40.0, 60.0)}


def test_report_settings_lie_in_layers(tmp_path: Path) -> None:
    settings = _load(tmp_path, GOOD)
    expected = {
        ("roof", "temperature"): ReportSettings(mode="change", window_s=30.0),
        ("roof", "noise"): ReportSettings(mode="change", window_s=30.0),
        ("roof", "humidity"): ReportSettings(mode="change", window_s=10.0, dead_band=2.0),
        ("position", "latitude"): ReportSettings(window_s=30.0),
    }
    assert {key: report_of(settings, *key) for key in expected} == expected


def test_nothing_changed(tmp_path: Path) -> None:
    change = differences(_load(tmp_path, GOOD), _load(tmp_path, GOOD + "# a remark\n"))
    assert change == Differences()
    assert change.sentences == ()


CHANGES: dict[str, tuple[str, str, Differences, tuple[str, ...]]] = {
    "the unit of a device": (
        "unit = 3",
        "unit = 4",
        Differences(devices_changed=("roof",), lines_touched=("mast",)),
        ("device roof changed",),
    ),
    "a dead band": (
        "dead_band = 2",
        "dead_band = 3",
        Differences(treatment_changed=("roof",)),
        ("device roof: report, limits or offsets changed",),
    ),
    "the window of the pole": (
        "window_s = 30",
        "window_s = 20",
        Differences(treatment_changed=("roof",), options_changed=("report.window_s",)),
        ("device roof: report, limits or offsets changed", "report.window_s changed"),
    ),
    "a device moves to another line": (
        'line = "water"',
        'line = "mast"',
        Differences(devices_changed=("position",), lines_touched=("mast", "water")),
        ("device position changed",),
    ),
    "a port": (
        "by-id/x",
        "by-id/y",
        Differences(lines_changed=("mast",), lines_touched=("mast",)),
        ("line mast changed",),
    ),
    "a device goes": (
        '[device.position]\ndriver = "gnss"\nline = "water"\n',
        "",
        Differences(devices_removed=("position",), lines_touched=("water",)),
        ("device position removed",),
    ),
    "a line with a device comes, and the pole is renamed": (
        'id = "p1"\n',
        'id = "p2"\n[line.new]\ntcp = "192.168.1.8:502"\n[device.new]\ndriver = "gnss"\nline = "new"\n',
        Differences(lines_added=("new",), devices_added=("new",), options_changed=("pole.id",), restart=("pole.id",)),
        ("line new added", "device new added", "pole.id changed: takes effect at the next start"),
    ),
    "an uplink comes, and the store moves": (
        'id = "p1"\n',
        'id = "p1"\n[store]\npath = "/srv/pole.db"\n[uplink]\nhost = "broker"\nplain_text = true\n',
        Differences(options_changed=("store.path", "uplink"), restart=("store.path",)),
        ("uplink changed", "store.path changed: takes effect at the next start"),
    ),
}


@pytest.mark.parametrize(("old", "new", "expected", "reported"), CHANGES.values(), ids=CHANGES)
def test_a_reload_touches_what_changed(
    tmp_path: Path, old: str, new: str, expected: Differences, reported: tuple[str, ...]
) -> None:
    before = _load(tmp_path, GOOD)
    change = differences(before, _load(tmp_path, GOOD.replace(old, new)))
    assert change == expected
    assert change.sentences == reported


def test_a_secret_is_read_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mqtt").write_text("hunter2\n")
    (tmp_path / "mqtt").chmod(0o600)
    assert read_secret(str(tmp_path / "mqtt")) == "hunter2"
    (tmp_path / "mqtt").write_text("hunter2\r\na note\n")
    assert read_secret(str(tmp_path / "mqtt")) == "hunter2"
    assert "hunter2" not in repr([read_secret(str(tmp_path / "mqtt"))])
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("credential:mqtt") == "hunter2"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0, "cannot be read: no such file or directory"),
        (b"", 0o600, "is empty"),
        (b"\n", 0o600, "begins with an empty line"),
        (b"\xff\xfe", 0o600, "is not UTF-8 text"),
        (b"x" * 70_000, 0o600, "has more than 65536 bytes; is it the right file?"),
        (b"x", 0o644, "can be read by every user of this box; chmod 640 {file}"),
    ],
)
def test_a_secret_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, mode: int, said: str) -> None:
    file = tmp_path / "mqtt"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        read_secret(str(file))
    assert str(refused.value) == f"secret: {file} {said.format(file=file)}"


def test_a_credential_needs_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="systemd gave this process none"):
        read_secret("credential:mqtt")


def test_settings_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(AttributeError):
        _load(tmp_path, GOOD).pole = msgspec.UNSET  # type: ignore[assignment]
