"""What the package is made of, as far as it can be checked without building it."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent import cli

PACKAGING = Path(__file__).resolve().parent.parent.parent / "packaging"
SCRIPTS = [
    PACKAGING / "build-deb",
    PACKAGING / "start",
    *(PACKAGING / "deb").glob("*p*inst"),
    *(PACKAGING / "deb").glob("p*rm"),
]
RULE = re.compile(r'[A-Z]+(\{[\w/]+\})?(==|!=|\+=|=)"[^"]*"')


@pytest.fixture
def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read_string((PACKAGING / "poleagent.service").read_text())
    return parser


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_run_and_parsed(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


def test_the_unit_never_gives_up_but_on_wrong_settings(unit: configparser.RawConfigParser) -> None:
    service = unit["Service"]
    assert service["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert service["RestartPreventExitStatus"] == str(cli.WRONG_SETTINGS)
    assert f"exit {cli.WRONG_SETTINGS}" in (PACKAGING / "start").read_text()


def test_the_units_commands_exist(unit: configparser.RawConfigParser) -> None:
    for line in (unit["Service"]["ExecReload"], (PACKAGING / "start").read_text().splitlines()[-1]):
        command = re.search(r"/usr/bin/poleagent (\w+)$", line)
        assert command
        assert cli.parser().parse_args([command[1]])


def test_the_unit_owns_the_folders_of_the_default_settings(unit: configparser.RawConfigParser) -> None:
    from agent.config.settings import LocalSettings, StoreSettings  # noqa: PLC0415 - only this test needs them

    service = unit["Service"]
    assert Path(StoreSettings().path).parent == Path("/var/lib") / service["StateDirectory"]
    assert Path(LocalSettings().socket).parent == Path("/run") / service["RuntimeDirectory"]
    assert Path(cli.SETTINGS).parent == Path("/etc") / service["ConfigurationDirectory"]


def test_nothing_in_the_unit_shuts_serial_ports_or_cameras_out(unit: configparser.RawConfigParser) -> None:
    assert not {"PrivateDevices", "ProtectClock", "DevicePolicy", "DeviceAllow"} & set(unit["Service"])
    assert unit["Service"]["SupplementaryGroups"] == "dialout video"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_knows_every_word_of_the_unit() -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", PACKAGING / "poleagent.service"], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "poleagent.service:" in line]
    not_installed = ("is not executable", "Failed to resolve user", "Failed to resolve group")
    assert [line for line in complaints if not any(words in line for words in not_installed)] == []


def test_every_package_of_ours_is_in_the_distribution() -> None:
    root = PACKAGING.parent
    ours = {str(file.parent.relative_to(root)).replace("/", ".") for file in root.glob("agent/**/__init__.py")}
    named = set(re.findall(r'^ +"(agent[\w.]*)",$', (root / "setup.py").read_text(), re.MULTILINE))
    assert named == ours


def test_udev_rules_are_well_formed_and_jump_to_where_they_say() -> None:
    rules = [line for line in (PACKAGING / "70-poleagent.rules").read_text().splitlines() if line[:1] not in ("#", "")]
    labels = {line.split('"')[1] for line in rules if line.startswith("LABEL=")}
    for rule in rules:
        for part in rule.split(", "):
            assert RULE.fullmatch(part), part
        assert set(re.findall(r'GOTO="(\w+)"', rule)) <= labels
