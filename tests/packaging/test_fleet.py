"""The platform's package: its unit, and that what is in it runs without the source."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from fleet.cli import parser

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_unit_starts_the_platform_and_keeps_it_to_itself() -> None:
    unit = (ROOT / "packaging/polefleet.service").read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=/usr/bin/polefleet (.+) \$OPTIONS$", unit, re.MULTILINE)
    assert command
    options = parser("serve").parse_args(command[1].split())
    assert options.folder == Path("/var/lib/polefleet")
    for line in ("Restart=always", "StateDirectoryMode=0700", "UMask=0077", "ProtectSystem=strict", "User=polefleet"):
        assert f"\n{line}\n" in unit


def test_the_unit_of_one_process_of_several_has_a_folder_and_options_of_its_own() -> None:
    script = (ROOT / "packaging/build-deb").read_text(encoding="utf-8")
    sed = re.search(r"sed '([^']+)' packaging/polefleet.service >.*polefleet@\.service", script)
    assert sed
    words = ["sed", sed[1], ROOT / "packaging/polefleet.service"]
    unit = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    for line in (
        "EnvironmentFile=/etc/default/polefleet-%i",
        "ExecStart=/usr/bin/polefleet serve --folder /var/lib/polefleet/%i $OPTIONS",
        "StateDirectory=polefleet/%i",
        "ProtectSystem=strict",
    ):
        assert f"\n{line}\n" in unit


@pytest.mark.parametrize(("script", "does"), [("postinst", "try-restart"), ("prerm", "stop")])
def test_processes_of_a_platform_over_several_are_restarted_and_stopped_with_the_package(
    script: str, does: str
) -> None:
    text = (ROOT / f"packaging/deb/polefleet.{script}").read_text(encoding="utf-8")
    assert f"\n    systemctl --system {does} 'polefleet@*.service' " in text.replace("        ", "    ")


@pytest.mark.long
def test_what_is_in_the_package_runs_by_itself(tmp_path: Path) -> None:
    subprocess.run([ROOT / "packaging/build-deb", tmp_path, "polefleet"], check=True, timeout=1800, cwd=ROOT)
    (package,) = tmp_path.glob("*.deb")
    subprocess.run(["dpkg", "-x", package, tmp_path / "box"], check=True, timeout=600)
    python = str(tmp_path / "box/opt/polefleet/bin/python3")
    asked = [
        python,
        "-I",
        "-c",
        "import fleet.app, sys; from fleet.cli import main; sys.exit(main(['serve', '--help']))",
    ]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert "--mqtt-port" in answer.stdout
    assert (tmp_path / "box/usr/lib/systemd/system/polefleet@.service").is_file()


def test_the_page_stops_what_the_package_starts_before_it_starts_parts_of_it() -> None:
    page = (ROOT / "docs/platform.md").read_text(encoding="utf-8")
    lines = [line.partition("#")[0].strip() for line in page.splitlines() if "--now polefleet" in line]
    assert lines == ["systemctl disable --now polefleet", "systemctl enable --now polefleet@web"]
