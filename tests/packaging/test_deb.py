"""The built package, as dpkg-deb shows it; test_box.py installs and runs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from agent import VERSION

pytestmark = [
    pytest.mark.xdist_group("deb"),
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="a .deb is built on Debian or its kin"),
]


def field(deb: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "--field", deb, name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def contents(deb: Path) -> dict[str, str]:
    """Path -> mode, owner and all that `ls -l` shows."""
    done = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True)
    return {line.split(" ./", 1)[1]: line.split(" ./", 1)[0] for line in done.stdout.splitlines() if " ./" in line}


def test_the_package_is_named_as_its_version_and_architecture(deb: Path) -> None:
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    assert field(deb, "Version") == VERSION
    assert field(deb, "Architecture") == architecture.stdout.strip()
    assert deb.name == f"poleagent_{VERSION}_{architecture.stdout.strip()}.deb"


def test_all_that_belongs_is_there_and_belongs_to_root(deb: Path) -> None:
    files = contents(deb)
    for path in (
        "opt/poleagent/pyvenv.cfg",
        "usr/lib/systemd/system/poleagent.service",
        "usr/lib/sysusers.d/poleagent.conf",
        "usr/lib/udev/rules.d/70-poleagent.rules",
        "usr/share/doc/poleagent/copyright",
        "usr/share/doc/poleagent/changelog.gz",
        "etc/poleagent/poleagent.toml",
        "etc/poleagent/conf.d/",
    ):
        assert path in files
    assert "usr/bin/poleagent -> /opt/poleagent/bin/poleagent" in files
    assert all(" root/root " in line for line in files.values())
    assert not [path for path, line in files.items() if line[5] == "w" or line[8] == "w" if not line.startswith("l")]


def test_the_settings_are_a_conffile_so_that_an_upgrade_keeps_them(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--control", deb, tmp_path / "control"], check=True)
    assert (tmp_path / "control" / "conffiles").read_text() == "/etc/poleagent/poleagent.toml\n"


def test_nothing_in_it_knows_where_it_was_built(deb: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    here = str(Path(__file__).resolve().parent.parent.parent).encode()
    reported = [
        str(file.relative_to(tmp_path))
        for file in tmp_path.rglob("*")
        if file.is_file() and not file.is_symlink() and here in file.read_bytes()
    ]
    assert reported == []
    assert (tmp_path / "opt/poleagent/bin/poleagent").read_text().startswith("#!/opt/poleagent/bin/python3 -I\n")
    sources = list((tmp_path / "opt/poleagent/lib").rglob("agent/**/*.py"))
    assert sources
    for source in sources:
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), f"{source} is not compiled"


def test_the_shipped_classifier_is_in_it(deb: Path) -> None:
    files = contents(deb)
    assert {"model.toml", "crops.tflite"} <= {
        Path(path).name for path in files if path.startswith("opt/poleagent/share/poleagent/models/crops/")
    }


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_package_for_cameras_adds_to_the_other_and_repeats_nothing_of_it(debs: tuple[Path, Path]) -> None:
    agent, vision = debs
    assert f"poleagent (= {VERSION})" in field(vision, "Depends")
    shared = {path for path in contents(agent).keys() & contents(vision).keys() if path and not path.endswith("/")}
    assert shared == set()
    assert vision.stat().st_size < 90_000_000


def test_it_is_small_enough_for_a_cellular_link(deb: Path) -> None:
    assert deb.stat().st_size < 8_000_000
    assert int(field(deb, "Installed-Size")) < 40_000
